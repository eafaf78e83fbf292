"""Searching inside one transcript: every place where something stands, in all of it, whatever is loaded."""

from dataclasses import dataclass
from typing import Any

from allegiance.corpus.patterns import Pattern
from allegiance.errors import UsageError
from allegiance.web.conversation import Conversation, Piece
from allegiance.web.selection import Mode

MOST = 5_000
"""Places that are told one by one; all are counted."""


@dataclass(frozen=True)
class Match:
    """A place where it stands: the piece and the character it starts at, and those it ends at."""

    part: int
    piece: int
    start: int
    last: int
    end: int
    share: float

    def to_list(self) -> list[int | float]:
        """Give it as short as JSON can carry it."""
        return [self.part, self.piece, self.start, self.last, self.end, round(self.share, 5)]


def matches(told: Conversation, query: str, mode: Mode = "literal") -> tuple[int, list[Match]]:
    """Find what is looked for, in the order of the transcript.

    Returns
    -------
    count : int
        How often it stands there.
    places : list of Match
        The first `MOST`.

    Raises
    ------
    UsageError
        If the pattern can't be read.
    """
    if not query.strip():
        raise UsageError("There is nothing to look for.")
    sought = _sought(query, mode)
    count = 0
    found: list[Match] = []
    for where, text in told.texts.items():
        for start, end in sought.spans(text):
            count += 1
            if len(found) < MOST and (pieces := [*told.pieces_at((where, start, end))]):
                found.append(_match(told, pieces))
    return count, found


def _sought(query: str, mode: Mode) -> Any:
    if mode == "words":
        from allegiance.corpus.words import Words

        return Words(query)
    return Pattern(query, mode, ignore_case=mode == "literal")


def _match(told: Conversation, pieces: list[tuple[Piece, int, int]]) -> Match:
    (first, start, _), (last, _, end) = pieces[0], pieces[-1]
    share = (first.before + start) / max(told.size, 1)
    return Match(told.part_of(first), first.number, start, last.number, end, share)
