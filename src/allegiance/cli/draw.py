"""`allegiance draw`: an ordered sample on record before it is read; its list, and more of it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from allegiance.cli.app import (
    Group,
    JsonOption,
    WorkspaceOption,
    app,
    console,
    note,
    print_json,
    printable,
)
from allegiance.cli.codebook import book_of
from allegiance.cli.options import ScannerOption, share
from allegiance.cli.record import ledger_of, rater_name
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Draw, Record

_MOST_LISTED = 10_000
"""Draws of more are not listed transcript by transcript; `read` and `export` go through them."""


class _Draws(Group):
    """`draw NAME` draws; `draw list` and `draw extend NAME` are commands of their own."""

    default = "new"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what begins with no command of the group for a new draw."""
        if args and args[0] not in (*self.commands, "--help", "-h"):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


draws = typer.Typer(
    cls=_Draws,
    no_args_is_help=True,
    help="Draw transcripts in a stated order, on record before they are read: `draw NAME --n 50`.",
    epilog="Example: allegiance draw first --n 50 --category doubts",
)
app.add_typer(draws, name="draw")

CategoryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--category",
        "-c",
        help="What the draw is after: a category, or CATEGORY=VALUE; may be repeated.",
    ),
]


@draws.command(
    epilog=(
        "Example: allegiance draw first --n 50 --category doubts · allegiance draw liars --where "
        "'verdict.talks_about_lying = \"yes\"' --category doubts --stop 'until 1 hit' · allegiance draw --plan "
        "--prevalence 1% --width 2%"
    ).replace('\\"', '"')
)
def new(
    name: Annotated[str | None, typer.Argument(help="By which it is read and cited.")] = None,
    n: Annotated[
        int | None, typer.Option("--n", help="How many; the whole frame in its order without it.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--where",
            help="The frame: a filter over columns, verdict.CATEGORY, verdict_score.CATEGORY and label.CATEGORY.",
        ),
    ] = None,
    design: Annotated[
        str, typer.Option("--design", help="random, stratified, top or census.")
    ] = "random",
    by: Annotated[
        str,
        typer.Option("--by", help="Strata or score: tier, verdict.doubts, scores.judge:0.3,0.7."),
    ] = "",
    seed: Annotated[
        str | None, typer.Option("--seed", help="A whole number; 64 random bits without it.")
    ] = None,
    stop: Annotated[
        str | None,
        typer.Option("--stop", help='"fixed 50" (what --n alone means), "until 1 hit" or open.'),
    ] = None,
    category: CategoryOption = None,
    define: Annotated[
        str | None,
        typer.Option("--define", help="The definition of a category that the codebook lacks."),
    ] = None,
    allocate: Annotated[
        str,
        typer.Option("--allocate", help="proportional, shares such as 10/90, or yes=50,no=150."),
    ] = "proportional",
    pilot: Annotated[
        str,
        typer.Option(
            "--pilot", help="A draw whose labels settle the allocation; left out of this one."
        ),
    ] = "",
    among_confirmed: Annotated[
        str,
        typer.Option(
            "--among-confirmed", help="Draw among those labelled so: CATEGORY or CATEGORY=VALUE."
        ),
    ] = "",
    scanner: ScannerOption = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say how many reads each design needs, and draw nothing.")
    ] = False,
    prevalence: Annotated[
        str | None,
        typer.Option("--prevalence", help="With --plan: the share expected, such as 1%."),
    ] = None,
    width: Annotated[
        str | None,
        typer.Option("--width", help="With --plan: how wide the interval may be, such as 2%."),
    ] = None,
    sensitivity: Annotated[
        str | None,
        typer.Option("--sensitivity", help="With --plan: of the scanner behind the strata."),
    ] = None,
    specificity: Annotated[
        str | None,
        typer.Option("--specificity", help="With --plan: of the scanner behind the strata."),
    ] = None,
    rater: Annotated[str | None, typer.Option("--rater", help="Who draws.")] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Draw transcripts in a stated order, and put the draw on record before anything is read."""
    if plan:
        _plan(
            workspace,
            where,
            category,
            scanner,
            prevalence,
            width,
            sensitivity,
            specificity,
            as_json,
        )
        return
    if name is None:
        raise UsageError("Give the draw a name: allegiance draw NAME --n 50.")
    if any(option is not None for option in (prevalence, width, sensitivity, specificity)):
        raise UsageError("--prevalence, --width, --sensitivity and --specificity go with --plan.")
    from allegiance.audit import Record, known_property, make_draw
    from allegiance.audit.draw_rules import read_seed
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    corpus, ledger = place.corpus(create=False), ledger_of(place)
    if define is not None and len(category or []) != 1:
        raise UsageError("--define is the definition of one category: name it with --category.")
    record = Record.of(ledger)
    drawn = make_draw(
        corpus,
        ledger,
        name,
        n=n,
        where=where,
        design=design,
        by=by,
        seed=None if seed is None else read_seed(seed),
        stop=stop,
        properties=[known_property(record, one, define, book_of(place)) for one in category or []],
        allocation=allocate,
        pilot=pilot,
        among_confirmed=among_confirmed,
        scanners=scanner or (),
        actor=rater_name(rater),
    )
    _tell(drawn, workspace, as_json)


@draws.command("list", epilog="Example: allegiance draw list -w watched")
def list_(workspace: WorkspaceOption = ".", as_json: JsonOption = False) -> None:
    """List the draws, the abandoned ones too, with how many of each were opened and labelled."""
    from allegiance.audit import Record
    from allegiance.corpus import Workspace

    record = Record.of(ledger_of(Workspace(workspace), create=False))
    rows = [_row(record, name) for name in record.draws]
    if as_json:
        print_json({"draws": rows})
        return
    table = Table(box=None, pad_edge=False)
    for title in (
        "draw",
        "design",
        "drawn",
        "of N",
        "opened",
        "labelled",
        "stop",
        "after",
        "frame",
    ):
        right = title in ("drawn", "of N", "opened", "labelled")
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for row in rows:
        drawn = "all" if row["n"] is None else f"{row['n']:,}"
        counts = (drawn, f"{row['population']:,}", f"{row['opened']:,}", f"{row['labelled']:,}")
        after = ", ".join(row["categories"])
        design = "reported" if row["reported"] else row["design"]
        cells = (row["name"], design, *counts, row["stop"], after, row["frame"])
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console().print(table if rows else "No draws yet: allegiance draw NAME --n 50")


@draws.command(epilog="Example: allegiance draw extend first --n 50")
def extend(
    name: Annotated[str, typer.Argument(help="The draw.")],
    n: Annotated[int, typer.Option("--n", help="How many more.")],
    rater: Annotated[str | None, typer.Option("--rater", help="Who draws.")] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Draw more, after what was drawn before; after the first label that makes the draw open."""
    from allegiance.audit import extend_draw
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    drawn = extend_draw(
        place.corpus(create=False), ledger_of(place, create=False), name, n, rater_name(rater)
    )
    _tell(drawn, workspace, as_json)


def draw_dict(drawn: "Draw") -> dict[str, Any]:
    """Give a draw as JSON can carry it."""
    spec = drawn.spec
    listed = len(drawn.order) <= _MOST_LISTED
    return {
        "draw": spec.name,
        "design": spec.design,
        "by": spec.by,
        "seed": spec.seed,
        "stop": str(spec.stop),
        "n": drawn.record.size,
        "population": spec.frame.population,
        "frame_digest": spec.frame.digest,
        "where": spec.frame.where,
        "version": spec.frame.version,
        "unscanned": spec.frame.unscanned,
        "categories": [str(one) for one in spec.properties],
        "strata": [one.to_dict() for one in spec.strata],
        "transcripts": [
            {"transcript_id": one, "position": position}
            for position, one in enumerate(drawn.order if listed else (), 1)
        ],
    }


def _tell(drawn: "Draw", workspace: str, as_json: bool) -> None:
    if as_json:
        print_json(draw_dict(drawn))
        return
    spec = drawn.spec
    size = "all" if drawn.record.size is None else f"{drawn.record.size:,}"
    after = f" after {', '.join(map(str, spec.properties))}" if spec.properties else ""
    seed = f", seed {spec.seed}{' (chosen)' if spec.seed_given else ''}" if spec.seed else ""
    console().print(
        f"{spec.name}: {size} of {spec.frame.population:,} ({printable(spec.frame.name)}), {spec.design}"
        f"{seed}, stop: {spec.stop}{printable(after)}.",
        markup=False,
        soft_wrap=True,
    )
    for stratum in spec.strata:
        console().print(
            f"  {printable(stratum.name)}: {stratum.reads:,} of {stratum.population:,}",
            markup=False,
        )
    if spec.frame.unscanned:
        note(
            f"{spec.frame.unscanned:,} transcripts have no verdict of the scanner that the filter looks at; "
            "scan first, or the frame is of those that have one"
        )
    if spec.design == "top":
        note("These are the most striking ones: they show what exists, and license no rate.")
    elif not spec.properties:
        note(
            "No --category: what is found can show existence and no rate, since what the draw is after "
            "is not on record"
        )
    where = "" if workspace == "." else f" -w {workspace}"
    next_ = "label" if spec.properties else "read"
    note(f"Next: allegiance {next_} {spec.name}{where}")


def _row(record: "Record", name: str) -> dict[str, Any]:
    drawn = record.draws[name]
    opened = {s.transcript_id for s in record.sights if s.route.draw == name}
    labels = [one for one in record.labels() if one.label.draw == name]
    return {
        "name": name,
        "at": drawn.at,
        "design": drawn.spec.design,
        "reported": drawn.reported,
        "seed": drawn.spec.seed,
        "n": drawn.size,
        "population": drawn.spec.frame.population,
        "frame": drawn.spec.frame.name,
        "frame_digest": drawn.spec.frame.digest,
        "stop": str(drawn.spec.stop),
        "categories": [str(one) for one in drawn.spec.properties],
        "opened": len(opened),
        "labelled": len({one.label.transcript_id for one in labels}),
    }


def _plan(
    workspace: str,
    where: str | None,
    category: list[str] | None,
    scanner: list[str] | None,
    prevalence: str | None,
    width: str | None,
    sensitivity: str | None,
    specificity: str | None,
    as_json: bool,
) -> None:
    if prevalence is None or width is None:
        raise UsageError(
            "--plan needs --prevalence and --width, such as --prevalence 1% --width 2%."
        )
    if (sensitivity is None) != (specificity is None):
        raise UsageError(
            "--sensitivity and --specificity are of one scanner: give both or neither."
        )
    from allegiance.audit import frame, planned
    from allegiance.corpus import Workspace

    population = len(
        frame(Workspace(workspace).corpus(create=False), where, scanners=scanner or ())
    )
    try:
        found = planned(
            share("--prevalence", prevalence),
            share("--width", width),
            population,
            category=(category or ["CATEGORY"])[0],
            where=where or "",
            sensitivity=None if sensitivity is None else share("--sensitivity", sensitivity),
            specificity=None if specificity is None else share("--specificity", specificity),
        )
    except ValueError as error:
        raise UsageError(f"--plan: {error}.") from error
    if as_json:
        print_json({"population": population, "plans": [one.to_dict() for one in found]})
        return
    table = Table("design", "reads", "what comes of it", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for one in found:
        reads = "" if one.plan.needed is None else f"{one.plan.needed:,}"
        comes = str(one.plan) if one.plan.needed is None else str(one.plan).partition(": ")[2]
        table.add_row(one.design, reads, Text(comes))
    console().print(f"Out of {population:,} transcripts:")
    console().print(table)
    for one in found:
        if one.command:
            note(f"{one.design}: {one.command}")
