"""The folder of a run: what was asked, how far it is, its steps and its checkpoints; whole at every moment."""

import json
import os
import platform
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from allegiance import __version__
from allegiance.errors import AllegianceError, UsageError
from allegiance.training import ranks

FORMAT = 1
"""Of run.json: the one that this version writes, and the newest that it reads."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SOFTWARE = ("torch", "transformers", "trl", "peft", "inspect-ai")


class RunFolder:
    """One run's folder under ``runs/``.

    Parameters
    ----------
    runs
        The folder of all runs.
    name
        The run's.

    Raises
    ------
    UsageError
        The name is none that a folder can have.
    """

    def __init__(self, runs: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"--name {name}: a run's name has letters, digits, dots, dashes and underscores, and begins with a "
                "letter or digit"
            )
        self.name = name
        self.path = runs / name
        self._record = self.path / "run.json"
        self._steps = self.path / "steps.jsonl"

    @property
    def exists(self) -> bool:
        """Whether anything is there."""
        return self.path.exists()

    def begin(self, kind: str, model: str, base_sha256: str, settings: Mapping[str, Any]) -> None:
        """Make the folder and its record."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._write(
            {
                "format": FORMAT,
                "kind": kind,
                "name": self.name,
                "model": model,
                "base_sha256": base_sha256,
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "state": "running",
                "error": None,
                "settings": dict(settings),
                "software": software(),
                "checkpoints": [],
            }
        )

    def read(self) -> dict[str, Any]:
        """Read the record.

        Raises
        ------
        AllegianceError
            It is missing, cut short, or of a newer version.
        """
        try:
            data: object = json.loads(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise AllegianceError(
                f"{self.path} holds no run: run.json is missing; name another run, or move the folder away"
            ) from None
        except (OSError, ValueError) as error:
            raise AllegianceError(
                f"{self._record} can't be read ({error}); move the folder away and start the run anew"
            ) from None
        if not isinstance(data, dict) or not isinstance(
            cast(dict[str, Any], data).get("settings"), dict
        ):
            raise AllegianceError(f"{self._record} is no record of a run; move the folder away")
        found = cast(dict[str, Any], data)
        if not isinstance(found.get("format"), int) or found["format"] > FORMAT:
            raise AllegianceError(
                f"{self._record} was written in format {found.get('format')!r} and this version reads up to "
                f"{FORMAT}; update Allegiance"
            )
        return found

    def update(self, **changed: Any) -> None:
        """Change fields of the record."""
        if not ranks.first():
            return
        self._write(self.read() | changed)

    def add_checkpoint(self, step: int, sha256: str, model: str) -> None:
        """Put a checkpoint on the record; one of the same step takes its place."""
        listed = [one for one in self.read()["checkpoints"] if one["step"] != step]
        entry = {"step": step, "folder": f"step-{step}", "sha256": sha256, "model": model}
        self.update(checkpoints=sorted([*listed, entry], key=lambda one: one["step"]))

    def checkpoint(self, step: int) -> Path:
        """Give the folder of a checkpoint."""
        return self.path / f"step-{step}"

    def add_step(self, row: Mapping[str, Any]) -> None:
        """Append what is known of a step."""
        if not ranks.first():
            return
        with self._steps.open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(row)) + "\n")

    def steps(self) -> list[dict[str, Any]]:
        """Read the steps; a last line that was cut off is left out."""
        found: list[dict[str, Any]] = []
        try:
            lines = self._steps.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        for line in lines:
            try:
                row: object = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and isinstance(cast(dict[str, Any], row).get("step"), int):
                found.append(cast(dict[str, Any], row))
        return found

    def keep_steps(self, last: int) -> None:
        """Forget the steps after one, from which a run goes on."""
        if not ranks.first():
            return
        kept = [row for row in self.steps() if row["step"] <= last]
        _replace(self._steps, "".join(json.dumps(row) + "\n" for row in kept))

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold the folder, so that no second run works in it; the processes of one run hold it together.

        Raises
        ------
        AllegianceError
            Another process does.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        if not ranks.first():
            yield
            return
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise AllegianceError(
                f"another process is at work in {self.path}; wait for it, or name another run"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _write(self, record: Mapping[str, Any]) -> None:
        _replace(self._record, json.dumps(record, indent=1) + "\n")


def _replace(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def software() -> dict[str, str]:
    """Name the versions that decide what weights come out; of what is installed."""
    found = {"allegiance": __version__, "python": platform.python_version()}
    for name in _SOFTWARE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
