"""Several seeds of one organism, each trained in a process of its own (extra `train`).

A step of so small a network keeps one core busy and no more, so that two seeds on two cores take the time of one. The
processes say how far they are in lines of JSON, and end when whoever asked does.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from allegiance.errors import AllegianceError
from allegiance.organism import declared
from allegiance.organism.build import Recipe, save, tokenizer_of, train
from allegiance.organism.families import Organism
from allegiance.organism.families.from_spec import organism_from
from allegiance.organism.measuring import measure
from allegiance.organism.specs import describe
from allegiance.organism.truth import Progress, Truth


@dataclass(frozen=True)
class Order:
    """What every seed is trained by.

    Attributes
    ----------
    source
        A shipped organism, or the file of a spec.
    recipe
        The fields of the recipe.
    requests, samples
        By how many each is measured, where one is to be chosen.
    """

    source: str
    recipe: Mapping[str, Any]
    requests: int
    samples: int

    @property
    def organism(self) -> Organism:
        """The organism that is meant."""
        path = Path(self.source)
        return organism_from(declared.load(path)) if path.is_file() else describe(self.source)


@dataclass(frozen=True)
class Trained:
    """One seed's weights, and by how much they miss what was planted."""

    seed: int
    directory: Path
    miss: float = 0.0


def train_all(
    order: Order, seeds: Sequence[int], scratch: Path, progress: Progress | None
) -> list[Trained]:
    """Train some seeds, as many at once as there are cores.

    Raises
    ------
    AllegianceError
        One of the processes failed.
    """
    places = [(seed, scratch / str(seed)) for seed in seeds]
    scratch.mkdir(parents=True, exist_ok=True)
    if len(places) == 1:
        ((seed, directory),) = places
        organism = order.organism
        made = train(organism, seed, Recipe(**order.recipe), progress)
        save(made, directory, tokenizer_of(organism))
        return [Trained(seed, directory)]
    return _SideBySide(order, places, progress).run()


class _SideBySide:
    """Seeds at work in processes of their own."""

    def __init__(
        self, order: Order, places: Sequence[tuple[int, Path]], progress: Progress | None
    ) -> None:
        self._order, self._places, self._progress = order, places, progress
        self._done = dict.fromkeys((seed for seed, _ in places), 0.0)
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[str]] = []
        self._stopped = False

    def run(self) -> list[Trained]:
        """Train them all; when one fails or the caller stops, the others end too."""
        with ThreadPoolExecutor(min(len(self._places), os.cpu_count() or 1)) as pool:
            futures = [pool.submit(self._one, *place) for place in self._places]
            try:
                found = [future.result() for future in as_completed(futures)]
            finally:
                self._stop()
        return sorted(found, key=lambda one: one.seed)

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._processes:
                process.kill()

    def _one(self, seed: int, directory: Path) -> Trained:
        order = json.dumps({**asdict(self._order), "seed": seed, "directory": str(directory)})
        # In a file, since a pipe that nobody reads would stop who writes into it.
        errors = directory.with_suffix(".errors")
        with errors.open("w", encoding="utf-8") as heard, self._started(order, heard) as process:
            assert process.stdout is not None
            miss: float | None = None
            for line in process.stdout:
                said = json.loads(line)
                if "miss" in said:
                    miss = float(said["miss"])
                else:
                    self._tell(seed, said["done"])
        why = errors.read_text(encoding="utf-8").strip().splitlines()
        if miss is None:
            raise AllegianceError(
                f"Seed {seed} was not trained to its end ({why[-1] if why else 'its process was ended'}); nothing was "
                "written: give the same command again, with fewer seeds if memory is short."
            )
        return Trained(seed, directory, miss)

    def _started(self, order: str, errors: IO[str]) -> "subprocess.Popen[str]":
        with self._lock:
            if self._stopped:
                raise AllegianceError("Another seed failed before this one was begun.")
            process = subprocess.Popen(
                [sys.executable, "-m", "allegiance.organism.seeds", order],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            self._processes.append(process)
            return process

    def _tell(self, seed: int, done: float) -> None:
        with self._lock:
            self._done[seed] = done
            whole = round(1000 * sum(self._done.values()) / len(self._done))
            if self._progress is not None:
                self._progress(f"{len(self._done)} seeds", whole, 1000)


def missed(truth: Truth) -> float:
    """The largest miss of a planted rate, and the largest share of malformed replies, added up."""
    misses = [
        abs(cell.exact[label] - planted)
        for cell in truth.cells
        for label, planted in cell.planted.items()
    ]
    return max(misses) + max(1 - cell.valid for cell in truth.cells)


def _main(given: str) -> None:
    """Train one seed and say by how much it misses."""
    asked: dict[str, Any] = json.loads(given)
    seed, directory = int(asked.pop("seed")), Path(asked.pop("directory"))
    order = Order(**asked)
    organism = order.organism
    threading.Thread(target=_end_with_input, daemon=True).start()

    def tell(what: str, done: int, whole: int) -> None:
        if done % 5 == 0 or done == whole:
            print(json.dumps({"done": 0.95 * done / whole}), flush=True)

    made = train(organism, seed, Recipe(**order.recipe), tell)
    save(made, directory, tokenizer_of(organism))
    tried = measure(directory, order.requests, order.samples, 1000 + seed, meant=organism)
    print(json.dumps({"miss": missed(tried)}), flush=True)


def _end_with_input() -> None:
    """End when whoever asked has ended, however that was."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    _main(sys.argv[1])
