"""Laying a transcript out: its messages are taken apart by their tags, and cut into rows and pieces."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from allegiance.corpus import Message, Transcript
from allegiance.study.reply import Stretch, parse_reply, stretches
from allegiance.web.conversation import Conversation, Field, Kind, Piece, Row, Turn
from allegiance.web.message_parts import argument_lines, fields_of, remarks

_PIECE = 6_000
"""Characters of a piece; it is cut at a line or at a blank near that."""
_ROW = 8
"""Pieces of a row."""
_FIRST_PART, _PART = 48_000, 160_000
_ROWS = 200
"""Rows of a part: many short turns are as dear as a long one."""
_SYSTEM = ("system", "developer")


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
