# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""A category beside the list: its definition, what its scanner said of the transcripts listed, its measured error."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from allegiance.audit import Record
from allegiance.audit.calibrating import CALIBRATION
from allegiance.audit.matching import VERDICT
from allegiance.audit.specs import Instrument
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Category
from allegiance.web.access import Person
from allegiance.web.chips import with_condition
from allegiance.web.found import Found
from allegiance.web.left import NOTHING, Left, left_to
from allegiance.web.listing import instrument_for
from allegiance.web.selection import Selection
from allegiance.web.site import Site

_WHY = {None: "of them not looked at", "ok": "of them looked at, and none given"}
_MEASURES = ("sensitivity", "specificity", "PPV")
_FIRST = "Told once you have labelled what is left to you of it."


@dataclass(frozen=True)
class Counted:
    """How many of the listed transcripts have a value, and the address of those alone."""

    value: str
    number: int
    address: str
    status: str = ""


@dataclass(frozen=True)
class Measured:
    """One measured property of a scanner: a share, its limits, and k of n; without limits, why there are none."""

    name: str
    hits: int
    reads: int
    estimate: float | None = None
    low: float = 0.0
    high: float = 1.0
    why: str = ""


@dataclass(frozen=True)
class Error:
    """What is known of a scanner's error, and where it was measured; `why` says why nothing is.

    Attributes
    ----------
    measures
        Sensitivity, specificity, PPV.
    draw
        Of which draw the labels are; a neutral number.
    population
        N of that draw's frame.
    labelled
        Whether there are labels that it could be set beside.
    """

    measures: tuple[Measured, ...] = ()
    draw: int = 0
    population: int = 0
    reads: int = 0
    labelled: bool = False
    why: str = ""


@dataclass(frozen=True)
class Choice:
    """A scanner that gave verdicts, and the address at which its verdicts are shown."""

    scanner: str
    digest: str
    verdicts: int
    chosen: bool
    address: str


@dataclass(frozen=True)
class Panel:
    """A category that is shown; without an instrument, one has to be chosen."""

    name: str
    category: Category | None
    instrument: Instrument | None
    counts: tuple[Counted, ...]
    choices: tuple[Choice, ...]
    error: Error | None
    without: str


def panels_of(site: Site, person: Person, found: Found) -> list[Panel]:
    """Give what is told of each category that a selection shows."""
    names = found.selection.shown
    left = left_to(site, person) if names else NOTHING
    return [_panel(site, found, name, left) for name in names]


def error_of(site: Site, name: str, instrument: Instrument, left: Left) -> Error:
    """Say what is on record of a scanner's error; setting it beside labels is a look, which belongs on record.

    Parameters
    ----------
    left
        What its reader has left to label: of a category of that nothing is told yet.
    """
    if any(category == name for _, category in left):
        return Error(labelled=True, why=_FIRST)
    with site.record() as record:
        known = _on_record(record, name, instrument)
        return known or Error(labelled=_labelled(record, name))


def _panel(site: Site, found: Found, name: str, left: Left) -> Panel:
    selection = found.selection
    shown = tuple(one for one in selection.shown if one != name)
    without = "/transcripts?" + replace(selection, shown=shown).address()
    category = site.book.by_name.get(name)
    try:
        instrument = instrument_for(site, name, selection)
    except UsageError:
        choices = _choices(site, selection, name, None)
        return Panel(name, category, None, (), choices, None, without)
    choices = _choices(site, selection, name, instrument)
    counts = _counts(site, found, name, category, instrument)
    error = error_of(site, name, instrument, left)
    return Panel(name, category, instrument, counts, choices, error, without)


def _choices(
    site: Site, selection: Selection, name: str, chosen: Instrument | None
) -> tuple[Choice, ...]:
    """Give the scanners that looked for a category."""
    others = tuple(one for one in selection.scanners if not one.startswith(f"{name}="))
    return tuple(
        Choice(
            one.name,
            one.digest,
            one.verdicts,
            chosen is not None and chosen.digest == one.digest,
            "/transcripts?"
            + replace(selection, scanners=(*others, f"{name}={one.digest[:16]}")).address(),
        )
        for one in site.corpus.verdict_columns().of(name)
    )


def _counts(
    site: Site, found: Found, name: str, category: Category | None, instrument: Instrument
) -> tuple[Counted, ...]:
    """Count what a scanner said of the transcripts that are listed."""
    said = site.corpus.verdict_columns(found.query).column(name, instrument.digest)
    counts = said.values.counts(found.positions)
    known = category.values if category is not None else ()
    values = [*known, *(value for value in counts if value is not None and value not in known)]
    counted = [_counted(found, name, value, counts.get(value, 0)) for value in values]
    statuses = said.statuses.counts(found.positions[said.values.codes[found.positions] < 0])
    if statuses:
        counted.append(_counted(found, name, None, sum(statuses.values()), "no value"))
    if len(statuses) > 1 or "ok" not in statuses:
        counted += [
            Counted("", number, "", _WHY.get(status, str(status)))
            for status, number in statuses.items()
        ]
    return tuple(counted)


def _counted(found: Found, name: str, value: str | None, number: int, status: str = "") -> Counted:
    operator, given = ("is missing", ()) if value is None else ("is", (value,))
    where = with_condition(found.query, found.selection.where, f"{VERDICT}.{name}", operator, given)
    address = "/transcripts?" + replace(found.selection, where=where).address()
    return Counted(value or "", number, address, status)


def _labelled(record: Record, name: str) -> bool:
    """Whether a category was labelled in a draw by chance."""
    names = {one.label.draw for one in record.labels(name)}
    return any(one in names and _of_chance(record, one) for one in record.draws)


def _of_chance(record: Record, name: str) -> bool:
    spec = record.draws[name].spec
    chosen = spec.testimony is not None and spec.testimony.order != "random"
    return spec.design != "top" and not chosen


def _on_record(record: Record, name: str, instrument: Instrument) -> Error | None:
    """Find the newest calibration of a scanner that somebody looked at."""
    for look in reversed(record.looks):
        body = look.body
        scanner = cast(Mapping[str, Any], body.get("scanner") or {})
        if body.get("what") != CALIBRATION or look.category != name:
            continue
        if scanner.get("digest") != instrument.digest or look.draws[0] not in record.draws:
            continue
        told = [(one, cast(dict[str, Any], body.get(one) or {})) for one in _MEASURES]
        return Error(
            measures=tuple(_measured(name, measure) for name, measure in told),
            draw=[*record.draws].index(look.draws[0]) + 1,
            population=int(body.get("population") or 0),
            reads=int(body.get("reads") or 0),
        )
    return None


def _measured(name: str, told: Mapping[str, Any]) -> Measured:
    """Read a measure as `Measure.to_dict` wrote it."""
    interval = cast(dict[str, Any], told.get("interval") or {})
    hits, reads = int(told.get("hits") or 0), int(told.get("reads") or 0)
    if interval.get("estimate") is None:
        return Measured(name, hits, reads, why=str(told.get("reason") or "not measured"))
    return Measured(name, hits, reads, interval["estimate"], interval["low"], interval["high"])
