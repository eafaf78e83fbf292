# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Conversations coded reply by reply, each let go of when it is coded.

Where a scenario goes over several turns, a category that reads one reply is looked for in each of them: a
conversation has the value that says most of all its replies.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from allegiance.scanners.codebook import Category
from allegiance.scanners.conversations import Conversation
from allegiance.scanners.outcome import Finding, Subject
from allegiance.scanners.phrases import texts_of
from allegiance.scanners.rules import Rules, RuleScanner
from allegiance.scanners.sought import Part

_AT_ONCE = 512

Values = Mapping[str, str | None]
"""What was coded, by category; None where nothing could be."""


@dataclass(frozen=True)
class Coded:
    """One conversation: where it belongs, and what was coded of it.

    Attributes
    ----------
    model, request, condition
        As of `Conversation`.
    against, topic
        The intent that the request goes against, and what it is about; empty where that is not known.
    values
        What was coded.
    """

    model: str
    request: tuple[str, ...]
    condition: Mapping[str, str]
    against: str
    topic: str
    values: Values


def coded(
    found: Iterable[Conversation],
    code: Callable[[Sequence[str], Sequence[Subject]], Sequence[Values]],
) -> list[Coded]:
    """Code conversations, some at a time.

    Parameters
    ----------
    found
        Their texts are not kept.
    code
        Takes ids and subjects, and gives what is to be kept of each.
    """
    return [
        Coded(
            model=one.model,
            request=one.request,
            condition=one.condition,
            against=str(one.metadata.get("against") or ""),
            topic=str(one.metadata.get("topic") or ""),
            values=values,
        )
        for some in _some_at_a_time(found)
        for one, values in zip(
            some,
            code([one.transcript_id for one in some], [one.subject for one in some]),
            strict=True,
        )
    ]


def _some_at_a_time(found: Iterable[Conversation]) -> Iterator[list[Conversation]]:
    left = iter(found)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def in_any_turn(scanner: Rules, subjects: Sequence[Subject]) -> list[str]:
    """Look for a category in every reply of each conversation.

    Returns
    -------
    list
        For each conversation the value that says most: of ordered values the highest, of others the first that says
        that something was found.
    """
    turns = [list(_each_reply(subject)) for subject in subjects]
    found = iter(_found(scanner, [one for replies in turns for one in replies]))
    return [strongest(scanner.category, [next(found).value for _ in replies]) for replies in turns]


def strongest(category: Category, values: Sequence[str]) -> str:
    """Give the value that says most."""
    if category.kind == "ordinal":
        return max(values, key=category.values.index)
    return next((value for value in values if value != category.absent), values[0])


def _each_reply(subject: Subject) -> Iterator[Subject]:
    """Read each exchange as if it were the only one; how the run ended is the last one's."""
    for turn in subject.earlier:
        yield Subject(turn.request, turn.reasoning, turn.output)
    yield Subject(
        subject.request, subject.reasoning, subject.output, subject.stop_reason, subject.error
    )


def _found(scanner: Rules, subjects: Sequence[Subject]) -> list[Finding]:
    if isinstance(scanner, RuleScanner):
        return scanner.find_all(subjects)
    columns: dict[Part, pa.Array] = {
        part: texts_of([getattr(one, part) for one in subjects]) for part in scanner.parts
    }
    return scanner.find_all(columns, len(subjects))
