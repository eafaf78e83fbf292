"""Reading on and looking at the interval after every transcript: does it ever leave the truth out?"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from allegiance.stats import confidence_sequence
from benchmarks.coverage_studies.results import Result

STUDY = "peeking"
SIZE = 10_000
PREVALENCES = (0.001, 0.01, 0.05, 0.3)
READS = 300


def jobs(seed: int, repeats: int) -> Iterator[Callable[[], list[Result]]]:
    """One job for each prevalence."""
    for number, prevalence in enumerate(PREVALENCES):
        yield partial(_measured, prevalence, (seed, number), repeats)


def _measured(prevalence: float, seed: tuple[int, int], repeats: int) -> list[Result]:
    hits = round(SIZE * prevalence)
    histories = read_on(np.random.default_rng(seed), hits, repeats)
    methods = {
        "confidence_sequence": (_sequences, True),
        "Clopper-Pearson at every look": (_clopper_pearson, False),
    }
    results: list[Result] = []
    for name, (method, ours) in methods.items():
        low, high = method(histories)
        truth = hits / SIZE
        held = ((low <= truth + 1e-9) & (truth - 1e-9 <= high)).all(axis=1)
        results.append(
            Result(
                STUDY, {"prevalence": prevalence, "looks": READS}, name, int(held.sum()), repeats,
                ours=ours, gated=ours,
                figures={"width at the end": float((high - low)[:, -1].mean())},
            )
        )  # fmt: skip
    return results


def read_on(rng: np.random.Generator, hits: int, repeats: int) -> NDArray[np.int64]:
    """Draw repeats × reads of hits so far, without replacement."""
    seen = np.zeros((repeats, READS + 1), dtype=np.int64)
    chances = rng.random((repeats, READS))
    for read in range(READS):
        left = (hits - seen[:, read]) / (SIZE - read)
        seen[:, read + 1] = seen[:, read] + (chances[:, read] < left)
    return seen[:, 1:]


def _sequences(histories: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    reads = np.arange(1, READS + 1)
    found = [confidence_sequence(history, reads, SIZE) for history in histories]
    return np.array([one.low for one in found]), np.array([one.high for one in found])


def _clopper_pearson(
    histories: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    hits, reads = histories.astype(float), np.arange(1, READS + 1, dtype=float)
    with np.errstate(all="ignore"):
        low = np.where(hits == 0, 0, betaincinv(hits, reads - hits + 1, 0.025))
        high = np.where(hits == reads, 1, betaincinv(hits + 1, reads - hits, 0.975))
    return low, high
