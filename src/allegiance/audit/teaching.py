"""Labels as teachers: what a classifier is learned from, and which draws it owes its verdicts to."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from allegiance.audit.record import Record
from allegiance.audit.specs import Instrument, Property
from allegiance.audit.standing import DISPUTED, Settled, value_of
from allegiance.audit.standing import Labelled as Label
from allegiance.scanners.classifier import NAME, Labelled


@dataclass(frozen=True)
class Taught:
    """The labels that a classifier may be learned from.

    Attributes
    ----------
    labels
        A transcript each, with the value that all of its raters give it, or an adjudicator.
    disputed
        Transcripts that raters give different values and nobody settled; nothing is learned from them.
    other_definition
        Transcripts labelled under another definition of the category alone; nor from them.
    draws
        The draws in which the labels were given, by name.
    events
        The numbers of the events that hold them.
    head
        The last event of the ledger that was read: its number and digest.
    """

    labels: tuple[Labelled, ...]
    disputed: int
    other_definition: int
    draws: tuple[str, ...]
    events: tuple[int, ...]
    head: tuple[int, str]

    def to_dict(self) -> dict[str, Any]:
        """Give it as the ledger keeps it: counts, events, and a digest over the events' digests."""
        evidence = "\n".join(sorted(one for label in self.labels for one in label.evidence))
        values = sorted({label.value for label in self.labels}, reverse=True)
        return {
            "labels": {v: sum(label.value == v for label in self.labels) for v in values},
            "disputed": self.disputed,
            "other_definition": self.other_definition,
            "draws": list(self.draws),
            "events": list(self.events),
            "events_digest": hashlib.sha256(evidence.encode()).hexdigest(),
            "ledger": list(self.head),
        }


def taught_by(record: Record, wanted: Property, draw: str = "") -> Taught:
    """Gather the labels of a category, by any route, or those that were given in one draw.

    Raises
    ------
    UsageError
        If there is no draw of that name.
    """
    if draw:
        record.draw(draw)
    told: dict[str, list[Label]] = {}
    others: set[str] = set()
    for one in record.labels(wanted.category, draw=draw or None):
        if one.label.definition == wanted.digest:
            told.setdefault(one.label.transcript_id, []).append(one)
        else:
            others.add(one.label.transcript_id)
    settled = {key: record.settlement(them) for key, them in told.items()}
    values = {key: value_of(them, settled[key]) for key, them in told.items()}
    agreed = {key: them for key, them in told.items() if values[key] != DISPUTED}
    used = [one for them in agreed.values() for one in them]
    return Taught(
        labels=tuple(
            Labelled(key, values[key], _evidence(them, settled[key]))
            for key, them in sorted(agreed.items())
        ),
        disputed=len(told) - len(agreed),
        other_definition=len(others - set(told)),
        draws=tuple(sorted({one.label.draw for one in used if one.label.draw})),
        events=tuple(sorted(one.seq for one in used)),
        head=(record.head.seq or 0, record.head.digest),
    )


def _evidence(labels: Sequence[Label], settled: Settled | None) -> tuple[str, ...]:
    """Give the digests of the events that a value rests on."""
    of_settlement = [settled.digest] if settled is not None else []
    return tuple(sorted([*(one.digest for one in labels), *of_settlement]))


def draws_behind(record: Record, instruments: Iterable[Instrument]) -> dict[str, Instrument]:
    """Name the draws whose labels taught an instrument: draw to instrument.

    A frame, strata or an order that rest on a classifier's verdicts rest on those labels. Of a classifier
    that the ledger knows nothing of, all draws with labels in its category are named.
    """
    learned = _learned_from(record)
    found: dict[str, Instrument] = {}
    for one in instruments:
        draws = learned.get(one.digest)
        if draws is None and one.scanner == NAME:
            draws = [label.draw for label in record.labelled if label.category == one.category]
        for draw in filter(None, draws or ()):
            found.setdefault(draw, one)
    return found


def _learned_from(record: Record) -> dict[str, list[str]]:
    """Give the draws behind each scanner that learned from labels, by its digest."""
    found: dict[str, list[str]] = {}
    for event in record.events.values():
        taught = event.body.get("learned_from") if event.kind == "scan" else None
        if isinstance(taught, dict):
            draws = cast(dict[str, list[str]], taught).get("draws", [])
            found.setdefault(str(event.body.get("digest")), []).extend(map(str, draws))
    return found
