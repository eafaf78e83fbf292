"""`allegiance run --dry-run`: what a run would take and could show; nothing is asked."""

from typing import TYPE_CHECKING

from allegiance.cli.app import console, note, print_json
from allegiance.cli.options import share

if TYPE_CHECKING:
    from allegiance.audit.run_plan import RunPlan
    from allegiance.corpus import Workspace

_ROWS = 60
"""Conditions that the table shows."""


def tell_plan(
    place: "Workspace",
    model: str,
    price: str | None,
    output_tokens: int | None,
    rate: str,
    correlation: float,
    as_json: bool,
) -> None:
    """Print the plan of a run of the workspace's study on a model, which need not be there yet."""
    from allegiance.audit.run_plan import Assumed, plan_run
    from allegiance.scanners.judging import price_of, read_price
    from allegiance.study import Study

    assumed = Assumed(share("--assume-rate", rate), correlation, output_tokens)
    study = Study.load(place.study_file).worded_for(model, str(place.study_file))
    known = read_price(price) if price else price_of(model)
    plan = plan_run(study, known, assumed)
    if as_json:
        print_json({"dry_run": True, "model": model, **plan.to_dict()})
        return
    _table(plan)
    for line in lines(plan):
        console().print(line, markup=False, soft_wrap=True)
    for warning in plan.warnings:
        note(f"warning: {warning}")


def lines(plan: "RunPlan") -> list[str]:
    """Say in sentences what a run would take and could show."""
    said = [
        f"{plan.requests:,} requests × {len(plan.conditions):,} conditions × {plan.epochs:,} epochs = "
        f"{plan.samples:,} samples"
        + (
            f", up to {plan.turns} turns each, {plan.generations:,} replies"
            if plan.turns > 1
            else ""
        ),
        f"about {plan.tokens_in:,} tokens read and {plan.tokens_out:,} written (at most {plan.tokens_out_most:,})",
        _cost(plan),
    ]
    if plan.compared:
        between = f"between the tiers of a condition ({plan.compared:,} such)"
        said.append(
            f"smallest gap it could show {between}: "
            + (
                f"{100 * plan.smallest_gap:.1f} points"
                if plan.smallest_gap is not None
                else "none; ask more requests"
            )
        )
    return [*said, "Assumed: " + "; ".join(plan.assumptions) + "."]


def _cost(plan: "RunPlan") -> str:
    if plan.dollars is None or plan.dollars_most is None:
        return "the model's price is not known; give it with --price IN,OUT (dollars for a million tokens)"
    return f"about ${plan.dollars:,.2f}, at most ${plan.dollars_most:,.2f}"


def _table(plan: "RunPlan") -> None:
    """Print the grid: what varies in columns, what does not in a line."""
    from rich.table import Table

    fixed = [f"{n} {level}" for n, level in plan.conditions[0].items() if n not in plan.varying]
    table = Table(box=None, pad_edge=False)
    for name in plan.varying:
        table.add_column(name)
    table.add_column("samples", justify="right")
    for cell in plan.conditions[:_ROWS]:
        table.add_row(*(cell[n] for n in plan.varying), f"{plan.requests * plan.epochs:,}")
    out = console()
    out.print(table)
    if len(plan.conditions) > _ROWS:
        out.print(f"... and {len(plan.conditions) - _ROWS:,} more")
    if fixed:
        out.print(f"In all: {', '.join(fixed)}", markup=False)
