"""Exact limits for how many hits a population holds, from a random sample of it; vectorised."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.quantiles import normal_quantile

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_TIE = (
    1e-9  # a count whose tail is the level itself is contradicted, whichever way the last bit falls
)
_NEWTON_STEPS = 8


def count_limits(
    hits: Ints, reads: Ints, populations: Ints, confidence: float
) -> tuple[Ints, Ints]:
    """Invert both tails, equal-tailed: the lowest and highest counts that are not contradicted.

    Source: Buonaccorsi 1987; the finite form of Clopper & Pearson 1934.
    """
    tail = (1 - confidence) / 2
    return (
        lowest_counts(hits, reads, populations, tail),
        highest_counts(hits, reads, populations, tail),
    )


def limits_of_one(hits: int, reads: int, population: int, confidence: float) -> tuple[int, int]:
    """Return the limits for one sample."""
    low, high = count_limits(*_one(hits, reads, population), confidence)
    return int(low[0]), int(high[0])


def lowest_of_one(hits: int, reads: int, population: int, tail: float) -> int:
    """Return the smallest count for one sample."""
    return int(lowest_counts(*_one(hits, reads, population), tail)[0])


def highest_of_one(hits: int, reads: int, population: int, tail: float) -> int:
    """Return the largest count for one sample."""
    return int(highest_counts(*_one(hits, reads, population), tail)[0])


def _one(hits: int, reads: int, population: int) -> tuple[Ints, Ints, Ints]:
    return np.array([hits]), np.array([reads]), np.array([population])


def lowest_counts(hits: Ints, reads: Ints, populations: Ints, tail: float) -> Ints:
    """Find the smallest counts for which as many hits as these have a chance above `tail`."""
    return populations - highest_counts(reads - hits, reads, populations, tail)


def highest_counts(hits: Ints, reads: Ints, populations: Ints, tail: float) -> Ints:
    """Find the largest counts for which as few hits as these have a chance above `tail`.

    At ten million transcripts one tail costs milliseconds, so the search goes by Newton steps on
    the normal scale, where the tail is nearly a straight line, and by halves when those don't close
    in.
    """
    above, below = hits.copy(), populations - (reads - hits) + 1
    probe, stride = _guess(hits, reads, populations, tail)
    level, aim = tail * (1 + _TIE), normal_quantile(tail)
    step = 0
    while (left := np.flatnonzero(below - above > 1)).size:
        counts = np.clip(probe[left], above[left] + 1, below[left] - 1)
        tails = cdf(hits[left], reads[left], counts, populations[left])
        possible = tails > level
        above[left] = np.where(possible, counts, above[left])
        below[left] = np.where(possible, below[left], counts)
        heights = special.ndtri(tails)
        newton = np.isfinite(heights) & (step < _NEWTON_STEPS)
        ahead = np.floor((np.where(newton, heights, aim) - aim) * stride[left]).astype(np.int64)
        probe[left] = np.where(newton, counts + ahead, (above[left] + below[left]) // 2)
        step += 1
    return above


def cdf(hits: Ints, reads: Ints, counts: Ints, populations: Ints) -> Floats:
    """P(at most `hits`) of `reads` read at random from populations with `counts` hits."""
    # Imported here: scipy.stats takes a second to load, and most reports have no need of it.
    from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

    distribution: Any = stats.hypergeom
    return np.asarray(distribution.cdf(hits, populations, counts, reads), dtype=np.float64)


def _guess(hits: Ints, reads: Ints, populations: Ints, tail: float) -> tuple[Ints, Floats]:
    """Counts near the limits, and how far a count must move to move its tail by one deviation."""
    k, n, size = (values.astype(np.float64) for values in (hits, np.maximum(reads, 1), populations))
    bound: Floats = special.betaincinv(k + 1, np.maximum(n - k, 0.5), 1 - tail)
    unread = np.sqrt((populations - reads) / size)
    guess = np.round(size * (k / n + (bound - k / n) * unread))
    stride = size * np.sqrt(np.maximum(bound * (1 - bound), 1e-12) / n) * unread
    return guess.astype(np.int64), stride
