"""The folders in runs/: what a training run or a chain left there, read with care: anybody may have put it there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

import msgspec

from allegiance.corpus import Workspace

T = TypeVar("T")

FORMAT = 1
_LARGEST = 64 * 2**20
"""Bytes of a file that is read whole."""
_MOST = 500
"""Folders that are looked into; the newest ones."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A whole number that every part of a page can count with."""
State = Literal["running", "complete", "interrupted", "failed", "halted"]


class Checkpoint(msgspec.Struct, frozen=True):
    """Weights that a run kept, and the model by whose name they are evaluated."""

    folder: str
    model: str
    step: Count = 0
    sha256: str = ""


class RunFile(msgspec.Struct, frozen=True):
    """``run.json``: what was asked, and how far it came."""

    kind: Literal["train", "chain"]
    name: str
    model: str
    state: State
    started: str = ""
    error: str | None = None
    base_sha256: str = ""
    settings: dict[str, Any] = {}
    software: dict[str, Any] = {}
    checkpoints: list[Checkpoint] = []


@dataclass(frozen=True)
class Run:
    """A folder with a run that can be read.

    Attributes
    ----------
    folder
        Its name in runs/, which is the name of its study in the corpus.
    path
        Where it lies.
    told
        What its ``run.json`` says.
    changed
        When something was last written there, in seconds since 1970.
    """

    folder: str
    path: Path
    told: RunFile
    changed: float

    @property
    def models(self) -> tuple[str, ...]:
        """The models by whose names its checkpoints are evaluated, in the order of their steps."""
        return tuple(one.model for one in sorted(self.told.checkpoints, key=lambda one: one.step))

    @property
    def started(self) -> datetime | None:
        """When it began, in UTC; None where that can't be read."""
        try:
            found = datetime.fromisoformat(self.told.started)
        except ValueError:
            return None
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Unread:
    """A folder that holds no run that can be read, and why, in a sentence."""

    folder: str
    why: str


def runs_in(place: Workspace) -> tuple[list[Run], list[Unread]]:
    """Read the folders of runs/, by name.

    Returns
    -------
    list of Run
        Those that can be read.
    list of Unread
        The others, which are never a reason to fail.
    """
    top = place.runs
    if not top.is_dir():
        return [], []
    runs: list[Run] = []
    others: list[Unread] = []
    listed = [one for one in top.iterdir() if not one.name.startswith(".")]
    newest = sorted(listed, key=_changed, reverse=True)
    for folder in sorted(newest[:_MOST]):
        found = _read(top.resolve(), folder)
        if isinstance(found, Run):
            runs.append(found)
        elif found is not None:
            others.append(found)
    if len(listed) > _MOST:
        others.append(Unread("…", f"runs/ holds {len(listed):,} folders; the {_MOST} newest are shown."))  # fmt: skip
    return runs, others


def read_json(folder: Path, name: str, shape: type[T]) -> T | str:
    """Read a JSON file of a run's folder; where that can't be done, give the sentence that says so."""
    file = folder / name
    try:
        if not within(folder, file):
            return f"{name} leads out of its folder, and is not followed."
        if file.stat().st_size > _LARGEST:
            return f"{name} is larger than {_LARGEST // 2**20} MiB, and is not read."
        data = file.read_bytes()
    except FileNotFoundError:
        return f"There is no {name} in it."
    except OSError as error:
        return f"{name} can't be read ({error.strerror or type(error).__name__})."
    return _decoded(data, name, shape)


def within(folder: Path, file: Path) -> bool:
    """Whether a file lies in a folder when links are followed."""
    return file.resolve().is_relative_to(folder.resolve())


def loaded(data: bytes) -> Any:
    """Read JSON as Python writes it, where ``NaN`` and ``Infinity`` may stand for numbers.

    Raises
    ------
    ValueError, RecursionError
        If it is none.
    """
    try:
        return msgspec.json.decode(data)
    except msgspec.MsgspecError:
        return json.loads(data)


def _decoded(data: bytes, name: str, shape: type[T]) -> T | str:
    try:
        found = loaded(data)
    except (ValueError, RecursionError):
        return f"{name} is cut off or is no JSON; the run may still be writing it, or was killed."
    version = cast(dict[str, Any], found).get("format") if isinstance(found, dict) else None
    if type(version) is not int:
        return f"{name} does not say in which format it is; `allegiance` did not write it."
    if version != FORMAT:
        newer = "update Allegiance" if version > FORMAT else "make it anew"
        return f"{name} is of format {version}, and this version reads format {FORMAT}; {newer}."
    try:
        return msgspec.convert(found, shape)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return f"{name} does not hold what it should: {str(error)[:160]}."


def _read(top: Path, folder: Path) -> Run | Unread | None:
    name = folder.name
    try:
        if not folder.is_dir():
            return None
        if not folder.resolve().is_relative_to(top):
            return Unread(name, "It is a link that leads out of runs/, and is not followed.")
    except (OSError, RuntimeError) as error:
        return Unread(name, f"It can't be looked into ({type(error).__name__}).")
    found = read_json(folder, "run.json", RunFile)
    if isinstance(found, str):
        return Unread(name, found)
    newest = max((_changed(one) for one in _files(folder)), default=0.0)
    return Run(name, folder, found, newest)


def _files(folder: Path) -> Sequence[Path]:
    return [folder / name for name in ("run.json", "steps.jsonl", "chain.json")]


def _changed(file: Path) -> float:
    try:
        return file.lstat().st_mtime
    except OSError:
        return 0.0


def state_of_files(run: Run, names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Say in which state files of a run are, so that what was read of them can be kept."""
    found: list[tuple[int, int]] = []
    for name in names:
        try:
            state = (run.path / name).stat()
            found.append((state.st_mtime_ns, state.st_size))
        except OSError:
            found.append((0, 0))
    return tuple(found)


def setting(told: Mapping[str, Any], name: str) -> str:
    """Give a setting as text, whatever it is; empty where it is not there."""
    value = told.get(name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)[:400]
