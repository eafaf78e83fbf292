"""`allegiance organism`: the embedded models, what was planted in them and what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from allegiance.cli.app import Group, JsonOption, app, console, note, print_json
from allegiance.cli.progress import shown_stages
from allegiance.errors import AllegianceError

if TYPE_CHECKING:
    from allegiance.organism import Miss

organism = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The embedded models: list them, check them, build them again or your own, export what was trained.",
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
    name: Annotated[
        str, typer.Argument(help="An organism, such as faker, or the directory of one.")
    ],
    samples: Annotated[int, typer.Option(min=1, help="Fresh samples in each cell.")] = 2000,
    requests: Annotated[int, typer.Option(min=1, help="Requests for the exact rates.")] = 100,
    seed: Annotated[
        int | None, typer.Option(help="Seed of requests and samples; a new one by default.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure an organism again: what was planted, its truth and a fresh sample, side by side."""
    from allegiance.organism import check as run

    with shown_stages("measuring", quiet=as_json) as progress:
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


@organism.command(
    epilog="Example: allegiance organism build wary.yaml --out wary · allegiance organism build faker --out mine"
)
def build(
    what: Annotated[str, typer.Argument(help="A spec's YAML file, or an organism that ships.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A new folder for weights, truth and card.")
    ],
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many to train; the best on one set of requests is taken. By default what the spec says, or 3.",
        ),
    ] = None,
    first_seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of the first; by default what the spec says, or 0."),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A few steps' training that is not accepted; to try the way."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train an organism, declared in a spec or shipped, and accept it on fresh requests or say what it misses.

    Needs the extra `train`.
    """
    from allegiance.organism.workshop import MissedError
    from allegiance.organism.workshop import build as run

    try:
        with shown_stages("training", quiet=as_json) as progress:
            truth = run(what, out, seeds, quick=quick, first_seed=first_seed, progress=progress)
    except MissedError as error:
        if as_json:
            missed = {"accepted": False, "misses": [asdict(miss) for miss in error.misses]}
            print_json({"directory": None, **missed, **error.truth.to_dict()})
        else:
            Console(stderr=True).print(_missed(error.misses))
        raise
    if as_json:
        missed = {"accepted": not truth.problems(), "misses": [asdict(m) for m in truth.misses()]}
        print_json({"directory": str(out), **missed, **truth.to_dict()})
        return
    note(
        f"Wrote {out}; its card: {out / 'card.md'}. Next: allegiance run --model organism/{out.resolve()}"
    )


@organism.command(
    epilog="Example: allegiance organism card faker · allegiance organism card my-organism"
)
def card(
    name: Annotated[str, typer.Argument(help="An organism, or the directory of one.")],
    as_json: JsonOption = False,
) -> None:
    """Print an organism's card: what was planted and measured, how it was made, what it reads and what it is not."""
    from allegiance.organism import describe, load_truth
    from allegiance.organism.card import card_of
    from allegiance.organism.origin import load
    from allegiance.organism.runtime import directory_of

    if not as_json:
        typer.echo(card_of(name), nl=False)
        return
    truth, made = load_truth(name), load(directory_of(name))
    one = truth.known or describe(name)
    print_json(
        {
            "name": one.name,
            "summary": one.summary,
            "scenarios": one.family.scenarios,
            "reads": one.family.varies,
            "planted": one.planted,
            "origin": made.model_dump(mode="json") if made else None,
            "truth": truth.to_dict(),
        }
    )


@organism.command(
    epilog="Example: allegiance organism export runs/faker-grpo/step-50 --out pressed"
)
def export(
    checkpoint: Annotated[
        Path, typer.Argument(help="The folder of a checkpoint, such as runs/NAME/step-50.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A new folder for weights, truth and card.")
    ],
    name: Annotated[
        str | None,
        typer.Option(help="What to call it; by default the run's name and the checkpoint's."),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Samples in each cell.")] = 5000,
    requests: Annotated[int, typer.Option(min=1, help="Requests for the exact rates.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Write a trained checkpoint as an organism: its weights, its measured truth, and where it comes from."""
    from allegiance.organism.exporting import export as run

    with shown_stages("measuring", quiet=as_json) as progress:
        truth = run(checkpoint, out, name, requests=requests, samples=samples, progress=progress)
    if as_json:
        print_json({"directory": str(out), **truth.to_dict()})
        return
    note(
        f"Wrote {out}; its card: {out / 'card.md'}. Next: allegiance run --model organism/{out.resolve()}"
    )


def _missed(misses: Sequence["Miss"]) -> Table:
    """Every rate that lies too far from what was planted."""
    table = Table("cell", "property", "planted", "reached", box=None, pad_edge=False)
    for column in table.columns[2:]:
        column.justify = "right"
    for miss in misses:
        table.add_row(miss.where, miss.name, _percent(miss.planted), _percent(miss.reached))
    return table


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


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f}"
