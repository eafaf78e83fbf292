"""A desk: one person's labelling of a queue in a category, as the pages show it and keep what is said."""

import hashlib
import hmac
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from fastapi import HTTPException

from allegiance.audit import (
    Item,
    Labelling,
    Masking,
    Property,
    Record,
    Revealed,
    Undone,
    bind_rater,
    check_account,
)
from allegiance.audit.asking import Asked, asked, category_of, letters_of
from allegiance.audit.planting import SKIP
from allegiance.corpus import Message, Transcript
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners.codebook import Codebook
from allegiance.web.access import Person
from allegiance.web.queue import draw_of, labels_here, wanted_of
from allegiance.web.site import Site

COMMANDS = frozenset("squmdrw")
"""Letters that mean something else on the page: no value is given by them."""

_LONGEST_NOTE = 10_000
_MOST_QUOTES = 50


@dataclass
class Draft:
    """What goes with the next answer to an item: it is shown in the form."""

    item: str = ""
    value: str = ""
    quotes: list[str] = field(default_factory=list[str])
    note: str = ""


@dataclass(frozen=True)
class Stale:
    """An answer to an item that was answered meanwhile: it is not kept unless its rater says so again."""

    item: str
    number: int
    kept: str
    sent: str
    quotes: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Shown:
    """An item as the page shows it.

    Attributes
    ----------
    item, number
        By which the form knows it, a digest; and the how-manieth it is.
    part
        The part that is asked about; None where the whole is shown.
    lacks
        The part that is asked about, where the last reply has none.
    messages
        The whole; empty where the part is shown and the whole was not asked for.
    told
        The definition.
    draft
        What the form begins with.
    """

    item: str
    number: int
    part: str | None
    lacks: str
    messages: tuple[Message, ...]
    told: Asked
    draft: Draft


class Desk:
    """What one person does in one queue for one category.

    Parameters
    ----------
    site, person, number
        Where, who, and in which queue.
    wanted, book
        The category, and the codebook that it is defined in.
    """

    def __init__(
        self, site: Site, person: Person, number: int, wanted: Property, book: Codebook
    ) -> None:
        self.lock = threading.RLock()
        self.number = number
        self.wanted = wanted
        self.person = person
        self.said: list[str] = []
        self.stale: Stale | None = None
        self.revealed: Revealed | None = None
        self.done = self.total = 0
        self._site = site
        self._draft = Draft()
        self._told: set[str] = set()
        self._bound = False
        self._parts = -1
        self._category = category_of(wanted, book)
        self._book = book  # known by its identity, which is its own as long as it is held
        draw = draw_of(site, number)
        self._parts = len(draw.record.extensions)
        with site.record() as record:
            self.labelling = Labelling(
                site.corpus, site.ledger, draw, wanted, person.name, record=record
            )
            sights = [
                one
                for one in record.sights
                if one.actor == person.name and one.route.draw == draw.name
            ]
        if sights and sights[-1].masked:
            self.labelling.masking = Masking(True)

    @contextmanager
    def following(self) -> Generator[Record]:
        """Have the record in hand, with what others did taken in: labels, an extension, a reveal.

        Raises
        ------
        HTTPException
            If cases that are planted in it are gone: what is wrong would tell the rater of them.
        """
        name = self.labelling.draw.name
        while True:
            with self._site.record() as record:
                if len(record.draws[name].extensions) == self._parts:
                    self._take_in(record)
                    yield record
                    return
            draw = draw_of(self._site, self.number)
            self.labelling.draw, self._parts = draw, len(draw.record.extensions)

    def _take_in(self, record: Record) -> None:
        try:
            self.labelling.look()
        except AllegianceError as error:
            raise HTTPException(
                409,
                f"Queue {self.number:,} can't be labelled now: a file beside the ledger is gone or was "
                "changed. Who keeps the workspace learns more from `allegiance ledger verify`.",
            ) from error
        where = (self.labelling.draw.name, self.wanted.category, self.person.name)
        settled = record.terms.get(where)
        if settled is not None and self._category is not None and self._category.terms:
            self.labelling.terms = settled

    def counts(self) -> tuple[int, int]:
        """Give how many items the person is done with, of how many."""
        with self.lock, self.following():
            return self.labelling.done(), len(self.labelling.items())

    def enter(self, *, mine: bool = False) -> None:
        """Put on record from which account the person's name is used, once.

        Raises
        ------
        UsageError
            If another account uses the name, and `mine` does not say that both are the person's.
        """
        if not self._bound:
            bind_rater(self._site.ledger, self.person.name, self.person.account, me=mine)
            self._bound = True

    def taken(self) -> bool:
        """Whether another account uses the person's name."""
        if self._bound:
            return False
        try:
            with self._site.record() as record:
                check_account(record, self.person.name, self.person.account)
        except UsageError:
            return True
        return False

    def show(self, *, whole: bool = False) -> Shown | None:
        """Open the next item, on record first; None where there is none."""
        with self.lock:
            with self.following():
                labelling = self.labelling
                item = labelling.next()
                again = item is not None and labelling.shown(item)
                self.done, self.total = labelling.done(), len(labelling.items())
            if item is None:
                return None
            return self._shown(item, self.labelling.show(item, again=again), whole)

    def messages(self, token: str) -> tuple[Message, ...]:
        """Give the whole conversation of the item that is being shown.

        Raises
        ------
        UsageError
            If another one is next by now.
        """
        with self.lock:
            shown = self.show(whole=True)
            if shown is None or shown.item != token:
                raise UsageError("Another item is next by now: load the page again.")
            return shown.messages

    def answer(
        self, token: str, value: str, quotes: Sequence[str], note: str, *, revise: bool = False
    ) -> None:
        """Keep an answer to an item; one to an item that was answered meanwhile waits for `revise`.

        Raises
        ------
        HTTPException
            If the item is none of this queue, or another rater's.
        UsageError
            If the value is none of the category's, or a quotation is not in the text.
        """
        quotes = _checked(quotes, note)
        with self.lock:
            with self.following():
                item = self._find(token)
                if item is None:
                    return
                before = self.labelling.said_of(item)
                aware = self.labelling.aware
                self.labelling.aware = aware or item.transcript_id in self._told
                keep = self.labelling.prepared(item, value, quotes, note)
                self.labelling.aware = aware
            if before and not revise:
                self._met(token, item, before, Draft(token, value, list(quotes), note))
                return
            self._draft = Draft(token, value, list(quotes), note)
            for words in quotes if value != SKIP else ():  # its sentence names no transcript
                self.labelling.check_quote(item, words)
            keep()
            self._draft = Draft()
            self.stale = None
            told = "Skipped" if value == SKIP else f"Kept: {value}"
            changed = f" (it was {before})" if before and before != value else ""
            self.said.append(f"{told}, number {item.number:,}{changed}.")
            self._close()

    def tell(self) -> None:
        """Remember that the person sees what others said of all that is theirs by now: who revises it is not blind."""
        with self.lock, self.following():
            self._told |= {one.transcript_id for one in self.labelling.items()}

    def undo(self) -> None:
        """Take back the last answer; what was said with it stands in the form again.

        Raises
        ------
        UsageError
            If there is nothing to take back.
        """
        with self.lock:
            with self.following():
                if not self.labelling.can_take_back():
                    raise UsageError(
                        "There is nothing to take back: you have answered nothing here."
                    )
                taken = self.labelling.take_back()
                items = self.labelling.items()
            self.stale = None
            if isinstance(taken, Undone):
                label = taken.label
                item = next(one for one in items if one.transcript_id == taken.transcript_id)
                quotes = [] if label is None else [one.text for one in label.quotes]
                value, note = ("", "") if label is None else (label.value, label.note)
            else:
                item = next(one for one in items if _is(one, taken.number))
                quotes, note = list(taken.quotes), taken.note
                value = "" if taken.value == SKIP else taken.value
            self._draft = Draft(self._token(item), value, quotes, note)
            self.said.append(f"Taken back, number {item.number:,}: {value or 'a skip'}.")

    def check_quote(self, token: str, words: str) -> None:
        """See that words stand in what is labelled.

        Raises
        ------
        UsageError
            If not.
        """
        _checked([words], "")
        with self.lock:
            with self.following():
                item = self._find(token)
            if item is not None:
                self.labelling.check_quote(item, words)

    def mask(self, masking: Masking) -> None:
        """Mask words that tell the tiers apart, or show them, from now on."""
        with self.lock:
            self.labelling.masking = masking

    def keep_draft(self, token: str, value: str, quotes: Sequence[str], note: str) -> None:
        """Keep what was typed into the form, so that it stands there again."""
        self._draft = Draft(token, value, list(quotes), note)

    def drop_stale(self) -> None:
        """Leave an answer that was given meanwhile as it is."""
        self.stale = None

    def take_said(self) -> list[str]:
        """Give what there is to say once, and forget it."""
        said, self.said = self.said, []
        return said

    def _close(self) -> None:
        """Reveal planted cases once everybody is through."""
        if not self.labelling.salt:
            return
        with self.following():
            if self.labelling.next() is None:
                self.revealed = self.labelling.close_if_read() or self.revealed

    def _shown(self, item: Item, transcript: Transcript, whole: bool) -> Shown:
        token = self._token(item)
        unit = self.wanted.unit
        part = {"reasoning": transcript.reasoning, "output": transcript.output}.get(unit)
        part = part if part and part.strip() else None
        return Shown(
            item=token,
            number=item.number,
            part=part,
            lacks=unit if part is None and unit != "whole" else "",
            messages=transcript.messages if whole or part is None else (),
            told=asked(self.wanted, self._category, self.labelling.side(item)),
            draft=self._draft if self._draft.item == token else Draft(),
        )

    def _met(self, token: str, item: Item, before: str, sent: Draft) -> None:
        """Say of an answer to what was answered meanwhile what is kept."""
        if sent.value == before:
            self.said.append(f"Number {item.number:,} was {_done(before)} already; that stays.")
            return
        self.stale = Stale(token, item.number, before, sent.value, tuple(sent.quotes), sent.note)

    def _find(self, token: str) -> Item | None:
        """Find the item of a form; None for a planted case that was revealed meanwhile.

        Raises
        ------
        HTTPException
            If it is none of this queue, or another rater's.
        """
        labelling = self.labelling
        known = {labelling.salt, *self._revealed_salts()}  # a form may be made before a reveal
        for item in labelling.items():
            if any(_same(self._token(item, salt), token) for salt in known):
                self._must_be_open(item)
                return item
        for salt in known:
            if any(
                self._digest(f"transcript {one}", salt) == token for one in labelling.draw.order
            ):
                raise HTTPException(
                    409,
                    f"This one is not among yours in queue {self.number:,}, but another rater's; nothing was "
                    "saved. Load the page again for your next one.",
                )
            if any(self._digest(f"planted {k}", salt) == token for k in range(1, 1001)):
                self.said.append(
                    "That one was a known case, planted to see how many are noticed, and was revealed "
                    "meanwhile; nothing of it needs to be kept."
                )
                return None
        raise HTTPException(
            409,
            f"What this form labels is not in queue {self.number:,}; nothing was saved. Load the page again.",
        )

    def _must_be_open(self, item: Item) -> None:
        """See that a transcript was shown here before it is labelled; who knows its id could name it otherwise."""
        record = self.labelling.record
        assert record is not None
        if item.planted is None and not any(
            sight.actor == self.person.name and sight.route.draw == self.labelling.draw.name
            for sight in record.sights_of(item.transcript_id)
        ):
            raise HTTPException(
                409,
                f"This one of queue {self.number:,} was not shown to you yet; nothing was saved. Load the page again.",
            )

    def _revealed_salts(self) -> list[str]:
        record = self.labelling.record
        assert record is not None
        events = record.plantings.get((self.labelling.draw.name, self.wanted.category), [])
        return [str(event.body["salt"]) for event in events if "salt" in event.body]

    def _token(self, item: Item, salt: str | None = None) -> str:
        """Name an item for a form: by a digest that tells neither its id nor whether it is planted."""
        what = (
            f"transcript {item.transcript_id}"
            if item.planted is None
            else f"planted {item.planted.number}"
        )
        return self._digest(what, self.labelling.salt if salt is None else salt)

    def _digest(self, what: str, salt: str) -> str:
        key = f"allegiance item\n{self._site.ledger.id}\n{self.labelling.draw.name}\n{salt}"
        return hmac.new(key.encode(), what.encode(), hashlib.sha256).hexdigest()[:32]


def desk_of(site: Site, person: Person, number: int, category: str) -> Desk:
    """Give the desk of a person in a queue for a category.

    Raises
    ------
    HTTPException
        If there is no such queue.
    UsageError
        If nobody defines the category.
    """
    book = site.book
    key = ("desk", person.name, person.account, number, category, id(book))
    return site.kept(
        key,
        lambda: Desk(site, person, number, wanted_of(site, number, category), book),
        always=True,
    )  # what was typed, and what its rater has seen, must not go with what others read


def keys_of(values: Sequence[str]) -> list[tuple[str, str, str]]:
    """Give each value with its number and its letter; either may be lacking."""
    letters = {v: k for k, v in letters_of(tuple(values), COMMANDS).items()}
    return [
        (value, str(k) if k <= 9 else "", letters.get(value, ""))
        for k, value in enumerate(values, 1)
    ]


def through(
    site: Site, person: Person, number: int, category: str, what: str, *, each: bool = True
) -> None:
    """See that somebody has no labels of their own left to give before they see those of others.

    Parameters
    ----------
    what
        What they would see, in words.
    each
        Whether that is what is said of each transcript, and no mere count.

    Raises
    ------
    HTTPException
        If they have.
    """
    desk = desk_of(site, person, number, category)
    name = desk.labelling.draw.name
    with site.record() as record:
        rates = labels_here(record, person, name, desk.wanted.category)
    if person.role == "reader":
        return
    if not rates:
        desk.labelling.aware |= each  # should they label after all, the label says so
        return
    done, total = desk.counts()
    if done < total:
        raise HTTPException(
            403,
            f"You have {total - done:,} of {total:,} left to label in queue {number:,} for "
            f"{desk.wanted.category}: label them first, then you may see {what}.",
        )
    if each:
        desk.tell()


def has_settled(record: Record, person: Person, name: str, category: str) -> bool:
    """Whether somebody adjudicated in a draw, and so has seen what others say."""
    return (name, category, person.name) in record.adjudicators


def masking_of(on: Literal["no", "prompt", "all"], words: str) -> Masking:
    """Read how words are masked, as the form says it.

    Raises
    ------
    UsageError
        If a word can't be masked.
    """
    from allegiance.audit.masking import check_words

    chosen = check_words([one for one in words.split(",") if one.strip()])
    return Masking(on != "no", chosen if on != "no" else (), on == "all")


def _checked(quotes: Sequence[str], note: str) -> tuple[str, ...]:
    """Take quotations as they stand in a text: a form writes other line ends."""
    if len(note) > _LONGEST_NOTE:
        raise UsageError(f"A note has {_LONGEST_NOTE:,} characters at most; shorten it.")
    found = tuple(dict.fromkeys(one.replace("\r\n", "\n") for one in quotes if one.strip()))
    if len(found) > _MOST_QUOTES:
        raise UsageError(f"A label rests on {_MOST_QUOTES} quotations at most; leave some out.")
    return found


def _is(item: Item, number: int) -> bool:
    return item.planted is not None and item.planted.number == number


def _done(value: str) -> str:
    return "skipped" if value == SKIP else f"labelled {value}"


def _same(token: str, given: str) -> bool:
    return hmac.compare_digest(token.encode(), given.encode())
