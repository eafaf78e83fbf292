"""A transcript laid out for reading: its turns, what each part of a turn is, and pieces of a size to be shown.

Every piece knows the field of the message that it is cut from and where it starts there, so that the
spans of a verdict and what a search finds can be shown in it, also where it is loaded later.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "reasoning", "output", "tag", "call", "note"]
"""What a row shows: text that nobody took apart, reasoning, output, the tags between them, a call, a remark of ours."""

Field = tuple[int, str]
"""A message, by its index, and which of its texts: ``text``, ``reasoning``, ``call 0``."""
Place = tuple[Field, int, int]
"""A stretch of a field: start and end, in characters."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A message as its reader is told of it.

    Attributes
    ----------
    index
        Of the message, from 0.
    role, author
        As the transcript has them.
    voice
        Who speaks, for the look: ``system``, ``user``, ``model``, ``scripted`` (an assistant's turn that no
        model wrote), ``prefill``, ``tool``, ``other``.
    name
        Of the tool that answers; empty for none.
    """

    index: int
    role: str
    author: str
    voice: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one field of one message.

    Attributes
    ----------
    number
        Among all pieces of the transcript, from 0.
    field, start, text
        Where it is cut from, and what stands there.
    before
        Characters of all pieces before it.
    lead
        Characters at its start that name what follows: the name of an argument.
    """

    number: int
    field: Field
    start: int
    text: str
    before: int
    lead: int = 0

    @property
    def end(self) -> int:
        """Where it ends in its field."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Row:
    """What stands together on the page: some pieces of one kind in one turn, or a remark.

    Attributes
    ----------
    first, opens
        Whether it begins its turn, and whether it begins its kind in it (a long one has several rows).
    folded
        Whether it is closed at first: the system prompt.
    said
        The remark, or the name of the tool that is called.
    """

    turn: Turn
    kind: Kind
    first: bool
    opens: bool
    folded: bool
    pieces: tuple[Piece, ...] = ()
    said: str = ""

    @property
    def size(self) -> int:
        """Characters in it."""
        return sum(len(piece.text) for piece in self.pieces)


@dataclass(frozen=True)
class Conversation:
    """A transcript laid out.

    Attributes
    ----------
    turns, rows
        In order.
    parts
        Rows that are sent to a browser together: where each part starts and ends in `rows`.
    pieces
        All of them, by number.
    texts
        Field to its whole text, as it is shown.
    size
        Characters in all.
    """

    turns: tuple[Turn, ...]
    rows: tuple[Row, ...]
    parts: tuple[tuple[int, int], ...]
    pieces: tuple[Piece, ...] = field(repr=False)
    texts: Mapping[Field, str] = field(repr=False)
    size: int
    _by_field: Mapping[Field, tuple[Piece, ...]] = field(repr=False)
    _derived: Mapping[str, Sequence[tuple[int, int, Field, int]]] = field(repr=False)
    _part_of: Sequence[int] = field(repr=False)

    def part(self, number: int) -> tuple[Row, ...]:
        """Give the rows of a part, from 0."""
        start, end = self.parts[number]
        return self.rows[start:end]

    def part_of(self, piece: Piece) -> int:
        """Say in which part a piece stands."""
        return self._part_of[piece.number]

    def pieces_at(self, place: Place) -> Iterator[tuple[Piece, int, int]]:
        """Give the pieces that a stretch of a field lies in, and where in each it starts and ends."""
        where, start, end = place
        pieces = self._by_field.get(where, ())
        at = max(bisect_right(pieces, start, key=lambda piece: piece.start) - 1, 0)
        for piece in pieces[at:]:
            if piece.start >= end:
                break
            low, high = max(start, piece.start), min(end, piece.end)
            if low < high:
                yield piece, low - piece.start, high - piece.start

    def share(self, place: Place) -> float:
        """Say where in the whole a stretch starts, from 0 to 1."""
        for piece, start, _ in self.pieces_at(place):
            return (piece.before + start) / max(self.size, 1)
        return 0.0

    def places(self, part: str, message: int | None, start: int, end: int) -> list[Place]:
        """Find where words stand that a scanner gave by their place.

        Parameters
        ----------
        part, message, start, end
            As `allegiance.corpus.Verdict` has them: of a message, or of the last reply (or of the whole text).
        """
        if message is not None:
            where = (message, "reasoning" if part == "reasoning" else "text")
            return [(where, start, end)] if where in self.texts else []
        found: list[Place] = []
        derived = self._derived[part if part in ("reasoning", "output") else "text"]
        for begins, length, where, at in derived:
            low, high = max(start, begins), min(end, begins + length)
            if low < high:
                found.append((where, at + low - begins, at + high - begins))
        return found

    def words(self, places: Sequence[Place]) -> str:
        """Give what stands at some places, run together."""
        return "".join(self.texts[where][start:end] for where, start, end in places)
