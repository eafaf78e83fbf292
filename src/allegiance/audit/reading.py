"""A reading: what was seen of a draw for one property, as far as it counts towards a number.

The labels that count are those up to the first place of the order without one. A place that a rater
skipped, or on which raters disagree, is missing: neither a hit nor none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from allegiance.audit.draw import Draw
from allegiance.audit.properties import says
from allegiance.audit.record import DrawRecord, Labelled, Look, Record, Settled
from allegiance.audit.specs import Property, StopRule


@dataclass(frozen=True)
class Read:
    """One place of a draw that was read.

    Attributes
    ----------
    position, transcript_id, stratum
        Where it stood, what stood there, and its stratum, if there are any.
    hit
        Whether it has the property; None where that is missing.
    missing
        Why: ``skipped``, ``disputed``, or ``no outcome``; empty where it is not.
    labels
        What raters said, each with its event.
    settled
        What an adjudicator made of labels that differ; None where they don't, or nobody did.
    """

    position: int
    transcript_id: str
    stratum: str
    hit: bool | None
    missing: str
    labels: tuple[Labelled, ...]
    settled: Settled | None = None


@dataclass(frozen=True)
class Counted:
    """Hits, reads and N of a stratum, or of the whole draw."""

    name: str
    hits: int
    reads: int
    population: int


@dataclass(frozen=True)
class Reading:
    """What was read of a draw.

    Attributes
    ----------
    draw, wanted
        The draw and the property.
    reads
        The places that count, in order.
    size, population
        How many are drawn, and N.
    beyond
        Labels on later places, which don't count.
    rule, why
        The stopping rule in force, and why it is another than the declared one.
    declared
        Whether the property was on record before the first transcript was opened.
    looks
        Estimates and claims on this draw that were seen before reading was complete.
    """

    draw: DrawRecord
    wanted: Property
    reads: tuple[Read, ...]
    size: int
    population: int
    beyond: int
    rule: StopRule
    why: str
    declared: bool
    looks: tuple[Look, ...]

    @property
    def hits(self) -> int:
        """How many reads have the property."""
        return sum(read.hit is True for read in self.reads)

    @property
    def observed(self) -> int:
        """How many reads could be told."""
        return sum(read.hit is not None for read in self.reads)

    @property
    def missing(self) -> int:
        """How many could not."""
        return len(self.reads) - self.observed

    def strata(self, outcomes: Sequence[bool | None]) -> tuple[Counted, ...]:
        """Count by stratum, with outcomes given in the place of the reads' own; None counts as unread."""
        told = list(zip(self.reads, outcomes, strict=True))
        return tuple(
            Counted(
                stratum.name,
                sum(o is True for r, o in told if r.stratum == stratum.name),
                sum(o is not None for r, o in told if r.stratum == stratum.name),
                stratum.population,
            )
            for stratum in self.draw.spec.strata
        )


def reading_of(draw: Draw, record: Record, wanted: Property, rater: str | None = None) -> Reading:
    """Gather what was read of a draw for a property.

    Parameters
    ----------
    draw, record
        The draw, and the ledger up to the point that counts.
    wanted
        The property; labels under another definition don't count.
    rater
        Count the labels of one rater alone.
    """
    said: dict[str, list[Labelled]] = {}
    for one in record.labels(wanted.category, rater=rater):
        if one.label.definition == wanted.digest:
            said.setdefault(one.label.transcript_id, []).append(one)
    skipped = record.skips(wanted.category, draw.name, rater)
    reads: list[Read] = []
    for position, identifier in enumerate(draw.order, 1):
        labels = said.get(identifier, [])
        if not labels and identifier not in skipped:
            break
        settled = record.settlement(labels)
        said_of_it = {one.label.value for one in labels}
        hit, missing = _said(wanted, {settled.settlement.value} if settled else said_of_it)
        stratum = draw.stratum_of(identifier)
        reads.append(Read(position, identifier, stratum, hit, missing, tuple(labels), settled))
    beyond = sum(identifier in said for identifier in draw.order[len(reads) :])
    looks = _looks(draw.record, record, wanted, reads, skipped, len(draw.order))
    rule, why = _in_force(draw.record, reads, looks, skipped, len(draw.order))
    return Reading(
        draw=draw.record,
        wanted=wanted,
        reads=tuple(reads),
        size=len(draw.order),
        population=draw.spec.frame.population,
        beyond=beyond,
        rule=rule,
        why=why,
        declared=_same(draw.record, wanted) and draw.record.declared(wanted.category),
        looks=looks,
    )


def _said(wanted: Property, values: Collection[str]) -> tuple[bool | None, str]:
    """Say whether labels give the property to a place, or why that is missing."""
    if len(values) != 1:
        return None, "disputed" if values else "skipped"
    (value,) = values
    hit = says(wanted, value)
    return hit, "no outcome" if hit is None else ""


def _same(draw: DrawRecord, wanted: Property) -> bool:
    """Whether what was declared is this very value of the category, in this definition."""
    declared = draw.spec.property_of(wanted.category)
    return declared is not None and (declared.value, declared.digest) == (
        wanted.value,
        wanted.digest,
    )


def _told(read: Read, skipped: dict[str, int]) -> tuple[int, int]:
    """The event by which a place was first told, and that since which it is told without a break."""
    if not read.labels:
        return skipped[read.transcript_id], skipped[read.transcript_id]
    return min(one.first for one in read.labels), min(one.since for one in read.labels)


def _span(
    draw: DrawRecord, reads: Sequence[Read], skipped: dict[str, int], size: int
) -> tuple[int, int | None]:
    """The event since which something of the draw is told, and that by which the last place was.

    What was told before it was drawn is known from the draw on.
    """
    told = [_told(read, skipped) for read in reads]
    last = max(since for _, since in told) if len(reads) == size else None
    first = max(min(first for first, _ in told), draw.seq)
    return first, None if last is None else max(last, draw.seq)


def _looks(
    draw: DrawRecord,
    record: Record,
    wanted: Property,
    reads: Sequence[Read],
    skipped: dict[str, int],
    size: int,
) -> tuple[Look, ...]:
    if not reads:
        return ()
    first, last = _span(draw, reads, skipped, size)
    return tuple(
        look
        for look in record.looks
        if draw.name in look.draws
        and look.category == wanted.category
        and look.seq > first
        and (last is None or look.seq < last)
    )


def _in_force(
    draw: DrawRecord,
    reads: Sequence[Read],
    looks: Sequence[Look],
    skipped: dict[str, int],
    size: int,
) -> tuple[StopRule, str]:
    """Say which stopping rule holds by what was done, and why it is not the declared one."""
    declared = draw.spec.stop
    if declared.kind != "fixed" or not reads:
        return declared, ""
    opened = StopRule(kind="open")
    first, _ = _span(draw, reads, skipped, size)
    later = [seq for seq, _ in draw.extensions if seq > first]
    if declared.number is not None and draw.reported and declared.number != size:
        return opened, f"{size:,} were read, and {declared.number:,} were to be"
    if later:
        return opened, f"it was extended after its first label (event {later[0]})"
    if looks:
        return opened, f"an estimate was looked at before all were read (event {looks[0].seq})"
    if len(reads) < size:
        return opened, f"{len(reads):,} of the {size:,} drawn are labelled"
    return StopRule(kind="fixed", number=size), ""
