# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Transcript databases of Inspect Scout: folders of parquet files with a row a transcript.

A row that Scout made from an Inspect log has the identity of the sample in that log, so that a log
and a database made from it give the same transcript once.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from allegiance.corpus import jsontext
from allegiance.corpus.chatmessages import restored
from allegiance.corpus.identity import sample_identity, uuid_identity
from allegiance.corpus.importers.found import Found, Skipped, Source
from allegiance.corpus.importers.inspect_messages import messages_of
from allegiance.corpus.importers.inspect_spec import id_from_number, in_utc, text_or_none
from allegiance.corpus.importers.inspect_study import study_of
from allegiance.corpus.making import transcript
from allegiance.corpus.schema import Transcript

if TYPE_CHECKING:
    import pyarrow.parquet as pq

OWN = "allegiance"
"""The column in which an export of ours keeps what Scout has no column for, as JSON."""

_CONTENT = ("messages", "events", "events_data", "timelines")
_READ = (
    *("transcript_id", "source_type", "source_id", "source_uri", "date", "task_set", "task_id"),
    *("task_repeat", "model", "score", "score_explanation", "error", "limit", OWN),
)
_SAMPLE = ("id", "epoch", "eval_id", "sample_metadata", "log")
"""Metadata that Scout adds to rows made from a log, and that stand in fields of ours."""

_ROWS_AT_ONCE = 16


def has_columns(names: Collection[str]) -> bool:
    """Whether a parquet file with these columns belongs to a database of Scout."""
    return {"transcript_id", "messages", "source_type", "source_id", "task_set"} <= set(names)


def is_index(names: Collection[str]) -> bool:
    """Whether a parquet file is one of the indexes that Scout keeps beside its files.

    An index repeats all of the rows but their messages; there is nothing to read in it.
    """
    columns = set(names)
    return {"transcript_id", "filename"} <= columns and "messages" not in columns


def rows(file: "pq.ParquetFile", source: Source) -> Iterator[Found]:
    """Read the transcripts of a file, a few rows at a time; contents other than messages stay out."""
    columns = [name for name in file.schema_arrow.names if name not in _CONTENT[1:]]
    number = 0
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(_ROWS_AT_ONCE, row_groups=[group], columns=columns):
            for row in batch.to_pylist():
                number += 1
                where = f"row {number}"
                try:
                    yield _transcript(row, f"{source.uri}#{where}")
                except (ValueError, TypeError, AttributeError) as error:
                    said = isinstance(error, jsontext.BadJSONError)
                    yield Skipped(where, f"has messages that {error}" if said else str(error))
                except RecursionError:
                    yield Skipped(where, "is nested too deeply to be read")


def _transcript(row: Mapping[str, Any], uri: str) -> Transcript:
    own = _object(_decoded(row.get(OWN)))
    found = row.get("messages")
    raw = jsontext.value(found.encode()) if isinstance(found, str) else found
    if raw is not None and not isinstance(raw, list):
        raise ValueError("its messages are not a list")
    messages = messages_of([restored(_object(message)) for message in cast(list[Any], raw or [])])
    metadata = {
        name: _decoded(value)
        for name, value in row.items()
        if name not in _READ and name not in _CONTENT and value is not None
    }
    of_log = row.get("source_type") == "eval_log"
    sample = _object(metadata.get("sample_metadata")) if of_log else metadata
    study, condition = study_of(sample)
    identifier, epoch = text_or_none(row.get("task_id")), row.get("task_repeat")
    request = sample.get("request_id")
    fields: dict[str, Any] = {
        "source_identity": _identity(row, identifier, epoch),
        "study": study,
        "condition": condition,
        "task": text_or_none(row.get("task_set")),
        "request_id": text_or_none(identifier if request is None else request),
        "started_at": in_utc(row["date"]) if row.get("date") else None,
        "scores": _scores(row, metadata, of_log=of_log),
        "metadata": sample,
        "provenance": {"scout": _beside(row, metadata, of_log=of_log)},
        **{name: value for name, value in own.items() if name in _KEPT_BY_US},
    }
    return transcript(
        source_format="scout",
        source_uri=uri,
        messages=messages,
        model=text_or_none(row.get("model")),
        eval_id=text_or_none(row.get("source_id")) if of_log else None,
        sample_id=identifier,
        epoch=epoch if isinstance(epoch, int) else None,
        limited_by=row.get("limit") or None,
        error=row.get("error") or None,
        **fields,
    )


_KEPT_BY_US = (
    *("source_identity", "study", "condition", "task", "request_id", "started_at", "stop_reason"),
    *("scores", "metadata", "provenance", "attempt"),
)


def _identity(row: Mapping[str, Any], sample_id: str | None, epoch: Any) -> str:
    identifier = str(row.get("transcript_id") or "")
    if not identifier:
        raise ValueError("it has no transcript_id")
    if row.get("source_type") != "eval_log":
        return f"scout:{identifier}"
    if isinstance(epoch, int) and sample_id is not None:
        eval_id = str(row.get("source_id"))
        if identifier == made_up_id(eval_id, sample_id, epoch):
            return sample_identity(eval_id, sample_id, epoch)
    return uuid_identity(identifier)


def made_up_id(eval_id: str, sample_id: str, epoch: int) -> str:
    """The id that stands for a sample from before samples had uuids."""
    digest = hashlib.md5(f"{eval_id}_{sample_id}_{epoch}".encode(), usedforsecurity=False)
    return id_from_number(int.from_bytes(digest.digest(), "big"))


def _scores(
    row: Mapping[str, Any], metadata: Mapping[str, Any], *, of_log: bool
) -> dict[str, dict[str, Any]]:
    """Read the scores: by scorer where there are several, else the one; values are all there is."""
    by_name = {
        name.removeprefix("score_"): {"value": value}
        for name, value in metadata.items()
        if of_log and name.startswith("score_")
    }
    if row.get("score") is None:
        return by_name
    told = {"explanation": row["score_explanation"]} if row.get("score_explanation") else {}
    if not by_name:
        return {"score": {"value": _decoded(row["score"]), **told}}
    if len(by_name) == 1:
        next(iter(by_name.values())).update(told)
    return by_name


def _beside(row: Mapping[str, Any], metadata: Mapping[str, Any], *, of_log: bool) -> dict[str, Any]:
    kept = {name: row[name] for name in ("source_type", "source_id", "source_uri") if row.get(name)}
    if not of_log:
        return kept
    rest = {name: value for name, value in metadata.items() if name not in _SAMPLE}
    return kept | {name: value for name, value in rest.items() if not name.startswith("score_")}


def _decoded(value: Any) -> Any:
    """Decode the JSON that Scout writes for metadata that is no plain value."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return jsontext.value(value.encode())
        except jsontext.BadJSONError:
            return value
    return value


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
