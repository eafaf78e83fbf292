# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Transcripts that `allegiance export` wrote, as JSON lines or parquet: read back as they were.

Identities come from the export, and ids are computed anew: a text that was changed after the export
is another transcript.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import msgspec

from allegiance.corpus import jsontext
from allegiance.corpus.arrow import condition_of
from allegiance.corpus.importers.found import (
    Found,
    Importer,
    Skipped,
    Source,
    Unmapped,
    UnreadableError,
)
from allegiance.corpus.importers.rows import json_lines
from allegiance.corpus.making import transcript
from allegiance.corpus.schema import Message, ToolCall, Transcript, Verdict

if TYPE_CHECKING:
    import pyarrow.parquet as pq

MARK = "allegiance"
"""The first member of every line, and the key in the metadata of a parquet schema."""
VERSION = "transcript/1"

_LINE = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*"allegiance"\s*:\s*"transcript/\d+"')
_ROWS_AT_ONCE = 64
_AS_THEY_ARE = (
    *("source_identity", "source_format", "source_uri", "study", "task", "model", "eval_id"),
    *("sample_id", "request_id", "epoch", "started_at", "stop_reason", "limited_by", "error"),
    "attempt",
)
_JSON = ("scores", "metadata", "provenance")


def recognises(head: bytes) -> bool:
    """Whether a file begins with a line of an export."""
    return _LINE.match(head) is not None


def is_ours(metadata: Mapping[bytes, bytes]) -> bool:
    """Whether the metadata of a parquet schema is that of an export."""
    return metadata.get(MARK.encode(), b"").startswith(b"transcript/")


def parse(source: Source) -> Iterator[Found]:
    """Read an export in JSON lines."""
    for line in json_lines(source.stream):
        if isinstance(line, Skipped):
            yield line
            continue
        where, _, members = line
        if _version(members) != VERSION:
            yield Skipped(where, f"is no transcript of this kind of export ({VERSION})")
            continue
        yield from _found(members, where)


def _version(members: Mapping[str, Any]) -> Any:
    try:
        return jsontext.value(members.get(MARK))
    except jsontext.BadJSONError:
        return None


def parquet_rows(file: "pq.ParquetFile", source: Source) -> Iterator[Found]:
    """Read an export in parquet; raises `UnreadableError` where a newer version wrote it."""
    version = (file.schema_arrow.metadata or {}).get(MARK.encode(), b"").decode("utf-8", "replace")
    if version != VERSION:
        raise UnreadableError(f"was exported as {version[:40]}; this version reads {VERSION}")
    number = 0
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(_ROWS_AT_ONCE, row_groups=[group]):
            for row in batch.to_pylist():
                number += 1
                yield from _found(row, f"row {number}")


def _found(members: Mapping[str, Any], where: str) -> Iterator[Found]:
    try:
        record = {name: jsontext.value(value) for name, value in members.items()}
        made = _transcript(record)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        yield Skipped(where, f"is not as an export has it: {_cause(error)}")
        return
    except RecursionError:
        yield Skipped(where, "is nested too deeply to be read")
        return
    yield made
    if record.get("transcript_id") not in (None, made.transcript_id):
        yield Unmapped("transcript_id (the text was changed after the export)")


def _cause(error: Exception) -> str:
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)


def _transcript(record: Mapping[str, Any]) -> Transcript:
    condition = record.get("condition")
    if condition is None:
        condition = condition_of(record)
    fields: dict[str, Any] = {name: record.get(name) for name in _AS_THEY_ARE}
    for name, value in fields.items():
        if name != "epoch" and not isinstance(value, str | None):
            raise ValueError(f"its {name} is not text")
    if not record["source_identity"] or not isinstance(fields["epoch"], int | None):
        raise ValueError("its source_identity is empty, or its epoch no whole number")
    fields["source_uri"] = fields["source_uri"] or ""
    fields |= {name: _object(record.get(name)) for name in _JSON}
    messages = cast(list[dict[str, Any]], record["messages"] or [])
    verdicts = cast(list[dict[str, Any]], record.get("verdicts") or [])
    return transcript(
        **fields,
        messages=[_message(message) for message in messages],
        condition=msgspec.convert(condition, dict[str, str]),
        verdicts=[_verdict(verdict) for verdict in verdicts],
    )


def _object(value: Any) -> dict[str, Any]:
    """Take a member that parquet has as text and JSON lines have as an object."""
    found = jsontext.value(value.encode()) if isinstance(value, str) else value
    if not isinstance(found, dict | None):
        raise ValueError("its scores, metadata or provenance are no object")
    return cast(dict[str, Any], found or {})


def _message(found: Mapping[str, Any]) -> Message:
    extra = found.get("extra") or {}
    fields = {
        **found,
        "tool_calls": [
            msgspec.convert(call, ToolCall)
            for call in cast(list[Any], found.get("tool_calls") or [])
        ],
        "extra": extra if isinstance(extra, str) else jsontext.dump(extra),
    }
    message = msgspec.convert(fields, Message)
    jsontext.members(message.extra.encode())
    return message


def _verdict(found: Mapping[str, Any]) -> Verdict:
    spans = found.get("spans") or []
    when = found.get("created_at")
    fields = {name: value for name, value in found.items() if name in Verdict.__struct_fields__}
    return msgspec.convert(
        {
            **fields,
            "transcript_id": "",
            "spans": spans if isinstance(spans, str) else jsontext.dump(spans),
            "created_at": datetime.fromisoformat(when) if isinstance(when, str) else when,
        },
        Verdict,
    )


IMPORTER = Importer("allegiance", recognises, parse)
