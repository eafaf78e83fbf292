"""Who may come in: people with a name, a role and a token of which only a digest is kept.

On a machine of one's own there is one person, who may do everything, and a token made when the server
starts. For a team, people are entered beforehand (`allegiance access add`) into a file of the workspace.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, cast, get_args

import filelock

from allegiance.audit.labels import check_rater
from allegiance.errors import AllegianceError, UsageError

Role = Literal["reader", "rater", "admin"]
"""A reader reads; a rater labels as well; an admin draws, adjudicates and claims as well."""

FILE = "access.json"
_FORMAT = 1
_RANK = {role: rank for rank, role in enumerate(get_args(Role))}
_LONGEST_TOKEN = 200


@dataclass(frozen=True)
class Person:
    """Somebody who came in.

    Attributes
    ----------
    name
        The name that openings and labels are kept under.
    role
        What they may do.
    account
        What a rater's name is bound to; see `allegiance.audit.bind_rater`.
    key
        Digest of the token; forms are tied to it.
    """

    name: str
    role: Role
    account: str
    key: str

    def may(self, role: Role) -> bool:
        """Whether this person may do what a role may."""
        return _RANK[self.role] >= _RANK[role]

    @property
    def form_key(self) -> str:
        """What forms carry, so that no other site can send them in this person's name."""
        return hmac.new(self.key.encode(), b"allegiance form", "sha256").hexdigest()


class Access(Protocol):
    """Tells people by their tokens."""

    def person(self, token: str) -> Person | None:
        """Give whose token it is; None for nobody's."""
        ...


class Alone:
    """One person, on a machine of their own.

    Parameters
    ----------
    name, account
        The person.
    token
        The token; made anew by default.
    """

    def __init__(self, name: str, account: str, token: str | None = None) -> None:
        self.token = token or new_token()
        self._person = Person(name, "admin", account, digest(self.token))

    def person(self, token: str) -> Person | None:
        """Give the person, if it is their token."""
        return self._person if hmac.compare_digest(digest(token), self._person.key) else None


class Team:
    """The people in the access file of a workspace; who is taken out of it is out at once."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._seen: tuple[int, int] | None = None
        self._people: dict[str, Person] = {}
        if not self._read():
            raise UsageError(
                f"--auth: nobody is entered in {self._file} yet; enter people with `allegiance access add ann "
                "--role admin`."
            )

    def person(self, token: str) -> Person | None:
        """Give whose token it is; None for nobody's."""
        return self._read().get(digest(token))

    def _read(self) -> dict[str, Person]:
        try:
            state = self._file.stat()
        except OSError:
            return {}
        seen = (state.st_mtime_ns, state.st_ino)
        if seen != self._seen:
            entries = read_people(self._file)
            self._people = {
                entry["key"]: Person(name, entry["role"], f"web:{name}", entry["key"])
                for name, entry in entries.items()
            }
            self._seen = seen
        return self._people


def digest(token: str) -> str:
    """Digest a token; tokens are long and random, so that a plain digest can't be guessed back."""
    return hashlib.sha256(b"allegiance token\n" + token[:_LONGEST_TOKEN].encode()).hexdigest()


def new_token() -> str:
    """Make a token of 256 random bits."""
    return secrets.token_urlsafe(32)


def read_people(file: Path) -> dict[str, dict[str, Any]]:
    """Read an access file: name to role, digest of the token, and time of entry; empty where there is none.

    Raises
    ------
    AllegianceError
        If it can't be read.
    """
    if not file.exists():
        return {}
    try:
        told = cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8")))
        people = cast(dict[str, dict[str, Any]], told["people"])
        whole = told["format"] == _FORMAT and all(
            entry["role"] in _RANK and isinstance(entry["key"], str) for entry in people.values()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(file) from error
    if not whole:
        raise _unreadable(file)
    return people


def enter(folder: Path, name: str, role: Role, *, anew: bool = False) -> str:
    """Enter somebody, and give their token; it is kept nowhere.

    Parameters
    ----------
    anew
        Give somebody who is entered already a new token (and role): the old one is void.

    Raises
    ------
    UsageError
        If the name can't be one, there is no such role, or the name is taken (or, `anew`, is not there).
    """
    check_rater(name)
    if role not in _RANK:
        raise UsageError(f"--role {role}: there are {', '.join(_RANK)}.")
    token = new_token()
    file = folder / FILE
    with filelock.FileLock(folder / f".{FILE}.lock"):
        people = read_people(file)
        if anew != (name in people):
            raise UsageError(
                f"{name} is not entered in {file}; enter people with `allegiance access add {name}`."
                if anew
                else f"{name} is entered in {file} already; `allegiance access renew {name}` gives a new token."
            )
        at = datetime.now(UTC).isoformat(timespec="seconds")
        people[name] = {"role": role, "key": digest(token), "at": at}
        _write(file, people)
    return token


def remove(folder: Path, name: str) -> None:
    """Take somebody out; their token is void from now on, and their labels stay.

    Raises
    ------
    UsageError
        If there is nobody of that name.
    """
    file = folder / FILE
    with filelock.FileLock(folder / f".{FILE}.lock"):
        people = read_people(file)
        if people.pop(name, None) is None:
            raise UsageError(f"{name} is not entered in {file}.")
        _write(file, people)


def _write(file: Path, people: Mapping[str, Mapping[str, Any]]) -> None:
    draft = file.with_name(f".{file.name}.new")
    text = json.dumps({"format": _FORMAT, "people": people}, indent=2, ensure_ascii=False)
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as out:
        out.write(text + "\n")
    draft.replace(file)


def _unreadable(file: Path) -> AllegianceError:
    return AllegianceError(
        f"{file} can't be read: restore it from a copy, or delete it and enter people anew with "
        "`allegiance access add`."
    )
