"""`allegiance estimate --scanner`: a scanner's own rate beside the rate that labels make of it."""

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from allegiance.cli.app import console, note
from allegiance.cli.calibrate_shown import limits
from allegiance.cli.transcripts import visible

if TYPE_CHECKING:
    from allegiance.audit import Frame, GapSpec, Property, Record

SHOW_MISSING_ABOVE = 0.01
FEW_HITS = 5
"""With so many hits or fewer it is said that sums of strata fall short."""


def show_corrected(found: dict[str, Any], wanted: "Property") -> None:
    """Print the rates side by side, and what makes the difference."""
    who, naive = found["scanner"], found["naive"]
    among = f" ({found['where']})" if found["where"] else ""
    name = f"{who['scanner']} {who['digest'][:12]}"
    _say(
        f"{wanted}{among}: {name} said so of {naive['positives']:,} of {naive['told']:,} with a verdict: "
        f"{100 * naive['rate']:.1f} %, its own rate, which is no estimate"
    )
    if naive["missing"]:
        worst = naive["worst_case"]
        _say(
            f"no verdict on {naive['missing']:,} of {found['population']:,}: its own rate lies from "
            f"{100 * worst['low']:.1f} to {100 * worst['high']:.1f} %, whatever they are"
        )
    for one in found["corrected"]:
        _show_draw(one)
    for one in found["carried"]:
        _show_carried(one)
    if not found["corrected"] and not found["carried"]:
        from allegiance.audit.plans import drawing

        command = drawing(100, found["category"], found["where"])
        _say(f"no labelled draw says how wrong that is; draw from this frame: {command}")
    note(f"what raters label {wanted} under this codebook; looking at it is on record")


def _show_draw(one: dict[str, Any]) -> None:
    from allegiance.cli.estimate import shown_interval

    made = one["found"]
    if made is None:
        _say(f"{one['draw']}: no correction; {'; '.join(one['reasons'])}")
        return
    interval, labels = made["interval"], made["labels"]
    _say(f"{one['draw']}, corrected: {shown_interval(interval)}")
    _say(f"{one['draw']}, its labels alone: {shown_interval(labels)}")
    for reason in one["reasons"]:
        note(f"{one['draw']}: {reason}")
    if interval["method"] == "mover" and interval["hits"] <= FEW_HITS:
        note(
            f"{one['draw']}: {interval['hits']} hits are few for sums of strata, whose limits fall short of "
            "their confidence where a frame holds a handful (docs/real-instruments.md); the labels alone of "
            "one random order are exact"
        )
    worst = interval["worst_case"]
    if worst is not None and worst["missing"] > SHOW_MISSING_ABOVE * one["reads"]:
        _say(
            f"{one['draw']}, whatever the {worst['missing']:,} missing labels are: "
            f"{100 * worst['low']:.1f} to {100 * worst['high']:.1f} %"
        )
    _terms(made["terms"])


def _terms(terms: list[dict[str, Any]]) -> None:
    shown = Table(title="what moves the rate", title_justify="left", box=None)
    for name in ("", "N", "labelled so", "points", "share"):
        shown.add_column(name, justify="right" if name else "left", no_wrap=True)
    for one in terms:
        moved, part = one["difference"], one["share"]
        shown.add_row(
            _text(one["name"]),
            f"{one['population']:,}",
            f"{one['hits']:,} of {one['reads']:,}",
            "not read" if moved is None else f"{100 * moved:+.1f}",
            "" if part is None else f"{100 * part:.0f} %",
        )
    console().print(shown)


def _show_carried(one: dict[str, Any]) -> None:
    from allegiance.cli.estimate import shown_interval

    if one["interval"] is None:
        _say(f"{one['draw']} ({one['where']}): carries nothing over; {one['reason']}")
        return
    _say(
        f"{one['draw']} is from another frame ({one['where']}). Assuming that {one['assumption']}: "
        f"{shown_interval(one['interval'])}"
    )


def gap_facts(
    population: "Frame", spec: "GapSpec", wanted: "Property", record: "Record", confidence: float
) -> dict[str, Any]:
    """Say whether the scanner's error was compared over the factor, and what labels make of the gap."""
    from allegiance.audit.calibrating import tested_by
    from allegiance.audit.correcting import gaps_corrected

    if spec.instrument is None:
        return {}
    look = tested_by(record, wanted, spec.instrument, spec.factor)
    pair = {spec.first, spec.second}
    tests = (
        []
        if look is None
        else [t for t in look.body["by"][spec.factor]["tests"] if {t["first"], t["second"]} == pair]
    )
    return {
        "error_tested": None if look is None else {"event": look.seq, "tests": tests},
        "corrected": [
            {"draws": list(names), **gap.to_dict()}
            for names, gap in gaps_corrected(population, spec, wanted, record, confidence)
        ],
    }


def show_gap_facts(found: dict[str, Any]) -> None:
    """Print what is known of the scanner's error behind a gap."""
    spec = found["gap"]
    if spec["instrument"] is None:
        return
    _tested(found, spec)
    for one in found["corrected"]:
        names = " and ".join(one["draws"])
        if one["interval"] is None:
            _say(f"{names}: no corrected gap, since a level has no corrected rate of its own")
            continue
        _say(
            f"by labels of {names}: the scanner's own gap in these transcripts "
            f"{100 * one['naive']:+.1f} points, corrected {_points(one['interval'])}, by the labels alone "
            f"{_points(one['labels'])} ({100 * one['interval']['confidence']:.4g} %, corpus, "
            f"{one['interval']['method']}): of these transcripts, and not paired by request"
        )
        for level, made in one["levels"].items():
            _say(
                f"  {level}: own {100 * made['naive']['rate']:.1f} %, corrected {_limits(made['interval'])}"
            )
    if not found["corrected"]:
        note(
            "no draw on this frame, or on both of its levels, has labels: the gap can't be corrected"
        )


def _tested(found: dict[str, Any], spec: dict[str, Any]) -> None:
    tested = found["error_tested"]
    known = [] if tested is None else [t for t in tested["tests"] if t["adjusted"] is not None]
    if tested is None or not known:
        note(
            f"whether this scanner errs alike in {spec['first']} and {spec['second']} was not tested on record: "
            f"`allegiance calibrate {found['category']} --by {spec['factor']} --scanner "
            f"{found['category']}={spec['instrument']['digest'][:12]}`"
        )
        return
    told = ", ".join(f"{t['error']} p = {t['adjusted']:.2g}" for t in known)
    differs = any(t["adjusted"] <= 0.05 for t in known)
    said = "differs" if differs else "was not shown to differ"
    _say(
        f"its error {said} between {spec['first']} and {spec['second']} (event {tested['event']}: {told}, "
        "adjusted)"
    )


def _points(interval: dict[str, Any] | None) -> str:
    if interval is None:
        return "—"
    low, high = 100 * interval["low"], 100 * interval["high"]
    return f"{100 * interval['estimate']:+.1f} [{low:.1f}, {high:.1f}]"


def _limits(interval: dict[str, Any] | None) -> str:
    from allegiance.stats import Interval

    if interval is None:
        return "—"
    plain = {k: v for k, v in interval.items() if k not in ("worst_case", "assumptions", "notes")}
    return f"{limits(Interval(**plain))} %"


def _say(text: str) -> None:
    console().print(_text(text), soft_wrap=True)


def _text(text: str) -> Text:
    return Text(visible(text))
