# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Adding transcripts: which are new, which known, which only failed attempts at a sample."""

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

import lance

from allegiance.corpus.arrow import FACTOR_PREFIX, transcripts_table
from allegiance.corpus.dataset import Transaction
from allegiance.corpus.schema import Transcript

_BATCH_ROWS = 5_000
_BATCH_CHARACTERS = 32_000_000


class Standing(StrEnum):
    """How a transcript stands to the corpus.

    A sample that failed and was run again is one sample with two attempts. The corpus keeps the
    attempt that did not fail, or the later one where both failed; the other is `SUPERSEDED`,
    counted, and not kept.
    """

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"
    SUPERSEDED = "superseded"


class _Attempt(NamedTuple):
    transcript_id: str
    content_hash: str
    failed: bool
    started_at: str

    def rank(self) -> tuple[bool, str, str]:
        """The greater is the better attempt; ids settle ties, so that order makes no odds."""
        return (not self.failed, self.started_at, self.transcript_id)


class Adding:
    """One import in progress; see `Corpus.adding`."""

    def __init__(
        self, dataset: lance.LanceDataset | None, transaction: Transaction | None, *, update: bool
    ) -> None:
        self._transaction = transaction
        self._update = update
        self._facts: dict[bytes, bytes] = {}
        self._attempts: dict[str, list[_Attempt]] = {}
        self._stored: set[bytes] = set()
        self._batch: list[Transcript] = []
        self._characters = 0
        self._failed: dict[str, Transcript] = {}
        self._replaced: set[str] = set()
        self._counts: Counter[Standing] = Counter()
        if dataset is not None:
            self._read(dataset)

    def count(self, standing: Standing) -> int:
        """Count the transcripts of this import that stand so."""
        return self._counts[standing]

    def add(self, transcript: Transcript) -> Standing:
        """Take one transcript and say how it stands to the corpus and to what came before it."""
        standing = self._judge(transcript)
        self._counts[standing] += 1
        if standing is Standing.CHANGED and self._update:
            self._rewrite(transcript)
        elif standing is Standing.NEW:
            self._accept(transcript)
        return standing

    def commit(self) -> None:
        """Make all of it visible at once; a dry run ends here without a trace."""
        for transcript in self._failed.values():
            self._keep(transcript)
        self._failed.clear()
        self._flush()
        if self._transaction is not None:
            self._transaction.commit(self._replaced)

    def _read(self, dataset: lance.LanceDataset) -> None:
        columns = ["transcript_id", "content_hash", "facts_hash", "attempt", "started_at"]
        batches = dataset.to_batches(
            columns={name: name for name in columns} | {"failed": "error IS NOT NULL"},
            batch_size=8192,
        )
        for batch in batches:
            for row in batch.to_pylist():
                key = bytes.fromhex(row["transcript_id"])
                self._stored.add(key)
                self._facts[key] = bytes.fromhex(row["facts_hash"])
                if row["attempt"] is not None:
                    self._attempts.setdefault(row["attempt"], []).append(
                        _Attempt(
                            row["transcript_id"],
                            row["content_hash"],
                            row["failed"],
                            row["started_at"] or "",
                        )
                    )

    def _judge(self, transcript: Transcript) -> Standing:
        facts = self._facts.get(bytes.fromhex(transcript.transcript_id))
        if facts is not None:
            same = facts.hex() == transcript.facts_hash
            return Standing.KNOWN if same else Standing.CHANGED
        if transcript.attempt is None:
            return Standing.NEW
        mine = _attempt(transcript)
        others = self._attempts.get(transcript.attempt, ())
        if any((mine.failed or other.failed) and other.rank() > mine.rank() for other in others):
            return Standing.SUPERSEDED
        # Samples from before uuids get another identity in a retried log, and are known by their
        # words.
        if any(mine.content_hash == other.content_hash and not other.failed for other in others):
            return Standing.KNOWN
        return Standing.NEW

    def _accept(self, transcript: Transcript) -> None:
        self._facts[bytes.fromhex(transcript.transcript_id)] = bytes.fromhex(transcript.facts_hash)
        if transcript.attempt is None:
            self._keep(transcript)
            return
        mine = _attempt(transcript)
        others = self._attempts.setdefault(transcript.attempt, [])
        for other in [other for other in others if other.failed]:
            others.remove(other)
            self._drop(other.transcript_id)
        others.append(mine)
        # A failed attempt waits for the end of the import: what is written can't be taken back.
        if mine.failed:
            self._failed[transcript.transcript_id] = transcript
        else:
            self._keep(transcript)

    def _drop(self, transcript_id: str) -> None:
        """Let a better attempt take the place of a failed one."""
        key = bytes.fromhex(transcript_id)
        del self._facts[key]
        if self._failed.pop(transcript_id, None) is not None:
            self._counts[Standing.NEW] -= 1
        elif key in self._stored:
            self._replaced.add(transcript_id)
        self._counts[Standing.SUPERSEDED] += 1

    def _rewrite(self, transcript: Transcript) -> None:
        key = bytes.fromhex(transcript.transcript_id)
        if key not in self._stored or transcript.transcript_id in self._replaced:
            return  # a second version within one import: the first stands
        self._replaced.add(transcript.transcript_id)
        self._facts[key] = bytes.fromhex(transcript.facts_hash)
        self._keep(transcript)

    def _keep(self, transcript: Transcript) -> None:
        if self._transaction is None:
            return
        self._batch.append(transcript)
        self._characters += sum(len(m.text) + len(m.extra) for m in transcript.messages)
        if len(self._batch) >= _BATCH_ROWS or self._characters >= _BATCH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if self._transaction is None or not self._batch:
            return
        factors = {FACTOR_PREFIX + name for row in self._batch for name in row.condition}
        self._transaction.add_string_columns(factors)
        self._transaction.append(transcripts_table(self._batch, self._transaction.schema))
        self._batch.clear()
        self._characters = 0


def _attempt(transcript: Transcript) -> _Attempt:
    return _Attempt(
        transcript.transcript_id,
        transcript.content_hash,
        transcript.error is not None,
        transcript.started_at or "",
    )
