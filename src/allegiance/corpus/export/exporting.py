# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Exporting: which transcripts, to which place, and all of them or nothing."""

import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from allegiance.corpus.arrow import VERDICTS, factor_columns
from allegiance.corpus.export.jsonl import JSONLines
from allegiance.corpus.export.parquet import Parquet
from allegiance.corpus.export.scout import Scout, score_kinds
from allegiance.corpus.filters import Where
from allegiance.corpus.location import from_store, reading_problem
from allegiance.corpus.store import Corpus
from allegiance.errors import AllegianceError, UsageError

FORMS = ("scout", "jsonl", "parquet")
"""What can be exported to."""

_ROWS_AT_ONCE = 64


@dataclass(frozen=True)
class Exported:
    """What became of an export.

    Attributes
    ----------
    path, form
        Where it lies, and what it is.
    transcripts, verdicts
        How many it holds.
    version
        The version of the corpus it was made from.
    """

    path: str
    form: str
    transcripts: int
    verdicts: int
    version: int

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can carry it."""
        return {
            "path": self.path,
            "to": self.form,
            "n_transcripts": self.transcripts,
            "n_verdicts": self.verdicts,
            "version": self.version,
        }


def export_transcripts(
    corpus: Corpus,
    to: str,
    path: str | Path,
    where: Where | None = None,
    verdicts: bool = False,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Export transcripts of a corpus; never more than a few are held in memory.

    Parameters
    ----------
    corpus
        Where from.
    to
        ``scout`` (a folder that Inspect Scout opens), ``jsonl`` or ``parquet`` (a file).
    path
        Where to. It appears when all is written, and not before. A name that ends in ``.gz`` or
        ``.zst`` has its JSON lines compressed.
    where
        Which transcripts, as `Query.where` takes it; all by default.
    verdicts
        Whether the verdicts of each are exported with it (``jsonl`` and ``parquet``).
    force
        Whether what lies at `path` is replaced. A folder is replaced only if it is an export.
    progress
        Called with how many are written, and of how many.

    Raises
    ------
    UsageError
        If `to` is unknown, or verdicts are to go where they have no place.
    AllegianceError
        If `path` is taken or can't be written, or the corpus can't be read; nothing is left there
        then.
    """
    path = Path(path)
    if to not in FORMS:
        raise UsageError(f"There is no export to {to!r}; there are {', '.join(FORMS)}.")
    if verdicts and to == "scout":
        raise UsageError("A database of Inspect Scout has no place for verdicts; export to jsonl.")
    _check(path, to, force=force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")
        try:
            run = _Export(corpus, where, verdicts, progress or (lambda _done, _all: None))
            run.write(unfinished, to, path.name)
            _put(unfinished, path)
        finally:
            _remove(unfinished)
    except (OSError, pa.ArrowException) as error:
        if from_store(error):
            raise AllegianceError(reading_problem(error)) from error
        cause = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise AllegianceError(
            f"{path} can't be written ({cause}); mend that and try again."
        ) from error
    return Exported(str(path), to, run.done, run.said, run.version)


class _Export:
    """Reads rows in batches and gives them to a writer."""

    def __init__(
        self,
        corpus: Corpus,
        where: Where | None,
        verdicts: bool,
        progress: Callable[[int, int], None],
    ) -> None:
        self._corpus = corpus
        self._chosen = corpus.where(where)  # one version, whatever is imported meanwhile
        self._verdicts = verdicts
        self._progress = progress
        self._total = self._chosen.count()
        self.version = self._chosen.version
        self.done = 0
        self.said = 0

    def write(self, place: Path, to: str, name: str) -> None:
        with self._writer(place, to, name) as writer:
            for batch in self._chosen.batches(batch_size=_ROWS_AT_ONCE):
                verdicts = self._said_of(batch) if self._verdicts else None
                rows: Any = batch if to == "parquet" else _rows(batch)
                writer.write(rows, verdicts)
                self.done += batch.num_rows
                self._progress(self.done, self._total)

    def _writer(self, place: Path, to: str, name: str) -> AbstractContextManager[Any]:
        if to == "jsonl":
            return JSONLines(place, name)
        if to == "parquet":
            return Parquet(place, self._chosen.snapshot.schema, verdicts=self._verdicts)
        place.mkdir()
        factors = factor_columns(self._chosen.snapshot.schema)
        scores = score_kinds(self._chosen.batches(["scores"], 4096))
        return Scout(place, factors, scores)

    def _said_of(self, batch: pa.RecordBatch) -> Mapping[str, list[dict[str, Any]]]:
        names: Collection[str] = batch["transcript_id"].to_pylist()
        said: dict[str, list[dict[str, Any]]] = {}
        for verdict in self._corpus.verdicts(ids=names).select(VERDICTS.names).to_pylist():
            said.setdefault(verdict["transcript_id"], []).append(verdict)
        self.said += sum(map(len, said.values()))
        for found in said.values():
            found.sort(key=lambda verdict: (verdict["category"], verdict["scanner_digest"]))
        return said


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Take rows one at a time: as Python objects a batch would be many times as large."""
    for at in range(batch.num_rows):
        yield from batch.slice(at, 1).to_pylist()


def _check(path: Path, to: str, *, force: bool) -> None:
    if not path.exists() and not path.is_symlink():
        return
    if not force:
        raise AllegianceError(f"{path} is there already; choose another name, or use --force.")
    if path.is_dir() and not path.is_symlink():
        if to != "scout" or not _is_export(path):
            raise AllegianceError(
                f"{path} is a folder with other things in it; choose another name."
            )
    elif to == "scout" or not path.is_file():
        raise AllegianceError(f"{path} is no export of this kind; choose another name.")


def _is_export(folder: Path) -> bool:
    """Whether a folder holds a database of Scout and nothing else."""
    return all(
        (entry.is_file() and entry.suffix == ".parquet") or entry.name == "_index"
        for entry in folder.iterdir()
    )


def _put(unfinished: Path, path: Path) -> None:
    """Give an export its name; a database that it replaces goes only when the new one stands."""
    if not path.is_dir():
        unfinished.replace(path)
        return
    before = unfinished.with_suffix(".replaced")
    path.replace(before)
    unfinished.replace(path)
    shutil.rmtree(before)


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
