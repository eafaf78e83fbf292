# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Scanning a corpus: every transcript that a scanner has not seen yet gets its verdict."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pyarrow as pa

from allegiance.corpus import Corpus, Verdict
from allegiance.scanners.outcome import Finding, Subject, Turn
from allegiance.scanners.rules import Rules, RuleScanner
from allegiance.scanners.sought import Part
from allegiance.study import reply_after

_TEXTS = ("transcript_id", "reasoning", "output")
_COLUMNS = (*_TEXTS, "messages", "stop_reason", "limited_by", "error")
_ROWS = 4096
_WIDE_ROWS = 512  # with the messages


@dataclass(frozen=True)
class Scanned:
    """What a scan did: how many transcripts there are, and how many verdicts are new."""

    transcripts: int
    verdicts: int


def scan(
    corpus: Corpus,
    scanners: Sequence[Rules],
    progress: Callable[[int], None] | None = None,
) -> Scanned:
    """Give every transcript a verdict by every scanner, once.

    Parameters
    ----------
    corpus
        Where transcripts are read and verdicts are kept.
    scanners
        Each is asked about the transcripts that its digest has no verdict for.
    progress
        Called with the number of transcripts looked at so far.

    Returns
    -------
    Scanned
        New verdicts, all in one commit.
    """
    missing = {
        scanner: unseen(corpus, scanner.category.name, scanner.digest) for scanner in scanners
    }
    if not any(missing.values()):
        return Scanned(corpus.count(), 0)
    new = corpus.put_verdicts(_verdicts(corpus, missing, progress))
    return Scanned(corpus.count(), new)


def counts(corpus: Corpus, scanner: Rules) -> dict[str, int]:
    """Count what a scanner said of the corpus, by value, the commonest first."""
    return counts_of(corpus, scanner.category.name, scanner.digest)


def counts_of(corpus: Corpus, category: str, scanner_digest: str) -> dict[str, int]:
    """Count what the scanner of this digest said of the corpus; as `counts`."""
    verdicts = corpus.verdicts(category=category, scanner_digest=scanner_digest)
    return dict(Counter(cast(list[str], verdicts["value"].to_pylist())).most_common())


def unseen(corpus: Corpus, category: str, scanner_digest: str) -> frozenset[str]:
    """Ids of the transcripts on which a scanner has said nothing yet."""
    seen = corpus.verdicts(category=category, scanner_digest=scanner_digest)
    return frozenset(corpus.ids()) - frozenset(cast(list[str], seen["transcript_id"].to_pylist()))


def _verdicts(
    corpus: Corpus,
    missing: dict[Rules, frozenset[str]],
    progress: Callable[[int], None] | None,
) -> Iterator[Verdict]:
    asked = {scanner: scanner.digest for scanner, ids in missing.items() if ids}
    wide = any(isinstance(one, RuleScanner) or "request" in one.parts for one in asked)
    now = datetime.now(UTC)
    looked_at = 0
    columns, size = (_COLUMNS, _WIDE_ROWS) if wide else (_TEXTS, _ROWS)
    for batch in corpus.batches(columns=columns, batch_size=size):
        ids = cast(list[str], batch.column("transcript_id").to_pylist())
        subjects = [subject_of(row) for row in batch.to_pylist()] if wide else []
        texts = _texts(batch, subjects)
        for scanner, digest in asked.items():
            rows = [i for i, one in enumerate(ids) if one in missing[scanner]]
            for row, found in zip(rows, _found(scanner, rows, subjects, texts), strict=True):
                yield _verdict(ids[row], scanner, digest, found, now)
        looked_at += batch.num_rows
        if progress is not None:
            progress(looked_at)


def _found(
    scanner: Rules, rows: list[int], subjects: list[Subject], texts: dict[Part, pa.Array]
) -> list[Finding]:
    if isinstance(scanner, RuleScanner):
        return scanner.find_all([subjects[row] for row in rows])
    return scanner.find_all(
        {part: texts[part].take(pa.array(rows, pa.int64())) for part in scanner.parts}, len(rows)
    )


def _texts(batch: pa.RecordBatch, subjects: list[Subject]) -> dict[Part, pa.Array]:
    """Give the parts of transcripts as columns of texts, none of them missing."""
    columns: dict[Part, pa.Array] = {
        "reasoning": batch.column("reasoning").fill_null(""),
        "output": batch.column("output").fill_null(""),
    }
    if subjects:
        columns["request"] = pa.array([one.request for one in subjects], pa.string())
    return columns


def _verdict(
    transcript_id: str, scanner: Rules, digest: str, found: Finding, now: datetime
) -> Verdict:
    return Verdict(
        transcript_id=transcript_id,
        category=scanner.category.name,
        scanner=scanner.name,
        scanner_digest=digest,
        value=str(found.value),
        spans=msgspec.json.encode([one.to_dict() for one in found.spans]).decode(),
        created_at=now,
    )


def subject_of(row: dict[str, Any]) -> Subject:
    """Take from a row what rules read."""
    asked = [message["text"] for message in row["messages"] if message["role"] == "user"]
    earlier = _exchanges(row["messages"])[:-1] if len(asked) > 1 else ()
    return Subject(
        request=asked[-1] if asked else "",
        reasoning=row["reasoning"] or "",
        output=row["output"] or "",
        # A conversation that a limit of the run ended was cut off, whatever the model's last stop was.
        stop_reason="max_tokens" if row["limited_by"] else row["stop_reason"] or "",
        error=row["error"] or "",
        earlier=tuple(earlier),
    )


def _exchanges(messages: list[dict[str, Any]]) -> list[Turn]:
    """Take a conversation apart into what was asked and what the model itself replied to it."""
    found: list[Turn] = []
    asked, begun = "", ""
    for message in messages:
        if message["role"] == "user":
            asked = message["text"]
        elif message["role"] == "assistant" and message["author"] == "model":
            native = message["reasoning"] or ""
            reply = reply_after(begun, message["text"], native_reasoning=native)
            found.append(Turn(asked, reply.reasoning, reply.output))
        begun = message["text"] if message["author"] == "prefill" else ""
    return found
