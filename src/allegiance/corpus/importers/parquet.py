# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Parquet files: records with a mapping, databases of Inspect Scout, and our own exports.

Which of them a file is stands in its schema, at its end. All are read some rows at a time.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from allegiance.corpus import jsontext
from allegiance.corpus.importers import exported, scout
from allegiance.corpus.importers.found import Found, Importer, Source, UnreadableError
from allegiance.corpus.importers.records import read_records
from allegiance.corpus.importers.rows import Row

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_MAGIC = b"PAR1"
_ROWS_AT_ONCE = 256
_DAMAGED = (pa.ArrowException, OSError, ValueError)


def recognises(head: bytes) -> bool:
    """Whether a file begins as parquet does."""
    return head.startswith(_MAGIC)


def parse(source: Source) -> Iterator[Found]:
    """Read a parquet file of whichever kind; with ``--map`` rules it is a table of records."""
    file = _opened(source)
    names = file.schema_arrow.names
    if exported.is_ours(file.schema_arrow.metadata or {}):
        yield from _read(exported.parquet_rows(file, source))
    elif scout.has_columns(names) and not source.mapping.rules:
        yield from _read(scout.rows(file, source))
    elif source.mapping.rules or not scout.is_index(names):
        yield from _read(read_records(source, "parquet", records_of(file)))


def parse_scout(source: Source) -> Iterator[Found]:
    """Read a parquet file as part of a database of Inspect Scout."""
    file = _opened(source)
    if scout.is_index(file.schema_arrow.names):
        return
    if not {"transcript_id", "messages"} <= set(file.schema_arrow.names):
        raise UnreadableError(
            "is no part of an Inspect Scout database: it lacks the column transcript_id or messages"
        )
    yield from _read(scout.rows(file, source))


def _opened(source: Source) -> "pq.ParquetFile":
    import pyarrow.parquet as pq  # here, since most files are none and it takes time to load

    try:
        return pq.ParquetFile(source.stream, pre_buffer=False)
    except _DAMAGED as error:
        raise UnreadableError(f"begins as parquet, but {_cause(error)}") from error


def _read(found: Iterator[Found]) -> Iterator[Found]:
    """Say in a sentence what is wrong with a file that turns out to be damaged further on."""
    try:
        yield from found
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError(f"is damaged from here on ({_cause(error)})") from error


def _cause(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".")[:160] if lines else "can't be read"


def records_of(file: "pq.ParquetFile") -> Iterator[Row]:
    """Read the rows of a parquet file as records."""
    number = 0
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(_ROWS_AT_ONCE, row_groups=[group]):
            for row in batch.to_pylist():
                number += 1
                record = {name: value for name, value in _plain(row).items() if value is not None}
                yield f"row {number}", jsontext.dump(record).encode(), record


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Write times, decimals and bytes as JSON can carry them."""
    return msgspec.to_builtins(row, str_keys=True, enc_hook=str)


PARQUET = Importer("parquet", recognises, parse, uses_mapping=True)
SCOUT = Importer("scout", lambda _: False, parse_scout)
"""Found by what is in it through `PARQUET`; this one is for ``--format scout``."""
