# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false
"""The verdict table: what scanners said, once per transcript, category and scanner digest."""

from collections.abc import Collection, Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from allegiance.corpus.arrow import VERDICT_KEY, VERDICTS, verdicts_batch
from allegiance.corpus.dataset import Dataset
from allegiance.corpus.filter_printing import for_store
from allegiance.corpus.filters import bound, kinds
from allegiance.corpus.location import Location
from allegiance.corpus.schema import Verdict

_BATCH = 50_000
_FEW = 1_000
"""So many ids are looked for by the store; more, and reading all verdicts is faster."""


class VerdictTable:
    """Verdicts at a place; part of a corpus."""

    def __init__(self, location: Location, *, patience: float) -> None:
        self.dataset = Dataset(location, VERDICTS, key="transcript_id", patience=patience)

    def put(self, rows: Iterable[Verdict]) -> int:
        """Store verdicts, in batches and one commit.

        Parameters
        ----------
        rows
            Verdicts with a `transcript_id`. One whose key is there already changes nothing: a
            scanner with another definition, model or prompt has another digest, and the same
            scanner is asked once.

        Returns
        -------
        int
            How many were new.

        Raises
        ------
        AllegianceError
            If another writer does not finish in time or the disk is full; nothing is stored then.
        """
        with self.dataset.writing() as transaction:
            seen = self._keys()
            batch: list[Verdict] = []
            new = 0
            for verdict in rows:
                key = (verdict.transcript_id, verdict.category, verdict.scanner_digest)
                if key in seen:
                    continue
                seen.add(key)
                new += 1
                batch.append(verdict)
                if len(batch) >= _BATCH:
                    transaction.append(verdicts_batch(batch))
                    batch = []
            if batch:
                transaction.append(verdicts_batch(batch))
            transaction.commit()
        return new

    def put_columns(self, verdicts: pa.Table) -> int:
        """Store verdicts given as columns, in one commit.

        Parameters
        ----------
        verdicts
            Columns as in `allegiance.corpus.arrow.VERDICTS`; no key twice. Of a few scanners: for
            each, what it has said already is read.

        Returns
        -------
        int
            How many were new; otherwise as `put`.
        """
        with self.dataset.writing() as transaction:
            new = self._unknown(verdicts)
            for batch in new.to_batches(max_chunksize=_BATCH):
                transaction.append(batch)
            transaction.commit()
        return new.num_rows

    def _unknown(self, verdicts: pa.Table) -> pa.Table:
        """Leave out the verdicts whose key is there already."""
        pairs = ["category", "scanner_digest"]
        for key in verdicts.select(pairs).group_by(pairs).aggregate([]).to_pylist():
            seen = self.table(**key)["transcript_id"]
            if not len(seen):
                continue
            its = [pc.equal(verdicts[name], key[name]) for name in pairs]
            there = pc.and_(pc.and_(*its), pc.is_in(verdicts["transcript_id"], seen))
            verdicts = verdicts.filter(pc.invert(there))
        return verdicts

    def table(
        self,
        category: str | None = None,
        scanner_digest: str | None = None,
        ids: Collection[str] | None = None,
    ) -> pa.Table:
        """Read verdicts.

        Parameters
        ----------
        category, scanner_digest
            Keep those of one category, of one scanner.
        ids
            Keep those of these transcripts.

        Returns
        -------
        pyarrow.Table
            Columns as in `allegiance.corpus.arrow.VERDICTS`, in no particular order.
        """
        dataset = self.dataset.latest()
        if dataset is None:
            return VERDICTS.empty_table()
        wanted = {"category": category, "scanner_digest": scanner_digest}
        where: dict[str, Any] = {name: v for name, v in wanted.items() if v is not None}
        if ids is not None and len(ids) <= _FEW:
            where["transcript_id"] = [*ids]
        with self.dataset.reading():
            found = dataset.to_table(filter=for_store(bound(where, kinds(VERDICTS))))
        if ids is None:
            return found
        return found.filter(pc.field("transcript_id").isin(pa.array([*ids], pa.string())))

    def _keys(self) -> set[tuple[str, str, str]]:
        dataset = self.dataset.latest()
        if dataset is None:
            return set()
        keys: set[tuple[str, str, str]] = set()
        for batch in dataset.to_batches(columns=list(VERDICT_KEY)):
            keys.update(zip(*(batch[name].to_pylist() for name in VERDICT_KEY), strict=True))
        return keys
