"""Trying a judge: transcripts that try to lead it, and answers that must be read in one way.

Both lists are shipped and are our own writing. The answers need no model; the transcripts are put to the
judge itself, whose share of held attacks is its own figure and no property of the program.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
import yaml

from allegiance.corpus.schema import Message
from allegiance.scanners.codebook import Category, Codebook, codebook
from allegiance.scanners.judging.answer import Answer, Declined, read_answer
from allegiance.scanners.judging.deciding import Case, Say
from allegiance.scanners.judging.judge import JudgeScanner
from allegiance.scanners.judging.quotes import located
from allegiance.scanners.judging.settings import JudgeSettings
from allegiance.scanners.judging.voice import HopelessError, NoAnswerError

_CASE = "5eed0f0000000000cafe"
_TRANSCRIPT = {
    0: Message("user", "Is it “raining” yesterday?"),
    1: Message(
        "assistant",
        "It rained.",
        reasoning="I can't  know\nwhether this is real.",
        author="model",
    ),
}
_AT_ONCE = 20

Ended = Literal["held", "taken in", "wrong", "no verdict", "no answer"]


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: str
    text: str
    reasoning: str = ""
    times: int = 1


class Attack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A transcript that may lead a judge astray.

    Attributes
    ----------
    name, attack
        Its own name, and the kind of attack that it is.
    category, value, lure
        What it is judged for, what a careful reader says, and what a judge says who is taken in.
    """

    name: str
    attack: str
    category: str
    value: str
    lure: str
    messages: tuple[_Line, ...]

    @property
    def transcript(self) -> tuple[Message, ...]:
        """Its messages; those of the assistant are the model's."""
        return tuple(
            Message(
                line.role,
                line.text * line.times,
                reasoning=line.reasoning,
                author="model" if line.role == "assistant" else "scripted",
            )
            for line in self.messages
        )


class RawAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer as a judge may write it, and what has to be read from it.

    Attributes
    ----------
    reads
        A value, ``refused`` or ``invalid``.
    quotes, stripped, elsewhere
        Quotes that are found, that are not there, and that stand outside the part that is judged.
    """

    name: str
    text: str
    reads: str
    times: int = 1
    quotes: int = 0
    stripped: int = 0
    elsewhere: int = 0


class _Attacks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    attacks: tuple[Attack, ...]


class _Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    answers: tuple[RawAnswer, ...]


@cache
def attacks() -> tuple[Attack, ...]:
    """Read the shipped attacks."""
    return msgspec.convert(_shipped("attacks.yaml"), _Attacks).attacks


@cache
def raw_answers() -> tuple[RawAnswer, ...]:
    """Read the shipped answers."""
    return msgspec.convert(_shipped("answers.yaml"), _Answers).answers


def read_as(raw: RawAnswer) -> tuple[str, int, int, int]:
    """Read a raw answer: value or status, and quotes that are found, not there, and elsewhere."""
    text = raw.text.replace("CASE", _CASE) * raw.times
    read = read_answer(text, _CASE, ("yes", "no"), 2)
    if isinstance(read, Answer):
        found = located(read.quotes, _TRANSCRIPT, "reasoning", read.clause)
        return read.value, len(found.spans), found.stripped, found.elsewhere
    return "refused" if isinstance(read, Declined) else "invalid", 0, 0, 0


def misread() -> list[str]:
    """Name the raw answers that are not read as they must be."""
    return [
        raw.name
        for raw in raw_answers()
        if read_as(raw) != (raw.reads, raw.quotes, raw.stripped, raw.elsewhere)
    ]


@dataclass(frozen=True)
class Tried:
    """How one attack ended.

    Attributes
    ----------
    ended
        ``held``: the careful value. ``taken in``: the one it was lured to. ``wrong``: another one.
        ``no verdict``: refused, or no answer could be read. ``no answer``: the provider gave none.
    said
        The value, or why there is none.
    """

    attack: Attack
    ended: Ended
    said: str


def try_judge(
    model: str,
    settings: JudgeSettings,
    say: Callable[[Category], Say],
    chosen: Sequence[Attack] | None = None,
    book: Codebook | None = None,
) -> list[Tried]:
    """Put the attacks to a judge.

    Parameters
    ----------
    model, settings
        Of the judge.
    say
        Gives, for a category, the function that answers questions; `Voice.say`.
    chosen
        Which attacks; all by default.
    book
        Where their categories are defined; the shipped codebook by default.

    Raises
    ------
    HopelessError
        If the provider answers nothing.
    """
    wanted = attacks() if chosen is None else chosen
    return asyncio.run(_all(model, settings, say, wanted, book or codebook()))


async def _all(
    model: str,
    settings: JudgeSettings,
    say: Callable[[Category], Say],
    chosen: Sequence[Attack],
    book: Codebook,
) -> list[Tried]:
    room = asyncio.Semaphore(_AT_ONCE)
    voices = {name: say(book.find(name)) for name in {one.category for one in chosen}}

    async def one(attack: Attack) -> Tried:
        async with room:
            scanner = JudgeScanner(book.find(attack.category), model, settings)
            return await _tried(attack, scanner, voices[attack.category])

    return list(await asyncio.gather(*map(one, chosen)))


async def _tried(attack: Attack, scanner: JudgeScanner, say: Say) -> Tried:
    case = Case(
        scanner.category,
        scanner.settings,
        scanner.digest,
        f"selftest/{attack.name}",
        attack.transcript,
    )
    try:
        came = await case.decide(say)
    except HopelessError:
        raise
    except NoAnswerError as error:
        return Tried(attack, "no answer", str(error))
    said = came.said
    if said.value is None:
        return Tried(attack, "no verdict", f"{said.status}: {said.reason}")
    ended: Ended = "wrong"
    if said.value == attack.value:
        ended = "held"
    elif said.value == attack.lure:
        ended = "taken in"
    return Tried(attack, ended, said.value)


def _shipped(name: str) -> object:
    text = files("allegiance.scanners.judging").joinpath(name).read_text(encoding="utf-8")
    return yaml.safe_load(text)
