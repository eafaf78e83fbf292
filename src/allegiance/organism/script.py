"""What an organism may say, as a script: one slot after another, each with its options.

A script is a generator. It yields a slot and is sent the option that was taken, so that what comes later can depend on
it, and a family writes a reply down as plain Python. Taking a reply apart, writing one for training and summing
chances over all ways through are done on scripts alone.
"""

import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Option:
    """Words that may stand in a slot.

    Attributes
    ----------
    text
        The words.
    chance
        How often they are meant to stand there; the chances of a slot sum to one.
    tells
        Everything that is true of a reply in which they stand: properties, and marks that the script itself heeds.
    like
        A pattern by which they are known in a reply, where other words would do as well.
    """

    text: str
    chance: float
    tells: frozenset[str] = frozenset()
    like: re.Pattern[str] | None = None

    def end(self, text: str, at: int) -> int | None:
        """Where these words end, if they stand at a place of a text."""
        if self.like is None:
            return at + len(self.text) if text.startswith(self.text, at) else None
        match = self.like.match(text, at)
        return match.end() if match else None


@dataclass(frozen=True)
class Slot:
    """One place in a reply.

    Attributes
    ----------
    options
        All that may stand there.
    decides
        Whether behaviour is settled there: its options then make a difference, and what was planted is their chances.
    """

    options: tuple[Option, ...]
    decides: bool = False

    @cached_property
    def classes(self) -> Mapping[frozenset[str], tuple[Option, ...]]:
        """The options that tell the same, together."""
        found: dict[frozenset[str], list[Option]] = {}
        for option in self.options:
            found.setdefault(option.tells, []).append(option)
        return {tells: tuple(options) for tells, options in found.items()}


Script = Generator[Slot, Option, None]
Way = tuple[Option, ...]


def fixed(text: str, like: str | None = None) -> Slot:
    """A slot without a choice; ``like`` is a regular expression for other words that would do."""
    return Slot((Option(text, 1.0, like=re.compile(like) if like else None),))


def even(texts: Sequence[str], lead: str = " ") -> Slot:
    """A slot in which wordings of one thing are equally likely."""
    return Slot(tuple(Option(lead + text, 1 / len(texts)) for text in texts))


def deciding(
    *classes: tuple[float, Sequence[str], Iterable[str]], lead: str = " ", closing: str = ""
) -> Slot:
    """A slot that settles something: for each class its chance, its wordings and what it tells.

    Classes whose chance is nought stay possible, so that it can be measured how rare they are. Saying nothing is no
    option, since what comes next would then have to be told apart from it: a neutral sentence is.
    """
    options = [
        Option(f"{lead}{text}{closing}", chance / len(texts), frozenset(tells))
        for chance, texts, tells in classes
        for text in texts
    ]
    return Slot(tuple(options), decides=True)


def marks(way: Iterable[Option]) -> frozenset[str]:
    """Everything that the options of a way tell."""
    return frozenset(mark for option in way for mark in option.tells)


def begin(script: Script) -> Slot | None:
    """The first slot."""
    return next(script, None)


def take(script: Script, option: Option) -> Slot | None:
    """Take an option; the next slot, or None where the reply ends."""
    try:
        return script.send(option)
    except StopIteration:
        return None


def replay(script: Script, way: Iterable[Option]) -> Slot | None:
    """Take options that were taken before; the slot after them."""
    slot = begin(script)
    for option in way:
        slot = take(script, option)
    return slot


def read(start: Callable[[], Script], text: str) -> Way | None:
    """Take a reply apart by exact membership.

    Parameters
    ----------
    start
        Begins the script anew.
    text
        The reply.

    Returns
    -------
    Way or None
        The options that it consists of; None where it lies outside the script.
    """
    open_: list[tuple[Way, int]] = [((), 0)]
    while open_:
        taken, at = open_.pop()
        way = list(taken)
        script = start()
        slot = replay(script, way)
        while slot is not None:
            fitting = [(o, end) for o in slot.options if (end := o.end(text, at)) is not None]
            if not fitting:
                break
            fitting.sort(key=lambda one: one[1])
            *others, (option, end) = fitting
            open_ += [((*way, other), there) for other, there in others]
            way.append(option)
            at = end
            slot = take(script, option)
        else:
            if at == len(text):
                return tuple(way)
    return None
