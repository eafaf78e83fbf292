"""Looking for a judge's quotes in the messages it took them from; what is not there is left out."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allegiance.corpus.schema import Message
from allegiance.scanners.codebook import Unit
from allegiance.scanners.judging.answer import Quote
from allegiance.study.reply import parse_reply

_ALIKE = {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"'}


@dataclass(frozen=True)
class Found:
    """What became of quotes.

    Attributes
    ----------
    spans
        Those that stand in their message, as a verdict keeps them.
    stripped
        How many do not, and were left out.
    elsewhere
        How many stand there, but not in the part that the category is a property of: they were
        written by somebody else, or in the reasoning where the output is judged.
    """

    spans: tuple[dict[str, Any], ...] = ()
    stripped: int = 0
    elsewhere: int = 0


def located(
    quotes: Sequence[Quote], messages: Mapping[int, Message], unit: Unit, clause: int | None
) -> Found:
    """Look for quotes, each in its own message.

    White space, invisible characters and the shape of quotation marks may differ, nothing else.

    Parameters
    ----------
    quotes
        As the judge gave them.
    messages
        Those it was shown, by their number.
    unit, clause
        Of the category, and the clause that its value rests on.
    """
    spans: list[dict[str, Any]] = []
    stripped = elsewhere = 0
    for quote in quotes:
        message = messages.get(quote.message)
        span = _span(quote, message, unit) if message is not None else None
        if span is None or message is None:
            stripped += 1
            continue
        spans.append(span if clause is None else span | {"clause": clause})
        elsewhere += not _in_unit(span["text"], message, unit)
    return Found(tuple(spans), stripped, elsewhere)


def _span(quote: Quote, message: Message, unit: Unit) -> dict[str, Any] | None:
    for part, text, named in _parts(message):
        place = _place(quote.text, text, last=unit == "output")
        if place:
            start, end = place
            words = {"start": start, "end": end, "text": text[start:end]}
            return {**words, "part": part, "message": quote.message, **named}
    return None


def _parts(message: Message) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Give the texts of a message, by the names of its fields."""
    yield "reasoning", message.reasoning, {}
    yield "text", message.text, {}
    for number, call in enumerate(message.tool_calls):
        yield "tool_calls", call.arguments, {"call": number}


def _place(words: str, text: str, *, last: bool) -> tuple[int, int] | None:
    """Find words in a text: where they start and end."""
    words = words.strip()
    wanted = _folded(words)[0].strip()
    if not wanted:
        return None
    start = text.rfind(words) if last else text.find(words)
    if start >= 0:
        return start, start + len(words)
    folded, places = _folded(text)
    start = folded.rfind(wanted) if last else folded.find(wanted)
    if start < 0:
        return None
    return places[start], places[start + len(wanted) - 1] + 1


def _folded(text: str) -> tuple[str, list[int]]:
    """Write a text with single blanks and without what can't be seen, and where each character was."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character.isspace():
            if characters and characters[-1] == " ":
                continue
            character = " "
        elif unicodedata.category(character) == "Cf":
            continue
        characters.append(_ALIKE.get(character, character))
        places.append(place)
    return "".join(characters), places


def _in_unit(words: str, message: Message, unit: Unit) -> bool:
    if message.author != "model":
        return False
    if unit == "whole":
        return True
    reply = parse_reply(message.text, native_reasoning=message.reasoning)
    return words.strip() in (reply.reasoning if unit == "reasoning" else reply.output)
