# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false
"""One version of the transcripts, opened once: which rows match, and reading them by position.

A position is a row's place among the rows there are, from 0; it holds for this version only. What
is asked for again and again (where each row lies, the ids, which rows a filter keeps) is kept.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allegiance.corpus import arrow, text_index
from allegiance.corpus.arrow_ids import arrow_ids, ids_of
from allegiance.corpus.coded import Coded, coded
from allegiance.corpus.filter_printing import fields, for_store, split
from allegiance.corpus.filter_rows import holds
from allegiance.corpus.filters import And, Expression, Kind, Where, bound, column_name, kinds
from allegiance.corpus.order import Ids, Positions, draw_order, id_order
from allegiance.errors import AllegianceError

if TYPE_CHECKING:
    import lance

    from allegiance.corpus.words import Words

T = TypeVar("T")

_RANGE_CHARACTERS = 4_000_000
"""About how much text a thread reads at a time: small enough to stay near the processor."""
_MOST_ROWS = 8_192
_BATCH_CHARACTERS = 1_000_000
"""About how much is decoded before it is searched, so that it is still near the processor."""
_SPARSE = 8
"""Rows are read one by one where fewer than one in so many is wanted."""
_FEW = 1_000
"""Rows whose ids are read one by one, if the ids of all are not at hand."""
_FILTERS_KEPT = 16
_DRAWS_KEPT = 4
_COLUMNS_KEPT = 32
_LOOKED_FOR = 4
"""Ids that are looked for one by one; more, and they are looked up."""


class Snapshot:
    """The transcripts as they are in one version.

    Parameters
    ----------
    dataset
        The version, opened; None where nothing has been written yet.
    """

    def __init__(self, dataset: "lance.LanceDataset | None") -> None:
        self.dataset = dataset
        self._kept = lru_cache(maxsize=_FILTERS_KEPT)(self._positions)
        self._ranks = lru_cache(maxsize=_DRAWS_KEPT)(self._draw_ranks)
        self._coded = lru_cache(maxsize=_COLUMNS_KEPT)(self._read_coded)
        self._lengths: dict[str, float] = {}

    @property
    def version(self) -> int:
        """The version; 0 for none."""
        return 0 if self.dataset is None else self.dataset.version

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns."""
        return arrow.TRANSCRIPTS if self.dataset is None else self.dataset.schema

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """What the columns hold."""
        return kinds(self.schema)

    def bound(self, where: Where | None) -> Expression:
        """Make a filter's tree, checked against the columns of this version."""
        return bound(where, self.kinds)

    def named(self, columns: Sequence[str] | None) -> list[str]:
        """Find the columns that names stand for; all of them for None."""
        if columns is None:
            return list(self.schema.names)
        return [column_name(column, self.schema.names) for column in columns]

    def count(self, expression: Expression) -> int:
        """Count the rows that a filter keeps."""
        if self.dataset is None:
            return 0
        plain, inside = split(expression)
        if inside != And(()):
            return len(self.positions(expression))
        return self.dataset.count_rows(filter=for_store(plain))

    def positions(self, expression: Expression) -> Positions:
        """Find the rows that a filter keeps, in the order of the store."""
        return self._kept(expression)

    def scan(
        self, expression: Expression, columns: Sequence[str], batch_size: int
    ) -> Iterator[pa.RecordBatch]:
        """Read the rows that a filter keeps, some at a time, in the order of the store."""
        plain, inside = split(expression)
        if self.dataset is None:
            return
        if inside == And(()):
            yield from self.dataset.to_batches(
                columns=list(columns), filter=for_store(plain), batch_size=batch_size
            )
            return
        positions = self.positions(expression)
        for start in range(0, len(positions), batch_size):
            chosen = self.take(positions[start : start + batch_size], columns)
            yield from chosen.combine_chunks().to_batches()

    def take(self, positions: Positions, columns: Sequence[str]) -> pa.Table:
        """Read rows by position, in the order given; a column may not be named twice."""
        if self.dataset is None or not len(positions):
            fields_ = [self.schema.field(name) for name in columns]
            return pa.schema(fields_).empty_table()
        return self.dataset.take(positions.tolist(), columns=list(columns))

    @cached_property
    def ids(self) -> Ids:
        """The transcript ids of all rows, by position."""
        if self.dataset is None:
            return np.array([], "S64")
        column = self.dataset.to_table(columns=["transcript_id"])["transcript_id"]
        chunks = [ids_of(chunk) for chunk in column.chunks]
        return np.concatenate(chunks) if chunks else np.array([], "S64")

    def ids_at(self, positions: Positions) -> Ids:
        """The transcript ids of some rows."""
        if "ids" in self.__dict__ or len(positions) > _FEW:
            return self.ids[positions]
        chunks = self.take(positions, ["transcript_id"])["transcript_id"].chunks
        return np.concatenate([ids_of(c) for c in chunks]) if chunks else np.array([], "S64")

    def places(self, ids: Sequence[str]) -> Positions:
        """Find where transcripts lie, in the order of their ids; -1 for one that is not here."""
        if len(ids) <= _LOOKED_FOR:
            found = [np.flatnonzero(self.ids == one.encode())[:1].tolist() for one in ids]
            return np.array([place[0] if place else -1 for place in found], np.int64)
        wanted = pa.array(ids, pa.string())
        lies = pc.index_in(wanted, value_set=arrow_ids(self.ids))
        return pc.fill_null(lies, -1).to_numpy(zero_copy_only=False).astype(np.int64)

    def coded(self, column: str) -> Coded:
        """Read a column that filters can look at by its different values; it is kept."""
        return self._coded(column)

    def sorted(self, positions: Positions) -> Positions:
        """Put rows into the order of their ids."""
        return positions[id_order(self.ids_at(positions))]

    def drawn(self, positions: Positions, seed: int) -> Positions:
        """Put rows into the draw order of a seed."""
        if len(positions) * _SPARSE < len(self.ids):
            return positions[draw_order(self.ids[positions], seed)]
        return positions[np.argsort(self._ranks(seed)[positions])]

    def search(
        self, words: "Words", expression: Expression, limit: int | None = None
    ) -> tuple[Positions, np.ndarray[tuple[int], np.dtype[np.float32]]]:
        """Search the index of words; rows it does not cover are searched one by one.

        Parameters
        ----------
        words
            What must be in the text.
        expression
            A filter that the store can answer by itself.
        limit
            Only so many with the highest scores.

        Returns
        -------
        positions, scores
            Rows that match and their BM25 scores, in no particular order.
        """
        if self.dataset is None:
            return np.array([], np.int64), np.array([], np.float32)
        if not self._has_words:
            raise AllegianceError(
                "The corpus has no index of words yet: make one with `allegiance corpus index`, or "
                "search with --literal or --regex."
            )
        stable = self.dataset.has_stable_row_ids
        found = self.dataset.to_table(
            columns=["_score"],
            full_text_query=words.query,
            filter=for_store(expression),
            prefilter=True,
            limit=limit,
            with_row_id=not stable,
            with_row_address=stable,
        )
        lies = found["_rowaddr" if stable else "_rowid"].to_numpy()
        return self._at(lies), found["_score"].to_numpy()

    def mapped(
        self, column: str, work: Callable[[pa.Array], T], positions: Positions | None = None
    ) -> Iterator[tuple[Positions, T]]:
        """Do something with the texts of a column, in threads.

        Parameters
        ----------
        column
            The column of texts.
        work
            Given some of the texts; runs in several threads at once, so it should leave Python's
            lock alone.
        positions
            Ascending: the rows that matter; all by default.

        Yields
        ------
        positions, result
            The rows that were looked at, and what `work` said of their texts.
        """
        if self.dataset is None:
            return
        rows = self.dataset.count_rows() if positions is None else len(positions)
        read = self._reader(column, positions)
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:
            steps = self._steps(column, rows)

            def one(step: tuple[int, int]) -> list[tuple[Positions, T]]:
                return [(where, work(texts)) for where, texts in read(*step)]

            for results in threads.map(one, steps):
                yield from results

    def _reader(
        self, column: str, positions: Positions | None
    ) -> Callable[[int, int], Iterator[tuple[Positions, pa.Array]]]:
        """Say how the rows of a step are read: in a row, or one by one where few are wanted."""
        dataset = self.dataset
        assert dataset is not None
        batch_size = self._rows_of(_BATCH_CHARACTERS, column)
        dense = positions is None or len(positions) * _SPARSE > dataset.count_rows()

        def in_a_row(start: int, stop: int) -> Iterator[tuple[Positions, pa.Array]]:
            wanted = np.arange(start, stop) if positions is None else positions[start:stop]
            first = int(wanted[0])
            extent = int(wanted[-1]) - first + 1
            done = 0
            for batch in dataset.to_batches(
                columns=[column], offset=first, limit=extent, batch_size=batch_size
            ):
                here = wanted[(wanted >= first + done) & (wanted < first + done + len(batch))]
                chosen = pa.array(here - first - done)
                every = len(here) == len(batch)
                yield here, batch[column] if every else batch[column].take(chosen)
                done += len(batch)

        def one_by_one(start: int, stop: int) -> Iterator[tuple[Positions, pa.Array]]:
            assert positions is not None
            wanted = positions[start:stop]
            yield wanted, _one(self.take(wanted, [column])[column])

        return in_a_row if dense else one_by_one

    def _steps(self, column: str, rows: int) -> list[tuple[int, int]]:
        size = self._rows_of(_RANGE_CHARACTERS, column)
        return [(start, min(start + size, rows)) for start in range(0, rows, size)]

    @cached_property
    def unindexed(self) -> int:
        """How many rows the index of words does not cover."""
        return text_index.state(self.dataset).missing

    @cached_property
    def _has_words(self) -> bool:
        return self.dataset is not None and text_index.defined(self.dataset)

    @cached_property
    def _lies(self) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
        """Where each row lies in the store, by position."""
        assert self.dataset is not None
        return self.dataset.to_table(columns=[], with_row_address=True)["_rowaddr"].to_numpy()

    @cached_property
    def _by_place(self) -> Positions | None:
        """Positions in the order of where the rows lie; None where that is the order they have."""
        lies = self._lies
        return None if (lies[1:] > lies[:-1]).all() else np.argsort(lies)

    def _at(self, lies: "np.ndarray[tuple[int], np.dtype[np.uint64]]") -> Positions:
        """Find the positions of rows by where they lie."""
        order = self._by_place
        found = np.searchsorted(self._lies, lies, sorter=order)
        return (found if order is None else order[found]).astype(np.int64)

    def _draw_ranks(self, seed: int) -> Positions:
        """Where each row stands in the draw order of all rows, by position."""
        order = draw_order(self.ids, seed)
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order))
        return ranks

    def _positions(self, expression: Expression) -> Positions:
        if self.dataset is None:
            return np.array([], np.int64)
        plain, inside = split(expression)
        if inside != And(()):
            return self._looked_into(plain, inside)
        if plain == And(()):
            return np.arange(self.dataset.count_rows())
        found = self.dataset.to_table(columns=[], filter=for_store(plain), with_row_address=True)
        return np.sort(self._at(found["_rowaddr"].to_numpy()))

    def _looked_into(self, plain: Expression, inside: Expression) -> Positions:
        """Find rows by what is inside JSON: those that the rest keeps are looked at one by one."""
        assert self.dataset is not None
        columns = sorted({place.column for place in fields(inside)})
        kept: list[np.ndarray[tuple[int], np.dtype[np.uint64]]] = []
        for batch in self.dataset.to_batches(
            columns=columns, filter=for_store(plain), with_row_address=True, batch_size=_MOST_ROWS
        ):
            rows = batch.select(columns).to_pylist()
            matching = [holds(inside, row) is True for row in rows]
            kept.append(batch["_rowaddr"].to_numpy()[np.array(matching, bool)])
        return np.sort(self._at(np.concatenate(kept))) if kept else np.array([], np.int64)

    def _read_coded(self, column: str) -> Coded:
        if self.dataset is None:
            return coded(pa.chunked_array([], self.schema.field(column).type))
        return coded(self.dataset.to_table(columns=[column])[column])

    def _rows_of(self, characters: int, column: str) -> int:
        """Say about how many rows hold so much text."""
        return max(1, min(_MOST_ROWS, int(characters / self._usual_length(column))))

    def _usual_length(self, column: str) -> float:
        """Guess the length of a text in bytes from a few rows."""
        assert self.dataset is not None
        if column not in self._lengths:
            rows = self.dataset.count_rows()
            some = np.unique(np.linspace(0, rows - 1, 32).astype(np.int64)) if rows else []
            self._lengths[column] = self.take(np.array(some), [column]).nbytes / 32 + 1
        return self._lengths[column]


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
