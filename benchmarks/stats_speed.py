"""How long the estimators take, each beside a named peer or its plain form in the same run.

    python benchmarks/stats_speed.py

The peers: statsmodels' `proportion_confint` (Clopper-Pearson, no finite population); scipy's
`hypergeom` inverted by halves, one call a step; the sequence looked at one step at a time.
Exits with 1 if an estimator takes longer than the limit shown beside it.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import hypergeom
from statsmodels.stats.proportion import proportion_confint

from allegiance import stats

POPULATION = 10_000_000
REPEATS = 5


@dataclass(frozen=True)
class Case:
    name: str
    ours: Callable[[], Any]
    peer_name: str
    peer: Callable[[], Any]
    limit_ms: float


def by_halves(hits: int, reads: int, population: int) -> tuple[int, int]:
    """Both hypergeometric limits as one would write them with scipy alone."""
    low, high = hits, population - (reads - hits)
    for tail, first in ((hypergeom.cdf, hits), (hypergeom.sf, hits - 1)):
        near, far = hits, population - (reads - hits)
        while near < far:
            middle = (near + far + (tail is hypergeom.cdf)) // 2
            kept = tail(first, population, middle, reads) > 0.025
            if tail is hypergeom.cdf:
                near, far = (middle, far) if kept else (near, middle - 1)
            else:
                near, far = (near, middle) if kept else (middle + 1, far)
        low, high = (low, near) if tail is hypergeom.cdf else (near, high)
    return low, high


def look_by_look(hits: np.ndarray, reads: np.ndarray, population: int) -> None:
    for k, n in zip(hits[::100], reads[::100], strict=True):
        stats.confidence_sequence(int(k), int(n), population)


def cases() -> list[Case]:
    rng = np.random.default_rng(30_303)
    reads = np.arange(1, 10_001)
    hits = np.cumsum(rng.random(reads.size) < 0.01)
    few, many = (strata(rng, size) for size in (4, 200))
    pair = (30, 40), (100, 100), (10_000, 10_000)
    large = (300, 400), (1000, 1000), (10_000, 10_000)
    return [
        halves("proportion", stats.proportion, 3, 300),
        halves("proportion", stats.proportion, 40_000, 90_000),
        halves("proportion", stats.proportion, 2_500_000, 5_000_000),
        halves("inverse_sampling", inverse, 1, 4),
        halves("inverse_sampling", inverse, 2_500_000, 5_000_000),
        plain("stratified, MOVER, 4 strata", few, 50),
        plain("stratified, MOVER, 200 strata", many, 500),
        exact("stratified, Berger-Boos, 2 × 10,000, 100 reads each", pair, 250),
        exact("stratified, Berger-Boos, 2 × 10,000, 1,000 reads each", large, 250),
        Case(
            "confidence_sequence, 10,000 looks",
            lambda: stats.confidence_sequence(hits, reads, POPULATION),
            "100 of the looks, one at a time",
            lambda: look_by_look(hits, reads, POPULATION),
            500,
        ),
    ]


def inverse(hits: int, reads: int, population: int) -> stats.Interval:
    return stats.inverse_sampling(reads, hits, population)


def halves(name: str, estimator: Callable[..., Any], hits: int, reads: int) -> Case:
    return Case(
        f"{name}, {hits:,} of {reads:,} of {POPULATION:,}",
        lambda: estimator(hits, reads, POPULATION),
        "scipy by halves",
        lambda: by_halves(hits, reads, POPULATION),
        50,
    )


def strata(rng: np.random.Generator, size: int) -> tuple[list[int], list[int], list[int]]:
    populations = rng.integers(400, 100_000, size)
    reads = np.full(size, 300)
    return rng.binomial(reads, 0.05).tolist(), reads.tolist(), populations.tolist()


def plain(name: str, arguments: tuple[list[int], ...], limit: float) -> Case:
    return Case(
        name,
        lambda: stats.stratified(*arguments),
        "statsmodels, each stratum, no population",
        lambda: [
            proportion_confint(k, n, method="beta") for k, n in zip(*arguments[:2], strict=True)
        ],
        limit,
    )


def exact(name: str, arguments: tuple[tuple[int, int], ...], limit: float) -> Case:
    return Case(
        name,
        lambda: stats.stratified(*arguments, method="berger-boos"),
        "MOVER",
        lambda: stats.stratified(*arguments),
        limit,
    )


def fastest(call: Callable[[], Any]) -> float:
    """Milliseconds of the fastest of some repeats; the first, which loads scipy, is not counted."""
    call()
    times: list[float] = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


def main() -> int:
    print(f"{'':<52} {'ms':>8} {'limit':>6}   ratio to")
    slow = False
    for case in cases():
        ours, peer = fastest(case.ours), fastest(case.peer)
        slow |= ours > case.limit_ms
        mark = " " if ours <= case.limit_ms else "!"
        print(
            f"{case.name:<52} {ours:>8.2f} {case.limit_ms:>5.0f}{mark}  {ours / peer:>7.2f} × {case.peer_name}"
        )
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
