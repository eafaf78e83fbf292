# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""One Lance dataset with one writer at a time, whose changes become visible all at once.

Rows are written to fragments as they come and nobody sees them; one commit makes them, and what
they replace, the next version. A writer that is killed, or finds the disk full, leaves the version
before.
"""

import errno
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from allegiance.corpus.arrow import aligned
from allegiance.corpus.location import Location, first_line
from allegiance.corpus.locking import Lock, held
from allegiance.corpus.traces import Traces, traces
from allegiance.errors import AllegianceError

if TYPE_CHECKING:
    import lance
    from lance.fragment import FragmentMetadata

# Lance itself is imported where it is used: who only reads other people's files need not wait for it.

FRAGMENT_ROWS = 100_000
"""Rows in one file. A row is read alone in a time that grows with those beside it (a column that is
empty in all of them is unpacked as one piece), and files are what a cluster searches side by side."""

FRAGMENT_BYTES = 256_000_000
"""Bytes of one file as it is first written: a column waits in memory until it fills a page or the file
ends, so that larger files take more memory. Merged files may be larger."""

_STORAGE = "2.1"
"""The newest file format that finds one row quickly: 2.2 unfolds a constant column for each."""

_LOOKED_AFTER = 0.1
"""Seconds after which a writer that does not take rows is looked after."""

_NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_NO_ROOM_TEXT = ("No space left", "File too large", "quota exceeded")


class Dataset:
    """A Lance dataset at a place; it comes into being with its first write.

    Parameters
    ----------
    location
        The dataset's folder or prefix.
    schema
        The columns it begins with.
    key
        The column by which rows are replaced.
    patience
        Seconds a second writer waits for the first.
    define
        Defines the indexes that a dataset has from its first write on, where they are missing.
    """

    def __init__(
        self,
        location: Location,
        schema: pa.Schema,
        *,
        key: str,
        patience: float,
        define: "Callable[[lance.LanceDataset], None] | None" = None,
    ) -> None:
        self.location = location
        self.schema = schema
        self.key = key
        self._patience = patience
        self._defining = define

    def latest(self) -> "lance.LanceDataset | None":
        """Open the newest version; None where nothing has been written yet."""
        if not (self.location / "_versions").holds(".manifest"):
            return None
        import lance

        try:
            return lance.dataset(self.location.uri)
        except (OSError, ValueError, RuntimeError) as error:
            raise AllegianceError(_not_opened(self.location, error)) from error

    @contextmanager
    def reading(self) -> Generator[None]:
        """Turn what the store says of unreadable files, or of a lost connection, into a sentence."""
        try:
            yield
        except (OSError, RuntimeError, ValueError, pa.ArrowException) as error:
            raise AllegianceError(_not_read(self.location, error)) from error

    @contextmanager
    def writing(self) -> Generator["Transaction"]:
        """Hold the writer's lock for one transaction, which is dropped unless it is committed.

        Raises
        ------
        AllegianceError
            If another writer holds the lock for longer than `patience`, or the disk is full.
        """
        with self._locked() as (lock, left):
            with explained(self.location):
                transaction = Transaction(self._begun(), self.location, self.key, lock, left)
                left.clear(transaction.dataset)
            try:
                yield transaction
            finally:
                transaction.close()
                left.end()

    @contextmanager
    def tending(self) -> "Generator[Tended]":
        """Hold the writer's lock for work that changes no row: compaction, indexes.

        Each step of such work is a version of its own. Where one fails or is killed, what it left
        is removed by the next writer.

        Raises
        ------
        AllegianceError
            If there is no dataset yet, another writer holds the lock for longer than `patience`, or
            the disk is full.
        """
        with self._locked() as (lock, left), explained(self.location, _STEPS):
            dataset = self.latest()
            if dataset is None:
                raise AllegianceError(f"Nothing has been written to {self.location} yet.")
            left.clear(dataset)
            yield Tended(dataset, lock)
            left.seal(dataset.version)
            left.end()

    @contextmanager
    def _locked(self) -> Generator[tuple[Lock, Traces]]:
        with ExitStack() as stack:
            with explained(self.location):
                file = self.location.beside(".lock")
                lock = stack.enter_context(held(file, self.location, self._patience))
                left = traces(self.location)
            yield lock, left

    def _begun(self) -> "lance.LanceDataset":
        """Open the dataset to write to: a new one, or one with all columns that a new one has."""
        import lance

        found = self.latest()
        if found is not None:
            missing = [field for field in self.schema if field.name not in found.schema.names]
            if missing:
                found.add_columns(pa.schema(missing))
            self._define(found)
            return found
        begun = lance.write_dataset(
            self.schema.empty_table(),
            self.location.uri,
            schema=self.schema,
            mode="create",
            data_storage_version=_STORAGE,
        )
        self._define(begun)
        return begun

    def _define(self, dataset: "lance.LanceDataset") -> None:
        if self._defining is not None:
            self._defining(dataset)


class Tended(NamedTuple):
    """A dataset that is tended, and the lock on it, to be checked before each step."""

    dataset: "lance.LanceDataset"
    lock: Lock


class Transaction:
    """Rows to come and rows to go, until `commit` makes them one new version."""

    def __init__(
        self,
        dataset: "lance.LanceDataset",
        location: Location,
        key: str,
        lock: Lock,
        left: Traces,
    ) -> None:
        self.dataset = dataset
        self.schema: pa.Schema = dataset.schema
        """The columns now (the dataset works them out anew for everyone who asks)."""
        self._location = location
        self._key = key
        self._lock = lock
        self._left = left
        self._writing: _Writing | None = None
        self._fragments: list[FragmentMetadata] = []
        self._tried = False

    def add_string_columns(self, names: Collection[str]) -> None:
        """Add columns that are null in every row there is."""
        missing = sorted(set(names) - set(self.schema.names))
        if missing:
            self._finish()
            with explained(self._location):
                self.dataset.add_columns(pa.schema([(name, pa.string()) for name in missing]))
            self.schema = self.dataset.schema

    def append(self, rows: pa.RecordBatch) -> None:
        """Write rows, in the background; nobody sees them before the commit.

        Columns that the rows lack are null; those that the dataset lacks have to be added before.
        """
        with explained(self._location):
            if self._writing is None:
                self._writing = _Writing(self.dataset)
            self._writing.put(aligned(rows, self.schema))

    def adopt(self, fragments: "Sequence[FragmentMetadata]") -> None:
        """Take fragments that other processes wrote, after the version that `dataset` is.

        Other files that they wrote, and died, so that another did their work, are removed.
        """
        self._fragments += fragments
        self._left.keep(self._fragments)

    def commit(self, replaced: Collection[str] = ()) -> None:
        """Make the rows visible, and those whose keys are `replaced` invisible, in one step.

        Raises
        ------
        AllegianceError
            If the lock was lost, the disk is full, or another writer was let in all the same.
        """
        self._finish()
        if not self._fragments and not replaced:
            self._tried = True
            self._left.seal(self.dataset.version)
            return
        with explained(self._location):
            operation = self._operation(replaced)
        self._lock.check()
        before = self.dataset.version
        self._commit(operation)
        self._left.seal(self.dataset.version)
        if self.dataset.version != before + 1:
            raise AllegianceError(
                f"Another writer wrote to {self._location} at the same moment, and both are kept; "
                "`allegiance corpus verify` finds what is stored twice."
            )

    def close(self) -> None:
        """Remove what was written and not committed, so that a full disk is not left fuller."""
        if self._tried:
            return
        with suppress(Exception):
            self._finish()
        self._left.drop(self._fragments)

    def _commit(self, operation: Any) -> None:
        import lance

        # In an object store a commit whose answer is lost may have come through: its files stay.
        self._tried = not self._location.is_folder
        with explained(self._location, _UNKNOWN if self._tried else _NOTHING):
            self.dataset = lance.LanceDataset.commit(
                self._location.uri, operation, read_version=self.dataset.version
            )
        self._tried = True

    def _finish(self) -> None:
        """Wait until what was appended so far is written."""
        writing, self._writing = self._writing, None
        if writing is not None:
            with explained(self._location):
                self._fragments += writing.finish()

    def _operation(self, replaced: Collection[str]) -> Any:
        import lance

        if not replaced:
            return lance.LanceOperation.Append(self._fragments)
        quoted = ", ".join("'" + key.replace("'", "''") + "'" for key in sorted(replaced))
        updated: list[FragmentMetadata] = []
        removed: list[int] = []
        for fragment in self.dataset.get_fragments():
            before = fragment.metadata
            after = fragment.delete(f"`{self._key}` IN ({quoted})")
            if after is None:
                removed.append(fragment.fragment_id)
            elif after.deletion_file != before.deletion_file:
                updated.append(after)
        return lance.LanceOperation.Update(
            removed_fragment_ids=removed,
            updated_fragments=updated,
            new_fragments=self._fragments,
        )


def write_rows(
    rows: pa.RecordBatchReader, dataset: "lance.LanceDataset"
) -> "list[FragmentMetadata]":
    """Write rows to files of a dataset that nobody sees until they are committed."""
    from lance.fragment import write_fragments

    return write_fragments(
        rows,
        dataset,
        mode="append",
        max_rows_per_file=FRAGMENT_ROWS,
        max_bytes_per_file=FRAGMENT_BYTES,
    )


class _Writing:
    """One stream of rows into fragments, written by a thread while the next rows are made."""

    def __init__(self, dataset: "lance.LanceDataset") -> None:
        self._dataset = dataset
        self._rows: Queue[pa.RecordBatch | None] = Queue(maxsize=2)
        self._fragments: list[FragmentMetadata] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._write, daemon=True)
        self._thread.start()

    def put(self, rows: pa.RecordBatch) -> None:
        """Hand over rows; raises what went wrong with those before."""
        self._hand_over(rows)
        if self._error is not None:
            raise self._error

    def finish(self) -> "list[FragmentMetadata]":
        """Wait for the end, and give the fragments."""
        self._hand_over(None)
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._fragments

    def _write(self) -> None:
        schema = self._dataset.schema
        stream = pa.RecordBatchReader.from_batches(schema, iter(self._rows.get, None))
        try:
            self._fragments = write_rows(stream, self._dataset)
        except BaseException as error:
            self._error = error

    def _hand_over(self, rows: pa.RecordBatch | None) -> None:
        """Put rows in, or the end, unless nobody takes them any more."""
        while self._thread.is_alive():
            with suppress(Full):
                self._rows.put(rows, timeout=_LOOKED_AFTER)
                return


_NOTHING = "Nothing was written to {place}, and what it held is unchanged"
_STEPS = "{place} keeps what was finished before"
_UNKNOWN = "Whether all or nothing was written to {place} is not known; the same command finds out"


@contextmanager
def explained(location: Location, state: str = _NOTHING) -> Generator[None]:
    """Turn the store's errors into a sentence, which begins with the state that they leave."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, pa.ArrowException) as error:
        text = str(error)
        full = getattr(error, "errno", None) in _NO_ROOM or any(t in text for t in _NO_ROOM_TEXT)
        if full:
            what = "the disk is full; make room and try again"
        elif location.is_folder:
            what = f"{first_line(error)}; mend that and try again"
        else:
            what = f"it {location.problem(error)}"
        raise AllegianceError(f"{state.format(place=location)}: {what}.") from error


def _not_read(location: Location, error: BaseException) -> str:
    if not location.is_folder:
        return f"{location} {location.problem(error)}."
    return (
        f"{location} can't be read ({first_line(error)}); `allegiance corpus verify` tells which "
        "files are damaged."
    )


def _not_opened(location: Location, error: BaseException) -> str:
    if not location.is_folder:
        return f"{location} {location.problem(error)}."
    return (
        f"{location} can't be opened ({first_line(error)}); restore the folder, or import into "
        "another workspace."
    )
