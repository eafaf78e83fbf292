"""Sittings: a ledger, a draw on record, labels from the truth, and what the reading licenses.

Labels are given in one of two ways. One by one, as a reader gives them: into a ledger on the disk, each
transcript opened and each label acknowledged before the next. Or all at once: the same labels, made
by the same chain, in memory, which is what makes hundreds of repeats affordable. `compared` shows
that both come to the same.
"""

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from allegiance.audit import (
    ClaimSpec,
    Draw,
    Ledger,
    Licence,
    Record,
    certified,
    cite,
    draw_route,
    give_label,
    licence,
    open_draw,
    open_position,
    read_certificate,
    reading_of,
    verify,
    write_certificate,
)
from allegiance.audit.chain import Event, Head, following, genesis
from allegiance.audit.labels import BLIND
from allegiance.audit.specs import LabelSpec, Opened
from benchmarks.audit_studies.worlds import World
from benchmarks.coverage_studies.results import Limits


class Memory:
    """A ledger that is nowhere but in memory, as far as drawing, labelling and reading need one."""

    id = "memory"

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._newest: dict[tuple[str, str], Event] = {}

    def head(self) -> Head:
        if not self._events:
            return Head(0, genesis(self.id))
        return Head(self._events[-1].seq, self._events[-1].digest)

    def events(self, until: int | None = None) -> Iterator[Event]:
        return iter(self._events[:until])

    @contextmanager
    def writing(self) -> Iterator["Memory"]:
        yield self

    def last(self, kinds: Collection[str], subject: str) -> Event | None:
        found = [one for kind in kinds if (one := self._newest.get((kind, subject))) is not None]
        return max(found, key=lambda one: one.seq, default=None)

    def append(self, kind: str, subject: str, body: Mapping[str, Any], actor: str = "") -> Event:
        event = following(
            self.head(), at="2026-01-01T00:00:00.000000+00:00", kind=kind, subject=subject,
            actor=actor, body=body,
        )  # fmt: skip
        self._events.append(event)
        self._newest[kind, subject] = event
        return event


Labelling = Callable[[World, Any, Draw, int], None]
"""Opens and labels so many of a draw, from its first place on."""


@dataclass(frozen=True)
class Sat:
    """A draw that was read, and what that licenses.

    Attributes
    ----------
    draw, read
        The draw, and the ids that were read.
    granted
        What the reading licenses.
    hits
        How many of the reads have the property.
    before
        Ids that were read in an earlier draw of the same sitting.
    """

    draw: Draw
    read: tuple[str, ...]
    granted: Licence
    hits: int
    before: tuple[str, ...] = ()

    @property
    def reads(self) -> int:
        return len(self.read)

    @property
    def limits(self) -> Limits:
        assert self.granted.interval is not None
        return self.granted.interval.low, self.granted.interval.high


Sitting = Callable[[World, Any, int, Labelling], Sat]
"""Sits down with a fresh ledger and a seed."""
Scored = dict[str, tuple[bool, float]]
"""Method to whether its limits hold the truth, and their width."""


@dataclass(frozen=True)
class Cell:
    """What is repeated: how one sits down, and what is made of it.

    Attributes
    ----------
    name
        Its settings.
    folder
        Of the world.
    sitting, scored
        How it is read, and which methods hold.
    ours
        Methods of this program, with the coverage they promise.
    """

    name: dict[str, str | int | float]
    folder: Path
    sitting: Sitting
    scored: Callable[[World, Sat], Scored]
    ours: dict[str, float]


@dataclass
class Repeated:
    """What came of some repeats of a cell.

    Attributes
    ----------
    reads
        Labels of each repeat.
    held, widths
        By method.
    compared, problems
        How many repeats were labelled in both ways, and where they differ.
    """

    reads: list[int] = field(default_factory=list)
    held: dict[str, list[bool]] = field(default_factory=dict)
    widths: dict[str, list[float]] = field(default_factory=dict)
    compared: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, reads: int, scored: Scored) -> None:
        self.reads.append(reads)
        for method, (holds, width) in scored.items():
            self.held.setdefault(method, []).append(bool(holds))
            self.widths.setdefault(method, []).append(float(width))

    def extend(self, other: "Repeated") -> None:
        self.reads += other.reads
        for method in other.held:
            self.held.setdefault(method, []).extend(other.held[method])
            self.widths.setdefault(method, []).extend(other.widths[method])
        self.compared += other.compared
        self.problems += other.problems


def repeated(
    cell: Cell, open_world: Callable[[Path], World], seed: tuple[int, int], which: range, whole: int
) -> Repeated:
    """Repeat a cell, each time with a fresh ledger and a fresh seed.

    Parameters
    ----------
    seed, which
        The study's and the cell's number, and the numbers of these repeats.
    whole
        Repeats below this number are read in both ways, certified and verified.
    """
    world = open_world(cell.folder)
    found = Repeated()
    for number in which:
        drawn_by = int(np.random.default_rng((*seed, number)).integers(2**63))
        ledger = Memory()
        sat = cell.sitting(world, ledger, drawn_by, at_once)
        found.add(sat.reads, cell.scored(world, sat))
        if number < whole:
            found.compared += 1
            found.problems += [
                f"{cell.name}, repeat {number}: {problem}"
                for problem in compared(world, cell.sitting, drawn_by, ledger, sat)
            ]
    return found


@contextmanager
def fresh_ledger() -> Iterator[Ledger]:
    """Begin a ledger that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="allegiance-audit-") as folder:
        ledger = Ledger.open(Path(folder) / "ledger.db")
        try:
            yield ledger
        finally:
            ledger.close()


def one_by_one(world: World, ledger: Ledger, draw: Draw, reads: int) -> None:
    """Open and label as a reader does, each acknowledged before the next."""
    for position in range(1, reads + 1):
        identifier = open_position(draw, ledger, position, world.rater)
        give_label(
            ledger, world.corpus.get(identifier), world.wanted, world.value(identifier),
            world.rater, draw=draw, source=world.source,
        )  # fmt: skip


def at_once(world: World, ledger: Memory, draw: Draw, reads: int) -> None:
    """Open all in one event, and write the same labels without waiting for a disk."""
    read = draw.order[:reads]
    opening = Opened(
        route=draw_route(draw), transcripts=read, places=tuple(range(1, len(read) + 1))
    )
    ledger.append("open", draw.name, opening.to_dict(), world.rater)
    for position, identifier in enumerate(read, 1):
        label = LabelSpec(
            rater=world.rater, category=world.wanted.category, value=world.value(identifier),
            transcript_id=identifier, definition=world.wanted.digest, draw=draw.name,
            position=position, hidden=BLIND, source=world.source,
        )  # fmt: skip
        subject = f"{identifier} {label.category} {label.rater}"
        if ledger.last(("label", "relabel"), subject) is None:
            ledger.append("label", subject, label.to_dict(), label.rater)


def seen(world: World, ledger: Any, draw: Draw, reads: int, before: Sequence[str] = ()) -> Sat:
    """Say what the ledger licenses of a draw; of one on the disk, found again by its name."""
    record = Record.of(ledger)
    if isinstance(ledger, Memory):
        found = draw
        found.record.first_opened = record.draw(draw.name).first_opened
    else:
        found = open_draw(world.corpus, record, draw.name)
    granted = licence(reading_of(found, record, world.wanted))
    read = found.order[:reads]
    return Sat(found, read, granted, sum(world.truth[one] for one in read), tuple(before))


def compared(world: World, sitting: Sitting, seed: int, ledger: Memory, sat: Sat) -> Iterator[str]:
    """Sit down again with the same seed, one label at a time; yields what comes out otherwise."""
    with fresh_ledger() as other:
        again = sitting(world, other, seed, one_by_one)
        if _told(ledger) != _told(other):
            yield "the ledgers differ"
        if (again.read, again.granted) != (sat.read, sat.granted):
            yield f"{again.granted} one by one, and {sat.granted} at once"
        yield from _certified(world, other, again)


def _told(ledger: Ledger | Memory) -> tuple[list[Any], list[Any]]:
    """What two ledgers have to agree on: draws and labels, and what was opened in which order."""
    record = Record.of(ledger)  # type: ignore[arg-type]
    said = [e for e in record.events.values() if e.kind != "open"]
    return (
        [(e.kind, e.subject, e.actor, e.body) for e in said],
        [(s.transcript_id, s.place, s.route, s.actor) for s in record.sights],
    )


def _certified(world: World, ledger: Ledger, sat: Sat) -> Iterator[str]:
    """Claim the rate, and cite the last read where it is a hit: both certificates must verify."""
    claim = ClaimSpec(kind="prevalence", wanted=world.wanted, draw=sat.draw.name)
    made = [certified(claim, world.corpus, ledger, world.rater)]
    if sat.granted.grant == "existence":
        if made[0].decision.status != "cannot be told":
            yield f"a rate is claimed from {sat.draw.name}: {made[0].decision.sentence}"
    elif made[0].decision.interval != sat.granted.interval.to_dict():
        yield "the certificate has another interval"
    if world.truth[sat.read[-1]]:
        cited = cite(world.corpus, ledger, sat.read[-1]).certificate
        assert cited is not None
        made.append(cited)
        shown = [one.interval for one in cited.decision.draws if one.spec.name == sat.draw.name]
        if shown != [sat.granted.interval.to_dict()]:
            yield "the citation has another interval"
    with tempfile.TemporaryDirectory() as folder:
        for one in made:
            place = write_certificate(one, Path(folder) / "certificate.json")
            checked = verify(*read_certificate(place), world.corpus, ledger.id, ledger.events)
            yield from (c.detail for c in checked.checks if c.outcome not in ("holds", "noted"))
