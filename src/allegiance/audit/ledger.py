"""The ledger: an append-only record of what was imported, drawn, opened, labelled and claimed.

It is one SQLite file. An event that `append` has returned is on disk, and stays whatever becomes of
the process; each commits to the one before (`allegiance.audit.chain`).
"""

import json
import os
import uuid
import weakref
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TextIO, cast

import filelock
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    RowMapping,
    Table,
    Text,
    select,
)
from sqlalchemy.exc import OperationalError

from allegiance import __version__
from allegiance.audit import sqlite
from allegiance.audit.chain import (
    ChainCheck,
    Event,
    Head,
    canonical,
    check,
    following,
    genesis,
    plain,
)
from allegiance.audit.export import SCHEMA, write_export
from allegiance.errors import AllegianceError

PATIENCE = 30.0
"""Seconds to wait for another process that writes."""

_BLOCK = 500  # events read at a time
_BEFORE_ALL = -(2**63)  # as a number: an event that someone put below 1 is found too

_metadata = MetaData()
_ledger = Table(
    "ledger",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("schema", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("created_by", Text, nullable=False),
)
_events = Table(
    "events",
    _metadata,
    Column(
        "seq",
        BigInteger().with_variant(Integer(), "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("events_of_subject", "kind", "subject"),
)


class Ledger:
    """A ledger that exists; any number of threads and processes may write to it at once.

    It may be held over a fork, but not while a transaction of this process is under way.

    Attributes
    ----------
    path
        Its file.
    id
        Its name in the world: 32 hex digits, random.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self.path = path
        self._patience = patience
        self._engine = sqlite.engine_of(path, patience)
        weakref.finalize(self, self._engine.dispose)
        self.id = self._identify()

    @classmethod
    def open(cls, path: str | Path, create: bool = True, patience: float = PATIENCE) -> Self:
        """Open a ledger.

        Parameters
        ----------
        path
            Its file, `ledger.db` in a workspace.
        create
            Whether to begin a new one where there is none.
        patience
            Seconds to wait for another process that writes.

        Raises
        ------
        AllegianceError
            If there is none and `create` is false, if it can't be made, or if the file is no
            ledger, is damaged, or was written by a version with another layout.
        """
        path = Path(path)
        if not create and not os.path.lexists(path):
            raise AllegianceError(
                f"There is no ledger at {path} yet; it begins with the first draw, label or claim."
            )
        if create:
            _make(path, patience)
        return cls(path, patience)

    def append(self, kind: str, subject: str, body: Mapping[str, Any], actor: str = "") -> Event:
        """Write an event; once it is returned, it is on disk.

        Parameters
        ----------
        kind
            One of `allegiance.audit.chain.KINDS`.
        subject
            What it happened to: a transcript's id, a draw's name.
        body
            What else there is to say, as JSON can carry it.
        actor
            By whom.

        Raises
        ------
        ValueError
            If there is no such kind, or JSON can't carry the body.
        AllegianceError
            If it can't be written.
        """
        with self.writing() as page:
            return page.append(kind, subject, body, actor)

    @contextmanager
    def writing(self) -> Generator["Page"]:
        """Be the only writer, to look and then append: all of it is written, or nothing on an error.

        Raises
        ------
        AllegianceError
            If another process writes for longer than the ledger's patience, or it can't be written.
        """
        with self._reaching() as connection, connection.execution_options(**sqlite.WRITING).begin():
            yield Page(connection, self)

    def head(self) -> Head:
        """Say which event is the newest; number 0 and the genesis where there is none."""
        with self._reaching() as connection, connection.begin():
            return _head(connection, self.id)

    def events(
        self,
        kinds: Collection[str] | None = None,
        subject: str | None = None,
        after: int = 0,
        until: int | None = None,
    ) -> Iterator[Event]:
        """Read events in their order, as there were when the reading began.

        No transaction is open between two events, so a slow reader is in nobody's way.

        Parameters
        ----------
        kinds, subject
            Only those of these kinds, and on this subject.
        after, until
            Only those with a greater number, and with this number at most.

        Raises
        ------
        AllegianceError
            If the ledger can't be read, or an event of it can't.
        """
        for row in self._rows(_chosen(kinds, subject), after, until):
            yield _read(row, self.path)

    def last(
        self, limit: int, kinds: Collection[str] | None = None, subject: str | None = None
    ) -> list[Event]:
        """Read the newest events, the newest last.

        Raises
        ------
        AllegianceError
            If the ledger can't be read, or an event of it can't.
        """
        chosen = _chosen(kinds, subject)
        query = select(_events).where(*chosen).order_by(_events.c.seq.desc()).limit(limit)
        with self._reaching() as connection, connection.begin():
            rows = connection.execute(query).mappings().all()
        return [_read(row, self.path) for row in reversed(rows)]

    def verify(self, known: Head | None = None) -> ChainCheck:
        """Check the file and every event of the chain.

        Parameters
        ----------
        known
            A head noted earlier, without which it is not seen that newest events were cut off.

        Raises
        ------
        AllegianceError
            If the file is too damaged to be read.
        """
        with self._reaching() as connection:
            damage = sqlite.damage(connection)
        found = check(map(_as_found, self._rows([], _BEFORE_ALL, None)), self.id, known)
        return ChainCheck(found.events, found.head, (*damage, *found.problems))

    def export(self, file: TextIO) -> int:
        """Write the ledger as JSON lines: one that says what it is, then one an event.

        Returns
        -------
        int
            How many events were written.

        Raises
        ------
        AllegianceError
            If an event can't be read.
        """
        return write_export(self.id, self.head(), self.events, file)

    def close(self) -> None:
        """Close what is open; the ledger may still be used, and opens it again."""
        self._engine.dispose()

    @contextmanager
    def _reaching(self) -> Generator[Connection]:
        with sqlite.explained(self.path, self._patience), self._engine.connect() as connection:
            yield connection

    def _rows(
        self, chosen: list[ColumnElement[bool]], after: int, until: int | None
    ) -> Iterator[RowMapping]:
        """Read rows a block at a time, up to the newest there was at the first."""
        newest = self.head().seq
        until = newest if until is None else min(until, newest)
        seq = _events.c.seq
        while True:
            block = select(_events).where(seq > after, seq <= until, *chosen)
            with self._reaching() as connection, connection.begin():
                rows = connection.execute(block.order_by(seq).limit(_BLOCK)).mappings().all()
            yield from rows
            if len(rows) < _BLOCK:
                return
            after = rows[-1]["seq"]

    def _identify(self) -> str:
        """Read whose database it is."""
        foreign = (
            f"{self.path} is a database of another program, and no ledger; take another file, or "
            "move it away."
        )
        if _is_empty(self.path):
            raise AllegianceError(
                f"{self.path} is empty, and a ledger never is: its content was lost; restore it "
                "from a copy, or move it away to begin a new ledger."
            )
        try:
            with self._reaching() as connection, connection.begin():
                rows = connection.execute(select(_ledger)).all()
        except OperationalError as error:  # no such table, no such column
            raise AllegianceError(foreign) from error
        if len(rows) != 1:
            raise AllegianceError(foreign)
        row = rows[0]
        if row.schema != SCHEMA:
            raise AllegianceError(
                f"{self.path} was written in ledger schema {row.schema} by allegiance "
                f"{row.created_by}; this is allegiance {__version__}, which reads schema {SCHEMA}: "
                "use the other version, or move the ledger away."
            )
        return cast(str, row.id)


class Page:
    """A ledger while one writer has it to itself."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._path = ledger.path
        self._head = _head(connection, ledger.id)

    @property
    def head(self) -> Head:
        """The newest event, with those of this page."""
        return self._head

    def last(self, kinds: Collection[str], subject: str) -> Event | None:
        """Find the newest event of these kinds on a subject.

        Raises
        ------
        AllegianceError
            If the event can't be read.
        """
        query = select(_events).where(*_chosen(kinds, subject))
        row = (
            self._connection.execute(query.order_by(_events.c.seq.desc()).limit(1))
            .mappings()
            .first()
        )
        return None if row is None else _read(row, self._path)

    def events(self, kinds: Collection[str], subject: str) -> list[Event]:
        """Give the events of these kinds on a subject, in their order.

        Raises
        ------
        AllegianceError
            If an event can't be read.
        """
        query = select(_events).where(*_chosen(kinds, subject)).order_by(_events.c.seq)
        rows = self._connection.execute(query).mappings().all()
        return [_read(row, self._path) for row in rows]

    def append(self, kind: str, subject: str, body: Mapping[str, Any], actor: str = "") -> Event:
        """Write an event, which is there for others once the page is left.

        Raises
        ------
        ValueError
            If there is no such kind, or JSON can't carry the body.
        """
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        event = following(self._head, at=at, kind=kind, subject=subject, actor=actor, body=body)
        self._connection.execute(
            _events.insert(), event.to_dict() | {"body": canonical(event.body)}
        )
        self._head = Head(event.seq, event.digest)
        return event


def _make(path: Path, patience: float) -> None:
    """Make a new ledger, whole from the moment that its file is there.

    Of processes that want the same one at once, one makes it; the file that it is made as is
    another's to replace, should this process be killed.
    """
    draft = path.with_name(f"{path.name}.new")
    try:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=patience):
            if path.exists():
                return
            sqlite.remove(draft)
            row: dict[str, object] = {
                "id": uuid.uuid4().hex,
                "schema": SCHEMA,
                "created_at": datetime.now(UTC).isoformat(timespec="microseconds"),
                "created_by": __version__,
            }
            try:
                with sqlite.explained(path, patience):
                    sqlite.make(draft, _metadata, {"ledger": row})
                draft.replace(path)
                _sync(path.parent)
            finally:
                sqlite.remove(draft)
    except filelock.Timeout as error:
        raise AllegianceError(
            f"{path} is being made by another process for more than {patience:g} seconds; try again."
        ) from error
    except OSError as error:
        raise AllegianceError(
            f"The ledger {path} can't be made ({error.strerror}); choose a folder that is yours to "
            "write, on a disk with room."
        ) from error


def _is_empty(path: Path) -> bool:
    """Say whether a file is there and empty; of one that can't be looked at, opening it tells more."""
    try:
        return path.is_file() and path.stat().st_size == 0
    except OSError:
        return False


def _sync(folder: Path) -> None:
    """Put the names in a folder on disk, where the system can."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _head(connection: Connection, ledger_id: str) -> Head:
    newest = select(_events.c.seq, _events.c.digest).order_by(_events.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return Head(0, genesis(ledger_id)) if row is None else Head(row.seq, row.digest)


def _chosen(kinds: Collection[str] | None, subject: str | None) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if kinds is not None:
        chosen.append(_events.c.kind.in_(list(kinds)))
    if subject is not None:
        chosen.append(_events.c.subject == plain(subject))
    return chosen


def _event(row: RowMapping) -> Event:
    return Event.from_dict({**row, "body": json.loads(row["body"])})


def _read(row: RowMapping, path: Path) -> Event:
    try:
        return _event(row)
    except (ValueError, TypeError, RecursionError) as error:
        raise AllegianceError(
            f"Event {row['seq']} of {path} can't be read: it was changed; `allegiance ledger "
            "verify` tells what else is wrong."
        ) from error


def _as_found(row: RowMapping) -> Event:
    """Make an event of a row whatever it holds; of a body that was never written so, one that fails."""
    try:
        event = _event(row)
        if canonical(event.body) == row["body"]:
            return event
    except (ValueError, TypeError, RecursionError):
        pass
    fields: dict[str, Any] = {name: str(value) for name, value in row.items()}
    fields["body"] = {"unreadable": fields["body"]}
    fields["seq"] = row["seq"]
    return Event(**fields)
