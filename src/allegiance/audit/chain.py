"""The chain of events: what an event is, how each commits to the one before, and where a chain broke.

The digest of an event is the SHA-256 of the canonical JSON (UTF-8, keys sorted, no spaces, no NaN)
of the list of its seq, at, kind, subject, actor, body and the previous digest. The first event's
previous digest is the SHA-256 of a line ``allegiance ledger 1`` followed by the ledger's id, so a
chain belongs to one ledger.

A chain shows that nothing inside it was changed. It can't show by itself that its end was cut off,
nor that all of it was written anew: whoever noted a head earlier sees both.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self, cast

KINDS = (
    "import",
    "scan",
    "draw",
    "extend",
    "open",
    "label",
    "relabel",
    "skip",
    "undo",
    "rater",
    "share",
    "terms",
    "plant",
    "adjudicate",
    "estimate",
    "claim",
    "attest",
    "overrule",
    "sign",
)
"""What can happen, as far as a ledger is concerned."""

_PROBLEMS = 100  # that are named; a ledger written anew has one a row
_DEPTH = 100  # of lists and mappings within each other in a body


class Head(NamedTuple):
    """The newest event's number and digest; number 0 and the genesis of a ledger without events."""

    seq: int
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """Return the head as JSON can carry it."""
        return self._asdict()


@dataclass(frozen=True)
class Event:
    """Something that happened and stays on record.

    Attributes
    ----------
    seq
        Its number, from 1.
    at
        When it was written: ISO 8601, UTC, with microseconds.
    kind, subject, actor
        What happened (one of `KINDS`), to what, and by whom.
    body
        What else there is to say of it, as JSON can carry it.
    previous, digest
        The digest of the event before, and its own.
    """

    seq: int
    at: str
    kind: str
    subject: str
    actor: str
    body: dict[str, Any]
    previous: str
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON can carry it."""
        return {name: getattr(self, name) for name in _FIELDS}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Make an event of what `to_dict` gave.

        Raises
        ------
        ValueError
            If a field is missing or holds a value of another type.
        """
        for name, kind in _FIELDS.items():
            if type(fields.get(name)) is not kind:
                raise ValueError(f"an event has no fitting `{name}`")
        return cls(**{name: fields[name] for name in _FIELDS})


_FIELDS: dict[str, type] = {
    "seq": int,
    "at": str,
    "kind": str,
    "subject": str,
    "actor": str,
    "body": dict,
    "previous": str,
    "digest": str,
}


@dataclass(frozen=True)
class ChainCheck:
    """What a check of a chain found.

    Attributes
    ----------
    events
        How many were checked.
    head
        The last of them.
    problems
        What is wrong, in the order of the events; past a hundred they are only counted.
    """

    events: int
    head: Head
    problems: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON can carry it."""
        return {
            "whole": self.whole,
            "n_events": self.events,
            "head": self.head.to_dict(),
            "problems": list(self.problems),
        }


def canonical(value: Any) -> str:
    """Write a value as canonical JSON.

    Raises
    ------
    ValueError
        If JSON can't carry it.
    """
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def genesis(ledger_id: str) -> str:
    """Give the digest that stands before a ledger's first event."""
    return _sha256(f"allegiance ledger 1\n{ledger_id}")


def following(
    head: Head, *, at: str, kind: str, subject: str, actor: str, body: Mapping[str, Any]
) -> Event:
    """Make the event that comes after a head.

    Half a surrogate pair, in any text, and NUL, outside the body, become U+FFFD: no store of text
    holds them, and the event shall not be lost for it.

    Raises
    ------
    ValueError
        If the kind is none of `KINDS`, or JSON can't carry the body.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of event; the kinds are: {', '.join(KINDS)}")
    settled = cast(dict[str, Any], _settled(dict(body), 0))
    draft = Event(
        seq=head.seq + 1,
        at=at,
        kind=kind,
        subject=plain(subject),
        actor=plain(actor),
        body=settled,
        previous=head.digest,
        digest="",
    )
    return replace(draft, digest=digest_of(draft))


def plain(text: str) -> str:
    """Give a subject or an actor as it is stored: half a surrogate pair and NUL become U+FFFD."""
    return _text(text).replace("\0", "\ufffd")


def digest_of(event: Event) -> str:
    """Compute the digest that an event must have."""
    content = (event.at, event.kind, event.subject, event.actor, event.body, event.previous)
    return _sha256(canonical([event.seq, *content]))


def check(events: Iterable[Event], ledger_id: str, known: Head | None = None) -> ChainCheck:
    """Check a chain from its first event on, one event at a time.

    Parameters
    ----------
    events
        All of a ledger's events, in order.
    ledger_id
        The ledger's id.
    known
        A head that was noted earlier. Only with it is seen that the end was cut off, or that the
        chain was written anew.
    """
    found = _Walk(ledger_id)
    for event in events:
        found.step(event, known)
    if known is not None and known.seq > found.head.seq:
        found.problem(
            f"the ledger ends at event {found.head.seq} and event {known.seq} was known: "
            "its end was cut off"
        )
    return found.result()


@dataclass
class _Walk:
    """A walk along a chain: where it stands, and what was wrong so far."""

    ledger_id: str
    events: int = 0
    problems: list[str] = field(default_factory=list[str])
    unnamed: int = 0

    def __post_init__(self) -> None:
        self.head = Head(0, genesis(self.ledger_id))

    def step(self, event: Event, known: Head | None) -> None:
        """Look at the next event."""
        self.events += 1
        if event.seq <= self.head.seq:
            self.problem(f"{_named(event)} has no place after event {self.head.seq}")
            return
        missing = range(self.head.seq + 1, event.seq)
        if missing:
            self.problem(_missing(missing))
        if _changed(event):
            self.problem(f"{_named(event)}: its content was changed")
        elif known is not None and known.seq == event.seq and known.digest != event.digest:
            self.problem(f"{_named(event)} is not the one that was known: it was written anew")
        if not missing and event.previous != self.head.digest:
            self.problem(_unlinked(event.seq))
        self.head = Head(event.seq, event.digest)

    def problem(self, sentence: str) -> None:
        """Note what is wrong, or only count it."""
        if len(self.problems) < _PROBLEMS:
            self.problems.append(sentence)
        else:
            self.unnamed += 1

    def result(self) -> ChainCheck:
        """Sum up."""
        more = [f"and {self.unnamed:,} problems more"] if self.unnamed else []
        return ChainCheck(self.events, self.head, (*self.problems, *more))


def _missing(seqs: range) -> str:
    if len(seqs) == 1:
        return f"event {seqs[0]} is missing"
    return f"events {seqs[0]} to {seqs[-1]} are missing"


def _unlinked(seq: int) -> str:
    if seq == 1:
        return "event 1 does not begin the chain of this ledger: the ledger's id is another"
    return f"event {seq} does not follow event {seq - 1}"


def _changed(event: Event) -> bool:
    try:
        return digest_of(event) != event.digest
    except ValueError:  # no event was ever written whose content JSON can't carry
        return True


def _named(event: Event) -> str:
    subject = event.subject if len(event.subject) <= 80 else f"{event.subject[:80]}..."
    return f"event {event.seq} ({event.kind} of {subject})"


def _settled(value: Any, depth: int) -> Any:
    """Make of a value what will be read back: lists of tuples, and text that any store holds."""
    if depth > _DEPTH:
        raise ValueError(f"the body of an event is nested deeper than {_DEPTH}")
    if value is None or type(value) in (bool, int):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"the body of an event holds {value}, which JSON can't carry")
        return float(value)
    if isinstance(value, Mapping):
        return _settled_mapping(cast(Mapping[Any, Any], value), depth)
    if isinstance(value, (list, tuple)):
        return [_settled(one, depth + 1) for one in cast(list[Any], value)]
    raise ValueError(f"the body of an event holds a {type(value).__name__}, which JSON can't carry")


def _settled_mapping(mapping: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    settled: dict[str, Any] = {}
    for key, value in mapping.items():
        # Two keys that become one would lose a value, so a key is refused where a text is mended.
        if not isinstance(key, str) or _text(key) != key:
            raise ValueError(f"the body of an event has the key {key!r}; keys are plain text")
        settled[key] = _settled(value, depth + 1)
    return settled


def _text(text: str) -> str:
    """Put U+FFFD for halves of surrogate pairs, which UTF-8 has no bytes for; whole pairs are joined."""
    if text.isascii():
        return str(text)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
