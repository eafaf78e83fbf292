"""The table of planted cases: a file beside the ledger, with the cases and what raters said of them.

It is append-only like the ledger, and no part of it: planted cases are no transcripts of the corpus,
and what is said of them is no label.
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from allegiance.audit.plant_file import Case
from allegiance.corpus import Message
from allegiance.errors import AllegianceError

FILE = "planted.db"
_WAIT = 30.0

_TABLES = """
CREATE TABLE IF NOT EXISTS planting (
    draw TEXT NOT NULL, category TEXT NOT NULL, salt TEXT NOT NULL, PRIMARY KEY (draw, category));
CREATE TABLE IF NOT EXISTS planted (
    draw TEXT NOT NULL, category TEXT NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL,
    value TEXT NOT NULL, messages TEXT NOT NULL, PRIMARY KEY (draw, category, number));
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, draw TEXT NOT NULL, category TEXT NOT NULL,
    number INTEGER NOT NULL, rater TEXT NOT NULL, after INTEGER NOT NULL, content TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Planted:
    """A case at its place: before the transcript at that place of the draw."""

    number: int
    place: int
    case: Case


@dataclass(frozen=True)
class Planting:
    """The cases planted in a draw for a category, with the salt that their commitment is made with."""

    draw: str
    category: str
    salt: str
    cases: tuple[Planted, ...]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a rater said of a planted case: a value, a skip, or that it is taken back.

    Attributes
    ----------
    number, rater
        Of which case, and who.
    value
        The value; ``skip``; empty where the answer before is taken back.
    quotes, note, terms
        As of a label.
    after
        The newest event of the ledger when it was said.
    """

    number: int
    rater: str
    value: str
    quotes: tuple[str, ...] = ()
    note: str = ""
    terms: str = ""
    after: int = 0


class PlantTable:
    """The table of a workspace.

    Parameters
    ----------
    path
        Its file, beside the ledger; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, planting: Planting) -> None:
        """Keep a planting; one of the same draw and category that nothing commits to is replaced."""
        where = (planting.draw, planting.category)
        with self._writing() as db:
            for table in ("planting", "planted", "answers"):
                db.execute(f"DELETE FROM {table} WHERE draw = ? AND category = ?", where)
            db.execute("INSERT INTO planting VALUES (?, ?, ?)", (*where, planting.salt))
            db.executemany(
                "INSERT INTO planted VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (*where, o.number, o.place, o.case.value, _written(o.case))
                    for o in planting.cases
                ],
            )

    def planting(self, draw: str, category: str) -> Planting | None:
        """Find what is planted in a draw for a category.

        Raises
        ------
        AllegianceError
            If the table can't be read.
        """
        if not self.path.exists():
            return None
        where = (draw, category)
        with self._reading() as db:
            salt = db.execute(
                "SELECT salt FROM planting WHERE draw = ? AND category = ?", where
            ).fetchone()
            if salt is None:
                return None
            rows = db.execute(
                "SELECT number, place, value, messages FROM planted WHERE draw = ? AND category = ? "
                "ORDER BY number",
                where,
            ).fetchall()
            cases = tuple(Planted(n, place, _case(value, text)) for n, place, value, text in rows)
        return Planting(draw, category, salt[0], cases)

    def say(self, draw: str, category: str, said: Said) -> None:
        """Keep what a rater says of a case; once this returns, it is on the disk."""
        content = msgspec.json.encode(said).decode()
        with self._writing() as db:
            db.execute(
                "INSERT INTO answers (draw, category, number, rater, after, content) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (draw, category, said.number, said.rater, said.after, content),
            )

    def said(self, draw: str, category: str, rater: str | None = None) -> list[Said]:
        """Give everything that was said of the cases of a draw, in its order, by one rater or by all."""
        if not self.path.exists():
            return []
        with self._reading() as db:
            rows = db.execute(
                "SELECT content FROM answers WHERE draw = ? AND category = ? ORDER BY id",
                (draw, category),
            ).fetchall()
            found = [msgspec.json.decode(row[0], type=Said) for row in rows]
        return [one for one in found if rater is None or one.rater == rater]

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._explained(), closing(self._connected()) as db:
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(_TABLES)
            with db:
                db.execute("BEGIN IMMEDIATE")
                yield db

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        with self._explained(), closing(self._connected()) as db:
            yield db

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise AllegianceError(
                f"{self.path}, which holds planted cases, can't be used ({error}); restore it from a copy."
            ) from error


def _written(case: Case) -> str:
    return msgspec.json.encode(case.messages).decode()


def _case(value: str, messages: str) -> Case:
    return Case(value, msgspec.json.decode(messages, type=tuple[Message, ...]))
