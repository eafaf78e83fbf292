# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportArgumentType=false
# pyright: reportAttributeAccessIssue=false
"""Importing on a cluster: workers read files, their rows wait where they were read, and the driver
sees only the columns by which transcripts are judged.

A job of Ray Data makes one row of every piece of a file: some megabytes of transcripts, packed,
beside their keys. Once all are judged, a second job writes the transcripts that are to be kept to
fragments, and one commit makes them visible.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from allegiance.corpus.adding import KEYS
from allegiance.corpus.arrow import FACTOR_PREFIX
from allegiance.corpus.cluster.session import mapped, quiet_context
from allegiance.corpus.cluster.writing import ClusterWriter, PieceKey
from allegiance.corpus.dataset import Transaction
from allegiance.corpus.reading import Rows, Task, Told, read
from allegiance.corpus.schema import Verdict

GROUP_BYTES = 8_000_000
"""Small files are read by one task until together they are as long as this."""

_PIECES = pa.schema(
    [
        ("run", pa.int64()),
        ("task", pa.int64()),
        ("ordinal", pa.int64()),
        ("keys", pa.large_binary()),
        ("verdicts", pa.large_binary()),
        ("told", pa.large_binary()),
        ("size", pa.int64()),
        ("rows", pa.large_binary()),
    ]
)
_LIGHT = [name for name in _PIECES.names if name != "rows"]
_VERDICTS = msgspec.json.Decoder(list[Verdict])
_TOLD = msgspec.json.Decoder(Told)


class ClusterReader:
    """Reads files on the cluster that this process is connected to, for one import."""

    divides = True

    def __init__(self) -> None:
        self._runs: list[Any] = []
        self._counts: dict[PieceKey, int] = {}
        self._bytes = 0

    def begin_reading(
        self, tasks: Sequence[Task], imported_at: datetime
    ) -> AbstractContextManager[Iterator[tuple[int, Rows | Told]]]:
        """Read files as they are asked for, in the order of the tasks.

        As `allegiance.corpus.processes.begin_reading`, but for the rows: they have the columns of `KEYS`,
        the source and the model, and the names of the factors alone. A file whose worker dies is
        read again; one that it dies of, time and again, is told of as not read.
        """
        return nullcontext(self._in_order(tasks, imported_at))

    def writer(self, transaction: Transaction) -> ClusterWriter:
        """Make what keeps, on the cluster, the rows that were read there."""
        return ClusterWriter(transaction, self._runs, self._counts, lambda: self._bytes)

    def _in_order(
        self, tasks: Sequence[Task], imported_at: datetime
    ) -> Iterator[tuple[int, Rows | Told]]:
        numbered = [(number, _absolute(task)) for number, task in enumerate(tasks)]
        following = 0
        for number, pieces in self._read(_grouped(numbered), imported_at):
            yield from self._read_again(numbered[following:number], imported_at)
            yield from ((number, piece) for piece in pieces)
            following = number + 1
        yield from self._read_again(numbered[following:], imported_at)

    def _read_again(
        self, tasks: Sequence[tuple[int, Task]], imported_at: datetime
    ) -> Iterator[tuple[int, Rows | Told]]:
        """Read by itself each file whose worker died, of another file perhaps."""
        if not tasks:
            return
        pieces = dict(self._read([[task] for task in tasks], imported_at))
        for number, _ in tasks:
            yield from ((number, piece) for piece in pieces.get(number, ()))
            if number not in pieces:
                yield number, Told(error="could not be read: the worker that read it died")

    def _read(
        self, groups: Sequence[Sequence[tuple[int, Task]]], imported_at: datetime
    ) -> Iterator[tuple[int, list[Rows | Told]]]:
        """Run the job, and give the pieces of every file that was read to its end."""
        if not groups:
            return
        import ray.data

        quiet_context()
        items = [{"tasks": msgspec.json.encode(group), "run": len(self._runs)} for group in groups]
        given = ray.data.from_items(items, override_num_blocks=len(items))
        # A task that fails for good is missed later, and does not end the job.
        given.context.max_errored_blocks = -1
        found = mapped(given, read_group, 1, imported_at=imported_at).materialize()
        found.context.max_errored_blocks = 0
        self._runs.append(found)
        yield from self._pieces(found.select_columns(_LIGHT))

    def _pieces(self, found: Any) -> Iterator[tuple[int, list[Rows | Told]]]:
        pieces: list[Rows | Told] = []
        current = -1
        for block in found.iter_batches(batch_size=None, batch_format="pyarrow"):
            for row in block.to_pylist():
                if row["task"] != current:
                    pieces, current = [], row["task"]
                if row["told"] is not None:
                    pieces.append(_TOLD.decode(row["told"]))
                    yield current, pieces
                else:
                    pieces.append(self._rows(row))

    def _rows(self, row: dict[str, Any]) -> Rows:
        keys = _unpacked(row["keys"])
        self._counts[row["run"], row["task"], row["ordinal"]] = keys.num_rows
        self._bytes += row["size"]
        return Rows(keys, _VERDICTS.decode(row["verdicts"]))


def _grouped(tasks: Iterable[tuple[int, Task]]) -> list[list[tuple[int, Task]]]:
    """Put neighbouring small files together; a worker's task costs some milliseconds too."""
    groups: list[list[tuple[int, Task]]] = []
    room = 0
    for number, task in tasks:
        size = _size(task)
        if size > room or not groups:
            groups.append([])
            room = GROUP_BYTES
        groups[-1].append((number, task))
        room -= size
    return groups


def _absolute(task: Task) -> Task:
    """Name the file as any node finds it, whatever folder its workers begin in."""
    return msgspec.structs.replace(task, path=os.fsencode(task.file.absolute()))


def _size(task: Task) -> int:
    try:
        return task.file.stat().st_size // task.parts
    except OSError:
        return 0


def read_group(items: pa.Table, imported_at: datetime) -> Iterator[pa.Table]:
    """Read some files: what a worker does."""
    (item,) = items.to_pylist()
    for number, task in msgspec.json.decode(item["tasks"], type=list[tuple[int, Task]]):
        where = {"run": item["run"], "task": number}
        for ordinal, piece in enumerate(_read(task, imported_at)):
            row = (
                where | {"ordinal": ordinal} | _packed_piece(piece, (item["run"], number, ordinal))
            )
            yield pa.Table.from_pylist([row], _PIECES)


def _read(task: Task, imported_at: datetime) -> Iterator[Rows | Told]:
    try:
        yield from read(task, imported_at)
    except Exception as error:  # rows that can't be made, say: the other files need not suffer
        yield Told(error=f"could not be read ({type(error).__name__}: {error})")


def _packed_piece(piece: Rows | Told, key: PieceKey) -> dict[str, Any]:
    if isinstance(piece, Told):
        return {"told": msgspec.json.encode(piece)}
    rows = _packed(piece.batch)
    return {
        "keys": _packed(_keys(piece.batch, key)),
        "verdicts": msgspec.json.encode(piece.verdicts),
        "size": len(rows),
        "rows": rows,
    }


def _keys(batch: pa.RecordBatch, key: PieceKey) -> pa.RecordBatch:
    """Take what the driver sees of rows, and where each of them lies."""
    columns: dict[str, pa.Array] = {}
    for name in (*KEYS, "source_format", "model"):
        column = batch.column(name)
        if name in ("error", "events"):  # whether there is one is all that counts
            column = pc.if_else(column.is_valid(), pa.scalar(True), pa.scalar(None, pa.bool_()))
        columns[name] = column
    for name in batch.schema.names:
        if name.startswith(FACTOR_PREFIX):
            columns[name] = pa.nulls(batch.num_rows)
    for name, number in zip(("_run", "_task", "_ordinal"), key, strict=True):
        columns[name] = pa.repeat(pa.scalar(number, pa.int64()), batch.num_rows)
    places: npt.NDArray[np.int64] = np.arange(batch.num_rows)
    return pa.RecordBatch.from_pydict(columns | {"_place": pa.array(places)})


def _packed(batch: pa.RecordBatch) -> memoryview:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, batch.schema, options=options) as stream:
        stream.write_batch(batch)
    return memoryview(sink.getvalue())


def _unpacked(data: bytes) -> pa.RecordBatch:
    with pa.ipc.open_stream(data) as stream:
        return stream.read_next_batch()
