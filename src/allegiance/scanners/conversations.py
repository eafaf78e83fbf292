# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The conversations of one scenario as rules read them, each coded and then let go of.

Where a scenario goes over several turns, a category that reads one reply is looked for in each of them: a
conversation has the value that says most of all its replies.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import pyarrow as pa

from allegiance.corpus import Corpus
from allegiance.scanners.codebook import Category
from allegiance.scanners.outcome import Finding, Subject
from allegiance.scanners.phrases import texts_of
from allegiance.scanners.rules import Rules, RuleScanner
from allegiance.scanners.scan import SUBJECT_COLUMNS, subject_of
from allegiance.scanners.sought import Part

_COLUMNS = (*SUBJECT_COLUMNS, "model", "study", "task", "request_id", "metadata")
_ROWS = 512

Values = Mapping[str, str | None]
"""What was coded, by category; None where nothing could be."""


@dataclass(frozen=True)
class Coded:
    """One conversation: where it belongs, and what was coded of it.

    Attributes
    ----------
    transcript_id, model, request
        Ids; without a request id a transcript is a request of its own.
    condition
        Levels by factor, those known.
    against, topic
        The intent that the request goes against, and what it is about; empty where that is not known.
    values
        What was coded.
    """

    transcript_id: str
    model: str
    request: tuple[str, str]
    condition: Mapping[str, str]
    against: str
    topic: str
    values: Values


class _Declared(msgspec.Struct):
    against: str | None = None
    topic: str | None = None


def coded(
    corpus: Corpus,
    scenario: str,
    code: Callable[[Sequence[str], Sequence[Subject]], Sequence[Values]],
    where: str | None = None,
) -> list[Coded]:
    """Code every conversation of a scenario.

    Parameters
    ----------
    corpus
        Read some transcripts at a time; their texts are not kept.
    scenario
        The name of the task that made them.
    code
        Takes ids and subjects, and gives what is to be kept of each.
    where
        Among these transcripts.
    """
    factors = {f"c_{factor}": factor for factor in corpus.factors}
    decoder = msgspec.json.Decoder(_Declared)
    found: list[Coded] = []
    for batch in corpus.batches([*_COLUMNS, *factors], where, _ROWS):
        rows = [
            row
            for row in cast(list[dict[str, Any]], batch.to_pylist())
            if str(row["task"] or "").rpartition("/")[2] == scenario
        ]
        if not rows:
            continue
        ids = [str(row["transcript_id"]) for row in rows]
        values = code(ids, [subject_of(row) for row in rows])
        found += [
            _placed(row, factors, decoder, said) for row, said in zip(rows, values, strict=True)
        ]
    return found


def _placed(
    row: Mapping[str, Any],
    factors: Mapping[str, str],
    decoder: "msgspec.json.Decoder[_Declared]",
    values: Values,
) -> Coded:
    try:
        declared = decoder.decode(row["metadata"] or "{}")
    except msgspec.MsgspecError:  # somebody else's metadata, with another meaning under these names
        declared = _Declared()
    return Coded(
        transcript_id=row["transcript_id"],
        model=row["model"] or "(model unknown)",
        request=(row["study"] or "", row["request_id"] or row["transcript_id"]),
        condition={
            name: row[column] for column, name in factors.items() if row[column] is not None
        },
        against=declared.against or "",
        topic=declared.topic or "",
        values=values,
    )


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
