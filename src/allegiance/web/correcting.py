"""Rates corrected by labels, beside the scanner's own: those on record, and a new look, which goes on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allegiance.audit import Record, known_property
from allegiance.audit.corrected_rates import corrected_rates
from allegiance.audit.record import Look
from allegiance.report.cells import OBSERVED_OUTCOMES
from allegiance.stats import Interval
from allegiance.stats.interval import WorstCase
from allegiance.web.access import Person
from allegiance.web.left import NOTHING, Left
from allegiance.web.numbers import Numbers
from allegiance.web.site import Site

_FEW = 40
"""So many conditions are looked up in the corpus to tell whether a look at them still counts."""


@dataclass(frozen=True)
class Corrected:
    """What labels made of a scanner's rate, when somebody looked.

    Attributes
    ----------
    interval
        None where the labels license no correction; `reasons` say why.
    draw, reads
        The draw that corrects, and how many of its labels lie in the frame.
    event, at, actor
        The event that the look is on record by.
    more
        How many further draws correct it too.
    """

    interval: Interval | None
    reasons: tuple[str, ...]
    draw: str
    reads: int
    event: int
    at: str
    actor: str
    more: int


def corrected_on_record(
    site: Site, found: Numbers, measure: str, left: Left = NOTHING
) -> dict[str, Corrected]:
    """Give the newest corrected rate on record of each condition, by its filter, that is still of the same frame.

    Not by labels of which somebody has their own part `left`.
    """
    instrument, (category, value) = found.instruments[measure], _property(found, measure)
    with site.record() as record:
        looks = [
            (look, record.events[look.seq].actor)
            for look in record.looks
            if look.body.get("what") == "corrected rate"
            and (look.category, look.body.get("value")) == (category, value)
            and _scanner(look) == instrument.digest
            and not left & {(str(one["draw"]), category) for one in look.body.get("corrected", ())}
        ]
    if not looks:
        return {}
    wheres = [found.cells.where(cell.place) for cell in found.report.cells]
    if len(wheres) > _FEW:
        there = {str(look.body.get("where")) for look, _ in looks}
        wheres = [where for where in wheres if where in there]
    digests = _digests(site, wheres)
    by_frame = {look.frame: (look, actor) for look, actor in looks}
    return {
        where: _corrected(*by_frame[digest])
        for where, digest in digests.items()
        if digest in by_frame
    }


def can_correct(site: Site, person: Person, found: Numbers, measure: str) -> str:
    """Say whether labels may correct a measure: ``yes``, or why not."""
    category, _ = _property(found, measure)
    with site.record() as record:
        labelled = any(
            one.label.draw in record.draws and record.draws[one.label.draw].spec.design != "top"
            for one in record.labels(category)
        )
    if not labelled:
        return "no draw has labels for it yet"
    return (
        "yes"
        if person.may("admin")
        else "somebody who draws and claims here can put the look on record"
    )


def correct(
    site: Site, person: Person, found: Numbers, measure: str, wheres: Sequence[str]
) -> None:
    """Correct the rate of conditions, given by their filters, and put on record that it was looked at."""
    instrument, (category, value) = found.instruments[measure], _property(found, measure)
    record = Record.of(
        site.ledger
    )  # a record of its own: this may take seconds, and others read too
    wanted = known_property(record, f"{category}={value}", book=site.book)
    scanners = [f"{category}={instrument.digest}"]
    looks = [
        one
        for where in wheres
        for one in corrected_rates(
            site.corpus, record, wanted, scanners, where or None, None, found.report.confidence
        )
    ]
    for one in looks:
        site.ledger.append("estimate", wanted.category, one, person.name)


def _property(found: Numbers, measure: str) -> tuple[str, str]:
    return found.category(measure), measure if measure in OBSERVED_OUTCOMES else "yes"


def _scanner(look: Look) -> str:
    scanner = look.body.get("scanner")
    return str(scanner.get("digest", "")) if isinstance(scanner, Mapping) else ""  # pyright: ignore


def _digests(site: Site, wheres: Sequence[str]) -> dict[str, str]:
    known: dict[str, str] = site.kept(("frame digests", site.corpus.version), dict[str, str])
    for where in wheres:
        if where not in known:
            known[where] = site.corpus.digest(where or None)
    return {where: known[where] for where in wheres}


def _corrected(look: Look, actor: str) -> Corrected:
    """Read a look as it is on record."""
    draws: list[dict[str, Any]] = list(look.body.get("corrected", ()))
    made = [one for one in draws if one.get("found")]
    first = made[0] if made else draws[0] if draws else {}
    reasons = tuple(map(str, first.get("reasons", ()))) or ("no labelled draw lies on this frame",)
    return Corrected(
        interval=interval_of(made[0]["found"]["interval"]) if made else None,
        reasons=reasons,
        draw=str(first.get("draw", "")),
        reads=int(first.get("reads", 0)),
        event=look.seq,
        at=look.at,
        actor=actor,
        more=max(0, len(made) - 1),
    )


def interval_of(fields: Mapping[str, Any]) -> Interval:
    """Read an interval as it is on record."""
    worst = fields.get("worst_case")
    rest = {name: value for name, value in fields.items() if name != "worst_case"}
    rest |= {name: tuple(fields.get(name, ())) for name in ("assumptions", "notes")}
    return Interval(**rest, worst_case=None if worst is None else WorstCase(**worst))
