"""`allegiance estimate`: what the labels of draws license, or the gap between two conditions."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.cli.estimate_corrected import (
    gap_facts,
    show_corrected,
    show_gap_facts,
)
from allegiance.cli.options import ConfidenceOption, ScannerOption, check_confidence
from allegiance.cli.record import ledger_of, rater_name
from allegiance.cli.transcripts import visible
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Frame, GapSpec, Property, Record
    from allegiance.corpus import Corpus


@app.command(
    epilog=(
        "Example: allegiance estimate doubts · allegiance estimate doubts --draw first --method sequence · "
        "allegiance estimate doubts --scanner doubts=judge · allegiance estimate outcome=complied --gap tier "
        "--where \"model = 'organism/faker'\" --margin 5%"
    )
)
def estimate(
    category: Annotated[str, typer.Argument(help="A category, or CATEGORY=VALUE.")],
    draw: Annotated[
        str | None,
        typer.Option("--draw", help="The draw; by default all with labels in the category."),
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", help="With --gap or --scanner: among these.")
    ] = None,
    gap: Annotated[
        str | None,
        typer.Option("--gap", help="The gap of a factor (tier): same requests, for the model."),
    ] = None,
    levels: Annotated[
        str | None,
        typer.Option("--levels", help="FIRST,SECOND of the factor, where it has more than two."),
    ] = None,
    margin: Annotated[
        str | None,
        typer.Option("--margin", help="The gap that would matter, for equivalence, such as 5%."),
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="With --gap: from raters' labels, not from a scanner.")
    ] = False,
    scanner: ScannerOption = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            help="Another one that the route licenses: sequence, berger-boos, wendell-schmee.",
        ),
    ] = None,
    confidence: ConfidenceOption = 0.95,
    rater: Annotated[
        str | None, typer.Option("--rater", help="The labels of one rater alone.")
    ] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Estimate a rate from the labels of a draw, or a gap; that it was looked at stays on record.

    With --scanner: its own rate beside the rate that labels of a draw on the same frame make of it.
    """
    from allegiance.audit import Record, known_property
    from allegiance.audit.claim_asked import gap_asked
    from allegiance.audit.corrected_rates import corrected_rates
    from allegiance.corpus import Workspace

    check_confidence(confidence)
    if gap is None and (levels or margin or labels):
        raise UsageError("--levels, --margin and --labels go with --gap.")
    if gap is None and where and not scanner:
        raise UsageError("--where goes with --gap, or with --scanner CATEGORY=NAME.")
    if gap is None and scanner and (method or rater):
        raise UsageError("--method and --rater are of labels alone: leave --scanner out.")
    if gap is not None and (draw or method or rater):
        raise UsageError("--draw, --method and --rater are of a rate, and not of a --gap.")
    place = Workspace(workspace)
    corpus, ledger = place.corpus(create=False), ledger_of(place)
    record = Record.of(ledger)
    wanted = known_property(record, category, book=book_of(place))
    if gap is not None:
        population, spec = gap_asked(
            corpus,
            record,
            wanted,
            gap,
            levels=levels,
            margin=margin,
            labels=labels,
            where=where,
            scanners=tuple(scanner or ()),
        )
        found = _gap(population, spec, wanted, record, confidence)
        found |= gap_facts(population, spec, wanted, record, confidence)
        draws = sorted({name for one in found.get("corrected", ()) for name in one["draws"]})
        event = {**found, "frame": population.digest, "draws": draws}
        ledger.append("estimate", wanted.category, event, rater_name(None))
        if as_json:
            print_json(found)
        else:
            _show_gap(found)
            show_gap_facts(found)
        return
    if scanner:
        rates = corrected_rates(corpus, record, wanted, scanner, where, draw, confidence)
        for one in rates:
            ledger.append("estimate", wanted.category, one, rater_name(None))
        if as_json:
            print_json({"category": wanted.category, "value": wanted.value, "scanners": rates})
        else:
            for one in rates:
                show_corrected(one, wanted)
        return
    names = [draw] if draw else _labelled(record, wanted)
    if not names:
        raise UsageError(
            f"No draw has labels for {wanted.category} yet: `allegiance draw NAME --n 50 --category "
            f"{wanted.category}`, then `allegiance label NAME`."
        )
    estimates = [
        _of_draw(corpus, record, name, wanted, rater, confidence, method) for name in names
    ]
    for one in estimates:
        ledger.append("estimate", one["draw"], {**one, "what": "rate"}, rater_name(None))
    if as_json:
        print_json({"category": wanted.category, "value": wanted.value, "estimates": estimates})
        return
    for one in estimates:
        _show(one, wanted)


def _labelled(record: "Record", wanted: "Property") -> list[str]:
    said = {one.label.draw for one in record.labels(wanted.category)}
    return [name for name in record.draws if name in said]


def _of_draw(
    corpus: "Corpus",
    record: "Record",
    name: str,
    wanted: "Property",
    rater: str | None,
    confidence: float,
    method: str | None,
) -> dict[str, Any]:
    from allegiance.audit import licence, open_draw, reading_of

    drawn = open_draw(corpus, record, name)
    reading = reading_of(drawn, record, wanted, rater)
    granted = licence(reading, confidence, method)
    return {
        "draw": name,
        "category": wanted.category,
        "value": wanted.value,
        "frame": drawn.frame.digest,
        "where": drawn.spec.frame.where,
        "grant": granted.grant,
        "interval": None if granted.interval is None else granted.interval.to_dict(),
        "reasons": list(granted.reasons),
        "reads": len(reading.reads),
        "missing": reading.missing,
        "beyond": reading.beyond,
        "rule": str(reading.rule),
        "reported": reading.draw.reported,
    }


def _show(one: dict[str, Any], wanted: "Property") -> None:
    from allegiance.audit.claims import BY_REPORT

    report = BY_REPORT if one["reported"] else ""
    among = f" ({one['where']})" if one["where"] else ""
    if one["interval"] is None:
        line = f"{one['draw']}{among}: no number; {'; '.join(one['reasons'])}"
    else:
        line = f"{one['draw']}{among}: {shown_interval(one['interval'])}"
    console().print(Text(visible(report + line)), soft_wrap=True)
    for reason in one["reasons"] if one["interval"] is not None else ():
        note(f"{one['draw']}: {reason}")
    if one["missing"]:
        worst = one["interval"]["worst_case"] if one["interval"] else None
        bounds = (
            ""
            if worst is None
            else f"; whatever they are: {100 * worst['low']:.2f} to {100 * worst['high']:.2f} %"
        )
        note(f"{one['draw']}: {one['missing']:,} could not be told{bounds}")
    note(
        f"{one['draw']}: what these raters label {wanted} under this codebook; looking at it is on record"
    )


def shown_interval(fields: dict[str, Any]) -> str:
    """Print an interval that was carried as JSON."""
    from allegiance.stats import Interval

    plain = {k: v for k, v in fields.items() if k not in ("worst_case", "assumptions", "notes")}
    return str(Interval(**plain))


def _gap(
    population: "Frame", spec: "GapSpec", wanted: "Property", record: "Record", confidence: float
) -> dict[str, Any]:
    from allegiance.audit import gap_of

    found = gap_of(population, spec, wanted, record, confidence)
    return {
        "what": "gap",
        "category": wanted.category,
        "value": wanted.value,
        "gap": spec.to_dict(),
        "where": population.spec.where,
        "population": len(population),
        "frame_digest": population.digest,
        **found.to_dict(),
    }


def _show_gap(found: dict[str, Any]) -> None:
    spec = found["gap"]
    same = found["equivalence"]
    line = (
        f"{found['category']}, {spec['first']} minus {spec['second']}: {shown_interval(found['interval'])}; "
        f"p = {found['p_value']:.3g}"
    )
    if same is not None:
        is_ = "is" if same["equivalent"] else "is not"
        line += f"; it {is_} shown to be smaller than {100 * same['margin']:g} points"
    console().print(Text(visible(line)), soft_wrap=True)
    who = spec["instrument"]
    told = f"{who['scanner']} {who['digest'][:12]}" if who else "raters' labels"
    note(f"by {told}; its own error is not in this interval")
