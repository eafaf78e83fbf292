"""Answers on their way to verdicts: kept as they come, found again after a scan that was killed.

A line of JSON for each answer, added without waiting for the disk: a process may be killed at any
moment and loses at most the requests that are under way; a machine that loses its power may lose the
last seconds. The file goes when its answers have become verdicts.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import filelock
import msgspec

from allegiance.errors import AllegianceError
from allegiance.scanners.judging.deciding import Reply


class _Line(msgspec.Struct):
    key: str
    reply: Reply


class Journal:
    """The answers of one judge; get one from `opened`."""

    def __init__(self, file: BinaryIO | None, replies: dict[str, Reply]) -> None:
        self._file = file
        self._replies = replies
        self.finished = False
        """Whether all of it has become verdicts, so that nothing need be kept."""

    def find(self, key: str) -> Reply | None:
        """Find the answer to a question that was asked before."""
        return self._replies.pop(key, None)

    @property
    def transcripts(self) -> frozenset[str]:
        """The transcripts of the answers that nobody has asked for again."""
        return frozenset(key.partition(":")[0] for key in self._replies)

    def add(self, key: str, reply: Reply) -> None:
        """Keep an answer.

        Raises
        ------
        AllegianceError
            If the disk is full.
        """
        if self._file is None:
            return
        try:
            self._file.write(msgspec.json.encode(_Line(key, reply)) + b"\n")
            self._file.flush()
        except OSError as error:
            raise AllegianceError(
                f"An answer can't be kept ({error.strerror}); make room and give the same command again."
            ) from error


@contextmanager
def opened(path: Path | None) -> Generator[Journal]:
    """Open the journal of a judge, for one scan at a time; without a path nothing is kept.

    Raises
    ------
    AllegianceError
        If another scan by the same judge is under way, or the file can't be read or written.
    """
    if path is None:
        yield Journal(None, {})
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path.with_suffix(".lock"), timeout=0)
        with lock:
            replies = _read(path)
            with path.open("ab") as file:
                if file.tell() and not _ends_line(path):
                    file.write(b"\n")  # the last line was cut short
                journal = Journal(file, replies)
                yield journal
            if journal.finished:
                path.unlink(missing_ok=True)
    except filelock.Timeout as error:
        raise AllegianceError(
            f"Another scan by the same judge is under way ({path}); wait for it and try again."
        ) from error
    except OSError as error:
        raise AllegianceError(
            f"{path} can't be used ({error.strerror}); it keeps a judge's answers on their way."
        ) from error


def _read(path: Path) -> dict[str, Reply]:
    """Read what was kept; a line that was cut short by a kill is passed over."""
    replies: dict[str, Reply] = {}
    if not path.exists():
        return replies
    decode = msgspec.json.Decoder(_Line).decode
    with path.open("rb") as file:
        for line in file:
            try:
                found = decode(line)
            except msgspec.DecodeError:
                continue
            replies[found.key] = found.reply
    return replies


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
