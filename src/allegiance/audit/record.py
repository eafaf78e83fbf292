"""The record: what the ledger says up to a point, gathered by draw, by transcript and by rater.

Everything that a claim rests on is read from here, so that it can be read again up to the same event
by whoever checks the claim.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from allegiance.audit.chain import Event, Head
from allegiance.audit.label_specs import RaterSpec, ShareSpec, TermsSpec
from allegiance.audit.ledger import Ledger
from allegiance.audit.specs import DrawSpec, Extension, LabelSpec, Opened, Property, Route, read
from allegiance.audit.standing import DISPUTED, Done, Labelled, Settled, Standing, value_of
from allegiance.errors import AllegianceError, UsageError

__all__ = ["DISPUTED", "DrawRecord", "Labelled", "Look", "Record", "Settled", "Sight"]


@dataclass(frozen=True)
class Sight:
    """One transcript before a reader, once: by which route, at which place, and when."""

    seq: int
    at: str
    actor: str
    transcript_id: str
    place: int | None
    route: Route
    blind: bool = True
    masked: bool = False


@dataclass(frozen=True)
class Look:
    """An estimate or a claim that somebody saw: an event, its frame, its draws, and the category."""

    seq: int
    at: str
    kind: str
    category: str
    frame: str
    draws: tuple[str, ...]
    body: Mapping[str, Any]


@dataclass
class DrawRecord:
    """A draw with what happened to it.

    Attributes
    ----------
    seq, at, spec
        The event that made it, and what was drawn.
    extensions
        What was added later, with the number of the event.
    first_opened
        The first event that opened one of its transcripts; None if none did.
    """

    seq: int
    at: str
    spec: DrawSpec
    extensions: list[tuple[int, Extension]] = field(default_factory=list[tuple[int, Extension]])
    first_opened: int | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self.spec.name

    @property
    def size(self) -> int | None:
        """How many are drawn, extensions included; None for the whole frame."""
        if self.spec.n is None:
            return None
        return self.spec.n + sum(extension.more for _, extension in self.extensions)

    @property
    def reported(self) -> bool:
        """Whether it is a reader's report of reading that the program did not see."""
        return self.spec.testimony is not None

    def declared(self, category: str) -> bool:
        """Whether the category was on record before the first transcript was opened."""
        if self.spec.property_of(category) is None:
            return False
        testimony = self.spec.testimony
        if testimony is not None:
            return testimony.declared
        return self.first_opened is None or self.seq < self.first_opened


class Record:
    """The ledger as read up to an event.

    Parameters
    ----------
    events
        In order.
    ledger_id
        The ledger they are from.
    """

    def __init__(
        self, events: Iterable[Event], ledger_id: str = "", head: Head | None = None
    ) -> None:
        self.ledger_id = ledger_id
        self.head = head or Head(0, "")
        self.draws: dict[str, DrawRecord] = {}
        self.sights: list[Sight] = []
        self._sights_of: dict[str, list[Sight]] = {}
        self.looks: list[Look] = []
        self.events: dict[int, Event] = {}
        self.exports: list[tuple[int, Opened]] = []
        self.planted: dict[tuple[str, str], tuple[int, int]] = {}
        self.plantings: dict[tuple[str, str], list[Event]] = {}
        self.shares: dict[str, ShareSpec] = {}
        self.terms: dict[tuple[str, str, str], TermsSpec] = {}  # draw, category, rater
        self.adjudicators: set[tuple[str, str, str]] = set()  # draw, category, who settled in it
        self.accounts: dict[str, dict[str, str]] = {}  # rater to account to the time of first use
        self.standing = Standing()
        self._take(events)

    @classmethod
    def of(cls, ledger: Ledger, until: int | None = None) -> "Record":
        """Read a ledger, up to the event of a number or its end."""
        return cls(ledger.events(until=until), ledger.id, ledger.head() if until is None else None)

    def follow(self, ledger: Ledger) -> None:
        """Read on from where this record of a ledger ends."""
        self._take(ledger.events(after=self.head.seq))
        for name in ("agreed", "_first_seen"):  # computed from what was known before
            vars(self).pop(name, None)

    def draw(self, name: str) -> DrawRecord:
        """Find a draw.

        Raises
        ------
        UsageError
            If there is none of that name.
        """
        if name not in self.draws:
            there = ", ".join(self.draws) or "none yet; make one with `allegiance draw NAME --n 50`"
            raise UsageError(f"There is no draw {name!r}; there are: {there}.")
        return self.draws[name]

    def property_of(self, category: str) -> Property | None:
        """Find the definition that a category of one's own was first given."""
        for draw in self.draws.values():
            found = draw.spec.property_of(category)
            if found is not None:
                return found
        return None

    def labels(
        self, category: str | None = None, draw: str | None = None, rater: str | None = None
    ) -> Iterator[Labelled]:
        """Give the labels that stand, in the order in which they were first given.

        A rater's label under one definition stands beside the same rater's under another.
        """
        chosen = [
            one
            for one in self.standing.labels()
            if (category is None or one.label.category == category)
            and (draw is None or one.label.draw == draw)
            and (rater is None or one.label.rater == rater)
        ]
        return iter(sorted(chosen, key=lambda one: one.first))

    @property
    def labelled(self) -> Sequence[LabelSpec]:
        """Every label ever given, those that were revised or taken back too."""
        return self.standing.given

    @property
    def relabelled(self) -> Sequence[Labelled]:
        """The labels that revised one before."""
        return self.standing.revised

    def skips(self, category: str, draw: str, rater: str | None = None) -> dict[str, int]:
        """Give the transcripts of a draw that were skipped and not labelled since, with the event."""
        return self.standing.skips(category, draw, rater)

    def noticed(self, draw: str, wanted: Property) -> tuple[int, int] | None:
        """Give how many planted cases of a property were noticed in a draw, of how many; None if unknown."""
        events = self.plantings.get((draw, wanted.category), [])
        if any(e.body.get("value", wanted.value) != wanted.value for e in events):
            return None
        return self.planted.get((draw, wanted.category))

    def label_of(self, rater: str, category: str, transcript_id: str) -> Labelled | None:
        """Give what a rater says of a transcript now."""
        return self.standing.newest_of(rater, category, transcript_id)

    def last_done(self, rater: str, category: str, draw: str) -> Done | None:
        """Give the newest label or skip of a rater in a draw that was not taken back."""
        return self.standing.last(rater, category, draw)

    def settlement(self, labels: Sequence[Labelled]) -> Settled | None:
        """Give the settlement that counts for differing labels of one transcript; None if none does."""
        return self.standing.settlement(labels)

    @cached_property
    def agreed(self) -> dict[str, dict[str, str]]:
        """Transcript to category to what its newest labels come to: a value, or `DISPUTED`."""
        said: dict[str, dict[str, list[Labelled]]] = {}
        for one in self.standing.newest():
            of_one = said.setdefault(one.label.transcript_id, {})
            of_one.setdefault(one.label.category, []).append(one)
        return {
            identifier: {
                category: value_of(labels, self.settlement(labels))
                for category, labels in of_one.items()
            }
            for identifier, of_one in said.items()
        }

    @cached_property
    def _first_seen(self) -> dict[str, int]:
        """Transcript to its place among all that were opened, from 1, in the order of the record."""
        seen: dict[str, int] = {}
        for sight in self.sights:
            seen.setdefault(sight.transcript_id, len(seen) + 1)
        return seen

    def ordinal(self, transcript_id: str) -> int | None:
        """Say the how-manieth transcript of all on record it was, from 1; None if never opened."""
        return self._first_seen.get(transcript_id)

    def sights_of(self, transcript_id: str) -> list[Sight]:
        """Give every way by which a transcript came before a reader, the first first."""
        return list(self._sights_of.get(transcript_id, ()))

    def on_frame(self, digest: str) -> list[DrawRecord]:
        """Give the draws on a frame, in the order in which they were made."""
        return [draw for draw in self.draws.values() if draw.spec.frame.digest == digest]

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events[event.seq] = event
            self.head = Head(event.seq, event.digest)
            handler = _HANDLERS.get(event.kind)
            if handler is not None:
                handler(self, event)

    def _drew(self, event: Event) -> None:
        spec = read(DrawSpec, event.body, f"Event {event.seq} of the ledger, a draw,")
        self.draws[spec.name] = DrawRecord(event.seq, event.at, spec)
        if spec.testimony is not None:
            route = Route(kind="attested", draw=spec.name, population=spec.frame.population)
            self.draws[spec.name].first_opened = event.seq
            for place, identifier in enumerate(spec.testimony.reads, 1):
                self._saw(Sight(event.seq, event.at, event.actor, identifier, place, route))

    def _extended(self, event: Event) -> None:
        extension = read(Extension, event.body, f"Event {event.seq} of the ledger, an extension,")
        if extension.draw not in self.draws:
            raise AllegianceError(
                f"Event {event.seq} of the ledger extends {extension.draw}, and no draw before it has "
                "that name: the ledger is not whole."
            )
        self.draws[extension.draw].extensions.append((event.seq, extension))

    def _opened(self, event: Event) -> None:
        opened = read(Opened, event.body, f"Event {event.seq} of the ledger, an opening,")
        if opened.route.kind == "export":
            self.exports.append((event.seq, opened))
        drawn = self.draws.get(opened.route.draw)
        if opened.route.draw and drawn is None:
            raise AllegianceError(
                f"Event {event.seq} of the ledger opens a transcript of {opened.route.draw}, and no draw "
                "before it has that name: the ledger is not whole."
            )
        if drawn is not None and drawn.first_opened is None:
            drawn.first_opened = event.seq
        for identifier, place in zip(opened.transcripts, opened.places, strict=True):
            self._saw(
                Sight(
                    event.seq,
                    event.at,
                    event.actor,
                    identifier,
                    place,
                    opened.route,
                    opened.blind,
                    opened.masked,
                )
            )

    def _saw(self, sight: Sight) -> None:
        self.sights.append(sight)
        self._sights_of.setdefault(sight.transcript_id, []).append(sight)

    def _shared(self, event: Event) -> None:
        share = read(ShareSpec, event.body, f"Event {event.seq} of the ledger, a share,")
        self.shares[share.draw] = share

    def _worded(self, event: Event) -> None:
        terms = read(TermsSpec, event.body, f"Event {event.seq} of the ledger, terms,")
        self.terms[(terms.draw, terms.category, terms.rater)] = terms

    def _settled(self, event: Event) -> None:
        self.standing.settle(event)
        body = event.body
        self.adjudicators.add((str(body.get("draw")), str(body.get("category")), event.actor))

    def _named(self, event: Event) -> None:
        known = read(RaterSpec, event.body, f"Event {event.seq} of the ledger, a rater,")
        self.accounts.setdefault(known.rater, {}).setdefault(known.account, event.at)

    def _looked(self, event: Event) -> None:
        body = event.body
        self.looks.append(
            Look(
                event.seq,
                event.at,
                event.kind,
                str(body.get("category", "")),
                str(body.get("frame", "")),
                tuple(map(str, body.get("draws", [body.get("draw", "")]))),
                body,
            )
        )

    def _planted(self, event: Event) -> None:
        body = event.body
        key = (str(body.get("draw", "")), str(body.get("category", "")))
        self.plantings.setdefault(key, []).append(event)
        if "caught" in body and "planted" in body:
            self.planted[key] = (int(body["caught"]), int(body["planted"]))


_HANDLERS: Mapping[str, Callable[["Record", Event], None]] = {
    "draw": Record._drew,  # pyright: ignore[reportPrivateUsage]
    "attest": Record._drew,  # pyright: ignore[reportPrivateUsage]
    "extend": Record._extended,  # pyright: ignore[reportPrivateUsage]
    "open": Record._opened,  # pyright: ignore[reportPrivateUsage]
    "label": lambda record, event: record.standing.label(event),
    "relabel": lambda record, event: record.standing.label(event),
    "skip": lambda record, event: record.standing.skip(event),
    "undo": lambda record, event: record.standing.undo(event),
    "adjudicate": Record._settled,  # pyright: ignore[reportPrivateUsage]
    "share": Record._shared,  # pyright: ignore[reportPrivateUsage]
    "terms": Record._worded,  # pyright: ignore[reportPrivateUsage]
    "rater": Record._named,  # pyright: ignore[reportPrivateUsage]
    "estimate": Record._looked,  # pyright: ignore[reportPrivateUsage]
    "claim": Record._looked,  # pyright: ignore[reportPrivateUsage]
    "plant": Record._planted,  # pyright: ignore[reportPrivateUsage]
}
