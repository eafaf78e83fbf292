# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Exports for Inspect Scout: a folder of parquet files in the schema of its transcript databases.

A transcript from an Inspect log keeps the id that Scout gives it, the sample's. What Scout has no
column for stands as JSON in a column of our own, from which an import takes it back.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from allegiance.corpus import jsontext
from allegiance.corpus.arrow import condition_of
from allegiance.corpus.chatmessages import chat_message
from allegiance.corpus.importers.scout import OWN
from allegiance.corpus.schema import Message

Row = Mapping[str, Any]

_TEXT = pa.large_string()
COLUMNS = pa.schema(
    [
        pa.field("transcript_id", _TEXT),
        *(pa.field(name, _TEXT) for name in ("source_type", "source_id", "source_uri", "date")),
        *(pa.field(name, _TEXT) for name in ("task_set", "task_id")),
        pa.field("task_repeat", pa.int64()),
        *(pa.field(name, _TEXT) for name in ("agent", "agent_args", "model", "model_options")),
        *(pa.field(name, _TEXT) for name in ("score", "score_explanation")),
        pa.field("success", pa.bool_()),
        pa.field("message_count", pa.int64()),
        pa.field("total_time", pa.float64()),
        pa.field("total_tokens", pa.int64()),
        *(pa.field(name, _TEXT) for name in ("error", "limit")),
        pa.field("trust_content", pa.bool_()),
        *(pa.field(name, _TEXT) for name in ("messages", "events", "timelines", "events_data")),
    ]
)
"""The columns of Scout's schema; names past these are metadata to it."""

_OF_INSPECT = ("inspect", "petri", "scout")
_METADATA = ("id", "eval_id", "log", "sample_metadata", "target")
_FILE_BYTES = 64_000_000
_KEPT = (
    *("source_identity", "study", "request_id", "started_at", "stop_reason", "attempt", "task"),
    *("model", "source_format"),
)


class Scout:
    """Writes rows to the files of a database, a new file when one is large.

    Parameters
    ----------
    folder
        The database; it is there and empty.
    factors
        Columns of the corpus that hold factors.
    scores
        The scorers, and the type of column their values fit into.
    """

    def __init__(
        self, folder: Path, factors: Sequence[str], scores: Mapping[str, pa.DataType]
    ) -> None:
        self._folder = folder
        self._factors = factors
        self._scores = {name: _column(name) for name in scores}
        extra = [pa.field(name, _TEXT) for name in (*_METADATA, OWN, *factors)]
        extra.insert(1, pa.field("epoch", pa.int64()))
        extra += [pa.field(self._scores[name], kind) for name, kind in scores.items()]
        self._schema = pa.schema([*COLUMNS, *extra])
        self._file: pq.ParquetWriter | None = None
        self._written = 0
        self._ids: set[str] = set()

    def __enter__(self) -> "Scout":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def write(self, rows: Iterable[Row], verdicts: object = None) -> None:
        """Write some rows; verdicts have no place in such a database."""
        made = [self._row(row) for row in rows]
        if not made:
            return
        if self._file is None:
            self._file = pq.ParquetWriter(self._next(), self._schema, compression="zstd")
        self._file.write_table(pa.Table.from_pylist(made, self._schema))
        self._written += sum(len(row["messages"]) for row in made)
        if self._written > _FILE_BYTES:
            self._close()

    def _next(self) -> Path:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        return self._folder / f"transcripts_{stamp}_{secrets.token_hex(4)}.parquet"

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._written = None, 0

    def _row(self, row: Row) -> dict[str, Any]:
        scores = _object(row["scores"])
        metadata = _object(row["metadata"])
        sample = _object(_object(row["provenance"]).get("sample"))
        messages = [_message(message) for message in cast(list[Row], row["messages"] or [])]
        of_log = row["source_format"] in _OF_INSPECT and row["eval_id"] is not None
        made = {
            "transcript_id": self._id(row),
            "source_type": "eval_log" if of_log else row["source_format"],
            "source_id": row["eval_id"],
            "source_uri": row["source_uri"],
            "date": row["started_at"],
            "task_set": _without_package(row["task"]),
            "task_id": row["sample_id"],
            "task_repeat": row["epoch"],
            "model": row["model"],
            "message_count": len(messages),
            "error": row["error"],
            "limit": row["limited_by"],
            "total_time": _number(sample.get("total_time")),
            "messages": _json(messages),
            "events": row.get("events") or "[]",
            "id": row["sample_id"],
            "epoch": row["epoch"],
            "eval_id": row["eval_id"],
            "log": row["source_uri"].partition("#")[0] if of_log else None,
            "sample_metadata": row["metadata"],
            "target": _listed(sample.get("target")),
            **_headline(scores),
            **{
                self._scores[name]: self._score(name, value)
                for name, value in scores.items()
                if name in self._scores
            },
            **{name: row[name] for name in self._factors},
        }
        return {**made, OWN: self._own(row, scores, metadata)}

    def _id(self, row: Row) -> str:
        """Give the id that Scout has for a sample of a log; two readings of one are told apart."""
        kind, _, rest = row["source_identity"].partition(":")
        identifier = rest if kind == "uuid" and "/" not in rest else row["transcript_id"]
        if identifier in self._ids:
            identifier = row["transcript_id"]
        self._ids.add(identifier)
        return identifier

    def _score(self, name: str, score: Any) -> Any:
        value = _value(score)
        kind = self._schema.field(self._scores[name]).type
        if value is None or kind != _TEXT:
            return value
        return value if isinstance(value, str) else jsontext.dump(value)

    def _own(self, row: Row, scores: dict[str, Any], metadata: dict[str, Any]) -> str:
        condition = condition_of(row)
        kept = {name: row[name] for name in _KEPT if row[name] is not None}
        provenance = _object(row["provenance"])
        facts = {"condition": condition, "scores": scores, "provenance": provenance}
        return jsontext.dump({**kept, **facts, "metadata": metadata})


def score_kinds(batches: Iterator[pa.RecordBatch]) -> dict[str, pa.DataType]:
    """Find the scorers there are and the type of column that holds all values of each.

    Parameters
    ----------
    batches
        The column `scores` of all rows to come.
    """
    seen: dict[str, set[type]] = {}
    for batch in batches:
        for text in batch["scores"].to_pylist():
            for name, score in _object(text).items():
                value = _value(score)
                if value is not None:
                    seen.setdefault(name, set()).add(type(value))
    return {name: _kind(types) for name, types in sorted(seen.items())}


def _kind(types: set[type]) -> pa.DataType:
    if types == {bool}:
        return pa.bool_()
    if types <= {int, float}:
        return pa.float64()
    return _TEXT


def _column(scorer: str) -> str:
    name = f"score_{scorer}"
    return f"{name}_" if name in COLUMNS.names else name


def _without_package(task: str | None) -> str | None:
    """Take the package from a task's name, as Scout does."""
    package, slash, name = (task or "").partition("/")
    return name if slash else package or None


def _headline(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Take the first score for the one that Scout shows, as it does itself."""
    first = next(iter(scores.values()), None)
    value = _value(first)
    if isinstance(value, dict) and "value" in value:
        value = cast(dict[str, Any], value)["value"]
    explanation = _object(first).get("explanation")
    return {
        "score": value if isinstance(value, str | None) else json.dumps(value),
        "score_explanation": explanation if isinstance(explanation, str) else None,
        "success": _success(_object(first), value),
    }


def _success(score: Mapping[str, Any], value: Any) -> bool | None:
    said = _object(score.get("metadata")).get("success")
    if isinstance(said, bool):
        return said
    if isinstance(value, bool | int | float):
        return value > 0
    return _CORRECT.get(value) if isinstance(value, str) else None


_CORRECT = {"C": True, "P": True, "I": False, "N": False}


def _value(score: Any) -> Any:
    return cast(dict[str, Any], score).get("value") if isinstance(score, dict) else score


def _message(row: Row) -> dict[str, Any]:
    return chat_message(msgspec.convert(row, Message))


def _json(value: Any) -> str:
    return jsontext.dump(value)


def _object(value: Any) -> dict[str, Any]:
    found = jsontext.value(value.encode()) if isinstance(value, str) else value
    return cast(dict[str, Any], found) if isinstance(found, dict) else {}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _listed(value: Any) -> str | None:
    """Write the target as Scout does: its texts with commas between them."""
    if isinstance(value, list):
        return ",".join(str(item) for item in cast(list[Any], value))
    return value if isinstance(value, str) else None
