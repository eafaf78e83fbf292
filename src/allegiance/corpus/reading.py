# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Reading one file, or a part of it: from its bytes to rows, and what is to be said of it.

Knows nothing of the corpus the rows go to, so that files can be read in other processes, or on other
machines, and judged in one place.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa

from allegiance.corpus.arrow import record_batch
from allegiance.corpus.importers.found import (
    ForeignError,
    Recovered,
    Skipped,
    Source,
    Unmapped,
    UnreadableError,
)
from allegiance.corpus.importers.mapping import Mapping, parse_mapping
from allegiance.corpus.importers.opening import DAMAGED, opened, recognised
from allegiance.corpus.schema import Transcript, Verdict

_BATCH_ROWS = 2_000
_BATCH_CHARACTERS = 1_000_000
_PART_BYTES = 8_000_000
SKIPPED_TOLD = 20
"""How many skipped records are told one by one."""

_ERROR_SHOWN = 200
_SHOWN = 500
_FIELD_SHOWN = 60
"""Characters of what a file calls its own: what is said of a file does not hold the file."""
_FIELDS_TOLD = 100
_ZIP = b"PK\x03\x04"


class Task(msgspec.Struct, frozen=True):
    """A file to read, or a part of it.

    Attributes
    ----------
    path
        The file, in the bytes that the system knows it by.
    named
        Whether the user named it, rather than a folder it lies in.
    format
        ``auto``, or the importer the user asked for.
    mapping
        The user's ``--map`` rules, as text.
    events
        Whether the user asked for events.
    problem
        Why it can't be read, where that is known already.
    part, parts
        See `allegiance.corpus.importers.found.Source`.
    """

    path: bytes
    named: bool = True
    format: str = "auto"
    mapping: tuple[str, ...] = ()
    events: bool = False
    problem: str | None = None
    part: int = 0
    parts: int = 1

    @property
    def file(self) -> Path:
        """The file's path."""
        return Path(os.fsdecode(self.path))


class Rows(msgspec.Struct):
    """Some transcripts of a file, in order, as rows, and the verdicts that came with them."""

    batch: pa.RecordBatch
    verdicts: list[Verdict]


class Told(msgspec.Struct):
    """What there is to say of a file, or a part of it, besides its transcripts.

    Attributes
    ----------
    format
        The importer that read it; None where none did.
    skipped, skipped_count
        The first records that could not be read, and how many there were.
    unmapped
        Fields with content that transcripts have no place for, and how often.
    recovered
        What was said of a log that is cut off; None of a whole one.
    error
        Why the file, or the rest of it, could not be read.
    foreign
        Whether that is because it is none of ours.
    rules_seen
        Numbers of the mapping's rules whose column some record had.
    columns
        Columns that some record had.
    """

    format: str | None = None
    skipped: list[Skipped] = []
    skipped_count: int = 0
    unmapped: dict[str, int] = {}
    recovered: str | None = None
    error: str | None = None
    foreign: bool = False
    rules_seen: list[int] = []
    columns: list[str] = []


def tasks_of(task: Task, divide: bool = True) -> list[Task]:
    """Divide a large archive into parts, so that several processes can read it at once."""
    parts = _parts(task.file) if divide and task.format in ("auto", "inspect") else 1
    return [
        msgspec.structs.replace(task, part=part, parts=parts) if parts > 1 else task
        for part in range(parts)
    ]


def read(task: Task, imported_at: datetime) -> Iterator[Rows | Told]:
    """Read a file or a part of it.

    Parameters
    ----------
    task
        What to read, and how.
    imported_at
        The time that the rows are stamped with.

    Yields
    ------
    Rows
        Transcripts in the order of the file, some two megabytes at a time.
    Told
        Once, at the end. Whatever is wrong with the file is told there; nothing is raised.
    """
    if task.problem:
        yield Told(error=task.problem)
        return
    mapping = parse_mapping(task.mapping)
    told = Told()
    unmapped: Counter[str] = Counter()
    batch = _Batch(imported_at)
    try:
        with opened(task.file) as stream:
            importer = recognised(
                stream, task.file, task.format, named=task.named, mapped=bool(mapping.rules)
            )
            told.format = importer.name
            if task.part and not importer.splits:
                yield told
                return
            parts = (task.part, task.parts) if importer.splits else (0, 1)
            uri = shown(task.file.resolve())
            for found in importer.parse(Source(stream, uri, mapping, task.events, *parts)):
                if isinstance(found, Transcript):
                    batch.add(found)
                    if batch.full:
                        yield batch.taken()
                elif isinstance(found, Unmapped):
                    field = _short(found.field, _FIELD_SHOWN)
                    known = field in unmapped or len(unmapped) < _FIELDS_TOLD
                    unmapped[field if known else "others"] += 1
                elif isinstance(found, Recovered):
                    told.recovered = found.sentence
                else:
                    told.skipped_count += 1
                    if len(told.skipped) < SKIPPED_TOLD:
                        where, reason = (_short(t, _SHOWN) for t in (found.where, found.reason))
                        told.skipped.append(Skipped(where, reason))
    except UnreadableError as error:
        told.error, told.foreign = str(error), isinstance(error, ForeignError)
        told.format = None if told.foreign else told.format
    except DAMAGED:
        told.error = "ends early; it was cut off or is damaged"
    except MemoryError:
        told.error = "needs more memory than there is"
    except Exception as error:  # an importer's fault, a plug-in's perhaps, must not stop the rest
        told.error = _failed(told, error)
    try:
        if batch:
            yield batch.taken()
    except Exception as error:
        told.error = _failed(told, error)
    told.unmapped = dict(unmapped)
    told.rules_seen, told.columns = _seen(mapping)
    yield told


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}..."


def _failed(told: Told, error: Exception) -> str:
    what = f"{type(error).__name__}: {str(error)[:_ERROR_SHOWN]}"
    return f"could not be read: the importer {told.format} failed ({what}); please report it"


def record_batches(
    transcripts: Iterable[Transcript], imported_at: datetime
) -> Iterator[pa.RecordBatch]:
    """Turn transcripts into rows, some two megabytes at a time."""
    batch = _Batch(imported_at)
    for transcript in transcripts:
        batch.add(transcript)
        if batch.full:
            yield batch.taken().batch
    if batch:
        yield batch.taken().batch


def shown(path: Path) -> str:
    """Write a path as text, even if its name is none."""
    return os.fsencode(path).decode("utf-8", "replace")


class _Batch:
    """Transcripts on their way to becoming rows."""

    def __init__(self, imported_at: datetime) -> None:
        self._imported_at = imported_at
        self._transcripts: list[Transcript] = []
        self._characters = 0

    def __bool__(self) -> bool:
        return bool(self._transcripts)

    @property
    def full(self) -> bool:
        """Whether it is time to take the rows."""
        return len(self._transcripts) >= _BATCH_ROWS or self._characters >= _BATCH_CHARACTERS

    def add(self, transcript: Transcript) -> None:
        """Take one more."""
        self._transcripts.append(transcript)
        beside = (transcript.metadata, transcript.scores, transcript.provenance)
        self._characters += len(transcript.text) + sum(map(len, beside))
        self._characters += sum(len(message.extra) for message in transcript.messages)

    def taken(self) -> Rows:
        """Turn what there is into rows, and begin anew."""
        verdicts = [verdict for transcript in self._transcripts for verdict in transcript.verdicts]
        rows = Rows(record_batch(self._transcripts, self._imported_at), verdicts)
        self._transcripts, self._characters = [], 0
        return rows


def _parts(path: Path) -> int:
    try:
        size = path.stat().st_size if path.is_file() else 0  # a pipe has none, and is not opened
        if size <= _PART_BYTES:
            return 1
        with path.open("rb") as file:
            return -(-size // _PART_BYTES) if file.read(4) == _ZIP else 1
    except OSError:
        return 1


def _seen(mapping: Mapping) -> tuple[list[int], list[str]]:
    numbers = [number for number, rule in enumerate(mapping.rules) if rule in mapping.seen]
    return numbers, sorted(mapping.there)
