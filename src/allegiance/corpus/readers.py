"""Who reads files, and keeps what was read: processes of this machine, or a cluster."""

import os
import stat
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from allegiance.corpus.adding import Keeper
from allegiance.corpus.dataset import Transaction
from allegiance.corpus.processes import begin_reading
from allegiance.corpus.reading import Rows, Task, Told

_WORTH_A_PROCESS = 4_000_000
"""Bytes of files for each of which a process is begun: it takes a third of a second to come."""

_MOST_PROCESSES = 8


class Reader(Protocol):
    """Who reads the files: processes of this machine, or a cluster."""

    @property
    def divides(self) -> bool:
        """Whether several can read parts of one file at once."""
        ...

    def begin_reading(
        self, tasks: Sequence[Task], imported_at: datetime
    ) -> AbstractContextManager[Iterator[tuple[int, Rows | Told]]]:
        """Begin to read: give each piece with the number of its task, in the order of the tasks."""
        ...

    def writer(self, transaction: Transaction) -> Keeper:
        """Make what keeps the rows that were read."""
        ...


@dataclass
class _Processes:
    """Processes of this machine; with one the files are read in this one."""

    processes: int

    @property
    def divides(self) -> bool:
        return self.processes > 1

    def begin_reading(
        self, tasks: Sequence[Task], imported_at: datetime
    ) -> AbstractContextManager[Iterator[tuple[int, Rows | Told]]]:
        return begin_reading(tasks, imported_at, self.processes)

    def writer(self, transaction: Transaction) -> Keeper:
        return transaction


@contextmanager
def reader_for(
    files: Sequence[Task], processes: int | None, address: str | None
) -> Generator[Reader]:
    """Find who reads these files: the cluster of this address, else so many processes."""
    if address is None:
        yield _Processes(_processes(files) if processes is None else processes)
        return
    from allegiance.corpus.cluster import ClusterReader, connected

    with connected(address):
        yield ClusterReader()


def _processes(tasks: Sequence[Task]) -> int:
    """As many processes as there are cores, and work for."""
    size = sum(_size(task.file) for task in tasks)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(cores or 1, _MOST_PROCESSES, size // _WORTH_A_PROCESS))


def _size(path: Path) -> int:
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
