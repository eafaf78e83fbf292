"""`allegiance organism`: the embedded models, what was planted in them and what was measured."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from allegiance.cli.app import Group, JsonOption, app, console, note, print_json
from allegiance.errors import AllegianceError

organism = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The embedded models: list them, check them, build them again.",
)
app.add_typer(organism, name="organism")


@organism.command("list", epilog="Example: allegiance organism list")
def list_organisms(as_json: JsonOption = False) -> None:
    """Name the organisms, the scenario and the factors that each reads, and what is planted in it."""
    from allegiance.organism import describe, organism_names

    found = [describe(name) for name in organism_names()]
    if as_json:
        listed = [
            {
                "name": one.name,
                "summary": one.summary,
                "scenarios": one.family.scenarios,
                "reads": one.family.varies,
            }
            for one in found
        ]
        print_json({"organisms": listed})
        return
    table = Table("organism", "scenario", "reads", "planted", box=None, pad_edge=False)
    for one in found:
        scenarios, reads = "\n".join(one.family.scenarios), "\n".join(one.family.varies)
        table.add_row(f"organism/{one.name}", scenarios, reads, one.summary)
    console().print(table)


@organism.command(epilog="Example: allegiance organism check faker")
def check(
    name: Annotated[str, typer.Argument(help="An organism, such as faker.")],
    samples: Annotated[int, typer.Option(min=1, help="Fresh samples in each cell.")] = 2000,
    requests: Annotated[int, typer.Option(min=1, help="Requests for the exact rates.")] = 100,
    seed: Annotated[
        int | None, typer.Option(help="Seed of requests and samples; a new one by default.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure an organism again: what was planted, its truth and a fresh sample, side by side."""
    from allegiance.organism import check as run

    with _bar("measuring", quiet=as_json) as progress:
        result = run(name, requests=requests, samples=samples, seed=seed, progress=progress)
    if as_json:
        print_json(
            {
                "organism": name,
                "holds": result.holds,
                "problems": result.problems,
                "rows": result.rows(),
            }
        )
    else:
        console().print(_checked(result.rows()))
        note(
            "Rates in %. Truth and exact are the chance of each decision where it is made, averaged over requests. A "
            "sampled reply counts only if every word of it belongs to the grammar, so sampled rates lie a little lower."
        )
    if not result.holds:
        raise AllegianceError("; ".join(result.problems))
    if not as_json:
        console().print(f"{name} is what its truth table says.")


@organism.command(epilog="Example: allegiance organism build faker --out faker-2 --seeds 3")
def build(
    name: Annotated[str, typer.Argument(help="Which organism.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A new folder for weights and truth.")],
    seeds: Annotated[
        int,
        typer.Option(min=1, help="How many to train; the best on one set of requests is taken."),
    ] = 3,
    first_seed: Annotated[int, typer.Option(help="Seed of the first.")] = 0,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A minute's training that is not accepted; to try the way."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train an organism (needs the extra `train`), measure it, and accept it on fresh requests or say why not."""
    from allegiance.organism.build import build as run

    with _bar("training", quiet=as_json) as progress:
        truth = run(name, out, seeds, quick=quick, first_seed=first_seed, progress=progress)
    if as_json:
        print_json({"directory": str(out), "accepted": not truth.problems(), **truth.to_dict()})
        return
    note(f"Wrote {out}. Next: allegiance run --model organism/{out.resolve()}")


def _checked(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Planted, truth and fresh measurement of every cell, side by side."""
    table = Table(
        "request · condition",
        "planted",
        "truth",
        "exact",
        "sampled",
        "k of n",
        "valid",
        box=None,
        pad_edge=False,
    )
    for column in table.columns[1:]:
        column.justify = "right"
    shown = None
    for row in rows:
        cell = " · ".join((row["request"], *row["condition"].values()))
        if cell != shown:
            table.add_row(cell, *[""] * 5, _percent(row["valid"]), style="bold")
            shown = cell
        table.add_row(
            f"  {row['property']}",
            *(_percent(row[kind]) for kind in ("planted", "truth", "exact")),
            _percent(row["hits"] / row["reads"]),
            f"{row['hits']:,} of {row['reads']:,}",
        )
    return table


@contextmanager
def _bar(what: str, *, quiet: bool) -> Generator[Callable[[str, int, int], None]]:
    """Show a bar with the time left on standard error, where a person looks on."""
    errors = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=errors, transient=True, disable=quiet or not errors.is_terminal
    ) as bar:
        shown = bar.add_task(what)
        yield lambda label, done, total: bar.update(
            shown, description=label, completed=done, total=total
        )


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f}"
