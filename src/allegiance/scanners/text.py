"""Reading prose for rules: sentences, quotations and spans."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$|[\"'”’)])[\"'”’)]*|\n|$|[.!?])", re.UNICODE)
_QUOTED = re.compile(r"“[^”\n]{4,}”|\"[^\"\n]{4,}\"")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'"})


@dataclass(frozen=True)
class Span:
    """A stretch of a text: where it starts and ends (characters), and the words there.

    ``part`` is what it stands in (reasoning, output), and ``clause`` the one of the definition, from
    1, that it bears on; 0 for none in particular.
    """

    start: int
    end: int
    text: str
    part: str = ""
    clause: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as the verdict table keeps it."""
        fields: dict[str, Any] = {"start": self.start, "end": self.end, "text": self.text}
        if self.part:
            fields["part"] = self.part
        if self.clause:
            fields["clause"] = self.clause
        return fields


def plain(text: str) -> str:
    """Make a text ready for patterns, every character keeping its place.

    Curly apostrophes become straight ones, and words between quotation marks, which are somebody else's or only
    mentioned, become blanks.
    """
    text = text.translate(_APOSTROPHES)
    return _QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)


def quotations(text: str) -> list[tuple[int, int]]:
    """Give the places of what stands between quotation marks."""
    return [match.span() for match in _QUOTED.finditer(text)]


def sentences(text: str) -> Iterator[Span]:
    """Split a text into sentences; lines are borders too."""
    for match in _SENTENCE.finditer(text):
        if match[0].strip():
            yield Span(match.start(), match.end(), match[0])


def windows(text: str, size: int) -> Iterator[Span]:
    """Give every run of ``size`` sentences that follow each other (fewer where the text has fewer)."""
    parts = list(sentences(text))
    for i in range(max(1, len(parts) - size + 1)):
        run = parts[i : i + size]
        if run:
            yield Span(run[0].start, run[-1].end, text[run[0].start : run[-1].end])


def span(text: str, match: re.Match[str], part: str = "", clause: int = 0) -> Span:
    """Give the place of a match, with the words of the text itself."""
    return Span(match.start(), match.end(), text[match.start() : match.end()], part, clause)
