# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false
"""Phrase rules: what the codebook's own rules look for, found in columns of text and judged by windows.

Where the phrases are is asked of the store's own engine for a whole column at once; windows are judged
in the few texts that have any.
"""

import hashlib
import inspect
import re
import sys
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from allegiance.corpus.patterns import Pattern
from allegiance.scanners import sought as sought_module
from allegiance.scanners import text as text_module
from allegiance.scanners.codebook import Category
from allegiance.scanners.outcome import Finding, Subject
from allegiance.scanners.sought import Near, Part, Rule, expression
from allegiance.scanners.text import Span, quotations, sentences

MOST_SPANS = 20
"""Places that a verdict quotes."""

_WORD = re.compile(r"\w+")
_UNITS: Mapping[str, tuple[Part, ...]] = {
    "reasoning": ("reasoning",),
    "output": ("output",),
    "whole": ("reasoning", "output"),
}

_Spans = Sequence[tuple[int, int]]


def texts_of(texts: Sequence[str]) -> pa.Array:
    """Make a column of texts; half a character, which no column can hold, becomes a mark."""
    return pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())


@dataclass(frozen=True)
class _Windows:
    """One text as windows see it: its words, its sentences, and what is quoted in it."""

    text: str

    @cached_property
    def words(self) -> list[int]:
        return [match.start() for match in _WORD.finditer(self.text)]

    @cached_property
    def ends(self) -> list[int]:
        return [one.end for one in sentences(self.text)]

    @cached_property
    def quotations(self) -> list[tuple[int, int]]:
        return quotations(self.text)

    def between(self, first: tuple[int, int], second: tuple[int, int]) -> int:
        """Count the words from the end of one place to the start of a later one."""
        return bisect_left(self.words, second[0]) - bisect_left(self.words, first[1])

    def same_sentence(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        return bisect_left(self.ends, one[0] + 1) == bisect_left(self.ends, other[0] + 1)

    def quoted(self, place: tuple[int, int]) -> bool:
        at = bisect_left(self.quotations, (place[0] + 1, 0))
        return at > 0 and place[1] <= self.quotations[at - 1][1]


@dataclass(frozen=True)
class PhraseScanner:
    """The phrase rules that the codebook holds for a category.

    Attributes
    ----------
    category
        The category, with its rules.
    """

    category: Category
    name: str = "rules"

    @property
    def digest(self) -> str:
        """SHA-256 over the definition, the rules and the program that reads them, in hexadecimal."""
        modules = (sys.modules[__name__], sought_module, text_module)
        programs = [inspect.getsource(one) for one in modules]
        rules = msgspec.json.encode(self.category.rule).decode()
        parts = [self.category.digest, rules, *programs]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def parts(self) -> frozenset[Part]:
        """The parts of a transcript that its rules look into."""
        beside = frozenset[Part](
            n.part for r in self.category.rule for n in (*r.near, *r.unless) if n.part
        )
        return beside.union(*(self._within(rule) for rule in self.category.rule))

    def find(self, subject: Subject) -> Finding:
        """Read one transcript."""
        columns: dict[Part, pa.Array] = {
            part: texts_of([getattr(subject, part)]) for part in self.parts
        }
        return next(iter(self.find_all(columns, 1)))

    def find_all(self, columns: "Mapping[Part, pa.Array]", rows: int) -> list[Finding]:
        """Read transcripts, given as one column of texts a part.

        Parameters
        ----------
        columns
            For each of `parts` the texts, none missing.
        rows
            How many transcripts there are.
        """
        said: list[dict[str, list[Span]]] = [{} for _ in range(rows)]
        for rule in self.category.rule:
            for part in self._within(rule):
                for row, spans in _fired(rule, part, columns):
                    said[row].setdefault(rule.value, []).extend(spans)
        return [self._finding(one) for one in said]

    def _within(self, rule: Rule) -> tuple[Part, ...]:
        return rule.within or _UNITS[self.category.unit]

    def _finding(self, said: Mapping[str, list[Span]]) -> Finding:
        """Choose among the values that rules gave: of ordered ones the highest, else the first rule's."""
        found = self.category
        if not said:
            assert found.absent is not None  # a codebook with another is refused
            return Finding(found.absent)
        ordered = found.values[::-1] if found.kind == "ordinal" else [r.value for r in found.rule]
        value = next(one for one in ordered if one in said)
        spans = sorted(set(said[value]), key=lambda s: (s.part, s.start))
        return Finding(value, tuple(spans[:MOST_SPANS]))


def _fired(
    rule: Rule, part: Part, columns: Mapping[Part, pa.Array]
) -> Iterator[tuple[int, list[Span]]]:
    """Give the rows in which a rule holds, with the places it found."""
    sought, texts = _pattern(rule.find), columns[part]
    rows = pc.indices_nonzero(sought.matches(texts))
    if not len(rows):
        return
    kept = texts.take(rows)
    near = [_looked(one, rows, kept, columns) for one in rule.near]
    unless = [_looked(one, rows, kept, columns) for one in rule.unless]
    places = sought.places(kept)
    for i, (row, text, found) in enumerate(
        zip(rows.to_pylist(), kept.to_pylist(), places, strict=True)
    ):
        windows = _Windows(text)
        good = [
            place
            for place in found
            if _whole(text, place)
            and (rule.quoted or not windows.quoted(place))
            and all(
                _stands(one, place, beside[i], windows) for one, beside in _with(rule.near, near)
            )
            and not any(
                _stands(one, place, beside[i], windows)
                for one, beside in _with(rule.unless, unless)
            )
        ]
        if good:
            yield row, [Span(a, b, text[a:b], part, rule.clause) for a, b in good]


@cache
def _pattern(phrases: tuple[str, ...]) -> Pattern:
    return Pattern(expression(phrases))


def _with(
    near: Sequence[Near], looked: Sequence[Sequence[_Spans]]
) -> Iterator[tuple[Near, Sequence[_Spans]]]:
    return zip(near, looked, strict=True)


def _looked(
    near: Near, rows: pa.Array, kept: pa.Array, columns: Mapping[Part, pa.Array]
) -> list[_Spans]:
    """Find the phrases of a window in each of the texts that are looked at."""
    texts = columns[near.part].take(rows) if near.part else kept
    found = _pattern(near.find).places(texts)
    return [
        [place for place in places if _whole(text, place)]
        for places, text in zip(found, texts.to_pylist(), strict=True)
    ]


def _stands(near: Near, place: tuple[int, int], beside: _Spans, windows: _Windows) -> bool:
    """Whether one of the phrases stands in the window of a place, or over a part of it."""
    if near.part:
        return bool(beside)
    at = bisect_left(beside, place)  # the nearest decide: what is farther is in no smaller window
    closest = beside[max(0, at - 2) : at + 2]
    return any(_inside(near, place, other, windows) for other in closest)


def _inside(near: Near, place: tuple[int, int], other: tuple[int, int], windows: _Windows) -> bool:
    if other[0] < place[1] and place[0] < other[1]:
        return other != place
    before = other[1] <= place[0]
    if near.side != "either" and before != (near.side == "before"):
        return False
    first, second = (other, place) if before else (place, other)
    if windows.between(first, second) > near.words:
        return False
    return not near.sentence or windows.same_sentence(place, other)


def _whole(text: str, place: tuple[int, int]) -> bool:
    """Whether a place begins and ends at the border of a word, in any script."""
    start, end = place
    before = start > 0 and _letter(text[start - 1]) and _letter(text[start])
    after = end < len(text) and _letter(text[end]) and _letter(text[end - 1])
    return not before and not after


def _letter(character: str) -> bool:
    return character.isalnum() or character == "_"
