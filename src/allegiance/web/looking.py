"""Looking at a calibration: what it is of, whether it is on record as it stands, and what looking changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as quoted
from urllib.parse import urlencode

from allegiance.audit import (
    Calibration,
    Property,
    known_property,
    open_draw,
    reading_of,
    scanners_of,
)
from allegiance.audit.calibrating import CALIBRATION, FACTORS
from allegiance.audit.calibrations import calibrations_of, calibrations_told, draws_for
from allegiance.audit.corrected_rates import corrected_rates
from allegiance.audit.record import Look, Record
from allegiance.audit.specs import Instrument
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.desk import through
from allegiance.web.queue import number_of
from allegiance.web.site import Site

WIDTH = 0.04
"""Of the interval that the next draw is for."""
CONFIDENCE = 0.95

_CHANGES = frozenset(("label", "relabel", "undo", "skip", "adjudicate"))
_CORRECTED = "corrected rate"
_HOW_IT_DOES = "how a scanner does"


@dataclass(frozen=True)
class Asked:
    """What a page of a calibration is of.

    Attributes
    ----------
    wanted, instruments, names
        The category, its scanners, and the draws whose labels count.
    scanner, by
        What the address says of the scanner, and of the factors by which its errors are compared.
    """

    wanted: Property
    instruments: tuple[Instrument, ...]
    names: tuple[str, ...]
    scanner: str
    by: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The address without what it asks for."""
        value = "" if self.wanted.value == "yes" else f"={self.wanted.value}"
        return f"/calibrate/{quoted(self.wanted.category + value)}"

    @property
    def search(self) -> str:
        """What the address asks for, after ``?``; empty for nothing."""
        told = {"scanner": self.scanner, "by": ",".join(self.by)}
        return urlencode({name: text for name, text in told.items() if text})

    @property
    def address(self) -> str:
        """The permalink."""
        return f"{self.path}?{self.search}" if self.search else self.path


def asked_for(site: Site, person: Person, category: str, scanner: str, by: str = "") -> Asked:
    """Settle what is asked for, and that the person has no labels of their own left in it.

    Raises
    ------
    UsageError
        If there is no such category or scanner, or nothing is labelled by which a rate is licensed.
    """
    book = site.book
    with site.record() as record:
        wanted = known_property(record, category, book=book)
        said = {one.label.draw for one in record.labels(wanted.category)}
        rated = [number_of(record, name) for name in record.draws if name in said]
    if (
        person.role == "rater"
    ):  # what is said of draws that license nothing tells how they were made
        for number in rated:
            through(site, person, number, wanted.category, _HOW_IT_DOES, each=False)
    with site.record() as record:
        names = draws_for(record, wanted)
        numbers = [number_of(record, name) for name in names]
    instruments = scanners_of(
        site.corpus, wanted.category, [f"{wanted.category}={scanner}"] if scanner else ()
    )
    for number in numbers:
        through(site, person, number, wanted.category, _HOW_IT_DOES, each=False)
    factors = tuple(dict.fromkeys(one.strip() for one in by.split(",") if one.strip()))
    return Asked(wanted, tuple(instruments), tuple(names), scanner, factors)


def asked_again(site: Site, person: Person, category: str, scanner: str, by: str = "") -> Asked:
    """Settle what a file is of, which is given after the page was looked at.

    Raises
    ------
    UsageError
        If nobody looked.
    """
    asked = asked_for(site, person, category, scanner, by)
    if looked_at(site, asked) is None:
        raise UsageError(
            f"This calibration of {asked.wanted} was not looked at yet, as it stands now: open its page first, "
            "so that looking is on record."
        )
    return asked


def looked_at(site: Site, asked: Asked) -> int | None:
    """Say by which event all of it, as it stands now, was looked at; None where it was not."""
    with site.record() as record:
        newest = _newest_change(record, asked)
        found: list[Look] = []
        for name in asked.names:
            for instrument in asked.instruments:
                seen = [
                    one
                    for one in record.looks
                    if one.seq > newest
                    and one.body.get("what") == CALIBRATION
                    and one.body.get("draw") == name
                    and (one.category, one.body.get("value"))
                    == (asked.wanted.category, asked.wanted.value)
                    and one.body.get("scanner", {}).get("digest") == instrument.digest
                    and one.body.get("confidence") == CONFIDENCE
                    and _compares(one.body.get("by", {}), asked.by)
                ]
                if not seen:
                    return None
                found.append(seen[-1])
        for instrument in asked.instruments:
            for name in asked.names:
                if not any(
                    one.seq > newest
                    and one.body.get("what") == _CORRECTED
                    and one.category == asked.wanted.category
                    and one.body.get("draws") == [name]
                    and one.body.get("scanner", {}).get("digest") == instrument.digest
                    for one in record.looks
                ):
                    return None
    return max(one.seq for one in found)


def put_on_record(site: Site, asked: Asked, person: Person) -> None:
    """Put on record that a calibration is looked at, as the commands do."""
    found, rates = computed(site, asked)
    for these in found:
        told = calibrations_told(these, WIDTH, CONFIDENCE, asked.wanted)
        for one in told["calibrations"]:
            site.ledger.append("estimate", one["draw"], one, person.name)
    for of_draw in rates:
        for one in of_draw:
            site.ledger.append("estimate", asked.wanted.category, one, person.name)


def computed(
    site: Site, asked: Asked
) -> tuple[list[list[Calibration]], list[list[dict[str, Any]]]]:
    """Compute the calibrations and the corrected rates, a list of each for every draw."""
    with site.record() as record:
        newest = _newest_change(record, asked)

    def make() -> tuple[list[list[Calibration]], list[list[dict[str, Any]]]]:
        wanted, instruments = asked.wanted, asked.instruments
        with site.record() as record:
            found = [
                calibrations_of(
                    site.corpus,
                    record,
                    name,
                    wanted,
                    instruments,
                    by=asked.by,
                    confidence=CONFIDENCE,
                )
                for name in asked.names
            ]
            scanners = [f"{wanted.category}={one.digest}" for one in instruments]
            rates = [
                corrected_rates(site.corpus, record, wanted, scanners, None, name, CONFIDENCE)
                for name in asked.names
            ]
        return found, rates

    key = ("calibration", asked, newest, site.verdicts_version, site.corpus.query().version)
    return site.kept(key, make)


def warnings_of(site: Site, asked: Asked) -> list[str]:
    """Say what looking changes: a draw that is not read to its end becomes an open one."""
    found: list[str] = []
    with site.record() as record:
        for name in asked.names:
            drawn = open_draw(site.corpus, record, name)
            reading = reading_of(drawn, record, asked.wanted)
            if drawn.spec.stop.kind == "fixed" and len(reading.reads) < reading.size:
                found.append(
                    f"Queue {number_of(record, name):,} is labelled up to place {len(reading.reads):,} of "
                    f"{reading.size:,}. Whoever looks at an estimate before the end could stop where it pleases: "
                    "its rule is read as open from then on, and its limits become wider."
                )
    return found


def _compares(compared: Mapping[str, Any], by: Sequence[str]) -> bool:
    """Whether a look compared errors over the factors that are asked for."""
    return set(compared) == set(by) if by else set(compared) <= set(FACTORS)


def _newest_change(record: Record, asked: Asked) -> int:
    """The last event by which the numbers became others."""
    category, names = asked.wanted.category, asked.names
    return max(
        (
            event.seq
            for event in record.events.values()
            if (event.kind in _CHANGES and event.body.get("category") == category)
            or (event.kind == "extend" and event.body.get("draw") in names)
            or event.kind in ("scan", "import", "draw")
        ),
        default=0,
    )
