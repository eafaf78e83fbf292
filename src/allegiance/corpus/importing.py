# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Importing files into a corpus: which files, what became of each, and what the user is told."""

import os
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import msgspec

from allegiance.corpus.adding import Adding, Standing
from allegiance.corpus.importers import FORMATS, IMPORTERS
from allegiance.corpus.importers.found import Skipped
from allegiance.corpus.importers.mapping import Mapping, no_such_column, parse_mapping
from allegiance.corpus.importers.plugins import plugin_names
from allegiance.corpus.places import places
from allegiance.corpus.preview import preview as preview_of
from allegiance.corpus.readers import reader_for
from allegiance.corpus.reading import SKIPPED_TOLD, Rows, Task, Told, shown, tasks_of
from allegiance.corpus.schema import Verdict
from allegiance.corpus.store import Corpus
from allegiance.errors import AllegianceError, UsageError

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What a file's name may have, and a sentence not."""


@dataclass
class FileReport:
    """What became of one file.

    Attributes
    ----------
    path, format
        The file, and the importer that read it (None where none did).
    standings
        How its transcripts stand to the corpus.
    skipped, skipped_count
        The first records that could not be read, and how many there were.
    unmapped
        Fields with content that transcripts have no place for, and how often.
    recovered
        What was said of a log that is cut off; None of a whole one.
    error
        Why the file, or the rest of it, could not be read.
    foreign
        Whether the file lay in a folder and is in no format known here.
    """

    path: str
    format: str | None = None
    standings: Counter[Standing] = field(default_factory=lambda: Counter[Standing]())
    skipped: list[Skipped] = field(default_factory=lambda: list[Skipped]())
    skipped_count: int = 0
    unmapped: Counter[str] = field(default_factory=lambda: Counter[str]())
    recovered: str | None = None
    error: str | None = None
    foreign: bool = False

    @property
    def read(self) -> int:
        """Transcripts read from the file."""
        return sum(self.standings.values())

    def note(self, told: Told) -> None:
        """Take down what is said of the file, or of the next part of it."""
        self.format = self.format or told.format
        self.skipped += told.skipped[: SKIPPED_TOLD - len(self.skipped)]
        self.skipped_count += told.skipped_count
        self.unmapped.update(told.unmapped)
        self.recovered = self.recovered or told.recovered
        self.error = self.error or told.error

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON can carry it."""
        return {
            "path": self.path,
            "format": self.format,
            "read": self.read,
            **{standing.value: self.standings[standing] for standing in Standing},
            "skipped": self.skipped_count,
            "skipped_records": [{"where": s.where, "reason": s.reason} for s in self.skipped],
            "unmapped": dict(self.unmapped),
            "recovered": self.recovered,
            "error": self.error,
            "foreign": self.foreign,
        }


@dataclass
class ImportReport:
    """What became of an import.

    Attributes
    ----------
    files
        One report a file, in the order read.
    barren
        One sentence for every folder in which no file is in a known format.
    by_source, by_model
        Transcripts read, by `source_format` and by model (``unknown`` where the file does not say).
    verdicts
        Verdicts of outside instruments that were new.
    new, known, changed, superseded
        Totals; see `allegiance.corpus.adding.Standing`. They are the corpus's, after all files: an
        attempt that was new until a later file brought a better one counts as superseded here.
    reused
        New transcripts that share their source's id with another whose words differ: both are kept.
    updated, dry_run
        Whether changed transcripts were rewritten; whether nothing was written at all.
    transcripts
        How many the corpus holds afterwards.
    preview
        Of a dry run, the first transcripts as they would land; see `allegiance.corpus.preview`.
    """

    files: list[FileReport] = field(default_factory=lambda: list[FileReport]())
    barren: list[str] = field(default_factory=lambda: list[str]())
    by_source: Counter[str] = field(default_factory=lambda: Counter[str]())
    by_model: Counter[str] = field(default_factory=lambda: Counter[str]())
    verdicts: int = 0
    new: int = 0
    known: int = 0
    changed: int = 0
    superseded: int = 0
    reused: int = 0
    updated: bool = False
    dry_run: bool = False
    transcripts: int = 0
    preview: list[dict[str, Any]] = field(default_factory=lambda: list[dict[str, Any]]())

    @property
    def read(self) -> int:
        """Transcripts read from all files."""
        return sum(file.read for file in self.files)

    @property
    def skipped(self) -> int:
        """Records that could not be read."""
        return sum(file.skipped_count for file in self.files)

    @property
    def errors(self) -> list[str]:
        """One sentence for all that could not be read, or not to its end."""
        said = (f"{f.path} {f.error}." for f in self.files if f.error and not f.foreign)
        return [_CONTROLS.sub("\ufffd", sentence) for sentence in (*self.barren, *said)]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON can carry it."""
        totals = ("read", "new", "known", "changed", "superseded", "reused", "skipped", "verdicts")
        return {
            **{name: getattr(self, name) for name in totals},
            "updated": self.updated,
            "dry_run": self.dry_run,
            "n_transcripts": self.transcripts,
            "by_source": dict(self.by_source.most_common()),
            "by_model": dict(self.by_model.most_common()),
            "errors": self.errors,
            **({"preview": self.preview} if self.dry_run else {}),
            "files": [file.to_dict() for file in self.files],
        }


@dataclass(frozen=True)
class Progress:
    """How far an import is: the file being read, its number of how many, transcripts so far."""

    path: str
    file: int
    files: int
    transcripts: int


def import_paths(
    corpus: Corpus,
    paths: Iterable[str | Path],
    format: str = "auto",
    mapping: Sequence[str] = (),
    dry_run: bool = False,
    update: bool = False,
    progress: Callable[[Progress], None] | None = None,
    events: bool = False,
    processes: int | None = None,
    preview: int = 0,
    ray: str | None = None,
) -> ImportReport:
    """Import files and folders into a corpus, all in one commit.

    Parameters
    ----------
    corpus
        Where to.
    paths
        Files, and folders that are walked (hidden files and Lance datasets in them are left alone).
    format
        ``auto`` looks into each file; else one of `allegiance.corpus.importers.FORMATS`.
    mapping
        ``field=column`` rules for records; see `allegiance.corpus.importers.mapping`.
    dry_run
        Read and report everything, write nothing.
    update
        Rewrite known transcripts that come with other scores, metadata or factors.
    progress
        Called for every file, and whenever some of its transcripts were read.
    events
        Keep what happened during the runs too; it is many times the size of the conversations.
    processes
        How many processes read files; by default one a core where there is work for it.
    preview
        How many transcripts of a dry run the report shows as they would land; not on a cluster,
        whose rows this process does not see.
    ray
        Address of a Ray cluster that reads and writes instead of this machine: ``HOST:PORT``,
        ``auto`` or ``local``. What comes out is the same.

    Returns
    -------
    ImportReport
        What can't be read is an error in the report, and stops nothing else.

    Raises
    ------
    UsageError
        If a path does not exist, the format is unknown, or a mapping is wrong; nothing is written
        then.
    AllegianceError
        If the corpus can't be written; nothing is written then either.
    """
    if format not in (formats := (*FORMATS, *plugin_names())):
        raise UsageError(f"There is no format {format!r}; there are {', '.join(formats)}.")
    rules = parse_mapping(mapping)
    asked = [Path(path) for path in paths]
    whole = [
        Task(os.fsencode(place.path), place.named, format, tuple(mapping), events, place.problem)
        for path in asked
        for place in places(path)
    ]
    with reader_for(whole, processes, ray) as reader:
        tasks = [(n, task) for n, one in enumerate(whole) for task in tasks_of(one, reader.divides)]
        with (
            # Begun before the corpus is opened, which takes about half a second.
            reader.begin_reading([task for _, task in tasks], datetime.now(UTC)) as pieces,
            corpus.adding(update=update, dry_run=dry_run, keeper=reader.writer) as adding,
            _Spool() as spool,
        ):
            run = _Import(whole, rules, spool, progress or (lambda _: None))
            run.previewed = preview if dry_run and ray is None else 0
            for number, piece in pieces:
                run.take(tasks[number][0], piece, adding)
            _check_mapping(rules, run.report)
            run.report.barren = [_barren(path) for path in asked if run.found_nothing(path)]
            run.verdicts.flush()
            adding.commit()
            report = run.report
            if run.verdicts and not dry_run:
                report.verdicts = corpus.put_verdicts(run.verdicts)
    report.updated, report.dry_run, report.reused = update and not dry_run, dry_run, adding.reused
    for standing in Standing:
        setattr(report, standing.value, adding.count(standing))
    report.transcripts = corpus.count()
    return report


class _Import:
    """Takes what was read, file after file, to the corpus, and keeps the report."""

    def __init__(
        self,
        files: Sequence[Task],
        mapping: Mapping,
        verdicts: "_Spool",
        progress: Callable[[Progress], None],
    ) -> None:
        self.report = ImportReport([FileReport(shown(task.file)) for task in files])
        self.verdicts = verdicts
        self._named = [task.named for task in files]
        self._mapping = mapping
        self._progress = progress
        self._seen = 0
        self.previewed = 0

    def take(self, number: int, piece: Rows | Told, adding: Adding) -> None:
        """Take a piece of the file of this number."""
        file = self.report.files[number]
        if isinstance(piece, Rows):
            self._take_rows(piece, file, adding)
        else:
            file.note(piece)
            file.foreign = piece.foreign and not self._named[number]
            self._mapping.seen.update(self._mapping.rules[rule] for rule in piece.rules_seen)
            self._mapping.there.update(piece.columns)
        self._progress(Progress(file.path, number + 1, len(self.report.files), self._seen))

    def found_nothing(self, place: Path) -> bool:
        """Whether a place is a folder of which no file was recognised."""
        return place.is_dir() and not any(
            (file.format or not file.foreign) and Path(file.path).is_relative_to(place)
            for file in self.report.files
        )

    def _take_rows(self, rows: Rows, file: FileReport, adding: Adding) -> None:
        shown_too = self.previewed - len(self.report.preview)
        if shown_too > 0:
            self.report.preview += preview_of(rows, shown_too)
        standings = adding.add(rows.batch)
        file.standings.update(standings)
        self.report.by_source.update(rows.batch.column("source_format").to_pylist())
        models = rows.batch.column("model").to_pylist()
        self.report.by_model.update(model or "unknown" for model in models)
        self._seen += rows.batch.num_rows
        if rows.verdicts:
            ids = rows.batch.column("transcript_id").to_pylist()
            superseded = {
                transcript_id
                for transcript_id, standing in zip(ids, standings, strict=True)
                if standing is Standing.SUPERSEDED
            }
            self.verdicts.keep(v for v in rows.verdicts if v.transcript_id not in superseded)


class _Spool:
    """Verdicts that wait on disk until their transcripts are in the corpus."""

    def __init__(self) -> None:
        with _room():
            self._file = TemporaryFile()  # noqa: SIM115  # closed by __exit__
        self._count = 0

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what it still holds back is not wanted any more
            self._file.close()

    def __bool__(self) -> bool:
        return self._count > 0

    def __iter__(self) -> Iterator[Verdict]:
        self._file.seek(0)
        decoder = msgspec.json.Decoder(Verdict)
        for line in self._file:
            yield decoder.decode(line)

    def flush(self) -> None:
        """Have all of them on disk, so that a full one is told before anything is committed."""
        with _room():
            self._file.flush()

    def keep(self, verdicts: Iterable[Verdict]) -> None:
        """Keep some more."""
        lines = [msgspec.json.encode(verdict) + b"\n" for verdict in verdicts]
        self._count += len(lines)
        with _room():
            self._file.write(b"".join(lines))


@contextmanager
def _room() -> Generator[None]:
    """Turn a folder of temporary files that is full, or can't be written to, into a sentence."""
    try:
        yield
    except OSError as error:
        raise AllegianceError(
            "Nothing was imported: the folder for temporary files can't keep what waits there "
            f"({error.strerror}); make room in it, or name another in TMPDIR, and try again."
        ) from error


def _barren(folder: Path) -> str:
    return f"{folder} holds no transcripts in a known format ({', '.join(FORMATS[1:])})."


def _check_mapping(mapping: Mapping, report: ImportReport) -> None:
    """Refuse a mapping of columns that no record has, rather than import without them."""
    mappable = {importer.name for importer in IMPORTERS if importer.uses_mapping}
    read = [file for file in report.files if file.read or file.skipped_count]
    if not any(file.format in mappable for file in read):
        return
    for rule in mapping.rules:
        if rule not in mapping.seen:
            raise no_such_column(rule, mapping)
