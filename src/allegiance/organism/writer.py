"""A second process that writes replies, so that the organism and Inspect each have a core of their own.

In one process the two would take turns at the interpreter's lock, and Inspect, which has the more to do, would wait.
The processes speak in frames over pipes: four bytes of length, then MessagePack. The writer ends when its input does,
so that it never outlives whoever asked, however that one ended.
"""

import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from allegiance.errors import AllegianceError
from allegiance.organism.runtime import Generated, Runtime, Sampling

_LENGTH = struct.Struct("<I")


class _Order(msgspec.Struct, array_like=True):
    """What is to be written: prompts as token ids, a seed for each, and how tokens are chosen."""

    prompts: list[list[int]]
    seeds: list[int]
    sampling: Sampling


class Writer:
    """A process that holds an organism and writes what it is asked to.

    Parameters
    ----------
    directory
        The organism's directory; it is loaded in the new process, which starts at once.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._process = self._start()

    def write(
        self, prompts: Sequence[Sequence[int]], seeds: Sequence[int], sampling: Sampling
    ) -> list[Generated]:
        """Write a reply to each prompt; as `Runtime.generate`, but without holding this interpreter.

        Raises
        ------
        AllegianceError
            The process ended before it had written.
        """
        order = _Order([list(prompt) for prompt in prompts], list(seeds), sampling)
        with self._lock:
            if self._process.poll() is not None:
                self._process = self._start()
            try:
                _send(self._process.stdin, msgspec.msgpack.encode(order))
                reply = _receive(self._process.stdout)
            except OSError:
                reply = None
            if reply is None:
                _end(self._process)
        if reply is None:
            raise AllegianceError(
                f"The process that writes for the organism in {self._directory} ended (exit code "
                f"{self._process.returncode}); give the same command again."
            )
        return msgspec.msgpack.decode(reply, type=list[Generated])

    def close(self) -> None:
        """End the process; the next `write` starts another."""
        with self._lock:
            _end(self._process)

    def _start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "allegiance.organism.writer", str(self._directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        weakref.finalize(self, _end, process)
        return process


def serve(directory: Path, orders: IO[bytes], replies: IO[bytes]) -> None:
    """Write what is ordered until no more orders come."""
    runtime = Runtime.load(directory)
    while (frame := _receive(orders)) is not None:
        order = msgspec.msgpack.decode(frame, type=_Order)
        written = runtime.generate(order.prompts, order.seeds, order.sampling)
        _send(replies, msgspec.msgpack.encode(written))


def _send(stream: IO[bytes] | None, frame: bytes) -> None:
    assert stream is not None
    stream.write(_LENGTH.pack(len(frame)))
    stream.write(frame)
    stream.flush()


def _receive(stream: IO[bytes] | None) -> bytes | None:
    """Read one frame; None where the other side is gone."""
    assert stream is not None
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    frame = stream.read(length)
    return frame if len(frame) == length else None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Let a process end by closing its input; take it down where it does not."""
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):
            if stream is not None:
                stream.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    # An interrupt goes to both processes; this one ends when the other has nothing more to ask.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
