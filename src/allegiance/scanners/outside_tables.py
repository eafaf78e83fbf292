# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Tables of verdicts: CSV, JSON lines or parquet, with a row a transcript, matched by keys.

Which transcript a row is about is said by keys, ``field=column``: a field of transcripts and the column
that holds the same. A long table of several judges gives one judge's rows with ``column=value``.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from allegiance.corpus import Corpus, jsontext
from allegiance.corpus.filter_rows import value_of
from allegiance.corpus.importers.found import Skipped, UnreadableError
from allegiance.corpus.importers.mapping import listed
from allegiance.corpus.importers.opening import opened
from allegiance.corpus.importers.parquet import records_of
from allegiance.corpus.importers.records import csv_rows
from allegiance.corpus.importers.rows import Row, json_rows
from allegiance.corpus.schema import VerdictStatus
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners.outside import Said
from allegiance.scanners.outside_fields import named_field
from allegiance.scanners.outside_values import STATUSES, said_text

UUID = "uuid"
"""The key for the uuid of an Inspect sample, which no column holds by itself."""

_PIECE = 1 << 20
_ROWS = 4096
_CSV = {".csv", ".tsv"}
_DAMAGED = (OSError, EOFError, ValueError)
_READABLE = {
    "1": "ok",
    "true": "ok",
    "yes": "ok",
    "0": "invalid",
    "false": "invalid",
    "no": "invalid",
}
"""What a column that says whether a judge's answer could be read may hold."""


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold what.

    Attributes
    ----------
    value, score, status, explanation
        Columns, or paths into nested JSON; empty for none. The status is one of the verdict's, or
        says whether the answer could be read (1 or 0).
    keys
        Field of the transcripts, and the column that holds the same.
    chosen
        Column and value of the rows that count.
    """

    value: str
    score: str = ""
    status: str = ""
    explanation: str = ""
    keys: tuple[tuple[str, str], ...] = (("transcript_id", "transcript_id"),)
    chosen: tuple[tuple[str, str], ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that is named."""
        keys = [column for _, column in (*self.keys,)] + [column for column, _ in self.chosen]
        return tuple(filter(None, (self.value, self.score, self.status, self.explanation, *keys)))


@dataclass
class Table:
    """A table of verdicts in a file; iterate `said` once, then `unmatched` is known.

    Attributes
    ----------
    path, columns
        Where it is, and which columns hold what.
    unmatched
        Rows that belong to no transcript.
    unreadable
        Rows that are no records.
    """

    path: Path
    columns: Columns
    unmatched: int = 0
    unreadable: int = 0
    _there: set[str] = field(default_factory=set[str])

    @property
    def identity(self) -> dict[str, Any]:
        """What identifies it: the SHA-256 of its bytes, and the columns that are read."""
        return {
            "table": _sha256(self.path),
            "value": self.columns.value,
            "score": self.columns.score,
            "status": self.columns.status,
            "keys": self.columns.keys,
            "chosen": self.columns.chosen,
        }

    def said(self, corpus: Corpus) -> Iterator[Said]:
        """Give what the rows that count say of the corpus's transcripts.

        Raises
        ------
        UsageError
            If a column is not there, a key is no field, or a row's keys fit several transcripts.
        AllegianceError
            If the file can't be read.
        """
        columns = self.columns
        self.unmatched = self.unreadable = 0
        by_key = transcripts_by(corpus, [name for name, _ in columns.keys])
        counted = False
        for where, record in self._records():
            self._there.update(record)
            if any(said_text(_cell(record, name)) != value for name, value in columns.chosen):
                continue
            counted = True
            key = tuple(_key(_cell(record, column)) for _, column in columns.keys)
            found = by_key.get(key, ())
            if len(found) > 1:
                shown = ", ".join(f"{n}={v}" for (n, _), v in zip(columns.keys, key, strict=True))
                raise UsageError(
                    f"{self.path}, {where}: {len(found):,} transcripts have {shown}; add a --key that tells "
                    "them apart, such as --key epoch=epoch."
                )
            if not found:
                self.unmatched += 1
                continue
            yield self._said(found[0], where, record)
        self._check_columns()
        if columns.chosen and not counted:
            shown = ", ".join(f"{name}={value}" for name, value in columns.chosen)
            raise UsageError(f"--select {shown}: {self.path} has no such row.")

    def _said(self, identifier: str, where: str, record: Mapping[str, Any]) -> Said:
        columns = self.columns
        where = f"{self.path.name}, {where}"
        return Said(
            identifier,
            where,
            _cell(record, columns.value),
            score=_cell(record, columns.score) if columns.score else None,
            status=_status(_cell(record, columns.status), where) if columns.status else "ok",
            detail={"explanation": _cell(record, columns.explanation)}
            if columns.explanation
            else {},
        )

    def _records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        try:
            with opened(self.path) as stream:
                for row in _rows(stream, self.path):
                    if isinstance(row, Skipped):
                        self.unreadable += 1
                    else:
                        yield row[0], row[2]
        except UnreadableError as error:
            raise AllegianceError(f"{self.path} {error}.") from error
        except _DAMAGED as error:
            raise AllegianceError(f"{self.path} can't be read: {error}.") from error

    def _check_columns(self) -> None:
        if not self._there:
            raise UsageError(f"{self.path} holds no rows.")
        for name in self.columns.named:
            if name not in self._there and name.split(".")[0] not in self._there:
                raise UsageError(
                    f"{self.path} has no column {name!r}; it has {listed(self._there)}."
                )


def read_pairs(option: str, texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Read ``name=value`` options.

    Raises
    ------
    UsageError
        If one is not of that form.
    """
    found: list[tuple[str, str]] = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            what = "field=column" if option == "--key" else "column=value"
            raise UsageError(f"{option} {text}: write {what}.")
        found.append((name.strip(), value.strip()))
    return tuple(found)


def transcripts_by(corpus: Corpus, names: Sequence[str]) -> dict[tuple[str | None, ...], list[str]]:
    """Index the transcripts by what some fields hold; those that hold nothing in one are left out.

    Raises
    ------
    UsageError
        If there is no such field.
    """
    places = [named_field(corpus, "source_identity" if name == UUID else name) for name in names]
    columns = list(dict.fromkeys(["transcript_id", *(place.column for place in places)]))
    found: dict[tuple[str | None, ...], list[str]] = {}
    for batch in corpus.batches(columns, batch_size=_ROWS):
        for row in cast(list[dict[str, Any]], batch.to_pylist()):
            key = tuple(
                _uuid(row["source_identity"]) if name == UUID else _key(value_of(place, row))
                for name, place in zip(names, places, strict=True)
            )
            if None not in key:
                found.setdefault(key, []).append(row["transcript_id"])
    return found


def _uuid(identity: str) -> str | None:
    kind, _, rest = identity.partition(":")
    return rest if kind == "uuid" else None


def _key(value: Any) -> str | None:
    return None if value is None or value == "" else said_text(value)


def _cell(record: Mapping[str, Any], column: str) -> Any:
    """Give what a row holds in a column, or at a path into nested JSON; None where nothing."""
    if column in record:
        return jsontext.value(record[column])
    value: Any = record
    for step in column.split("."):
        value = jsontext.value(value.get(step)) if isinstance(value, dict) else None  # pyright: ignore
    return value  # pyright: ignore


def _status(value: Any, where: str) -> VerdictStatus:
    text = "ok" if value in (None, "") else said_text(value)
    found = text if text in STATUSES else _READABLE.get(text.lower())
    if found is None:
        raise UsageError(
            f"{where}: the status is {text[:40]!r}; it is {', '.join(STATUSES)}, or 1 and 0 for an answer "
            "that could be read and one that could not."
        )
    return cast(VerdictStatus, found)


def _rows(stream: Any, path: Path) -> Iterator[Row | Skipped]:
    if {suffix.lower() for suffix in path.suffixes} & _CSV:
        yield from csv_rows(stream)
        return
    head = stream.read(4)
    stream.seek(0)
    if head != b"PAR1":
        yield from json_rows(stream)
        return
    import pyarrow.parquet as pq

    yield from records_of(pq.ParquetFile(stream, pre_buffer=False))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise UsageError(f"--from {path}: it can't be read ({error.strerror or error}).") from error
    return digest.hexdigest()
