"""`allegiance calibrate`: what a scanner's verdicts are worth, by labels of a draw."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allegiance.cli.app import JsonOption, WorkspaceOption, app, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.cli.options import ConfidenceOption, check_confidence, share
from allegiance.cli.record import ledger_of, rater_name
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from allegiance.audit import Property, Record
    from allegiance.audit.calibrating import Calibration
    from allegiance.audit.specs import Instrument
    from allegiance.corpus import Corpus


@app.command(
    epilog=(
        "Example: allegiance calibrate doubts --draw first · allegiance calibrate doubts --by tier --width 4% · "
        "allegiance calibrate lie --scanner lie=import:gpt-4o --scanner lie=import:gpt-5"
    )
)
def calibrate(
    category: Annotated[str, typer.Argument(help="A category, or CATEGORY=VALUE.")],
    draw: Annotated[
        str | None,
        typer.Option("--draw", help="The draw; by default all with labels in the category."),
    ] = None,
    scanner: Annotated[
        list[str] | None,
        typer.Option(
            "--scanner",
            help="CATEGORY=NAME or digest; several are compared on the same transcripts.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", help="Compare its error over a factor; tier and model where they have levels."
        ),
    ] = None,
    width: Annotated[
        str, typer.Option("--width", help="The width of the interval that the next draw is for.")
    ] = "4%",
    confidence: ConfidenceOption = 0.95,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", help="Write the labelled share by score as SVG.", metavar="FILE"),
    ] = None,
    rater: Annotated[
        str | None, typer.Option("--rater", help="The labels of one rater alone.")
    ] = None,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Labels of any route in a table from which no rate follows."),
    ] = False,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Set a scanner's verdicts against the labels of a draw; that it was looked at stays on record."""
    from allegiance.audit import Record, known_property
    from allegiance.audit.calibrating import scanners_of
    from allegiance.audit.calibrations import calibrations_of, calibrations_told, draws_for
    from allegiance.corpus import Workspace

    check_confidence(confidence)
    wide = share("--width", width)
    if not 0 < wide < 1:
        raise UsageError(f"--width {width}: an interval is wider than 0 and narrower than 100 %.")
    if debug and (draw or by or figure or rater):
        raise UsageError("--debug shows one table of all labels: leave --draw, --by, --figure out.")
    place = Workspace(workspace)
    corpus, ledger = place.corpus(create=False), ledger_of(place)
    record = Record.of(ledger)
    wanted = known_property(record, category, book=book_of(place))
    instruments = scanners_of(corpus, wanted.category, scanner or [])
    if debug:
        _debug(corpus, record, wanted, instruments, as_json)
        return
    found = {
        name: calibrations_of(
            corpus,
            record,
            name,
            wanted,
            instruments,
            by=by or [],
            confidence=confidence,
            rater=rater,
        )
        for name in draws_for(record, wanted, draw)
    }
    told = [calibrations_told(these, wide, confidence, wanted) for these in found.values()]
    for of_draw in told:
        for one in of_draw["calibrations"]:
            ledger.append("estimate", one["draw"], one, rater_name(None))
    if figure is not None:
        _draw_figure(figure, [one for these in found.values() for one in these])
    if as_json:
        print_json({"category": wanted.category, "value": wanted.value, "draws": told})
        return
    from allegiance.cli.calibrate_shown import show

    for these, of_draw in zip(found.values(), told, strict=True):
        show(these, of_draw, wanted)


def _debug(
    corpus: "Corpus",
    record: "Record",
    wanted: "Property",
    instruments: "list[Instrument]",
    as_json: bool,
) -> None:
    from allegiance.audit.calibrating import routes_of, table_alone
    from allegiance.cli.calibrate_shown import show_table

    routes = routes_of(record, wanted)
    tables: list[dict[str, Any]] = []
    for one in instruments:
        table, missing = table_alone(corpus, record, wanted, one)
        tables.append({"scanner": one.to_dict(), "table": table.to_dict(), "missing": missing})
    if as_json:
        print_json({"category": wanted.category, "routes": routes, "tables": tables})
        return
    for told in tables:
        show_table(told, wanted)
    came = ", ".join(f"{number:,} by {kind}" for kind, number in routes.items()) or "none"
    note(
        f"labels of transcripts that came {came}: for finding mistakes, and no rate follows from them"
    )


def _draw_figure(file: Path, found: "list[Calibration]") -> None:
    from allegiance.report.reliability import reliability_figure

    scored = [one for one in found if one.reliability is not None]
    if not scored:
        raise UsageError("--figure: the scanner gives no scores, so there is nothing to draw.")
    try:
        file.write_text(reliability_figure(scored), encoding="utf-8")
    except OSError as error:
        raise AllegianceError(f"{file} can't be written: {error.strerror}.") from error
    note(f"wrote {file}")
