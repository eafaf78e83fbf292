# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
"""Conversations of a scenario, read from a corpus with their condition, one at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from allegiance.corpus import Corpus
from allegiance.scanners.outcome import Subject
from allegiance.scanners.scan import subject_of

_COLUMNS = (
    *("transcript_id", "model", "study", "task", "request_id", "epoch"),
    *("reasoning", "output", "messages", "stop_reason", "limited_by", "error", "metadata"),
)
_ROWS = 512
_FACTOR = "c_"


@dataclass(frozen=True)
class Conversation:
    """One transcript as the scores of a scenario need it.

    Attributes
    ----------
    request
        Study, task and request id; the transcript's own id where it has no request, since nothing is known to
        repeat then.
    condition
        Factor to level, without the factors that it does not have.
    subject
        What rules read.
    metadata
        What the sample said of itself.
    """

    transcript_id: str
    model: str
    request: tuple[str, ...]
    epoch: int
    condition: Mapping[str, str]
    subject: Subject
    metadata: Mapping[str, Any]


def conversations(corpus: Corpus, factor: str, where: str | None = None) -> Iterator[Conversation]:
    """Read the conversations in whose condition a factor stands.

    Parameters
    ----------
    corpus
        Read some rows at a time.
    factor
        The factor that tells a scenario from others, such as ``evening``.
    where
        Keep these only; as `Corpus.where` takes it.
    """
    factors = [f"{_FACTOR}{name}" for name in corpus.factors]
    if f"{_FACTOR}{factor}" not in factors:
        return
    found = corpus.where(where)
    for batch in found.batches([*_COLUMNS, *factors], _ROWS):
        for row in cast(list[dict[str, Any]], batch.to_pylist()):
            if row[f"{_FACTOR}{factor}"] is not None:
                yield _conversation(row, factors)


def _conversation(row: dict[str, Any], factors: list[str]) -> Conversation:
    request = row["request_id"] if row["request_id"] is not None else row["transcript_id"]
    return Conversation(
        transcript_id=row["transcript_id"],
        model=row["model"] or "(model unknown)",
        request=(row["study"] or "", row["task"] or "", request),
        epoch=row["epoch"] or 1,
        condition={
            name.removeprefix(_FACTOR): str(row[name]) for name in factors if row[name] is not None
        },
        subject=subject_of(row),
        metadata=_metadata(row["metadata"]),
    )


def _metadata(text: str | None) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(text or "{}")
    except msgspec.MsgspecError:
        return {}
    return cast(Mapping[str, Any], found) if isinstance(found, dict) else {}
