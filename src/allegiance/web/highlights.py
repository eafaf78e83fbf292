"""What is highlighted in a transcript: the words that verdicts rest on, and the words that raters quoted."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import msgspec
from markupsafe import Markup

from allegiance.audit.explaining import Place as Words
from allegiance.audit.record import Labelled
from allegiance.web.conversation import Conversation, Field, Piece, Place
from allegiance.web.inert import inert, inert_line

SLOTS = 6
"""Looks that tell categories apart, each by a colour and a line of its own."""
_MOST = 2_000
"""Highlights of one transcript."""
_LONGEST_QUOTE = 20_000


@dataclass(frozen=True)
class Highlight:
    """Words with a reason to look at them.

    Attributes
    ----------
    number
        Among all of the transcript, from 0.
    category, value, by
        What was said, and by which scanner or rater.
    quoted
        Whether a rater quoted them; else a verdict rests on them.
    slot
        The look of its category.
    words
        As the scanner or the rater gave them.
    places
        Where they stand; empty where they don't.
    share
        Where in the whole they start, from 0 to 1.
    part
        The part of the page in which they stand.
    """

    number: int
    category: str
    value: str
    by: str
    quoted: bool
    slot: int
    words: str
    places: tuple[Place, ...]
    share: float
    part: int

    @property
    def name(self) -> str:
        """What is told where one points at them."""
        how = "quoted by" if self.quoted else "by"
        return f"{self.category}: {self.value} ({how} {self.by})"


@dataclass(frozen=True)
class Highlights:
    """All that is highlighted, and the look of each category; anchors on the page begin with `prefix`."""

    marks: tuple[Highlight, ...]
    slots: Mapping[str, int]
    by_field: Mapping[Field, tuple[tuple[int, int, int], ...]]
    prefix: str = "h"

    def of(self, category: str, by: str) -> list[Highlight]:
        """Give those of a category by a scanner or a rater."""
        return [one for one in self.marks if one.category == category and one.by == by]

    def shown(self, piece: Piece) -> Markup:
        """Make a piece of text safe to stand on a page, with what is highlighted in it marked."""
        spans = [
            (max(start, piece.start), min(end, piece.end), number)
            for start, end, number in self.by_field.get(piece.field, ())
            if start < piece.end and end > piece.start
        ]
        lead = piece.start + piece.lead if piece.lead else None
        borders = {piece.start, piece.end, *(s for s, _, _ in spans), *(e for _, e, _ in spans)}
        if lead is not None:
            borders.add(lead)
        cuts = sorted(borders)
        made: list[Markup] = []
        for low, high in pairwise(cuts):
            text = inert(piece.text[low - piece.start : high - piece.start])
            if lead is not None and high <= lead:
                text = Markup("<b>{}</b>").format(text)
            on = [number for start, end, number in spans if start < high and end > low]
            made.append(self._marked(text, on, piece, low) if on else text)
        return Markup("").join(made)

    def _marked(self, text: Markup, on: Sequence[int], piece: Piece, low: int) -> Markup:
        first = self.marks[on[0]]
        by_raters = [self.marks[number].quoted for number in on]
        looks = " quoted only" if all(by_raters) else " quoted" if any(by_raters) else ""
        others = [slot for number in on if (slot := self.marks[number].slot) != first.slot]
        looks += f" and and-{others[0]}" if others else ""
        begun = [
            one.number
            for one in (self.marks[number] for number in on)
            if one.places[0][0] == piece.field and one.places[0][1] == low
        ]
        anchor = Markup(' id="{}-{}"').format(self.prefix, begun[0]) if begun else Markup("")
        return Markup(
            '<mark class="hl slot-{}{}" data-h="{}" tabindex="-1" title="{}"{}>{}</mark>'
        ).format(
            first.slot,
            looks,
            " ".join(map(str, on)),
            inert_line(" · ".join(dict.fromkeys(self.marks[number].name for number in on))),
            anchor,
            text,
        )


NONE = Highlights((), {}, {})
"""Nothing is highlighted: the page of somebody who reads blind."""


def highlights(
    told: Conversation,
    verdicts: Sequence[Mapping[str, Any]],
    labels: Iterable[Labelled],
    order: Sequence[str] = (),
) -> Highlights:
    """Find what is highlighted in a transcript.

    Parameters
    ----------
    verdicts
        Rows of the verdict table.
    labels
        Labels that the reader may see.
    order
        Categories in the order in which looks are given out.
    """
    marks: list[Highlight] = []
    labels = list(labels)
    named = [
        *order,
        *(row["category"] for row in verdicts),
        *(one.label.category for one in labels),
    ]
    with_words: dict[str, None] = {}

    def mark(
        category: str, value: str, by: str, quoted: bool, words: str, places: list[Place]
    ) -> None:
        if len(marks) >= _MOST:
            return
        share, part = 0.0, 0
        if places:
            share = told.share(places[0])
            part = next((told.part_of(piece) for piece, _, _ in told.pieces_at(places[0])), 0)
        with_words[category] = None
        marks.append(
            Highlight(len(marks), category, value, by, quoted, 0, words, tuple(places), share, part)
        )

    for row in verdicts:
        for words in _spans(row):
            value = str(row["value"] if row["value"] is not None else row["status"])
            mark(
                row["category"],
                value,
                row["scanner"] or "",
                False,
                words.text,
                _stands(told, words),
            )
    for one in labels:
        for quote in one.label.quotes:
            places = _quoted(told, quote.text, quote.part)
            mark(one.label.category, one.label.value, one.label.rater, True, quote.text, places)
    slots = {
        name: at % SLOTS
        for at, name in enumerate(n for n in dict.fromkeys(named) if n in with_words)
    }
    marks = [replace(one, slot=slots[one.category]) for one in marks]
    by_field: dict[Field, list[tuple[int, int, int]]] = {}
    for one in marks:
        for where, start, end in one.places:
            by_field.setdefault(where, []).append((start, end, one.number))
    return Highlights(
        tuple(marks), slots, {where: tuple(sorted(s)) for where, s in by_field.items()}
    )


def _spans(row: Mapping[str, Any]) -> tuple[Words, ...]:
    try:
        return msgspec.json.decode(row["spans"] or "[]", type=tuple[Words, ...])
    except msgspec.MsgspecError:  # an outside instrument's own way of quoting
        return ()


def _stands(told: Conversation, words: Words) -> list[Place]:
    """Find where the words of a verdict stand: where the scanner says, else where they are found."""
    places = told.places(words.part, words.message, words.start, words.end)
    if places and "".join(told.words(places).split()) == "".join(words.text.split()):
        return places
    if words.message is not None:
        where = (words.message, "reasoning" if words.part == "reasoning" else "text")
        found = _sought(told.texts.get(where, ""), words.text)
        return [(where, *found)] if found else []
    return _quoted(told, words.text, words.part)


def _quoted(told: Conversation, words: str, part: str) -> list[Place]:
    """Find the words of a quote in the part that they are from; white space may differ."""
    fields = {where: None for where, _, _ in told.places(part, None, 0, 1 << 62)}
    for where in fields or told.texts:
        found = _sought(told.texts[where], words)
        if found is not None:
            return [(where, *found)]
    return []


def _sought(text: str, words: str) -> tuple[int, int] | None:
    if not words.strip() or len(words) > _LONGEST_QUOTE:
        return None
    found = re.search(r"\s+".join(map(re.escape, words.split())), text)
    return found.span() if found else None
