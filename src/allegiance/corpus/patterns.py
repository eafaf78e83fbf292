# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false
"""Patterns: literal texts and regular expressions, found in columns of text and in one text.

Everything goes through one engine, RE2 (it comes with pyarrow): its time is in proportion to the
text whatever the pattern, which people who search untrusted text need, and a match and its place
can't disagree. Literals are faster through it, too, than through a plain substring search.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from allegiance.errors import UsageError

Within = Literal["all", "reasoning", "output"]
"""What is searched: everything that was said, or the reasoning or the output of the last reply."""
COLUMNS: dict[Within, str] = {"all": "text", "reasoning": "reasoning", "output": "output"}
Kind = Literal["literal", "regex"]
Span = tuple[int, int]
"""Start and end in characters."""

_SPECIAL = re.compile(r"[^A-Za-z0-9_\u0080-\U0010ffff]")
_MARKS = ("\ufdd0", "\ufdd1")
"""Code points that Unicode sets apart as no characters; they are not in a text, or are put aside."""
_LOOKS_BACK = re.compile(r"\^|\\[AbB]")
_WITHOUT = re.compile(r"\(\?(?:=|!|<=|<!)|\(\?>|\\[1-9]")


@dataclass(frozen=True)
class Pattern:
    """A text or a regular expression to look for.

    Attributes
    ----------
    text
        As the user wrote it.
    kind
        ``literal`` or ``regex`` (RE2's syntax: no lookaround and no backreferences).
    within
        What is searched.
    ignore_case
        Whether capitals and small letters are the same.

    Raises
    ------
    UsageError
        If the text is empty, or no regular expression.
    """

    text: str
    kind: Kind = "regex"
    within: Within = "all"
    ignore_case: bool = False

    def __post_init__(self) -> None:
        if self.within not in COLUMNS:
            raise UsageError(
                f"There is no {self.within!r} to search; there are {', '.join(COLUMNS)}."
            )
        if not self.text:
            raise UsageError("There is nothing to look for: the pattern is empty.")
        self._check()

    @property
    def column(self) -> str:
        """The column that is searched."""
        return COLUMNS[self.within]

    @property
    def expression(self) -> str:
        """The pattern in RE2's syntax."""
        body = self.text if self.kind == "regex" else quoted(self.text)
        return f"(?i){body}" if self.ignore_case else body

    def matches(self, texts: pa.Array) -> pa.Array:
        """Say of each text whether the pattern is in it; of a missing text, that it is not."""
        return pc.fill_null(pc.match_substring_regex(texts, self.expression), False)

    def counts(self, texts: pa.Array) -> pa.Array:
        """Count in each text the places where the pattern is, none of them overlapping."""
        if _LOOKS_BACK.search(self.text) is None:
            return pc.fill_null(pc.count_substring_regex(texts, self.expression), 0)
        # Counting forgets what stands before a match, so that `^` matches anew after each; replacing
        # does not. Every match makes the one text a byte longer than the other.
        longer, shorter = (
            pc.binary_length(pc.replace_substring_regex(texts, self.expression, by))
            for by in (".", "")
        )
        return pc.cast(pc.fill_null(pc.subtract(longer, shorter), 0), pa.int32())

    def spans(self, text: str) -> Iterator[Span]:
        """Give the places in one text where the pattern is, in order; empty ones are left out."""
        yield from next(self.places(pa.array([text])))

    def places(self, texts: pa.Array) -> Iterator[list[Span]]:
        """Give for each text what `spans` gives; for a missing one, none."""
        for mark in _MARKS:
            texts = pc.replace_substring(texts, mark, "\ufffd")
        opening, closing = _MARKS
        marked = pc.replace_substring_regex(texts, self.expression, f"{opening}\\0{closing}")
        for text in marked.to_pylist():
            yield [*_between_marks(text or "")]

    def _check(self) -> None:
        try:
            text = self.expression
            text.encode()
            pc.match_substring_regex(pa.array([""]), text)
        except UnicodeEncodeError as error:
            raise UsageError("The pattern holds half of a character; write it anew.") from error
        except pa.ArrowInvalid as error:
            raise UsageError(self._complaint(str(error))) from error

    def _complaint(self, message: str) -> str:
        reason = message.partition("Invalid regular expression: ")[2] or message
        what, _, part = reason.partition(": ")
        place = self.text.find(part) if part else -1
        where = f" at {part!r} (character {place + 1})" if place >= 0 else ""
        hint = (
            "; lookaround and backreferences can't be searched for in a time that has a bound"
            if _WITHOUT.search(self.text)
            else ""
        )
        return f"The regular expression {self.text!r} can't be read{where}: {what}{hint}."


def _between_marks(marked: str) -> Iterator[Span]:
    opening, closing = _MARKS
    before, *pieces = marked.split(opening)
    start = len(before)
    for piece in pieces:
        found, _, after = piece.partition(closing)
        if found:
            yield start, start + len(found)
        start += len(found) + len(after)


def quoted(text: str) -> str:
    """Write a text so that a regular expression finds just it."""
    return _SPECIAL.sub(lambda found: "\\x00" if found[0] == "\0" else "\\" + found[0], text)
