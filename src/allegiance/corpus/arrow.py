# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Transcripts and verdicts as columns: Arrow schemas, and from structs to rows and back.

(pyarrow ships no types; the lines above keep the type checker to what it can know.)
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import msgspec
import pyarrow as pa
from pyarrow.lib import StringBuilder  # pyright: ignore

from allegiance.corpus.schema import Message, ToolCall, Transcript, Verdict

FACTOR_PREFIX = "c_"
"""Columns of the condition's factors: ``c_tier``, ``c_intent``, ..."""

_TIME = pa.timestamp("us", tz="UTC")

# What is searched as a whole is kept as it is: unpacking would cost more than reading.
_UNPACKED = {"lance-encoding:compression": "none"}

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
        pa.field("text", pa.string(), metadata=_UNPACKED),
        pa.field("scores", pa.string()),
        pa.field("metadata", pa.string()),
        pa.field("provenance", pa.string()),
        pa.field("attempt", pa.string()),
        pa.field("facts_hash", pa.string()),
        pa.field("events", pa.string()),
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
        pa.field("detail", pa.string()),
        pa.field("created_at", _TIME),
    ]
)


def factor_columns(schema: pa.Schema) -> list[str]:
    """Names of the columns that hold factors."""
    return [name for name in schema.names if name.startswith(FACTOR_PREFIX)]


def condition_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Gather a row's factors: the name of each, without its prefix, to its level."""
    return {
        name.removeprefix(FACTOR_PREFIX): level
        for name, level in row.items()
        if name.startswith(FACTOR_PREFIX) and level is not None
    }


def record_batch(transcripts: Sequence[Transcript], imported_at: datetime) -> pa.RecordBatch:
    """Turn transcripts into rows: the columns of `TRANSCRIPTS`, then one for each of their factors.

    Built column by column, since rows of dicts take five times as long, and without `pa.array`,
    which loads pandas wherever that is installed: half a second, for every process that reads.
    """
    time = (imported_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    columns: dict[str, pa.Array] = {}
    for field in TRANSCRIPTS:
        if field.name == "messages":
            columns[field.name] = _messages([transcript.messages for transcript in transcripts])
        elif field.name == "imported_at":
            columns[field.name] = _whole_numbers([time] * len(transcripts), _TIME)
        else:
            values = [getattr(transcript, field.name) for transcript in transcripts]
            make = _strings if field.type == pa.string() else _whole_numbers
            columns[field.name] = make(values, field.type)
    for factor in sorted({name for transcript in transcripts for name in transcript.condition}):
        levels = [transcript.condition.get(factor) for transcript in transcripts]
        columns[FACTOR_PREFIX + factor] = _strings(levels)
    return pa.RecordBatch.from_pydict(columns)


def aligned(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give a batch the columns of `schema`, in its order; what it lacks is null."""
    there = {name: place for place, name in enumerate(batch.schema.names)}
    columns = [
        batch.column(there[field.name])
        if field.name in there
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _messages(conversations: Sequence[Sequence[Message]]) -> pa.ListArray:
    messages = [message for conversation in conversations for message in conversation]
    calls = [call for message in messages for call in message.tool_calls]
    structs = pa.StructArray.from_arrays(
        [
            _strings([message.role for message in messages]),
            _strings([message.text for message in messages]),
            _strings([message.reasoning for message in messages]),
            pa.ListArray.from_arrays(
                _offsets(message.tool_calls for message in messages), _tool_calls(calls)
            ),
            _strings([message.author for message in messages]),
            _strings([message.extra for message in messages]),
        ],
        fields=list(MESSAGE),
    )
    return pa.ListArray.from_arrays(_offsets(conversations), structs)


def _tool_calls(calls: Sequence[ToolCall]) -> pa.StructArray:
    return pa.StructArray.from_arrays(
        [
            _strings([call.id for call in calls]),
            _strings([call.function for call in calls]),
            _strings([call.arguments for call in calls]),
        ],
        fields=list(TOOL_CALL),
    )


def _strings(values: Sequence[str | None], _: pa.DataType | None = None) -> pa.Array:
    builder = StringBuilder()
    builder.append_values(values)
    return builder.finish()


def _whole_numbers(values: Sequence[int | None], of_type: pa.DataType) -> pa.Array:
    """Make an array of a type that is kept in 64 bits."""
    bits = sum(1 << place for place, value in enumerate(values) if value is not None)
    valid = pa.py_buffer(bits.to_bytes(-(-len(values) // 8), "little"))
    data = pa.py_buffer(array("q", [value or 0 for value in values]))
    return pa.Array.from_buffers(of_type, len(values), [valid, data])


def _offsets(lists: Iterable[Sequence[object]]) -> pa.Array:
    ends = array("i", [0, *accumulate(len(entries) for entries in lists)])
    return pa.Array.from_buffers(pa.int32(), len(ends), [None, pa.py_buffer(ends)])


def verdicts_batch(verdicts: Sequence[Verdict]) -> pa.RecordBatch:
    """Turn verdicts into rows, stamped now where they carry no time."""
    now = datetime.now(UTC)
    columns = {
        field.name: pa.array([getattr(verdict, field.name) for verdict in verdicts], field.type)
        for field in VERDICTS
        if field.name != "created_at"
    }
    columns["created_at"] = pa.array([verdict.created_at or now for verdict in verdicts], _TIME)
    return pa.RecordBatch.from_pydict(columns)


def transcript_of(row: Mapping[str, Any]) -> Transcript:
    """Turn one row, as pyarrow gives it, back into a transcript."""
    fields: dict[str, Any] = {name: row.get(name) for name in TRANSCRIPTS.names}
    fields["messages"] = tuple(
        msgspec.convert(message, Message) for message in row["messages"] or ()
    )
    fields["condition"] = condition_of(row)
    return Transcript(**fields)
