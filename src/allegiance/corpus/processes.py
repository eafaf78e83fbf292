# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Reading files in other processes, whose rows come back in the order of the files.

The processes are programs of their own (`python -c`), begun neither by fork, which the store does
not survive, nor by multiprocessing, which would run a script without a main guard again. They get
tasks on their standard input and answer with frames on their standard output.
"""

import os
import signal
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import BinaryIO, cast

import msgspec
import pyarrow as pa

from allegiance.corpus.reading import Rows, Task, Told, read
from allegiance.corpus.schema import Verdict

_FRAME = struct.Struct("<cQ")
_TASK, _BATCH, _VERDICTS, _TOLD = b"t", b"b", b"v", b"e"
_AHEAD_BYTES = 24_000_000
"""How much is held that was read ahead of its turn."""

_VERDICT_LIST = msgspec.json.Decoder(list[Verdict])
_SPARING = {"OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""What keeps a reading process small: numpy, which computes nothing here, begins no threads, and Arrow
gives back what it has sent instead of keeping some forty megabytes for later."""

_START = "from allegiance.corpus.processes import serve; serve()"


class _Begin(msgspec.Struct):
    """What a process is told first."""

    sys_path: list[str]
    imported_at: datetime


@contextmanager
def begin_reading(
    tasks: Sequence[Task], imported_at: datetime, processes: int
) -> Generator[Iterator[tuple[int, Rows | Told]]]:
    """Begin to read files: give each piece with the number of its task, in the order of the tasks.

    Parameters
    ----------
    tasks
        What to read.
    imported_at
        The time that the rows are stamped with.
    processes
        How many processes to begin, which read ahead from now on; with 1 the files are read in this
        one, as the pieces are asked for.
    """
    if processes <= 1:
        yield (
            (number, piece)
            for number, task in enumerate(tasks)
            for piece in read(task, imported_at)
        )
        return
    with _Pool(tasks, imported_at, processes) as pool:
        yield pool.pieces()


class _Pool:
    """Some processes, a thread each that listens to it, and what they have answered so far."""

    def __init__(self, tasks: Sequence[Task], imported_at: datetime, processes: int) -> None:
        self._tasks = tasks
        self._begin = msgspec.json.encode(_Begin(_text_only(sys.path), imported_at))
        self._answers: list[deque[Rows | Told]] = [deque() for _ in tasks]
        self._next = 0  # the task to be given out next
        self._current = 0  # the task whose answers are taken now
        self._ahead = 0  # bytes of answers to later tasks
        self._stopped = False
        self._changed = threading.Condition()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._threads = [
            threading.Thread(target=self._listen, daemon=True)
            for _ in range(min(processes, len(tasks)))
        ]

    def __enter__(self) -> "_Pool":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._stopped = True
            for process in self._running:
                process.kill()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def pieces(self) -> Iterator[tuple[int, Rows | Told]]:
        """Give every answer, in the order of the tasks."""
        for number in range(len(self._tasks)):
            piece: Rows | Told | None = None
            while not isinstance(piece, Told):
                piece = self._taken(number)
                yield number, piece

    def _taken(self, number: int) -> Rows | Told:
        with self._changed:
            if number != self._current:
                self._current = number
                self._ahead -= sum(map(_size, self._answers[number]))
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._answers[number])
            return self._answers[number].popleft()

    def _given(self) -> int | None:
        """Give out the next task; None when there is none left."""
        with self._changed:
            if self._stopped or self._next >= len(self._tasks):
                return None
            self._next += 1
            return self._next - 1

    def _put(self, number: int, piece: Rows | Told) -> bool:
        """Keep an answer, waiting while too much is held; whether there is still use for it."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopped or number <= self._current or self._ahead < _AHEAD_BYTES
            )
            if number > self._current:
                self._ahead += _size(piece)
            self._answers[number].append(piece)
            self._changed.notify_all()
            return not self._stopped

    def _listen(self) -> None:
        process: subprocess.Popen[bytes] | None = None
        while (number := self._given()) is not None:
            try:
                process = process or self._begun()
            except OSError as error:
                said = f"could not be read: no process could be begun for it ({error.strerror})"
                self._put(number, Told(error=said))
                continue
            if not self._ask(process, number):
                process = self._ended(process)
        if process is not None:
            self._ended(process)

    def _ask(self, process: subprocess.Popen[bytes], number: int) -> bool:
        """Have a task done; whether the process lives on."""
        try:
            stdin, stdout = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
            _send(stdin, _TASK, msgspec.json.encode(self._tasks[number]))
            for piece in _answers(stdout):
                if not self._put(number, piece):
                    return False
        except Exception:  # whatever it sent, or did not, nobody may wait for it without end
            self._put(
                number,
                Told(
                    error="could not be read: the process that read it died (was there too little memory?)"
                ),
            )
            return False
        return True

    def _begun(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | _SPARING,
        )
        with self._changed:
            self._running.add(process)
            if self._stopped:
                process.kill()
        with suppress(OSError):  # it died at once; the first task will tell
            _send(cast(BinaryIO, process.stdin), _TASK, self._begin)
        return process

    def _ended(self, process: subprocess.Popen[bytes]) -> None:
        with self._changed:
            self._running.discard(process)
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                cast(BinaryIO, stream).close()
        process.wait()


def serve() -> None:
    """Do tasks until there are no more: the program of a reading process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whom Ctrl-C is for ends this one
    answers = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    os.dup2(2, 1)  # what an importer prints must not get among the answers
    tasks = sys.stdin.buffer
    begin = msgspec.json.decode(_received(tasks)[1], type=_Begin)
    sys.path[:] = begin.sys_path
    try:
        while True:
            task = msgspec.json.decode(_received(tasks)[1], type=Task)
            for piece in read(task, begin.imported_at):
                _answer(answers, piece)
            answers.flush()
    except (EOFError, BrokenPipeError):
        os._exit(0)  # nobody listens any more; nothing is left to be put in order


def _answer(stream: BinaryIO, piece: Rows | Told) -> None:
    if isinstance(piece, Told):
        _send(stream, _TOLD, msgspec.json.encode(piece))
        return
    if piece.verdicts:
        _send(stream, _VERDICTS, msgspec.json.encode(piece.verdicts))
    _send(stream, _BATCH, b"")  # and then the rows as Arrow streams them, copied nowhere in between
    with pa.ipc.new_stream(stream, piece.batch.schema) as writer:
        writer.write_batch(piece.batch)


def _answers(stream: BinaryIO) -> Iterator[Rows | Told]:
    verdicts: list[Verdict] = []
    while True:
        kind, payload = _received(stream)
        if kind == _TOLD:
            yield msgspec.json.decode(payload, type=Told)
            return
        if kind == _VERDICTS:
            verdicts = _VERDICT_LIST.decode(payload)
        else:
            with pa.ipc.open_stream(stream) as reader:
                (batch,) = reader  # to the end of Arrow's stream
            yield Rows(batch, verdicts)
            verdicts = []


def _send(stream: BinaryIO, kind: bytes, payload: "bytes | memoryview") -> None:
    stream.write(_FRAME.pack(kind, len(payload)))
    stream.write(payload)
    if kind == _TASK:
        stream.flush()


def _received(stream: BinaryIO) -> tuple[bytes, bytes]:
    kind, size = _FRAME.unpack(_exactly(stream, _FRAME.size))
    return kind, _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _size(piece: Rows | Told) -> int:
    return piece.batch.nbytes if isinstance(piece, Rows) else 0


def _text_only(paths: Iterable[object]) -> list[str]:
    return [path for path in paths if isinstance(path, str)]
