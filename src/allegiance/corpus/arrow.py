# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Transcripts and verdicts as columns: Arrow schemas, and from structs to rows and back.

(pyarrow ships no types; the lines above keep the type checker to what it can know.)
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa

from allegiance.corpus.schema import Message, Transcript, Verdict

FACTOR_PREFIX = "c_"
"""Columns of the condition's factors: ``c_tier``, ``c_intent``, ..."""

_TIME = pa.timestamp("us", tz="UTC")

TOOL_CALL = pa.struct([("id", pa.string()), ("function", pa.string()), ("arguments", pa.string())])
MESSAGE = pa.struct(
    [
        ("role", pa.string()),
        ("text", pa.string()),
        ("reasoning", pa.string()),
        ("tool_calls", pa.list_(TOOL_CALL)),
        ("author", pa.string()),
        ("extra", pa.string()),
    ]
)
TRANSCRIPTS = pa.schema(
    [
        pa.field("transcript_id", pa.string(), nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("source_identity", pa.string(), nullable=False),
        pa.field("source_uri", pa.string()),
        pa.field("source_format", pa.string()),
        pa.field("imported_at", _TIME),
        pa.field("study", pa.string()),
        pa.field("task", pa.string()),
        pa.field("model", pa.string()),
        pa.field("eval_id", pa.string()),
        pa.field("sample_id", pa.string()),
        pa.field("request_id", pa.string()),
        pa.field("epoch", pa.int64()),
        pa.field("started_at", pa.string()),
        pa.field("stop_reason", pa.string()),
        pa.field("limited_by", pa.string()),
        pa.field("error", pa.string()),
        pa.field("messages", pa.list_(MESSAGE)),
        pa.field("reasoning", pa.string()),
        pa.field("output", pa.string()),
        pa.field("text", pa.string()),
        pa.field("scores", pa.string()),
        pa.field("metadata", pa.string()),
        pa.field("provenance", pa.string()),
        pa.field("attempt", pa.string()),
        pa.field("facts_hash", pa.string()),
    ]
)
"""Every corpus has these; a factor's column is added when the factor first appears."""

VERDICT_KEY = ("transcript_id", "category", "scanner_digest")
VERDICTS = pa.schema(
    [
        pa.field("transcript_id", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("scanner", pa.string()),
        pa.field("scanner_digest", pa.string(), nullable=False),
        pa.field("value", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("status", pa.string()),
        pa.field("spans", pa.string()),
        pa.field("created_at", _TIME),
    ]
)


def factor_columns(schema: pa.Schema) -> list[str]:
    """Names of the columns that hold factors."""
    return [name for name in schema.names if name.startswith(FACTOR_PREFIX)]


def transcripts_table(transcripts: Sequence[Transcript], schema: pa.Schema) -> pa.Table:
    """Turn transcripts into rows of `schema`, stamped with the time of import."""
    now = datetime.now(UTC)
    return pa.Table.from_pylist([_row(transcript, now) for transcript in transcripts], schema)


def verdicts_table(verdicts: Sequence[Verdict]) -> pa.Table:
    """Turn verdicts into rows, stamped now where they carry no time."""
    now = datetime.now(UTC)
    rows = [msgspec.structs.asdict(verdict) for verdict in verdicts]
    for row in rows:
        row["created_at"] = row["created_at"] or now
    return pa.Table.from_pylist(rows, VERDICTS)


def transcript_of(row: Mapping[str, Any]) -> Transcript:
    """Turn one row, as pyarrow gives it, back into a transcript."""
    fields = {name: row[name] for name in TRANSCRIPTS.names}
    fields["messages"] = tuple(
        msgspec.convert(message, Message) for message in row["messages"] or ()
    )
    fields["condition"] = {
        name.removeprefix(FACTOR_PREFIX): level
        for name, level in row.items()
        if name.startswith(FACTOR_PREFIX) and level is not None
    }
    return Transcript(**fields)


def _row(transcript: Transcript, now: datetime) -> dict[str, Any]:
    row = msgspec.structs.asdict(transcript)
    del row["verdicts"]
    row["imported_at"] = now
    row["messages"] = msgspec.to_builtins(transcript.messages)
    for factor, level in row.pop("condition").items():
        row[FACTOR_PREFIX + factor] = level
    return row
