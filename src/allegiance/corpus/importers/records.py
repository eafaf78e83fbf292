"""Records of one conversation each: JSON lines, JSON arrays and CSV, with or without a mapping."""

import csv
import hashlib
import io
import re
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO, cast

from allegiance.corpus import jsontext
from allegiance.corpus.identity import RecordIdentities, mapped_identity
from allegiance.corpus.importers.chat import scripted_unless_assistant
from allegiance.corpus.importers.found import (
    MAX_RECORD_BYTES,
    Found,
    Importer,
    Skipped,
    Source,
    UnreadableError,
)
from allegiance.corpus.importers.mapping import Mapping, Rule, listed, text_of
from allegiance.corpus.importers.rows import BOM, Row, json_array, json_lines
from allegiance.corpus.making import transcript
from allegiance.corpus.schema import Message, Transcript, Verdict

_DELIMITERS = ",\t;|"
_WELL_KNOWN = ("messages", "model", "task")
"""Columns that are what their name says, where the mapping says nothing else of them."""

_CONVERSATION = ("messages", "request", "system", "output")


def parse_jsonl(source: Source) -> Iterator[Found]:
    """Read JSON lines."""
    yield from read_records(source, "jsonl", json_lines(source.stream))


def parse_json(source: Source) -> Iterator[Found]:
    """Read a JSON array of records."""
    yield from read_records(source, "json", json_array(source.stream))


def parse_csv(source: Source) -> Iterator[Found]:
    """Read CSV with a header line; the delimiter is the most frequent in it."""
    yield from read_records(source, "csv", csv_rows(source.stream))


def read_records(source: Source, name: str, rows: Iterator[Row | Skipped]) -> Iterator[Found]:
    """Read records of one conversation each, from wherever they come.

    Parameters
    ----------
    source
        The file and the mapping.
    name
        The format, as `source_format` has it.
    rows
        The records.

    Raises
    ------
    UnreadableError
        If nothing says which columns hold the conversation.
    """
    mapping = source.mapping
    identities = RecordIdentities()
    any_read = False
    columns: set[str] = set()
    for row in rows:
        if isinstance(row, Skipped):
            yield row
            continue
        where, raw, record = row
        columns |= record.keys()
        mapping.there.update(record.keys())
        if name == "csv" and not _says_something(mapping, record.keys()):
            raise _no_conversation(record.keys())
        identity = identities.next(raw)
        try:
            found = _transcript(record, mapping, name, identity, f"{source.uri}#{where}")
        except (ValueError, TypeError, RecursionError) as error:
            yield Skipped(where, _reason(error))
            continue
        any_read = any_read or found is not None
        yield Skipped(where, "has no conversation") if found is None else found
    if columns and not any_read and not _says_something(mapping, columns):
        raise _no_conversation(columns)


def _says_something(mapping: Mapping, columns: Collection[str]) -> bool:
    return "messages" in columns or any(mapping.rule(name) for name in _CONVERSATION)


def _no_conversation(columns: Collection[str]) -> UnreadableError:
    return UnreadableError(
        "has no messages; name the columns of the conversation, for example --map request=COLUMN "
        f"--map output=COLUMN, with COLUMN one of {listed(columns)}"
    )


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply to be read"
    return str(error) if isinstance(error, jsontext.BadJSONError) else f"can't be read: {error}"


def _transcript(
    record: dict[str, Any], mapping: Mapping, name: str, identity: str, uri: str
) -> Transcript | None:
    read = _Reading(record, mapping)
    messages = _conversation(read)
    used = mapping.columns | read.well_known
    metadata = {key: jsontext.value(item) for key, item in record.items() if key not in used}
    scores = {
        rule.name: {"value": _number(mapping.read(rule, record))}
        for rule in mapping.of_kind("score")
    }
    verdicts = [_verdict(rule, mapping, record, name) for rule in mapping.of_kind("verdict")]
    if messages is None:
        return None
    epoch = read.whole_number("epoch")
    identifier = read.text("id")
    first = read.text("request") or next((m.text for m in messages if m.role == "user"), "")
    return transcript(
        source_identity=identity if identifier is None else mapped_identity(identifier, epoch),
        source_format=name,
        source_uri=uri,
        messages=messages,
        study=read.text("study"),
        condition=_condition(mapping, record),
        task=read.text("task"),
        model=read.text("model"),
        sample_id=identifier,
        request_id=read.text("request_id") or hashlib.sha256(first.encode()).hexdigest(),
        epoch=epoch,
        stop_reason=read.text("stop_reason"),
        error=read.text("error"),
        scores=scores,
        metadata=metadata,
        verdicts=verdicts,
    )


class _Reading:
    """Reads the fields of a record: by the mapping, else from a column of a well-known name."""

    def __init__(self, record: dict[str, Any], mapping: Mapping) -> None:
        self._record = record
        self._mapping = mapping
        self.well_known = {
            name for name in _WELL_KNOWN if name in record and mapping.rule(name) is None
        }

    def value(self, name: str) -> Any:
        rule = self._mapping.rule(name)
        if rule is not None:
            return self._mapping.read(rule, self._record)
        return jsontext.value(self._record[name]) if name in self.well_known else None

    def text(self, name: str) -> str | None:
        found = self.value(name)
        return None if found is None or found == "" else text_of(found)

    def whole_number(self, name: str) -> int | None:
        found = self.text(name)
        if found is None:
            return None
        if not re.fullmatch(r"-?\d{1,18}", found):
            raise ValueError(f"its {name} is {found[:40]!r}, not a whole number")
        return int(found)


def _conversation(read: _Reading) -> list[Message] | None:
    """Build the conversation; None where the record says nothing of one (an empty one is one)."""
    listed, output = read.value("messages"), read.value("output")
    system, request, reasoning = read.text("system"), read.text("request"), read.text("reasoning")
    if all(part is None for part in (listed, output, system, request, reasoning)):
        return None
    messages = scripted_unless_assistant(_message_list(listed))
    if system is not None:
        messages.insert(0, Message("system", system))
    if request is not None:
        messages.append(Message("user", request))
    if output is not None or reasoning is not None:
        said = "" if output is None else text_of(output)
        messages.append(Message("assistant", said, reasoning or "", author="model"))
    return messages


def _message_list(found: Any) -> list[Any]:
    if isinstance(found, str):  # a cell of a CSV file
        found = jsontext.value(found.encode()) if found.strip() else None
    if found is None:
        return []
    if not isinstance(found, list):
        raise ValueError("its messages are not a list")
    return cast(list[Any], found)


def _condition(mapping: Mapping, record: dict[str, Any]) -> dict[str, str]:
    levels = {rule.name: mapping.read(rule, record) for rule in mapping.of_kind("factor")}
    return {name: text_of(level) for name, level in levels.items() if level not in (None, "")}


def _verdict(rule: Rule, mapping: Mapping, record: dict[str, Any], name: str) -> Verdict:
    """Read what an outside instrument said; a missing answer is a missing answer, not a no."""
    said = mapping.read(rule, record)
    missing = said is None or said == ""
    return Verdict(
        category=rule.name,
        scanner=f"import:{rule.column}",
        scanner_digest=rule.scanner_digest(name),
        value=None if missing else text_of(said),
        status="invalid" if missing else "ok",
    )


def _number(value: Any) -> Any:
    """Read a cell of a CSV file as the number it may be."""
    if not isinstance(value, str):
        return value
    try:
        found = jsontext.value(value.strip().encode())
    except jsontext.BadJSONError:
        return value
    return found if isinstance(found, int | float) else value


def csv_rows(stream: BinaryIO) -> Iterator[Row | Skipped]:
    """Read the rows of a CSV file as records; the delimiter is the most frequent in its header."""
    csv.field_size_limit(MAX_RECORD_BYTES)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        first = text.readline(MAX_RECORD_BYTES)
        delimiter = max(_DELIMITERS, key=first.count)
        header: list[str] | None = None
        reader = csv.reader(_rejoined(first, text), delimiter=delimiter)
        for cells in reader:
            if not cells:
                continue
            if header is None:
                header = _named(cells)
                continue
            yield _csv_row(f"line {reader.line_num}", header, cells)
    except UnicodeDecodeError as error:
        raise UnreadableError("is not UTF-8 text; save it as UTF-8") from error
    except csv.Error as error:
        raise UnreadableError(f"is not CSV from here on ({error})") from error


def _rejoined(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _named(cells: list[str]) -> list[str]:
    """Name the columns: an empty name becomes its number, a repeated one gets it appended."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column_{number}"
        names.append(name if name not in names else f"{name}_{number}")
    return names


def _csv_row(where: str, header: list[str], cells: list[str]) -> Row | Skipped:
    if len(cells) != len(header):
        return Skipped(where, f"has {len(cells)} cells where the header has {len(header)}")
    record: dict[str, Any] = dict(zip(header, cells, strict=True))
    return where, jsontext.dump(list(record.items())).encode(), record


def _looks_like_lines(head: bytes) -> bool:
    first, *_ = head.removeprefix(BOM).lstrip().split(b"\n", 1)
    if not first.startswith(b"{"):
        return False
    try:
        jsontext.members(first.strip())
    except jsontext.BadJSONError:
        return b"\n" not in head.strip()  # a first line longer than what was looked at
    return True


def _looks_like_array(head: bytes) -> bool:
    return head.removeprefix(BOM).lstrip().startswith(b"[")


def _looks_like_csv(head: bytes) -> bool:
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # not just a character cut in two at the end
            return False
        text = head[: error.start].decode("utf-8-sig")
    header, newline, _ = text.partition("\n")
    return "\x00" not in text and bool(newline) and any(mark in header for mark in _DELIMITERS)


JSONL = Importer("jsonl", _looks_like_lines, parse_jsonl, uses_mapping=True)
JSON = Importer("json", _looks_like_array, parse_json, uses_mapping=True)
CSV = Importer("csv", _looks_like_csv, parse_csv, uses_mapping=True)
