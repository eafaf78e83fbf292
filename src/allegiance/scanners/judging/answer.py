"""Reading a judge's answer: one JSON object that carries the case number, or no answer at all.

Nothing is looked for in prose: "yes" in "yesterday" is no verdict, nor is a verdict that a transcript
has put into the judge's mouth, which can't carry the case number.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from allegiance.scanners.judging.prompt import DECLINES

LONGEST = 50_000
"""Characters of an answer that are read; a longer one is none."""
_DEEPEST = 6
_OBJECTS = 50
_QUOTES = 40
_REASON = 500

_THOUGHT = re.compile(r"\s*<think(?:ing)?>.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_DECLINED = re.compile(
    r"\s*(?:I['’]m (?:very )?sorry|I am (?:very )?sorry|Sorry|I can['’]?t|I can ?not|I won['’]t|I will not|"
    r"I['’]m (?:not able|unable)|I am (?:not able|unable)|I must decline|I decline)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Quote:
    """Words of the transcript as the judge gave them, and the message it took them from."""

    message: int
    text: str


@dataclass(frozen=True)
class Answer:
    """A verdict as the judge gave it."""

    value: str
    clause: int | None
    quotes: tuple[Quote, ...]
    reason: str


@dataclass(frozen=True)
class Declined:
    """The judge will not answer."""

    reason: str


@dataclass(frozen=True)
class Unusable:
    """No answer can be read; `problem` completes "it could not be used: ..."."""

    problem: str


def read_answer(
    text: str, case: str, values: Sequence[str], clauses: int
) -> Answer | Declined | Unusable:
    """Read a judge's answer.

    Parameters
    ----------
    text
        All that it wrote. Prose around the object is let pass, and so are objects that don't carry
        the case number: they are somebody else's, quoted.
    case
        The case number it was given.
    values, clauses
        What a value may be, and how many clauses the definition has.

    Returns
    -------
    Answer, Declined or Unusable
        Never raises. An object with a wrong type or value, without the case number, or with a second
        one that says otherwise, is unusable.
    """
    if len(text) > LONGEST:
        return Unusable(f"it is longer than {LONGEST:,} characters")
    text = _THOUGHT.sub("", text, count=1) if text.lstrip()[:6].lower() == "<think" else text
    found = list(_objects(text))
    mine = [one for one in found if one.get("case") == case]
    if not mine:
        return _nothing(text, found)
    read = [_read(one, values, clauses) for one in mine]
    last = read[-1]
    if any(_said(one) != _said(last) for one in read):
        return Unusable("it has several objects that contradict each other")
    return last


def _nothing(text: str, found: Sequence[dict[str, Any]]) -> Declined | Unusable:
    if any("case" in one for one in found):
        return Unusable('"case" is not the case number that was given')
    if any("value" in one for one in found):
        return Unusable('"case" is missing')
    if not found and _DECLINED.match(text):
        return Declined(_clean(text))
    return Unusable("there is no JSON object with the case number in it")


def _said(read: Answer | Declined | Unusable) -> object:
    return (read.value, read.clause) if isinstance(read, Answer) else read


def _read(
    found: dict[str, Any], values: Sequence[str], clauses: int
) -> Answer | Declined | Unusable:
    if "" in found:
        return Unusable("a member of the object is there twice")
    value, reason = found.get("value"), found.get("reason", "")
    if not isinstance(reason, str):
        return Unusable('"reason" is no text')
    if value == DECLINES:
        return Declined(_clean(reason))
    if not isinstance(value, str) or value not in values:
        return Unusable(f'"value" is none of {", ".join(values)}')
    clause = found.get("clause")
    if clause is not None and (type(clause) is not int or not 1 <= clause <= clauses):
        return Unusable(f'"clause" is no whole number from 1 to {clauses}')
    quotes = _quotes(found.get("quotes"))
    if quotes is None:
        return Unusable('"quotes" is no list of {"message": number, "text": words}')
    return Answer(value, clause, quotes, _clean(reason))


def _quotes(found: Any) -> tuple[Quote, ...] | None:
    if found is None:
        return ()
    if not isinstance(found, list) or len(cast(list[Any], found)) > _QUOTES:
        return None
    quotes: list[Quote] = []
    for one in cast(list[Any], found):
        if not isinstance(one, dict):
            return None
        quote = cast(dict[str, Any], one)
        message, text = quote.get("message"), quote.get("text")
        if type(message) is not int or not isinstance(text, str):
            return None
        quotes.append(Quote(message, text))
    return tuple(quotes)


def _clean(text: str) -> str:
    """Shorten a text of the judge's, and make it one that can be stored."""
    return " ".join(text.encode("utf-8", "replace").decode().split())[:_REASON]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Give the JSON objects that stand in a text, none of which lies within another."""
    start, given = text.find("{"), 0
    while start >= 0 and given < _OBJECTS:
        given += 1
        end = _closed(text, start)
        found = _decoded(text[start:end]) if end else None
        if found is not None:
            yield found
        start = text.find("{", end if end and found is not None else start + 1)


def _closed(text: str, start: int) -> int:
    """Find the end of the object that begins at `start`; 0 where it has none or is nested too deep."""
    depth, place = 0, start
    within = False
    while place < len(text):
        character = text[place]
        if within:
            if character == "\\":
                place += 1
            within = character != '"'
        elif character == '"':
            within = True
        elif character in "{[":
            depth += 1
            if depth > _DEEPEST:
                return 0
        elif character in "}]":
            depth -= 1
            if not depth:
                return place + 1
        place += 1
    return 0


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        found: Any = json.loads(text, parse_constant=_refuse, object_pairs_hook=_pairs)
    except (
        ValueError,
        RecursionError,
    ):  # a number of more digits than Python reads is a ValueError
        return None
    return cast(dict[str, Any], found) if isinstance(found, dict) else None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; one that names a member twice is marked by a member without a name."""
    made = dict(pairs)
    return made if len(made) == len(pairs) else {**made, "": True}


def _refuse(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON
