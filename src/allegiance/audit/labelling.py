"""Labelling a draw: what one rater has to do in it, in order, and what is kept of each answer.

The terminal and any page work through `Labelling`, so that both show the same and keep the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from allegiance.audit.draw import Draw
from allegiance.audit.label_specs import TermsSpec
from allegiance.audit.labels import (
    OTHERS,
    Given,
    Seal,
    Undone,
    check_label,
    give_label,
    hidden_from,
    quoted_in,
    quotes_of,
    skip,
    undo,
)
from allegiance.audit.ledger import Ledger
from allegiance.audit.masking import masked
from allegiance.audit.opening import draw_route, opened
from allegiance.audit.plant_table import Planted, Planting, Said
from allegiance.audit.planting import (
    SKIP,
    Revealed,
    hidden_planting,
    reveal,
    say,
    sealed_by,
    standing,
    table_of,
)
from allegiance.audit.raters import places_of
from allegiance.audit.record import Record
from allegiance.audit.specs import Property
from allegiance.audit.terms import side_of
from allegiance.corpus import Corpus, Transcript
from allegiance.errors import UsageError


@dataclass(frozen=True)
class Item:
    """One transcript of a rater's work.

    Attributes
    ----------
    number, total
        The how-manieth of how many.
    position, transcript_id
        Its place in the draw, and which it is; of a planted case, the place it stands before and no id.
    planted
        The planted case; None for a transcript. Nothing of it may be shown but its transcript.
    """

    number: int
    total: int
    position: int
    transcript_id: str
    planted: Planted | None = None


@dataclass(frozen=True)
class Masking:
    """Whether words that tell the tiers apart are masked: which besides, and in the model's words too."""

    on: bool = False
    words: tuple[str, ...] = ()
    everything: bool = False


@dataclass
class Labelling:
    """What one rater does in one draw for one category.

    Attributes
    ----------
    corpus, ledger, draw, wanted, rater
        Where, what, and who.
    masking
        What is masked in what is shown.
    terms
        In whose words the category is told; None for the neutral definition.
    aware
        Whether the rater has seen what others said: a label is not told blind to that then.
    record
        The ledger as it was read last; `look` reads on. Where one is given, whoever gives it reads on and
        has it to himself while anything here is called, but for `show` and for what `prepared` gives.
    """

    corpus: Corpus
    ledger: Ledger
    draw: Draw
    wanted: Property
    rater: str
    masking: Masking = field(default_factory=Masking)
    terms: TermsSpec | None = None
    record: Record | None = None
    aware: bool = False

    def __post_init__(self) -> None:
        self._record = Record.of(self.ledger) if self.record is None else self.record
        self._told_of_planting = -1
        self._planting: Planting | None = None
        self._shown: tuple[Item, Transcript] | None = None
        self._listed: dict[str, tuple[tuple[object, ...], list[Item]]] = {}
        self.look()

    def look(self) -> None:
        """Read what is new in the ledger."""
        if self.record is None:
            self._record.follow(self.ledger)
        where = (self.draw.name, self.wanted.category)
        told = len(self._record.plantings.get(where, ()))
        if told != self._told_of_planting:
            self._planting = hidden_planting(self.ledger, self._record, *where)
            self._told_of_planting = told

    @property
    def salt(self) -> str:
        """The salt of the cases that are planted and not revealed, a secret; empty where there are none."""
        return "" if self._planting is None else self._planting.salt

    def items(self, rater: str | None = None) -> list[Item]:
        """Give all that a rater has to do, in order, done or not."""
        who = rater or self.rater
        share = self._record.shares.get(self.draw.name)
        state = (len(self.draw.order), share, self._told_of_planting)
        known = self._listed.get(who)
        if known is None or known[0] != state:
            known = (state, self._list(who))
            self._listed[who] = known
        return known[1]

    def _list(self, rater: str) -> list[Item]:
        places = places_of(self.draw, self._record, rater)
        cases = list(self._planting.cases) if self._planting is not None else []
        told: list[tuple[int, Planted | None]] = []
        for place in places:
            while cases and cases[0].place <= place:
                told.append((place, cases.pop(0)))
            told.append((place, None))
        return [
            Item(
                number,
                len(told),
                place,
                "" if planted is not None else self.draw.order[place - 1],
                planted,
            )
            for number, (place, planted) in enumerate(told, 1)
        ]

    def next(self, rater: str | None = None) -> Item | None:
        """Give the first that a rater has neither labelled nor skipped; None if there is none."""
        return next((item for item, said in self._said(rater or self.rater) if not said), None)

    def done(self, rater: str | None = None) -> int:
        """Count what a rater has labelled or skipped."""
        return sum(bool(said) for _, said in self._said(rater or self.rater))

    def said_of(self, item: Item) -> str:
        """Give what the rater says of an item now: a value, or `skip`; empty where it is not answered."""
        if item.planted is not None:
            answer = self._answered(self.rater).get(item.planted.number)
            return "" if answer is None else answer.value
        told = self._labelled(self.rater, item.transcript_id)
        if told is not None:
            return told
        skipped = self._record.skips(self.wanted.category, self.draw.name, self.rater)
        return SKIP if item.transcript_id in skipped else ""

    def shown(self, item: Item) -> bool:
        """Whether the rater has seen an item in this draw, with as much of it hidden as now."""
        return any(
            sight.actor == self.rater
            and sight.route.draw == self.draw.name
            and sight.blind
            and sight.masked == self.masking.on
            for sight in self._record.sights_of(item.transcript_id)
        )

    def show(self, item: Item, *, again: bool = False) -> Transcript:
        """Open what is to be labelled, on record first, masked where that was asked for.

        Parameters
        ----------
        again
            It is on record that the rater has seen it; see `shown`.
        """
        found = self._whole(item)
        if item.planted is None and not again:
            opened(
                self.ledger,
                draw_route(self.draw),
                [item.transcript_id],
                [item.position],
                actor=self.rater,
                masked=self.masking.on,
            )
        if not self.masking.on:
            return found
        return masked(found, self.masking.words, everything=self.masking.everything)

    def side(self, item: Item) -> Literal["", "A", "B"]:
        """Say in whose words the category is put for an item."""
        return side_of(self.terms, self.ledger.id, item.number)

    def check_quote(self, item: Item, words: str) -> None:
        """See that words stand in what is labelled.

        Raises
        ------
        UsageError
            If not.
        """
        (quote,) = quotes_of([words], self.wanted.unit)
        if not quoted_in(quote, self._whole(item)):
            raise UsageError(
                f"What you quote is not in the {quote.part}; copy the words as they stand there."
            )

    def answer(
        self, item: Item, value: str, quotes: Sequence[str] = (), note: str = ""
    ) -> Given | None:
        """Keep a label, or with the value `skip` a skip whose reason the note is; None for what is no label.

        Raises
        ------
        UsageError
            If the value is none of the category's, or a quote is not in the text.
        """
        return self.prepared(item, value, quotes, note)()

    def prepared(
        self, item: Item, value: str, quotes: Sequence[str] = (), note: str = ""
    ) -> Callable[[], Given | None]:
        """Give what keeps an answer when it is called, and needs the record no more; see `answer`."""
        if item.planted is not None:
            return partial(self._answer_planted, item, item.planted, value, quotes, note)
        sealed = None
        if self._planting is not None:
            sealed = sealed_by(self.ledger, self._planting, self.rater, item.transcript_id)
        if value == SKIP:
            return partial(self._skip, item, note, sealed)
        hidden = hidden_from(self.rater, item.transcript_id, self._record, masked=self.masking.on)
        if self.aware:
            hidden = tuple(one for one in hidden if one != OTHERS)
        return partial(self._label, item, value, quotes, note, hidden, sealed)

    def _skip(self, item: Item, reason: str, sealed: Seal | None) -> None:
        where = (item.transcript_id, self.wanted, self.rater)
        skip(self.ledger, self.draw, *where, reason, seal=sealed)

    def _label(
        self,
        item: Item,
        value: str,
        quotes: Sequence[str],
        note: str,
        hidden: Sequence[str],
        sealed: Seal | None,
    ) -> Given:
        return give_label(
            self.ledger,
            self._whole(item),
            self.wanted,
            value,
            self.rater,
            draw=self.draw,
            quotes=quotes_of(quotes, self.wanted.unit),
            note=note,
            hidden=hidden,
            terms=self.side(item),
            seal=sealed,
        )

    def can_take_back(self) -> bool:
        """Whether the rater has answered something here that was not taken back."""
        last = self._record.last_done(self.rater, self.wanted.category, self.draw.name)
        return last is not None or self._newest_said() is not None

    def take_back(self) -> Undone | Said:
        """Take back the last label or skip; gives what it was.

        Raises
        ------
        UsageError
            If there is nothing to take back.
        """
        last = self._record.last_done(self.rater, self.wanted.category, self.draw.name)
        newest = self._newest_said()
        if newest is None or (last is not None and newest.after < last.seq):
            return undo(self.ledger, self.draw, self.wanted, self.rater, self._record)
        self._say(Said(number=newest.number, rater=self.rater, value=""))
        return newest

    def close_if_read(self) -> Revealed | None:
        """Reveal what is planted once everybody who labels the draw is through; None where nothing is."""
        self.look()
        if self._planting is None:
            return None
        share = self._record.shares.get(self.draw.name)
        here = (self.draw.name, self.wanted.category, "person")
        raters = {
            one.rater
            for one in self._record.labelled
            if (one.draw, one.category, one.source) == here
        }
        raters |= set(share.raters if share is not None else ()) | {self.rater}
        if any(self.next(one) is not None for one in sorted(raters)):
            return None
        return reveal(self.ledger, self.draw, self.wanted, self.rater)

    def _whole(self, item: Item) -> Transcript:
        """Give what an item is of; what was given last, and is labelled next, is kept at hand."""
        known = self._shown
        if known is not None and known[0] == item:
            return known[1]
        found = self._read(item)
        self._shown = (item, found)
        return found

    def _read(self, item: Item) -> Transcript:
        if item.planted is None:
            return self.corpus.get(item.transcript_id)
        assert self._planting is not None
        return item.planted.case.transcript(f"planted:{self._planting.salt}:{item.planted.number}")

    def _said(self, rater: str) -> Iterator[tuple[Item, bool]]:
        """Give each item with whether a rater is done with it."""
        skipped = self._record.skips(self.wanted.category, self.draw.name, rater)
        answered = self._answered(rater)
        for item in self.items(rater):
            if item.planted is not None:
                yield item, item.planted.number in answered
            else:
                one = item.transcript_id
                yield item, one in skipped or self._labelled(rater, one) is not None

    def _labelled(self, rater: str, transcript_id: str) -> str | None:
        told = self._record.label_of(rater, self.wanted.category, transcript_id)
        known = told is not None and told.label.definition == self.wanted.digest
        return told.label.value if told is not None and known else None

    def _answered(self, rater: str) -> dict[int, Said]:
        if self._planting is None:
            return {}
        said = table_of(self.ledger).said(self.draw.name, self.wanted.category, rater)
        return {number: by[rater] for number, by in standing(said).items()}

    def _newest_said(self) -> Said | None:
        """The last answer to a planted case that was not taken back."""
        if self._planting is None:
            return None
        stack: list[Said] = []
        for one in table_of(self.ledger).said(self.draw.name, self.wanted.category, self.rater):
            if one.value:
                stack.append(one)
            else:
                last = max(k for k, before in enumerate(stack) if before.number == one.number)
                del stack[last]
        return stack[-1] if stack else None

    def _answer_planted(
        self, item: Item, planted: Planted, value: str, quotes: Sequence[str], note: str
    ) -> None:
        if value != SKIP:
            said = quotes_of(quotes, self.wanted.unit)
            check_label(self._whole(item), self.wanted, value, self.rater, said)
        self._say(
            Said(
                number=planted.number,
                rater=self.rater,
                value=value,
                quotes=tuple(quotes),
                note=note,
                terms=self.side(item),
            )
        )

    def _say(self, said: Said) -> None:
        say(self.ledger, self.draw.name, self.wanted.category, said)


def check_next(labelling: Labelling) -> Item:
    """Give what comes next.

    Raises
    ------
    UsageError
        If the rater is through.
    """
    found = labelling.next()
    if found is None:
        raise UsageError(
            f"All {len(labelling.draw.order):,} of {labelling.draw.name} are labelled by "
            f"{labelling.rater}."
        )
    return found
