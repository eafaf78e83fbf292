"""What stands of the labels on record: those given, revised and not taken back, and the places skipped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from allegiance.audit.chain import Event
from allegiance.audit.label_specs import SettlementSpec, UndoSpec
from allegiance.audit.specs import LabelSpec, SkipSpec, read
from allegiance.errors import AllegianceError

DISPUTED = "disputed"
"""What labels agree on where raters don't."""

_Key = tuple[str, str, str]  # rater, category, transcript


@dataclass(frozen=True)
class Labelled:
    """A label that stands, with the event that it was given by and the ones it goes back to.

    Attributes
    ----------
    seq, at, digest
        The event: its number, time and digest.
    first
        The event in which this rater first labelled the transcript so, also if that was taken back.
    since
        The event since which there is such a label without a break.
    label
        What was said.
    """

    seq: int
    at: str
    digest: str
    first: int
    since: int
    label: LabelSpec


@dataclass(frozen=True)
class Settled:
    """What an adjudicator made of a place, with the event: its number, time and digest."""

    seq: int
    at: str
    digest: str
    settlement: SettlementSpec


@dataclass(frozen=True)
class Done:
    """A label or a skip of a rater in a draw that was not taken back."""

    seq: int
    kind: str
    transcript_id: str


class Standing:
    """Labels, skips and settlements, folded from the events in their order.

    Attributes
    ----------
    given
        Every label ever given, those that were taken back too.
    changed
        The events that changed what was said before: revisions, labels taken back, settlements.
    """

    def __init__(self) -> None:
        self.given: list[LabelSpec] = []
        self.changed: list[int] = []
        self.revised: list[Labelled] = []
        self._said: dict[_Key, list[Labelled]] = {}
        self._ever: dict[tuple[_Key, str], int] = {}  # and the definition
        self._skips: dict[tuple[_Key, str], tuple[int, SkipSpec]] = {}  # and the draw
        self._done: dict[tuple[str, str, str], list[Done]] = {}  # rater, category, draw
        self._settled: dict[tuple[str, str, str], Settled] = {}  # category, transcript, definition

    def label(self, event: Event) -> None:
        """Take a label, or a revision of one."""
        label = read(LabelSpec, event.body, f"Event {event.seq} of the ledger, a label,")
        self.given.append(label)
        key = (label.rater, label.category, label.transcript_id)
        said = self._said.setdefault(key, [])
        before = next((o for o in reversed(said) if o.label.definition == label.definition), None)
        first = self._ever.setdefault((key, label.definition), event.seq)
        since = event.seq if before is None else before.since
        now = Labelled(event.seq, event.at, event.digest, first, since, label)
        if said:
            self.changed.append(event.seq)
            self.revised.append(now)
        said.append(now)
        self._do(event, label.rater, label.category, label.draw, label.transcript_id)

    def skip(self, event: Event) -> None:
        """Take a skip; the place was told by the first of several."""
        skip = read(SkipSpec, event.body, f"Event {event.seq} of the ledger, a skip,")
        key = (skip.rater, skip.category, skip.transcript_id)
        self._skips.setdefault((key, skip.draw), (event.seq, skip))
        self._do(event, skip.rater, skip.category, skip.draw, skip.transcript_id)

    def undo(self, event: Event) -> None:
        """Take back a label or a skip.

        Raises
        ------
        AllegianceError
            If nothing of the kind stands.
        """
        undone = read(UndoSpec, event.body, f"Event {event.seq} of the ledger, an undo,")
        done = self._done.get((undone.rater, undone.category, undone.draw), [])
        if not any(one.seq == undone.undoes for one in done):
            raise AllegianceError(
                f"Event {event.seq} of the ledger takes back event {undone.undoes}, and that is nothing "
                f"of {undone.rater} that stands: the ledger is not whole."
            )
        done[:] = [one for one in done if one.seq != undone.undoes]
        key = (undone.rater, undone.category, undone.transcript_id)
        if key in self._said:
            self._said[key] = [one for one in self._said[key] if one.seq != undone.undoes]
        skipped = self._skips.get((key, undone.draw))
        if skipped is not None and skipped[0] == undone.undoes:
            del self._skips[(key, undone.draw)]
        self.changed.append(event.seq)

    def settle(self, event: Event) -> None:
        """Take what an adjudicator made of a place."""
        body = read(SettlementSpec, event.body, f"Event {event.seq} of the ledger, a settlement,")
        key = (body.category, body.transcript_id, body.definition)
        self._settled[key] = Settled(event.seq, event.at, event.digest, body)
        self.changed.append(event.seq)

    def labels(self) -> Iterator[Labelled]:
        """Give the labels that stand: of each rater the newest under each definition."""
        for said in self._said.values():
            yield from {one.label.definition: one for one in said}.values()

    def newest(self) -> Iterator[Labelled]:
        """Give what each rater says now, whatever the definition."""
        return (said[-1] for said in self._said.values() if said)

    def newest_of(self, rater: str, category: str, transcript_id: str) -> Labelled | None:
        """Give what a rater says of a transcript now."""
        said = self._said.get((rater, category, transcript_id))
        return said[-1] if said else None

    def skips(self, category: str, draw: str, rater: str | None = None) -> dict[str, int]:
        """Give the transcripts of a draw that were skipped and not labelled since, with the event."""
        return {
            key[2]: seq
            for (key, where), (seq, _) in reversed(self._skips.items())
            if key[1] == category
            and where == draw
            and (rater is None or key[0] == rater)
            and not self._said.get(key)
        }

    def last(self, rater: str, category: str, draw: str) -> Done | None:
        """Give the newest label or skip of a rater in a draw that was not taken back."""
        done = self._done.get((rater, category, draw))
        return done[-1] if done else None

    def settlement(self, labels: Sequence[Labelled]) -> Settled | None:
        """Give the settlement that counts for labels of one transcript in one category; None if none does.

        It counts where the labels differ and it was made with each of them before it; one that was
        given later and says the same takes nothing from it.
        """
        if len({one.label.value for one in labels}) < 2:
            return None
        label = labels[0].label
        if any(one.label.definition != label.definition for one in labels):
            return None
        found = self._settled.get((label.category, label.transcript_id, label.definition))
        if found is None:
            return None
        known = frozenset(found.settlement.settles)
        value = found.settlement.value
        counts = all(one.seq in known or one.label.value == value for one in labels)
        return found if counts else None

    def _do(self, event: Event, rater: str, category: str, draw: str, transcript_id: str) -> None:
        done = self._done.setdefault((rater, category, draw), [])
        done.append(Done(event.seq, event.kind, transcript_id))


def value_of(labels: Sequence[Labelled], settled: Settled | None) -> str:
    """Say what labels of one transcript come to: their value, what it was settled as, or `DISPUTED`."""
    values = {one.label.value for one in labels}
    if len(values) == 1:
        return values.pop()
    return DISPUTED if settled is None else settled.settlement.value
