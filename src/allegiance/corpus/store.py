# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""The corpus: transcripts at rest, added once, read in batches."""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from allegiance.corpus import arrow, care, text_index
from allegiance.corpus.adding import Adding, Keeper, Standing
from allegiance.corpus.dataset import Dataset, Transaction
from allegiance.corpus.filters import Where
from allegiance.corpus.location import Location, located
from allegiance.corpus.pages import Ordered
from allegiance.corpus.patterns import Pattern, Within
from allegiance.corpus.query import Query
from allegiance.corpus.reading import record_batches
from allegiance.corpus.schema import Transcript, Verdict
from allegiance.corpus.snapshot import Snapshot
from allegiance.corpus.text_index import IndexState, IndexStep
from allegiance.corpus.verdict_columns import VerdictColumns
from allegiance.corpus.verdicts import VerdictTable
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from allegiance.corpus.care import Compacted, Version
    from allegiance.corpus.info import CorpusInfo
    from allegiance.corpus.verify import Verification

_PATIENCE = 30.0
"""Seconds a second writer waits."""


@dataclass(frozen=True)
class Added:
    """What became of the transcripts given to `Corpus.add`.

    Attributes
    ----------
    new
        Stored for the first time.
    known
        Already there; nothing changed.
    changed
        Already there, with other scores, metadata or factors; rewritten if `updated`, else left as
        they were.
    superseded
        Failed attempts at a sample of which a better attempt is kept.
    updated
        Whether the changed ones were rewritten.
    version
        Version of the corpus afterwards.
    """

    new: int
    known: int
    changed: int
    superseded: int
    updated: bool
    version: int


class Corpus:
    """Transcripts and verdicts in one folder. Get one with `Corpus.open`.

    Nothing is written before the first transcript. Any number of processes may read; one writes at
    a time.
    """

    def __init__(self, location: Location, *, patience: float = _PATIENCE) -> None:
        self.location = location
        self._transcripts = Dataset(
            location / "transcripts.lance",
            arrow.TRANSCRIPTS,
            key="transcript_id",
            patience=patience,
            define=text_index.define,
        )
        self._verdicts = VerdictTable(location / "verdicts.lance", patience=patience)
        self._newest: Snapshot | None = None

    @property
    def path(self) -> Path:
        """The corpus folder; a `UsageError` where the corpus is in an object store."""
        return self.location.folder

    @classmethod
    def open(
        cls, path: str | Path | Location, create: bool = False, *, patience: float = _PATIENCE
    ) -> "Corpus":
        """Open a corpus.

        Parameters
        ----------
        path
            The corpus folder, or ``s3://BUCKET/PREFIX``.
        create
            Whether it may be one that does not exist yet.
        patience
            Seconds that a write waits for another writer.

        Raises
        ------
        AllegianceError
            If there is no corpus and `create` is false, or `path` is a file.
        """
        location = located(path)
        if location.is_folder and location.folder.is_file():
            raise AllegianceError(f"{location} is a file; a corpus is a folder.")
        if not create and not (location / "transcripts.lance").exists():
            raise AllegianceError(
                f"There is no corpus in {location} yet; `allegiance import PATH` makes one."
            )
        return cls(location, patience=patience)

    def add(
        self,
        transcripts: Iterable[Transcript],
        update: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Added:
        """Add transcripts: all of them in one commit, or none.

        Parameters
        ----------
        transcripts
            Consumed as it comes; never held in memory as a whole.
        update
            Whether known transcripts with other scores, metadata or factors are rewritten.
        progress
            Called with the number of transcripts seen so far, now and then.

        Raises
        ------
        AllegianceError
            If another writer does not finish in time or the disk is full; nothing is added then.
        """
        seen = 0
        with self.adding(update=update) as adding:
            for batch in record_batches(transcripts, datetime.now(UTC)):
                adding.add(batch)
                seen += batch.num_rows
                if progress is not None:
                    progress(seen)
            adding.commit()
        count = adding.count
        return Added(
            new=count(Standing.NEW),
            known=count(Standing.KNOWN),
            changed=count(Standing.CHANGED),
            superseded=count(Standing.SUPERSEDED),
            updated=update,
            version=self.version,
        )

    @contextmanager
    def adding(
        self,
        *,
        update: bool = False,
        dry_run: bool = False,
        keeper: Callable[[Transaction], Keeper] = lambda transaction: transaction,
    ) -> Generator[Adding]:
        """Hold the writer's lock and add one at a time; leaving without `commit` adds nothing.

        With `dry_run` nothing is locked or written, and each transcript's standing is told all the
        same. `keeper` makes what keeps rows until the commit out of the transaction.
        """
        if dry_run:
            yield Adding(self._transcripts.latest(), None, update=update)
            return
        with self._transcripts.writing() as transaction:
            yield Adding(transaction.dataset, keeper(transaction), update=update)

    @property
    def version(self) -> int:
        """Version of the transcripts, a locator and no identity (see `digest`); 0 for none."""
        return self._snapshot().version

    @property
    def locator(self) -> tuple[str, int] | None:
        """Address and version of the transcripts, for workers that read them; None for none."""
        dataset = self._snapshot().dataset
        return None if dataset is None else (dataset.uri, dataset.version)

    @property
    def columns(self) -> list[str]:
        """Names of the columns there are."""
        return list(self._schema().names)

    @property
    def factors(self) -> list[str]:
        """Names of the factors that the transcripts' conditions have."""
        return [
            name.removeprefix(arrow.FACTOR_PREFIX) for name in arrow.factor_columns(self._schema())
        ]

    def query(self) -> Query:
        """Ask for all transcripts of the newest version; the rest chains from here."""
        return Query(self._snapshot())

    def at(self, version: int | str) -> Query:
        """Ask for all transcripts of one version, by its number or tag, whatever came later.

        Raises
        ------
        UsageError
            If there is no such version or tag, or it was cleaned up.
        """
        newest = self._snapshot()
        if newest.dataset is None:
            raise UsageError(f"There is no version {version}; nothing has been written yet.")
        number = care.version_of(self._transcripts, version)
        if number == newest.version:
            return Query(newest)
        return Query(Snapshot(newest.dataset.checkout_version(number)))

    def where(self, where: Where | None) -> Query:
        """Ask for the transcripts that match a filter; see `Query.where`."""
        return self.query().where(where)

    def search(self, words: str, within: Within = "all") -> Query:
        """Ask for the transcripts with all words and phrases; see `Query.search`."""
        return self.query().search(words, within)

    def regex(self, pattern: str, within: Within = "all", ignore_case: bool = False) -> Query:
        """Ask for the transcripts in which a regular expression is found; see `Query.regex`."""
        return self.query().regex(pattern, within, ignore_case)

    def literal(self, text: str, within: Within = "all", ignore_case: bool = False) -> Query:
        """Ask for the transcripts in which a text stands; see `Query.literal`."""
        return self.query().literal(text, within, ignore_case)

    def sample(self, n: int, seed: int | None = None) -> Query:
        """Draw transcripts at random; see `Query.sample`."""
        return self.query().sample(n, seed)

    def in_order(self, seed: int | None = None) -> Ordered:
        """Put all transcripts into the draw order of a seed; see `Query.in_order`."""
        return self.query().in_order(seed)

    def grep(
        self,
        patterns: Mapping[str, str | Pattern],
        within: Within = "all",
        where: Where | None = None,
    ) -> pa.Table:
        """Count the places of several patterns in every transcript; see `Query.grep`."""
        return self.where(where).grep(patterns, within)

    def index(self, progress: Callable[[IndexStep], None] | None = None) -> IndexState:
        """Bring the indexes up to the transcripts there are: of words, ids, factors, models, tasks.

        Parameters
        ----------
        progress
            Called as the work goes on, from another thread.

        Raises
        ------
        AllegianceError
            If another writer does not finish in time or the disk is full; the indexes are then as
            they were.
        """
        if self._transcripts.latest() is None:
            return text_index.state(None)
        with self._transcripts.tending() as tended:
            text_index.build(tended.dataset, progress)
        return self.index_state()

    def index_state(self) -> IndexState:
        """Say how many transcripts the indexes cover."""
        return text_index.state(self._snapshot().dataset)

    def count(self, where: Where | None = None) -> int:
        """Count the transcripts that match."""
        return self.where(where).count()

    def table(self, columns: Sequence[str] | None = None, where: Where | None = None) -> pa.Table:
        """Read the transcripts that match as one table, in no particular order.

        Parameters
        ----------
        columns
            Column names, or factor names; all by default.
        where
            A filter; see `Query.where`.

        Raises
        ------
        UsageError
            If a column does not exist.
        """
        return self.where(where).table(columns)

    def batches(
        self,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
        batch_size: int = 512,
    ) -> Iterator[pa.RecordBatch]:
        """Read the transcripts that match, some at a time; otherwise as `table`."""
        return self.where(where).batches(columns, batch_size)

    def get(self, transcript_id: str) -> Transcript:
        """Read one transcript.

        Raises
        ------
        AllegianceError
            If the corpus has none with this id.
        """
        found = self.table(where={"transcript_id": transcript_id}).to_pylist()
        if not found:
            raise AllegianceError(
                f"The corpus in {self.location} has no transcript {transcript_id}."
            )
        return arrow.transcript_of(found[0])

    def ids(self, where: Where | None = None) -> list[str]:
        """Read the ids of the transcripts that match, sorted."""
        return self.where(where).ids()

    def digest(self, where: Where | None = None) -> str:
        """Frame digest of the transcripts that match; see `identity.frame_digest`."""
        return self.where(where).digest()

    def summary(self) -> dict[str, dict[str, int]]:
        """Count transcripts by ``source_format``, ``model`` and ``task``, most frequent first."""
        names = ["source_format", "model", "task"]
        tallies: dict[str, Counter[str]] = {name: Counter() for name in names}
        for batch in self.batches(names, batch_size=8192):
            for name in names:
                for entry in batch[name].value_counts().to_pylist():
                    tallies[name][entry["values"] or "unknown"] += entry["counts"]
        return {name: dict(tally.most_common()) for name, tally in tallies.items()}

    def put_verdicts(self, rows: Iterable[Verdict]) -> int:
        """Store verdicts in one commit; see `allegiance.corpus.verdicts.VerdictTable.put`."""
        return self._verdicts.put(rows)

    def put_verdict_columns(self, verdicts: pa.Table) -> int:
        """Store verdicts in one commit; see `allegiance.corpus.verdicts.VerdictTable.put_columns`."""
        return self._verdicts.put_columns(verdicts)

    def verdicts(
        self,
        category: str | None = None,
        scanner_digest: str | None = None,
        ids: Collection[str] | None = None,
    ) -> pa.Table:
        """Read verdicts; see `allegiance.corpus.verdicts.VerdictTable.table`."""
        return self._verdicts.table(category, scanner_digest, ids)

    def verdict_columns(self, query: Query | None = None) -> VerdictColumns:
        """Give the newest verdicts as columns, by the position of the transcript in a query's version.

        They are read once and kept, until verdicts or transcripts change. `query` is of the newest
        version by default.
        """
        return self._verdicts.columns(self._snapshot() if query is None else query.snapshot)

    @property
    def verdict_version(self) -> int:
        """The newest version of the verdict table; 0 where nothing was scanned."""
        dataset = self._verdicts.latest()
        return 0 if dataset is None else dataset.version

    def info(self) -> "CorpusInfo":
        """Say what the corpus holds and what it costs; see `allegiance.corpus.info`."""
        from allegiance.corpus.info import info

        return info(self._transcripts, self._verdicts.dataset, str(self.location))

    def versions(self) -> "list[Version]":
        """List the versions of the transcripts, oldest first."""
        return care.versions(self._transcripts)

    def tags(self) -> dict[str, int]:
        """Give the names that versions are pinned by, and their versions."""
        return care.tags(self._transcripts)

    def tag(self, name: str, version: int | None = None) -> int:
        """Pin a version, the newest by default; see `allegiance.corpus.care.tag`."""
        return care.tag(self._transcripts, name, version)

    def untag(self, name: str) -> None:
        """Remove a tag; see `allegiance.corpus.care.untag`."""
        care.untag(self._transcripts, name)

    def compact(self, older_than: timedelta = care.OLDER_THAN) -> "dict[str, Compacted | None]":
        """Compact transcripts and verdicts; see `allegiance.corpus.care.compact`."""
        return {
            "transcripts": care.compact(self._transcripts, older_than),
            "verdicts": care.compact(self._verdicts.dataset, older_than),
        }

    def verify(
        self, progress: Callable[[int, int], None] | None = None, processes: int | None = None
    ) -> "Verification":
        """Verify the newest version; see `allegiance.corpus.verify`."""
        from allegiance.corpus.verify import verify

        return verify(self._transcripts, self._verdicts.dataset, progress, processes)

    def _schema(self) -> pa.Schema:
        return self._snapshot().schema

    def _snapshot(self) -> Snapshot:
        """The newest version; opened anew, with what is cached of its indexes, only if it is another."""
        kept = self._newest
        if kept is not None and kept.dataset is not None:
            try:
                newest = kept.dataset.latest_version
                if newest == kept.version:
                    return kept
                self._newest = Snapshot(kept.dataset.checkout_version(newest))
                return self._newest
            except (OSError, ValueError):
                pass  # moved or made anew: look again
        self._newest = Snapshot(self._transcripts.latest())
        return self._newest
