"""What one server holds: a workspace, its corpus and ledger, and what was computed from them and still counts."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from allegiance.audit import Ledger, Record, Route, opened
from allegiance.corpus import Corpus, Workspace
from allegiance.errors import AllegianceError
from allegiance.web.access import Access, Person

if TYPE_CHECKING:
    from allegiance.scanners import Codebook
    from allegiance.study import Study

T = TypeVar("T")

_KEPT = 128
_PATIENCE = 8.0
"""Seconds to wait for another process that writes the ledger: somebody waits for the page."""


class Site:
    """One workspace, as a server shows it; any number of threads may use it.

    Parameters
    ----------
    workspace
        A folder with a corpus.
    access
        Who may come in.
    secure
        Whether the page is served over TLS.

    Raises
    ------
    AllegianceError
        If there is no corpus, or the ledger can't be opened.
    """

    def __init__(self, workspace: Workspace, access: Access, *, secure: bool = False) -> None:
        self.workspace = workspace
        self.access = access
        self.secure = secure
        self.name = workspace.directory.resolve().name
        self.corpus: Corpus = workspace.corpus(create=False)
        self.ledger = Ledger.open(workspace.ledger_file, patience=_PATIENCE)
        self._record = Record((), self.ledger.id)
        self._reading = threading.RLock()
        self._caching = threading.Lock()
        self._opening = threading.Lock()
        self._cache: OrderedDict[Hashable, Any] = OrderedDict()
        self._always: set[Hashable] = set()
        self._making: dict[Hashable, threading.Lock] = {}
        self._opened: dict[Hashable, None] = {}

    @contextmanager
    def record(self) -> Generator[Record]:
        """Give the ledger as it stands now, to this thread alone; be short, others wait."""
        with self._reading:
            self._record.follow(self.ledger)
            yield self._record

    def kept(self, key: Hashable, make: Callable[[], T], *, always: bool = False) -> T:
        """Give what was made under a key before, or make it; of several who want it one makes it.

        Of what is not kept `always` the longest unused goes when there is much of it.
        """
        with self._caching:
            if key in self._cache:
                self._cache.move_to_end(key)
                return cast(T, self._cache[key])
            lock = self._making.setdefault(key, threading.Lock())
        with lock:
            with self._caching:
                if key in self._cache:
                    return cast(T, self._cache[key])
            try:
                made = make()
            finally:
                with self._caching:
                    self._making.pop(key, None)
            with self._caching:
                self._cache[key] = made
                if always:
                    self._always.add(key)
                spare = [one for one in self._cache if one not in self._always]
                for old in spare[: max(len(spare) - _KEPT, 0)]:
                    del self._cache[old]
            return made

    def open(
        self,
        person: Person,
        route: Route,
        transcripts: list[str],
        places: list[int | None],
        *,
        blind: bool = False,
    ) -> None:
        """Put on record that transcripts come before a reader, with all that is known of them unless `blind`.

        A page that is loaded again by the same person, by the same route, is no other opening.
        """
        told = (person.name, route, tuple(transcripts), tuple(places), blind)
        if told in self._opened:
            return
        with self._opening:  # of two tabs at once one is the first
            if told not in self._opened:
                opened(self.ledger, route, transcripts, places, actor=person.name, blind=blind)
                self._opened[told] = None

    @property
    def verdicts_version(self) -> int:
        """The version of the verdict table; it tells whether what was computed from it still counts."""
        return self.corpus.verdict_version

    @property
    def book(self) -> "Codebook":
        """The workspace's codebook."""
        from allegiance.scanners.codebook import FILE, codebook_with

        file = self.workspace.directory / FILE
        state = file.stat().st_mtime_ns if file.exists() else 0
        return self.kept(("book", state), lambda: codebook_with(file), always=True)

    @property
    def study(self) -> "Study | None":
        """The declared study; None where there is none, or its file can't be read."""
        from allegiance.study import Study

        file = self.workspace.study_file
        if not file.exists():
            return None

        def read() -> "Study | None":
            try:
                return Study.load(file)
            except AllegianceError:
                return None

        return self.kept(("study", file.stat().st_mtime_ns), read)

    @cached_property
    def software(self) -> str:
        """The version of the program."""
        from allegiance import __version__

        return __version__
