"""Asking the workbench for pages over loopback, as a browser does, and how long each answer takes."""

import http.client
import json
import random
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from benchmarks.corpus_studies.timing import quantiles
from benchmarks.web_studies.making import WORDS
from benchmarks.web_studies.server import TOKEN

ASKING_SEED = 88_003
YES = "verdict.doubts = 'yes'"


class Workbench:
    """A served workbench, and one connection to it."""

    def __init__(self, port: int, imported: float) -> None:
        self.port, self.imported = port, imported
        self._cookie = {"Cookie": f"allegiance-{port}={TOKEN}"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    @property
    def entrance(self) -> str:
        """The address with the token."""
        return f"http://127.0.0.1:{self.port}/?token={TOKEN}"

    def ask(self, path: str) -> tuple[int, float, bytes]:
        """Get a page: its status, the milliseconds until all of it was there, and what it is."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._cookie)
        answer = self._connection.getresponse()
        body = answer.read()
        return answer.status, 1000 * (time.perf_counter() - began), body

    def times(self, paths: Iterable[str]) -> dict[str, float] | None:
        """Get pages one after the other; None where one is not there."""
        took: list[float] = []
        for path in paths:
            status, milliseconds, _ = self.ask(path)
            if status != 200:
                return None
            took.append(milliseconds)
        return quantiles(took)


@contextmanager
def served(folder: Path) -> Generator[Workbench]:
    """Serve a workspace, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.web_studies.server", str(folder)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Workbench(told["port"], told["imported"])
        finally:
            process.kill()


def first_page(bench: Workbench) -> float:
    """Wait for the first list; milliseconds since the server had loaded its libraries."""
    while True:
        try:
            status, _, _ = bench.ask("/transcripts?seed=1")
        except ConnectionError:
            time.sleep(0.005)
            continue
        if status != 200:
            raise RuntimeError(f"the first page answers {status}")
        return 1000 * (time.monotonic() - bench.imported)


class Paths:
    """Addresses to ask for, at random but the same in every run."""

    def __init__(self, ids: list[str], times: int) -> None:
        self._ids, self._times = ids, times
        self._dice = random.Random(ASKING_SEED)

    def pages(self) -> list[str]:
        """Blocks anywhere in a random order."""
        return [f"/api/transcripts?seed=1&from={self._at()}&n=100" for _ in range(self._times)]

    def lists(self) -> list[str]:
        """Whole pages anywhere in a random order, with two categories beside the list."""
        shown = "show=doubts&show=objects-openly"
        return [f"/transcripts?seed=1&{shown}&at={self._at()}" for _ in range(self._times)]

    def of_verdict(self) -> list[str]:
        """Whole pages of those of which a scanner said yes."""
        where = quote(YES)
        most = len(self._ids) // 8
        return [
            f"/transcripts?seed=1&where={where}&show=doubts&at={self._dice.randrange(1, most)}"
            for _ in range(self._times)
        ]

    def new_filters(self) -> list[str]:
        """Filters over verdicts that were not asked for before."""
        return [
            f"/transcripts?sort=epoch&where={quote(f'{YES} AND epoch > {n % 40} AND NOT epoch = {n + 1}')}"
            for n in range(self._times)
        ]

    def new_orders(self) -> list[str]:
        """Random orders that were not asked for before."""
        return [f"/transcripts?seed={1000 + n}" for n in range(self._times)]

    def readers(self) -> list[str]:
        """Transcripts anywhere."""
        return [f"/t/{one}" for one in self._dice.choices(self._ids, k=self._times)]

    def words(self) -> list[str]:
        """Searches for two words each, none asked for before."""
        return [
            f"/transcripts?q={'+'.join(self._dice.sample(WORDS, 2))}" for _ in range(self._times)
        ]

    def common(self) -> list[str]:
        """Searches for a word that is in a part of all, none asked for before."""
        return [f"/transcripts?q={word}" for word in self._dice.sample(WORDS[10:200], self._times)]

    def patterns(self) -> list[str]:
        """Regular expressions over all texts, none asked for before."""
        return [
            f"/transcripts?mode=regex&q={quote(f'{word}.{{1,20}}rest')}"
            for word in self._dice.sample(WORDS, max(self._times // 4, 4))
        ]

    def _at(self) -> int:
        return self._dice.randrange(1, len(self._ids))
