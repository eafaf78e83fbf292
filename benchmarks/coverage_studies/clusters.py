"""One condition's rate from requests asked several times each: epochs of a request are alike.

Each request has a rate of its own from a beta distribution with the intraclass correlation `rho`.
Gated, by a rule set beforehand, are cells with at least 20 requests and rho up to 0.2; harder ones
are shown. The rule was too hopeful in one cell, which is shown with them: see `KNOWN_MISSES`. The
gaps are those of `benchmarks/gap_coverage.py`, with its seeds and its gate.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from inspect_ai.scorer import ci, ci_wilson
from numpy.typing import NDArray

from allegiance.stats import rate
from benchmarks import gap_coverage
from benchmarks.coverage_studies.peers import clopper_pearson, scored
from benchmarks.coverage_studies.results import Limits, Result, covered, mean_width

STUDY, GAPS = "clusters", "gaps"
_RESAMPLES = 300


@dataclass(frozen=True)
class Cell:
    """Requests × epochs, the rate, and how alike the epochs of a request are."""

    requests: int
    epochs: int
    rate: float
    rho: float

    @property
    def gated(self) -> bool:
        return self.requests >= 20 and self.rho <= 0.2 and self not in KNOWN_MISSES


# Behaviour of one request in a hundred or fifty, and many epochs: in some repeats hardly a request
# that has it was asked, and nothing that was seen tells of it. The second cell was added after the
# first had been seen, to show whether its neighbours are as bad.
KNOWN_MISSES = (Cell(20, 20, 0.01, 0.2), Cell(20, 20, 0.02, 0.2))
CELLS = (
    Cell(20, 20, 0.14, 0.15),
    Cell(20, 20, 0.14, 0.5),
    KNOWN_MISSES[0],
    Cell(20, 5, 0.3, 0.2),
    Cell(40, 6, 0.005, 0.2),
    Cell(100, 5, 0.02, 0.2),
    Cell(10, 5, 0.2, 0.4),
    Cell(10, 20, 0.05, 0.5),
    KNOWN_MISSES[1],
)


def jobs(seed: int, repeats: int) -> Iterator[Callable[[], list[Result]]]:
    """One job for each cell of rates."""
    for number, cell in enumerate(CELLS):
        yield partial(_measured, cell, (seed, number), repeats)


def gap_jobs(repeats: int) -> Iterator[Callable[[], list[Result]]]:
    """One job for each cell of gaps."""
    for number, cell in enumerate(gap_coverage.CELLS):
        yield partial(_gaps, number, cell, repeats)


def _measured(cell: Cell, seed: tuple[int, int], repeats: int) -> list[Result]:
    rng = np.random.default_rng(seed)
    samples = [outcomes_of(rng, cell) for _ in range(repeats)]
    methods: dict[str, Callable[[NDArray[np.int64]], Limits]] = {
        "rate, by request": _ours,
        "Clopper-Pearson, clusters ignored": _ignored,
        "cluster bootstrap": partial(_bootstrap, rng),
        "Inspect ci(cluster=...)": partial(_inspect, ci),
        "Inspect ci_wilson(cluster=...)": partial(_inspect, ci_wilson),
    }
    results: list[Result] = []
    for name, method in methods.items():
        limits = np.array([method(sample) for sample in samples])
        ours = method is _ours
        results.append(
            Result(
                STUDY, asdict(cell), name, int(covered(limits, cell.rate).sum()), repeats,
                ours=ours, gated=ours and cell.gated, figures={"width": mean_width(limits)},
            )
        )  # fmt: skip
    return results


def outcomes_of(rng: np.random.Generator, cell: Cell) -> NDArray[np.int64]:
    """Draw requests × epochs of 0 and 1."""
    size = (1 - cell.rho) / cell.rho
    rates = rng.beta(cell.rate * size, (1 - cell.rate) * size, cell.requests)
    return (rng.random((cell.requests, cell.epochs)) < rates[:, None]).astype(np.int64)


def _ours(outcomes: NDArray[np.int64]) -> Limits:
    found = rate(outcomes)
    return found.low, found.high


def _ignored(outcomes: NDArray[np.int64]) -> Limits:
    return clopper_pearson(int(outcomes.sum()), outcomes.size)


def _bootstrap(rng: np.random.Generator, outcomes: NDArray[np.int64]) -> Limits:
    picks = rng.integers(0, len(outcomes), (_RESAMPLES, len(outcomes)))
    low, high = np.quantile(outcomes.mean(axis=1)[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _inspect(metric, outcomes: NDArray[np.int64]) -> Limits:
    scores = [scored(int(value), request) for (request, _), value in np.ndenumerate(outcomes)]
    found = metric(cluster="request")(scores)
    return float(found["lower"]), float(found["upper"])


def _gaps(number: int, cell: gap_coverage.Cell, repeats: int) -> list[Result]:
    tallies, _ = gap_coverage.simulate(cell, number, repeats)
    names = {"ours": "gap", "t": "Student's t", "bootstrap": "bootstrap"}
    settings = asdict(cell)
    gated = settings.pop("gated")
    return [
        Result(
            GAPS, settings, names[key], int(tally.covered), repeats, ours=key == "ours",
            gated=gated and key == "ours", figures={"width": float(tally.width / repeats)},
        )
        for key, tally in tallies.items()
    ]  # fmt: skip
