"""A transcript laid out for reading: its turns, what each part of a turn is, and pieces of a size to be shown.

Every piece knows the field of the message that it is cut from and where it starts there, so that the
spans of a verdict and what a search finds can be shown in it, also where it is loaded later.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from allegiance.corpus import Message, Transcript
from allegiance.study.reply import Stretch, parse_reply, stretches
from allegiance.web.message_parts import argument_lines, fields_of, remarks

Kind = Literal["text", "reasoning", "output", "tag", "call", "note"]
"""What a row shows: text that nobody took apart, reasoning, output, the tags between them, a call, a remark of ours."""

Field = tuple[int, str]
"""A message, by its index, and which of its texts: ``text``, ``reasoning``, ``call 0``."""
Place = tuple[Field, int, int]
"""A stretch of a field: start and end, in characters."""

_PIECE = 6_000
"""Characters of a piece; it is cut at a line or at a blank near that."""
_ROW = 8
"""Pieces of a row."""
_FIRST_PART, _PART = 48_000, 160_000
_ROWS = 200
"""Rows of a part: many short turns are as dear as a long one."""
_SYSTEM = ("system", "developer")


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


def laid_out(transcript: Transcript) -> Conversation:
    """Lay a transcript out."""
    writing = _Writing(transcript)
    for index in range(len(transcript.messages)):
        writing.message(index)
    return writing.done()


class _Writing:
    """A transcript that is being laid out."""

    def __init__(self, transcript: Transcript) -> None:
        self.messages = transcript.messages
        self.turns: list[Turn] = []
        self.rows: list[Row] = []
        self.pieces: list[Piece] = []
        self.texts: dict[Field, str] = {}
        self.size = 0
        self._fresh = True

    def message(self, index: int) -> None:
        message = self.messages[index]
        extra = fields_of(message.extra)
        turn = Turn(index, message.role, message.author, _voice(message), _name(extra))
        self.turns.append(turn)
        self._fresh = True
        if message.reasoning:
            self._field(
                turn, "reasoning", message.reasoning, [("reasoning", 0, len(message.reasoning))]
            )
        if message.text:
            self._field(turn, "text", message.text, self._kinds(index))
        for number, call in enumerate(message.tool_calls):
            self._call(turn, number, call.function, call.arguments)
        for remark in remarks(extra):
            self._row(turn, "note", (), said=remark)
        if self._fresh:
            self._row(turn, "note", (), said="nothing: this message is empty")

    def done(self) -> Conversation:
        by_field: dict[Field, list[Piece]] = {}
        for piece in self.pieces:
            by_field.setdefault(piece.field, []).append(piece)
        parts = [*_parts(self.rows)]
        part_of = [0] * len(self.pieces)
        for number, (start, end) in enumerate(parts):
            for row in self.rows[start:end]:
                for piece in row.pieces:
                    part_of[piece.number] = number
        return Conversation(
            turns=tuple(self.turns),
            rows=tuple(self.rows),
            parts=tuple(parts),
            pieces=tuple(self.pieces),
            texts=self.texts,
            size=self.size,
            _by_field={where: tuple(pieces) for where, pieces in by_field.items()},
            _derived=_derived(self.messages),
            _part_of=part_of,
        )

    def _kinds(self, index: int) -> list[tuple[Kind, int, int]]:
        """Take a text apart: what the model wrote by its tags, anything else not at all."""
        message, text = self.messages[index], self.messages[index].text
        whole: list[tuple[Kind, int, int]] = [("text", 0, len(text))]
        if message.role != "assistant" or message.author == "scripted":
            return whole
        if message.author == "prefill":
            return _between(text, stretches(text)) if "<" in text else whole
        begun = _begun(self.messages, index)
        found = [
            one._replace(start=max(one.start - len(begun), 0), end=one.end - len(begun))
            for one in stretches(begun + text)
            if one.end > len(begun)
        ]
        return _between(text, found)

    def _field(
        self, turn: Turn, name: str, text: str, kinds: Sequence[tuple[Kind, int, int]]
    ) -> None:
        where = (turn.index, name)
        self.texts[where] = text
        folded = turn.voice == "system"
        for kind, start, end in kinds:
            pieces = [self._piece(where, a, text[a:b]) for a, b in _cut(text, start, end)]
            for at in range(0, len(pieces), _ROW):
                self._row(turn, kind, pieces[at : at + _ROW], opens=not at, folded=folded)

    def _call(self, turn: Turn, number: int, function: str, arguments: str) -> None:
        """Lay a call out: an argument a line, its name first; what is no object as it stands."""
        where = (turn.index, f"call {number}")
        lines = argument_lines(arguments)
        self.texts[where] = "".join(text for _, text in lines)
        pieces: list[Piece] = []
        at = 0
        for lead, text in lines:
            for a, b in _cut(text, 0, len(text)):
                pieces.append(self._piece(where, at + a, text[a:b], lead if a == 0 else 0))
            at += len(text)
        self._row(turn, "call", pieces, said=function)

    def _piece(self, where: Field, start: int, text: str, lead: int = 0) -> Piece:
        piece = Piece(len(self.pieces), where, start, text, self.size, lead)
        self.pieces.append(piece)
        self.size += len(text)
        return piece

    def _row(
        self,
        turn: Turn,
        kind: Kind,
        pieces: Sequence[Piece],
        *,
        opens: bool = True,
        folded: bool = False,
        said: str = "",
    ) -> None:
        self.rows.append(Row(turn, kind, self._fresh, opens, folded, tuple(pieces), said))
        self._fresh = False


def _between(text: str, found: Sequence[Stretch]) -> list[tuple[Kind, int, int]]:
    """Add what stands between stretches: tags; white space alone is left out."""
    told: list[tuple[Kind, int, int]] = []
    at = 0
    for kind, start, end in [*found, Stretch("output", len(text), len(text))]:
        between = text[at:start]
        if between.strip():
            left = len(between) - len(between.lstrip())
            told.append(("tag", at + left, at + left + len(between.strip())))
        if start < end:
            told.append((kind, start, end))
        at = end
    return told or [("text", 0, len(text))]


def _begun(messages: Sequence[Message], index: int) -> str:
    """Give what was put into the model's mouth and is inside its reasoning still; see `reply_after`."""
    before = messages[index - 1] if index else None
    if before is None or before.author != "prefill" or not before.text.strip():
        return ""
    return "" if parse_reply(before.text).parsed else before.text


def _derived(messages: Sequence[Message]) -> dict[str, list[tuple[int, int, Field, int]]]:
    """Say from which fields the columns text, reasoning and output are put together.

    Returns
    -------
    dict
        Column to stretches: where each starts in the column, its length, its field, and where it starts there.
    """
    found: dict[str, list[tuple[int, int, Field, int]]] = {
        "text": [],
        "reasoning": [],
        "output": [],
    }
    length = dict.fromkeys(found, 0)

    def add(column: str, where: Field, start: int, size: int, *, joined: bool = False) -> None:
        if size > 0:
            begins = length[column] + (2 if found[column] and not joined else 0)
            found[column].append((begins, size, where, start))
            length[column] = begins + size

    for index, message in enumerate(messages):
        add("text", (index, "reasoning"), 0, len(message.reasoning))
        add("text", (index, "text"), 0, len(message.text))
    last = next((i for i in reversed(range(len(messages))) if _is_reply(messages[i])), None)
    if last is None:
        return found
    message, begun = messages[last], _begun(messages, last)
    beside = message.reasoning.strip()
    add("reasoning", (last, "reasoning"), message.reasoning.find(beside), len(beside))
    border = len(begun)
    for kind, start, end in stretches(begun + message.text):
        inside = (
            min(end, border) - start
        )  # what was put into the model's mouth stands in the message before
        add(kind, (last - 1, "text"), start, max(inside, 0))
        own = max(start, border)
        add(kind, (last, "text"), own - border, end - own, joined=inside > 0)
    return found


def _is_reply(message: Message) -> bool:
    return message.role == "assistant" and message.author == "model"


def _voice(message: Message) -> str:
    if message.role in _SYSTEM:
        return "system"
    if message.role == "user":
        return "user"
    if message.role in ("tool", "function"):
        return "tool"
    known = message.role == "assistant" and message.author in ("model", "scripted", "prefill")
    return message.author if known else "other"


def _name(extra: Mapping[str, Any]) -> str:
    name = extra.get("function") or extra.get("name")
    return name if isinstance(name, str) else ""


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a stretch into pieces, at the end of a line or at a blank where one is near."""
    while end - start > _PIECE:
        low, high = start + _PIECE // 2, start + _PIECE
        at = text.rfind("\n", low, high) + 1 or text.rfind(" ", low, high) + 1 or high
        yield start, at
        start = at
    if start < end:
        yield start, end


def _parts(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    start, size, most = 0, 0, _FIRST_PART
    for place, row in enumerate(rows):
        if place > start and (size + row.size > most or place - start >= _ROWS):
            yield start, place
            start, size, most = place, 0, _PART
        size += row.size
    yield start, len(rows)
