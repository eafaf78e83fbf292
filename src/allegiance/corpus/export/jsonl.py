"""Exports as JSON lines: one transcript a line, with every column and, where asked, its verdicts."""

import gzip
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

import zstandard

from allegiance.corpus import jsontext
from allegiance.corpus.arrow import FACTOR_PREFIX, condition_of
from allegiance.corpus.importers.exported import MARK, VERSION

Row = Mapping[str, Any]

_OBJECTS = ("scores", "metadata", "provenance")


class JSONLines:
    """Writes rows to a file, compressed where its name ends so."""

    def __init__(self, path: Path, name: str) -> None:
        self._file = path.open("wb")
        self._stream = _packed(self._file, name)

    def __enter__(self) -> "JSONLines":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            self._stream.close()

    def write(self, rows: Iterable[Row], verdicts: Mapping[str, Sequence[Row]] | None) -> None:
        """Write some rows, with the verdicts of each where there are any to be written."""
        for row in rows:
            line = record(row)
            if verdicts is not None:
                line["verdicts"] = [_verdict(v) for v in verdicts.get(row["transcript_id"], ())]
            self._stream.write(jsontext.dump(line).encode() + b"\n")


def record(row: Row) -> dict[str, Any]:
    """Turn a row of the corpus into what stands on a line.

    Factors are gathered under ``condition``; scores, metadata and the extras of messages are JSON
    objects; the arguments of tool calls stay the text that the model wrote.
    """
    line: dict[str, Any] = {MARK: VERSION}
    for name, value in row.items():
        if name.startswith(FACTOR_PREFIX):
            continue
        if name in _OBJECTS:
            line[name] = _decoded(value)
        elif name == "messages":
            line[name] = [_message(message) for message in cast(list[Row], value or [])]
        else:
            line[name] = value
    line["condition"] = condition_of(row)
    return line


def _message(message: Row) -> dict[str, Any]:
    return {**message, "extra": _decoded(message["extra"])}


def _verdict(verdict: Row) -> dict[str, Any]:
    kept = {name: value for name, value in verdict.items() if name != "transcript_id"}
    return {**kept, "spans": _decoded(verdict["spans"])}


def _decoded(text: str | None) -> Any:
    return None if text is None else jsontext.value(text.encode())


def _packed(file: BinaryIO, name: str) -> BinaryIO:
    if name.endswith(".gz"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="wb", mtime=0))
    if name.endswith(".zst"):
        return cast(BinaryIO, zstandard.ZstdCompressor().stream_writer(file, closefd=False))
    return file
