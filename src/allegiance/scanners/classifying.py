# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Scanning a corpus with a classifier: texts of labelled transcripts in, a score for every one out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from allegiance.corpus import Corpus, Verdict
from allegiance.scanners.classifier import (
    NAME,
    Classifier,
    Labelled,
    Settings,
    Target,
    check_labels,
    learned,
)
from allegiance.scanners.codebook import YES_NO, Unit
from allegiance.scanners.scan import Scanned, unseen

COLUMNS: dict[Unit, str] = {"reasoning": "reasoning", "output": "output", "whole": "text"}
"""The column that holds the text of each unit."""

_ROWS = 512
_FEW = 1_000
"""So many ids are looked for by the store; more, and reading all rows is faster."""


@dataclass(frozen=True)
class Classified:
    """What a scan did.

    Attributes
    ----------
    scanned
        How many transcripts there are, and how many verdicts are new.
    classifier
        What gave them.
    empty
        Labelled transcripts without a text, which were not learned from.
    gone
        Labelled transcripts that the corpus does not hold.
    """

    scanned: Scanned
    classifier: Classifier
    empty: int
    gone: int


def scan_classifier(
    corpus: Corpus,
    target: Target,
    labels: Sequence[Labelled],
    settings: Settings | None = None,
    progress: Callable[[int], None] | None = None,
) -> Classified:
    """Learn a classifier from labels, and give every transcript its score, once.

    Parameters
    ----------
    corpus
        Where transcripts are read and verdicts are kept.
    target
        A category of yes and no.
    labels
        Without texts and requests: those are read from the corpus.
    progress
        Called with the number of transcripts looked at so far.

    Returns
    -------
    Classified
        New verdicts, all in one commit: `value` by the cut, `score` the probability of a yes. A
        transcript with an empty text has no value, and the status ``invalid``.

    Raises
    ------
    UsageError
        If there are too few labels of a value, or they are of too few requests.
    AllegianceError
        If scikit-learn is not installed.
    """
    check_labels(target, [one.value for one in labels])
    there = with_texts(corpus, target.unit, labels)
    made = learned(target, there, settings)
    digest = made.digest
    missing = unseen(corpus, target.category, digest)
    new = corpus.put_verdicts(_verdicts(corpus, made, digest, missing, progress)) if missing else 0
    return Classified(
        Scanned(corpus.count(), new),
        made,
        empty=len(there) - len(made.labelled),
        gone=len(labels) - len(there),
    )


def with_texts(corpus: Corpus, unit: Unit, labels: Sequence[Labelled]) -> list[Labelled]:
    """Read the texts and requests of labelled transcripts; those that are gone are left out."""
    wanted = {one.transcript_id: one for one in labels}
    where: dict[str, Any] | None = {"transcript_id": list(wanted)} if len(wanted) <= _FEW else None
    found: list[Labelled] = []
    for batch in corpus.batches(_columns(unit), where, _ROWS):
        for one, request, text in _rows(batch):
            if one in wanted:
                found.append(replace(wanted[one], text=text, request=request))
    return sorted(found, key=lambda one: one.transcript_id)


def _columns(unit: Unit) -> list[str]:
    return ["transcript_id", "request_id", COLUMNS[unit]]


def _rows(batch: Any) -> Iterator[tuple[str, str, str]]:
    """Give the id, the request and the text of each row, empty where there is none."""
    columns = (cast(list[str | None], column.to_pylist()) for column in batch.columns)
    for one, request, text in zip(*columns, strict=True):
        yield one or "", request or "", text or ""


def _verdicts(
    corpus: Corpus,
    made: Classifier,
    digest: str,
    missing: frozenset[str],
    progress: Callable[[int], None] | None,
) -> Iterator[Verdict]:
    now = datetime.now(UTC)
    looked_at = 0
    for batch in corpus.batches(_columns(made.target.unit), batch_size=_ROWS):
        rows = [row for row in _rows(batch) if row[0] in missing]
        read = [row for row in rows if row[2].strip()]
        scores = made.scores([text for *_, text in read], [asked or one for one, asked, _ in read])
        given = {one: score for (one, *_), score in zip(read, scores.tolist(), strict=True)}
        for one, request, text in rows:
            score = given.get(one)
            yield Verdict(
                transcript_id=one,
                category=made.target.category,
                scanner=NAME,
                scanner_digest=digest,
                value=None if score is None else YES_NO[score < made.settings.cut],
                score=score,
                status="invalid" if score is None else "ok",
                detail=_detail(made, request or one, text),
                created_at=now,
            )
        looked_at += batch.num_rows
        if progress is not None:
            progress(looked_at)


def _detail(made: Classifier, group: str, text: str) -> str:
    """Say which models gave a score, or why there is none."""
    if not text.strip():
        return msgspec.json.encode({"why": f"the {made.target.unit} has no text"}).decode()
    part = made.part_of.get(group)
    told = {"models": made.folds} if part is None else {"model": part + 1, "of": made.folds}
    return msgspec.json.encode(told).decode()
