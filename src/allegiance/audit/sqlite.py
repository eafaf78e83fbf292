"""What a ledger in a file needs of SQLite: connections, locking, triggers, and its errors in words."""

import os
import random
import sqlite3
import time
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from allegiance.errors import AllegianceError

WRITING = {"ledger_writing": True}
"""Execution options of a connection that takes the writer's lock where its transaction begins."""

_KEPT = 2  # open connections; opening one costs several times what an append does
_SOON, _LATER = (
    0.003,
    0.02,
)  # seconds between two tries to be the writer, at first and after a second

_TRIGGERS = (
    *(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        for table in ("ledger", "events")
        for verb in ("UPDATE", "DELETE")
    ),
    # INSERT OR REPLACE replaces a row without a DELETE that a trigger would see.
    "CREATE TRIGGER events_in_order BEFORE INSERT ON events "
    "WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM events) "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
)

_RESTORE = "restore it from a copy, or move it away to begin a new ledger"
_PROBLEMS = {
    "SQLITE_NOTADB": f"is no ledger: it is no SQLite database; {_RESTORE}.",
    "SQLITE_CORRUPT": f"is damaged: part of the file is missing or overwritten; {_RESTORE}.",
    "SQLITE_FULL": "can't be written: the disk is full; make room and try again.",
    "SQLITE_READONLY": "can't be written: the file or its folder is read-only; make them writable.",
    "SQLITE_CANTOPEN": (
        "can't be opened; make sure that it is a file, and that it and its folder are yours to write."
    ),
    "SQLITE_PERM": "can't be opened: this user may not; make the file and its folder writable.",
    "SQLITE_IOERR": "can't be read or written: the disk refuses; check it, and that it has room.",
}

_open_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def _close_idle() -> None:
    """Close connections before a fork: locks of SQLite go wrong in a child that inherits an open file."""
    for engine in tuple(_open_engines):
        engine.dispose()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_close_idle)


def engine_of(path: Path, patience: float) -> Engine:
    """Make an engine for a file that exists; nothing is opened yet.

    Parameters
    ----------
    path
        The file.
    patience
        Seconds to wait for another process.
    """
    address = f"{path.absolute().as_uri()}?mode=rw"  # never makes a file where one has vanished

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address, uri=True, timeout=patience, isolation_level=None, check_same_thread=False
        )
        # Of a file that was tampered with, all of it shall be shown, also what is no UTF-8.
        connection.text_factory = _decoded
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def begin(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if connection.get_execution_options().get("ledger_writing"):
            _begin_writing(driver, patience)
        else:
            driver.execute("BEGIN")

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=_KEPT, max_overflow=-1
    )
    event.listen(engine, "begin", begin)
    _open_engines.add(engine)
    return engine


def make(path: Path, metadata: MetaData, rows: dict[str, dict[str, object]]) -> None:
    """Make a new file with tables, triggers and one row a table; the file must not be in use."""
    path.touch()
    engine = engine_of(path, 0)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            for trigger in _TRIGGERS:
                connection.exec_driver_sql(trigger)
            for table, row in rows.items():
                connection.execute(metadata.tables[table].insert(), row)
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.execute("PRAGMA journal_mode=WAL")  # stays with the file
    finally:
        engine.dispose()


def remove(path: Path) -> None:
    """Remove a file that is not in use, as far as it is there, and what SQLite put beside it."""
    for ending in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def damage(connection: Connection) -> list[str]:
    """List what SQLite finds wrong with the file's own order; empty where all is well."""
    found = connection.exec_driver_sql("PRAGMA integrity_check(10)").scalars().all()
    return [] if found == ["ok"] else [f"the file is damaged: {one}" for one in found]


@contextmanager
def explained(path: Path, patience: float) -> Generator[None]:
    """Say errors of SQLite in a sentence.

    Raises
    ------
    AllegianceError
        If the file can't be used: it is none, damaged, locked or read-only, or the disk is full.
    """
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        name = getattr(cause, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise AllegianceError(
                f"{path} has been locked by another program for more than {patience:g} seconds; "
                "wait for it, or end it, and try again."
            ) from error
        for start, sentence in _PROBLEMS.items():
            if name.startswith(start):
                raise AllegianceError(f"{path} {sentence}") from error
        raise


def _begin_writing(connection: sqlite3.Connection, patience: float) -> None:
    """Become the writer.

    SQLite's own waiting sleeps longer and longer, up to 0.1 s, while newcomers slip in; trying
    again after a few random milliseconds is faster and fairer among many.
    """
    start = time.monotonic()
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                waited = time.monotonic() - start
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or waited > patience:
                    raise
            time.sleep(random.uniform(0.0005, _SOON if waited < 1 else _LATER))
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")
