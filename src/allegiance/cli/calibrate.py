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
    from allegiance.audit.advising import Advice
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
        name: _calibrations(corpus, record, name, wanted, instruments, by or [], confidence, rater)
        for name in _draws(record, wanted, draw)
    }
    told = [_told(these, wide, confidence, wanted) for these in found.values()]
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


def _draws(record: "Record", wanted: "Property", draw: str | None) -> list[str]:
    if draw is not None:
        return [draw]
    said = {one.label.draw for one in record.labels(wanted.category)}
    names = [name for name in record.draws if name in said]
    licensed = [name for name in names if _of_chance(record, name)]
    if licensed:
        return licensed
    if names or said:
        from allegiance.audit.calibrating import routes_of

        routes = ", ".join(f"{n:,} by {kind}" for kind, n in routes_of(record, wanted).items())
        raise UsageError(
            f"The labels of {wanted.category} are of transcripts that were picked, and not drawn at random "
            f"({routes}): what a scanner gets right among those tells no rate of anything. Draw with "
            f"`allegiance draw NAME --n 100 --category {wanted.category}`; `--debug` shows the table alone."
        )
    raise UsageError(
        f"Nothing is labelled for {wanted.category} yet: `allegiance draw NAME --n 100 --category "
        f"{wanted.category}`, then `allegiance label NAME`."
    )


def _of_chance(record: "Record", name: str) -> bool:
    """Whether the transcripts of a draw came by chance."""
    spec = record.draws[name].spec
    chosen = spec.testimony is not None and spec.testimony.order != "random"
    return spec.design != "top" and not chosen


def _calibrations(
    corpus: "Corpus",
    record: "Record",
    name: str,
    wanted: "Property",
    instruments: "list[Instrument]",
    by: list[str],
    confidence: float,
    rater: str | None,
) -> "list[Calibration]":
    from allegiance.audit import open_draw
    from allegiance.audit.calibrating import calibration_of

    drawn = open_draw(corpus, record, name)
    return [
        calibration_of(drawn, record, wanted, one, by=by, confidence=confidence, rater=rater)
        for one in instruments
    ]


def _told(
    these: "list[Calibration]", width: float, confidence: float, wanted: "Property"
) -> dict[str, Any]:
    from allegiance.audit.comparing import compared

    samples = {f"{c.instrument.scanner} {c.instrument.digest[:12]}": c.sample for c in these}
    told = [{**one.to_dict(), "confidence": confidence} for one in these]
    return {
        "draw": these[0].draw.name,
        "calibrations": told,
        "compared": [one.to_dict() for one in compared(samples, confidence)],
        "width": width,
        "next": [one.to_dict() for one in _next(these[0], width, confidence, wanted)],
    }


def _next(
    one: "Calibration", width: float, confidence: float, wanted: "Property"
) -> "list[Advice]":
    """Plan the next draw on what this one shows; nothing is taken for certain that was not seen."""
    from allegiance.audit.advising import Expected, advised

    def cautious(hits: int, reads: int) -> float | None:
        return (hits + 0.5) / (reads + 1) if reads else None

    seen, size = one.prevalence, len(one.draw.frame)
    rate = seen.estimate
    if rate is None or rate in (0.0, 1.0):
        rate = cautious(seen.hits or 0, seen.reads or 0) or 0.5
    caught, cleared = one.found.of("sensitivity"), one.found.of("specificity")
    estimates = [
        cautious(m.hits, m.reads)
        if m.interval is None or m.interval.estimate in (None, 0.0, 1.0)
        else m.interval.estimate
        for m in (caught, cleared)
    ]
    expected = Expected(
        size,
        sum(g.population for g in one.sample.groups() if g.told is None),
        rate,
        *estimates,
    )
    text = wanted.category if wanted.value == "yes" else f"{wanted.category}={wanted.value}"
    return advised(
        expected,
        width,
        confidence,
        text,
        where=one.draw.spec.frame.where,
        scanner=one.instrument.digest[:12],
        strata=set(wanted.values) == {"yes", "no"},
    )


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
