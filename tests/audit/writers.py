"""A process that forks writers of a ledger, so that start-up is paid once; run as a program by the tests.

python writers.py many LEDGER WRITERS EVENTS      each writes so many; prints how long it took
python writers.py open LEDGER PROCESSES           all open a new ledger at once; prints their ids
python writers.py killed LEDGER SEED KILLS        kills writers at random; prints what they acknowledged
python writers.py powerless LEDGER                opens it as a user who may not write; prints the error
"""

import json
import os
import random
import signal
import sys
import time

from allegiance.audit.chain import Head, digest_of
from allegiance.audit.ledger import Ledger
from allegiance.errors import AllegianceError


def forked(work) -> tuple[int, int]:
    """Fork a process that does some work and may write to a pipe; gives its id and the pipe's end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    status = 1
    try:
        os.close(reading)
        work(writing)
        status = 0
    finally:
        os._exit(status)


def drained(pipe: int) -> bytes:
    with os.fdopen(pipe, "rb") as file:
        return file.read()


def many(path: str, writers: str, events: str) -> dict:
    ledger = Ledger.open(path)
    start = time.monotonic()

    def work(number):
        def write(pipe):
            worst = 0.0
            for event in range(int(events)):
                before = time.monotonic()
                ledger.append("label", f"{number}-{event}", {"value": True}, actor=f"r{number}")
                worst = max(worst, time.monotonic() - before)
            os.write(pipe, f"{worst}".encode())

        return write

    children = [forked(work(number)) for number in range(int(writers))]
    worst = max(float(drained(pipe)) for _, pipe in children)
    assert all(os.waitpid(child, 0)[1] == 0 for child, _ in children)
    return {"seconds": time.monotonic() - start, "worst_wait": worst}


def opened(path: str, processes: str) -> list[str]:
    start = time.monotonic() + 0.2

    def work(pipe):
        time.sleep(max(0, start - time.monotonic()))
        ledger = Ledger.open(path)
        ledger.append("open", "t", {})
        os.write(pipe, ledger.id.encode())

    children = [forked(work) for _ in range(int(processes))]
    ids = [drained(pipe).decode() for _, pipe in children]
    assert all(os.waitpid(child, 0)[1] == 0 for child, _ in children)
    return ids


class Killing:
    """Writers that write until they are killed, and what they acknowledged."""

    def __init__(self, path: str, seed: int) -> None:
        self.ledger = Ledger.open(path)
        self.chance = random.Random(seed)
        self.acknowledged: list[list] = []
        self.living: list[tuple[int, int]] = []
        self.started = 0
        self.seen = self.ledger.head()

    def start(self) -> None:
        self.started += 1
        name = self.started

        def work(pipe):
            for number in range(1_000_000):
                if number % 3:
                    done = [self.ledger.append("label", f"{name}-{number}", {"value": number})]
                else:
                    with self.ledger.writing() as page:
                        assert page.last(["label"], f"{name}-{number}") is None
                        done = [
                            page.append("label", f"{name}-{number}", {"pair": 1}),
                            page.append("relabel", f"{name}-{number}", {"pair": 2}),
                        ]
                for event in done:
                    os.write(pipe, f"{event.seq} {event.digest} {event.subject}\n".encode())

        self.living.append(forked(work))

    def kill(self) -> None:
        child, pipe = self.living.pop(self.chance.randrange(len(self.living)))
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL, "a writer failed by itself"
        lines = drained(pipe).decode().split("\n")[:-1]
        self.acknowledged.extend(line.split() for line in lines)

    def look(self) -> None:
        """Check what was written since the last look."""
        for event in self.ledger.events(after=self.seen.seq):
            assert event.previous == self.seen.digest
            assert event.digest == digest_of(event)
            self.seen = Head(event.seq, event.digest)


def killed(path: str, seed: str, kills: str) -> dict:
    run = Killing(path, int(seed))
    for _ in range(4):
        run.start()
    for number in range(1, int(kills) + 1):
        # Long enough to write, and in no step with the writers.
        time.sleep(run.chance.uniform(0.0, 0.04))
        run.kill()
        # Now and then nobody is left, and the next one has to mend what lies there.
        if number % 10 < 3 and run.living:
            run.ledger.close()
            continue
        run.look()
        while len(run.living) < 4:
            run.start()
    for child, pipe in run.living:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        run.acknowledged.extend(line.split() for line in drained(pipe).decode().split("\n")[:-1])
    return {"acknowledged": run.acknowledged}


def powerless(path: str) -> str:
    if os.geteuid() == 0:
        os.setegid(65534)
        os.seteuid(65534)
    try:
        Ledger.open(path, patience=0.2).append("open", "t", {})
    except AllegianceError as error:
        return str(error)
    return "it was opened"


if __name__ == "__main__":
    works = {"many": many, "open": opened, "killed": killed, "powerless": powerless}
    print(json.dumps(works[sys.argv[1]](*sys.argv[2:])))
