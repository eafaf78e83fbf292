"""A calibration on a terminal: the table, the rates with their limits, and what to do next."""

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from allegiance.audit.calibration_text import limits, sentence
from allegiance.cli.app import console, note
from allegiance.cli.transcripts import visible

if TYPE_CHECKING:
    from allegiance.audit import Property
    from allegiance.audit.calibrating import Calibration
    from allegiance.audit.uneven import ByFactor

SHOW_MISSING_ABOVE = 0.01
"""Bounds for what is missing are shown where it is more than this share of the reads."""


def show(found: "list[Calibration]", told: dict[str, Any], wanted: "Property") -> None:
    """Print the calibrations of one draw."""
    for one, fields in zip(found, told["calibrations"], strict=True):
        _heading(one)
        show_table(fields, wanted)
        _measures(one)
        _scores(one)
        for factor in one.factors:
            _factor(factor)
        _notes(one)
    if told["compared"]:
        _pairs(told["compared"])
    _next(told)


def show_table(fields: dict[str, Any], wanted: "Property") -> None:
    """Print a confusion table."""
    cells, who = fields["table"], fields["scanner"]
    shown = Table(title=_text(f"{who['scanner']} {who['digest'][:12]}"), title_justify="left")
    shown.add_column("")
    for label in ("labelled so", "labelled not so"):
        shown.add_column(label, justify="right")
    shown.add_row(
        _text(f"said {wanted.value}"),
        f"{cells['true_positives']:,}",
        f"{cells['false_positives']:,}",
    )
    shown.add_row("said otherwise", f"{cells['false_negatives']:,}", f"{cells['true_negatives']:,}")
    console().print(shown)
    if fields["missing"]:
        why = ", ".join(f"{reason}: {number:,}" for reason, number in fields["missing"].items())
        _say(f"missing, and counted as neither: {why}")


def _heading(one: "Calibration") -> None:
    from allegiance.audit.claims import BY_REPORT

    spec = one.draw.spec
    report = BY_REPORT if one.reading.draw.reported else ""
    strata = f" by {spec.by}" if spec.design == "stratified" else ""
    among = f" ({spec.frame.where})" if spec.frame.where else ""
    _say(
        f"{report}{one.wanted}: {one.instrument.scanner} on {one.draw.name}, {spec.design}{strata}: "
        f"{len(one.reading.reads):,} labelled of {len(one.draw.frame):,}{among}"
    )


def _measures(one: "Calibration") -> None:
    shown = Table(box=None, pad_edge=False)
    shown.add_column("")
    shown.add_column("k of n", justify="right")
    shown.add_column("% [limits]")
    shown.add_column("method")
    rows = [(m.name, m.hits, m.reads, m.interval, m.reason) for m in one.found.measures]
    seen = one.prevalence
    rows.append(("prevalence", seen.hits or 0, seen.reads or 0, seen, ""))
    for name, hits, reads, interval, reason in rows:
        method = _text(interval.method if interval is not None else reason)
        shown.add_row(name, f"{hits:,} of {reads:,}", limits(interval), method)
    console().print(shown, soft_wrap=True)
    every = len(one.sample.judged)
    for name, _, _, interval, _ in rows:
        worst = None if interval is None else interval.worst_case
        if worst is not None and worst.missing > SHOW_MISSING_ABOVE * every:
            _say(
                f"{name}, whatever the {worst.missing:,} missing are: {100 * worst.low:.1f} to "
                f"{100 * worst.high:.1f} %"
            )


def _scores(one: "Calibration") -> None:
    found = one.reliability
    if found is None:
        return
    bands = (
        "bands a fifth wide" if found.edges == "fixed" else "bands at the quintiles of the frame"
    )
    shown = Table(title=f"by score, {bands}", title_justify="left", box=None)
    for name in ("score", "labelled so, % [limits]", "n", "N"):
        shown.add_column(name, justify="left" if name.startswith("labelled") else "right")
    for band in found.bins:
        shown.add_row(
            f"{band.low:g} to {band.high:g}",
            limits(band.share),
            f"{band.reads:,}",
            f"{band.population:,}",
        )
    console().print(shown)
    if found.unscored:
        _say(f"without a score, and in no band: {found.unscored:,} of {len(one.draw.frame):,}")
    if found.area is not None:
        area = found.area
        _say(
            f"area under the curve: {area.point:.3f} [{area.low:.3f}, {area.high:.3f}] ({area.method})"
        )
    else:
        _say(f"no area under the curve: {found.reason}")


def _factor(found: "ByFactor") -> None:
    shown = Table(title=_text(f"its error by {found.factor}"), title_justify="left", box=None)
    for name in (found.factor, "N", "labelled"):
        shown.add_column(_text(name), no_wrap=True)
    for name in ("sensitivity, %", "specificity, %"):  # on a narrow screen these are folded
        shown.add_column(name)
    for level in found.levels:
        told = [level.of(name) for name in ("sensitivity", "specificity")]
        shown.add_row(
            _text(level.name),
            f"{level.population:,}",
            f"{level.reads:,}",
            *(f"{m.hits:,} of {m.reads:,}: {limits(m.interval)}" for m in told),
        )
    console().print(shown)
    if found.reason:
        _say(found.reason)
    for pair in found.invented:
        _say(sentence(found, pair))


def _pairs(pairs: list[dict[str, Any]]) -> None:
    for pair in pairs:
        p = pair["adjusted"]
        test = "" if p is None else f"; p = {p:.3g} adjusted (McNemar, exact)"
        left_out = f", {pair['missing']:,} missing" if pair["missing"] else ""
        _say(
            f"{pair['first']} and {pair['second']} on the same transcripts: both right {pair['both']:,}, the "
            f"first alone {pair['first_alone']:,}, the second alone {pair['second_alone']:,}, neither "
            f"{pair['neither']:,}{left_out}{test}"
        )
        for name in ("sensitivity", "specificity"):
            gap = pair[name]
            if gap is not None:
                _say(
                    f"{name}, the first less the second: {100 * gap['estimate']:+.1f} points "
                    f"[{100 * gap['low']:.1f}, {100 * gap['high']:.1f}] ({gap['method']})"
                )
    for reason in dict.fromkeys(pair["reason"] for pair in pairs if pair["reason"]):
        _say(reason)


def _notes(one: "Calibration") -> None:
    name = one.draw.name
    for reason in one.reasons:
        note(f"{name}: {reason}")
    if one.cut:
        note(
            f"{name}: the frame is cut by this scanner's own verdicts; its rates are of that frame"
        )
    unscanned = sum(g.population for g in one.sample.groups() if g.told is None)
    if unscanned:
        note(
            f"{name}: {unscanned:,} of the {len(one.draw.frame):,} have no verdict of this scanner"
        )
    if one.strangers:
        note(
            f"{one.strangers:,} of its verdicts are on transcripts that are not in this corpus, and count nowhere"
        )
    if one.reading.beyond:
        note(
            f"{name}: {one.reading.beyond:,} labels beyond the first place without one don't count"
        )
    note(
        f"{name}: against what these raters label {one.wanted} under this codebook; looking at it is on record"
    )


def _next(told: dict[str, Any]) -> None:
    for place, advice in enumerate(told["next"]):
        plan = advice["plan"]
        reads = "all" if plan["needed"] is None else f"{plan['needed']:,}"
        lead = (
            f"for the rate within {100 * told['width']:g} points, draw next" if not place else "or"
        )
        _say(f"{lead} {reads} {advice['design']}: {advice['command']}")


def _say(text: str) -> None:
    console().print(_text(text), soft_wrap=True)


def _text(text: str) -> Text:
    return Text(visible(text))
