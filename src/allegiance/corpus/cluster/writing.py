# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Writing on a cluster: workers write the rows that were kept to fragments, the driver commits."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from allegiance.corpus.arrow import aligned
from allegiance.corpus.cluster.session import address_for_workers, mapped, seen
from allegiance.corpus.dataset import Transaction, write_rows
from allegiance.errors import AllegianceError

PieceKey = tuple[int, int, int]
"""The run of the reading job, the number of the file, and of the piece in it."""

_Places = npt.NDArray[np.int64]

_FRAGMENT_BYTES = 128_000_000
"""Rows, packed, that one worker writes at a time."""

_WRITTEN = pa.schema([("fragments", pa.string())])


class ClusterWriter:
    """Takes down which rows are kept, and has them written where they were read.

    Stands in for `allegiance.corpus.dataset.Transaction`: rows are told by their keys, as
    `ClusterReader` gives them.
    """

    def __init__(
        self,
        transaction: Transaction,
        runs: Sequence[Any],
        counts: Mapping[PieceKey, int],
        size: Callable[[], int],
    ) -> None:
        self._transaction = transaction
        self._runs = runs
        self._counts = counts
        self._size = size
        self._factors: list[Collection[str]] = []
        self._kept: dict[PieceKey, list[_Places]] = {}

    def add_string_columns(self, names: Collection[str]) -> None:
        """Note columns of factors; they are added, in this order, when all is read."""
        if not set(names) <= {name for group in self._factors for name in group}:
            self._factors.append(names)

    def append(self, rows: pa.RecordBatch) -> None:
        """Note rows, all of one piece, to be kept."""
        run, task, ordinal = (
            rows.column(name)[0].as_py() for name in ("_run", "_task", "_ordinal")
        )
        places = rows.column("_place").to_numpy()
        self._kept.setdefault((run, task, ordinal), []).append(places)

    def commit(self, replaced: Collection[str] = ()) -> None:
        """Have the rows written, and make them visible in one step."""
        for names in self._factors:
            self._transaction.add_string_columns(names)
        if self._kept:
            self._transaction.adopt(self._written())
        self._transaction.commit(replaced)

    def _written(self) -> list[Any]:
        import ray
        from lance.fragment import FragmentMetadata

        dataset = self._transaction.dataset
        options: dict[str, Any] = {
            "uri": address_for_workers(dataset.uri),
            "version": dataset.version,
            "schema": dataset.schema,
            "kept": ray.put(self._decided()),
        }
        found: list[str] = []
        for run in self._runs:
            written = mapped(run, _write, self._pieces_at_once(), **options)
            for block in written.iter_batches(batch_size=None, batch_format="pyarrow"):
                found += block.column("fragments").to_pylist()
        fragments = [FragmentMetadata.from_json(one) for text in found for one in _split(text)]
        _check_there(fragments, options["uri"])
        rows = sum(len(part) for parts in self._kept.values() for part in parts)
        if rows != sum(fragment.physical_rows for fragment in fragments):
            raise AllegianceError(
                f"Workers did not write all of the {rows:,} transcripts, and nothing was added to "
                f"{options['uri']}; try again."
            )
        return fragments

    def _decided(self) -> dict[PieceKey, _Places | None]:
        """Places of the rows to be kept, by piece; None for all of its rows."""
        decided: dict[PieceKey, _Places | None] = {}
        for key, parts in self._kept.items():
            places = np.concatenate(parts)
            decided[key] = None if len(places) == self._counts[key] else np.sort(places)
        return decided

    def _pieces_at_once(self) -> int:
        """As many pieces as make a fragment of good size, and work for every core."""
        import ray

        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        share = min(_FRAGMENT_BYTES, self._size() // cores)
        return max(1, share * len(self._counts) // max(1, self._size()))


def _write(
    pieces: pa.Table, uri: str, version: int, schema: pa.Schema, kept: Any
) -> Iterator[pa.Table]:
    """Write the kept rows of some pieces: what a worker does."""
    import ray

    decided: dict[PieceKey, _Places | None] = ray.get(kept)
    stream = pa.RecordBatchReader.from_batches(schema, _kept_rows(pieces, decided, schema))
    texts = [json.dumps(written.to_json()) for written in write_rows(stream, seen(uri, version))]
    yield pa.Table.from_pydict({"fragments": [f"[{','.join(texts)}]"]}, _WRITTEN)


def _kept_rows(
    pieces: pa.Table, decided: Mapping[PieceKey, _Places | None], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    keys = zip(
        *(pieces.column(name).to_pylist() for name in ("run", "task", "ordinal")), strict=True
    )
    for place, key in enumerate(keys):
        if key not in decided:
            continue
        with pa.ipc.open_stream(pieces.column("rows")[place].as_buffer()) as stream:
            batch = stream.read_next_batch()
        places = decided[key]
        yield aligned(batch if places is None else batch.take(pa.array(places)), schema)


def _split(text: str) -> list[str]:
    return [json.dumps(fragment) for fragment in json.loads(text)]


def _check_there(fragments: Sequence[Any], uri: str) -> None:
    """Refuse fragments that were written to a folder of the same name on another machine."""
    folder = Path(uri)
    if "://" in uri or not folder.is_dir():
        return
    for fragment in fragments:
        for file in fragment.files:
            if not (folder / "data" / file.path).exists():
                raise AllegianceError(
                    f"A worker wrote to another {uri} than this one; the corpus must lie where "
                    "every node finds it, on a shared file system or in an object store."
                )
