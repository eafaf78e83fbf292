# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false
"""The verdict table: what scanners said, once per transcript, category and scanner digest."""

import threading
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allegiance.corpus.arrow import VERDICT_KEY, VERDICTS, verdicts_batch
from allegiance.corpus.arrow_ids import ids_of
from allegiance.corpus.dataset import Dataset
from allegiance.corpus.filter_printing import for_store
from allegiance.corpus.filters import bound, kinds
from allegiance.corpus.location import Location
from allegiance.corpus.schema import Verdict
from allegiance.corpus.verdict_columns import VerdictColumns

if TYPE_CHECKING:
    import lance

    from allegiance.corpus.snapshot import Snapshot

_BATCH = 50_000
_FEW = 1_000
"""So many ids are looked up; more, and reading all verdicts is faster."""
_SNAPSHOTS_KEPT = 2
_PART = 1_000_000
"""Ids that are read at a time."""


class VerdictTable:
    """Verdicts at a place; part of a corpus."""

    def __init__(self, location: Location, *, patience: float) -> None:
        self.dataset = Dataset(location, VERDICTS, key="transcript_id", patience=patience)
        self._newest: lance.LanceDataset | None = None
        self._places: tuple[int, Places] | None = None
        self._columns: dict[tuple[int, int], VerdictColumns] = {}
        self._making = threading.Lock()

    def latest(self) -> "lance.LanceDataset | None":
        """Give the newest version, opened anew only where it is another; None for none."""
        kept = self._newest
        if kept is not None:
            try:
                newest = kept.latest_version
                if newest != kept.version:
                    self._newest = kept = kept.checkout_version(newest)
                return kept
            except (OSError, ValueError):
                pass  # moved or made anew: look again
        self._newest = self.dataset.latest()
        return self._newest

    def columns(self, snapshot: "Snapshot") -> VerdictColumns:
        """Give all verdicts as columns beside the transcripts of a version; they are kept."""
        dataset = self.latest()
        key = (snapshot.version, 0 if dataset is None else dataset.version)
        with self._making:
            if key not in self._columns:
                with self.dataset.reading():
                    made = VerdictColumns(dataset, snapshot.ids)
                kept = [*self._columns.items()][1 - _SNAPSHOTS_KEPT :]
                self._columns = {**dict(kept), key: made}
            return self._columns[key]

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
        dataset = self.latest()
        if dataset is None:
            return VERDICTS.empty_table()
        wanted = {"category": category, "scanner_digest": scanner_digest}
        where: dict[str, Any] = {name: v for name, v in wanted.items() if v is not None}
        with self.dataset.reading():
            if ids is not None and len(ids) <= _FEW:
                found = self._of(dataset, ids)
                for name, value in where.items():
                    found = found.filter(pc.equal(found[name], value))
                return found
            found = dataset.to_table(filter=for_store(bound(where, kinds(VERDICTS))))
        if ids is None:
            return found
        return found.filter(pc.field("transcript_id").isin(pa.array([*ids], pa.string())))

    def _of(self, dataset: "lance.LanceDataset", ids: Collection[str]) -> pa.Table:
        """Read the verdicts of a few transcripts, looked up by the beginning of their ids."""
        wanted = pa.array([*dict.fromkeys(ids)], pa.string())
        rows = self._looked_up(dataset).of(wanted)
        if not len(rows):
            return VERDICTS.empty_table()
        found = dataset.take(rows.tolist(), columns=VERDICTS.names)
        return found.filter(pc.is_in(found["transcript_id"], wanted))

    def _looked_up(self, dataset: "lance.LanceDataset") -> "Places":
        with self._making:
            if self._places is None or self._places[0] != dataset.version:
                self._places = (dataset.version, Places(dataset))
            return self._places[1]

    def _keys(self) -> set[tuple[str, str, str]]:
        dataset = self.dataset.latest()
        if dataset is None:
            return set()
        keys: set[tuple[str, str, str]] = set()
        for batch in dataset.to_batches(columns=list(VERDICT_KEY)):
            keys.update(zip(*(batch[name].to_pylist() for name in VERDICT_KEY), strict=True))
        return keys


class Places:
    """Where the verdicts of a transcript lie in one version of their table, by the beginning of its id."""

    def __init__(self, dataset: "lance.LanceDataset") -> None:
        rows = dataset.count_rows()
        parts = [
            _beginnings(
                dataset.to_table(columns=["transcript_id"], offset=start, limit=_PART)[
                    "transcript_id"
                ]
            )
            for start in range(0, rows, _PART)
        ]
        whole = np.concatenate([np.array([], np.uint64), *parts])
        self._order = np.argsort(whole, kind="stable")
        self._sorted = whole[self._order]

    def of(self, ids: pa.Array) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Give the rows of ids that begin as these do: nearly always those of these ids."""
        sought = np.unique(_beginnings(pa.chunked_array([ids])))
        low = np.searchsorted(self._sorted, sought, "left")
        high = np.searchsorted(self._sorted, sought, "right")
        spans = [self._order[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)]
        return np.sort(np.concatenate([np.array([], np.int64), *spans]))


def _beginnings(ids: pa.ChunkedArray) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    """Give the first eight characters of each id as a number."""
    found = [ids_of(chunk).astype("S8") for chunk in ids.chunks if len(chunk)]
    return np.concatenate([np.array([], "S8"), *found]).view(np.uint64)
