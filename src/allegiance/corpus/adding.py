# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Adding transcripts: which are new, which known, which only failed attempts at a sample."""

from collections import Counter
from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec
import pyarrow as pa

from allegiance.corpus.arrow import FACTOR_PREFIX
from allegiance.corpus.known import Attempt, Stored, facts_key, id_key, text_key

if TYPE_CHECKING:
    import lance

KEYS = (
    *("transcript_id", "content_hash", "facts_hash", "source_identity"),
    *("attempt", "error", "started_at", "events"),
)
"""The columns by which transcripts are judged."""


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


class _Row(msgspec.Struct, frozen=True, gc=False):
    """What of a row decides its standing."""

    transcript_id: str
    content_hash: str
    facts: int
    identity: int
    attempt: str | None
    attempt_key: int
    failed: bool
    started_at: str
    events: bool

    def as_attempt(self) -> Attempt:
        return Attempt(self.transcript_id, self.content_hash, self.failed, self.started_at)


class Keeper(Protocol):
    """What keeps rows until they are committed: a transaction, here or on a cluster."""

    def add_string_columns(self, names: Collection[str]) -> None:
        """Add columns that are null in every row there is."""
        ...

    def append(self, rows: pa.RecordBatch) -> None:
        """Keep rows."""
        ...

    def commit(self, replaced: Collection[str] = ()) -> None:
        """Make them visible, and those whose ids are `replaced` invisible."""
        ...


class Adding:
    """One import in progress; see `Corpus.adding`."""

    def __init__(
        self,
        dataset: "lance.LanceDataset | None",
        transaction: Keeper | None,
        *,
        update: bool,
    ) -> None:
        self._transaction = transaction
        self._update = update
        self._stored = Stored(dataset)
        self._facts: dict[tuple[int, int], int] = {}  # of what is new in this import
        self._gone: set[str] = set()  # stored, and replaced by this import
        self._identities: set[int] = set()
        self._attempts: dict[int, tuple[Attempt, ...]] = {}
        self._failed: dict[str, tuple[Standing, pa.RecordBatch]] = {}
        self._counts: Counter[Standing] = Counter()
        self.reused = 0
        """New transcripts whose source identity another transcript, with other words, has too."""

    def count(self, standing: Standing) -> int:
        """Count the transcripts of this import that stand so."""
        return self._counts[standing]

    def add(self, batch: pa.RecordBatch) -> list[Standing]:
        """Take rows, and say of each how it stands to the corpus and to what came before it.

        Parameters
        ----------
        batch
            Rows as `allegiance.corpus.arrow.record_batch` makes them; without the other columns
            than `KEYS` nothing can be kept, but all can be judged.
        """
        standings: list[Standing] = []
        kept: list[int] = []
        for place, row in enumerate(_rows(batch)):
            standing = self._judge(row)
            standings.append(standing)
            self._counts[standing] += 1
            if standing is Standing.NEW:
                self._accept(row)
            elif standing is not Standing.CHANGED or not self._update or not self._rewrite(row):
                continue
            if row.failed and row.attempt is not None:
                # It waits for the end of the import: what is written can't be taken back.
                self._failed[row.transcript_id] = (standing, self._one(batch, place, row))
            elif standing is Standing.CHANGED:
                self._keep(self._one(batch, place, row))
            else:
                kept.append(place)
        self._keep(batch if len(kept) == batch.num_rows else batch.take(pa.array(kept, pa.int64())))
        return standings

    def commit(self) -> None:
        """Make all of it visible at once; a dry run ends here without a trace."""
        for _, batch in self._failed.values():
            self._keep(batch)
        self._failed.clear()
        if self._transaction is not None:
            self._transaction.commit(self._gone)

    def _judge(self, row: _Row) -> Standing:
        facts = self._known_facts(row.transcript_id)
        if facts is not None:
            same = facts == row.facts and not self._brings_events(row)
            return Standing.KNOWN if same else Standing.CHANGED
        if row.attempt is None:
            return Standing.NEW
        mine, others = row.as_attempt(), self._others(row)
        if any((mine.failed or other.failed) and other.rank() > mine.rank() for other in others):
            return Standing.SUPERSEDED
        # Samples from before uuids get another identity in a retried log, and are known by their
        # words.
        if any(mine.content_hash == other.content_hash and not other.failed for other in others):
            return Standing.KNOWN
        return Standing.NEW

    def _known_facts(self, transcript_id: str) -> int | None:
        facts = self._facts.get(id_key(transcript_id))
        if facts is None and transcript_id not in self._gone:
            facts = self._stored.facts(transcript_id)
        return facts

    def _brings_events(self, row: _Row) -> bool:
        """Whether a stored transcript would get events that it has not."""
        stored = self._stored.facts(row.transcript_id) is not None
        return (
            row.events
            and stored
            and row.transcript_id not in self._gone
            and not self._stored.has_events(row.transcript_id)
        )

    def _others(self, row: _Row) -> tuple[Attempt, ...]:
        """The attempts at a row's sample that are kept so far."""
        found = self._attempts.get(row.attempt_key)
        if found is None and row.attempt is not None:
            found = self._stored.attempts(row.attempt, row.attempt_key)
            if found:
                self._attempts[row.attempt_key] = found
        return found or ()

    def _accept(self, row: _Row) -> None:
        """Take down a new transcript, in the place of attempts that failed."""
        if row.identity in self._identities or self._stored.has_identity(row.identity):
            self.reused += 1
        self._identities.add(row.identity)
        self._facts[id_key(row.transcript_id)] = row.facts
        if row.attempt is None:
            return
        others = self._others(row)
        for other in others:
            if other.failed:
                self._drop(other.transcript_id)
        kept = (other for other in others if not other.failed)
        self._attempts[row.attempt_key] = (*kept, row.as_attempt())

    def _drop(self, transcript_id: str) -> None:
        """Let a better attempt take the place of a failed one."""
        self._facts.pop(id_key(transcript_id), None)
        waiting = self._failed.pop(transcript_id, None)
        if waiting is not None:
            self._counts[waiting[0]] -= 1
        if self._stored.facts(transcript_id) is not None:
            self._gone.add(transcript_id)
        self._counts[Standing.SUPERSEDED] += 1

    def _rewrite(self, row: _Row) -> bool:
        """Let a known transcript be written anew; of several versions in one import the first."""
        if id_key(row.transcript_id) in self._facts:
            return False
        self._gone.add(row.transcript_id)
        self._facts[id_key(row.transcript_id)] = row.facts
        return True

    def _one(self, batch: pa.RecordBatch, place: int, row: _Row) -> pa.RecordBatch:
        """Take one row, with the events that are stored of it where it comes without."""
        one = batch.take(pa.array([place], pa.int64()))
        if row.events or not self._stored.has_events(row.transcript_id):
            return one
        events = pa.array([self._stored.events(row.transcript_id)], pa.string())
        return one.set_column(one.schema.get_field_index("events"), "events", events)

    def _keep(self, batch: pa.RecordBatch) -> None:
        if self._transaction is None or not batch.num_rows:
            return
        factors = [name for name in batch.schema.names if name.startswith(FACTOR_PREFIX)]
        self._transaction.add_string_columns(factors)
        self._transaction.append(batch)


def _rows(batch: pa.RecordBatch) -> list[_Row]:
    columns = {name: batch.column(name).to_pylist() for name in KEYS[:5]}
    failed = batch.column("error").is_valid().to_pylist()
    events = batch.column("events").is_valid().to_pylist()
    started = batch.column("started_at").to_pylist()
    return [
        _Row(
            columns["transcript_id"][place],
            columns["content_hash"][place],
            facts_key(columns["facts_hash"][place]),
            text_key(columns["source_identity"][place]),
            columns["attempt"][place],
            text_key(columns["attempt"][place] or ""),
            failed[place],
            started[place] or "",
            events[place],
        )
        for place in range(batch.num_rows)
    ]
