"""Limits for a difference of two rates on the same requests: Student's t or MOVER."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allegiance.stats.quantiles import t_quantile
from allegiance.stats.rate import limits
from allegiance.stats.requests import ByRequest

_ENOUGH = 10
_MOST_CORRELATED = 0.95  # from 1 on, MOVER could shrink to a point


@dataclass(frozen=True)
class Pairs:
    """Two conditions of the same requests, all observed, the requests weighing the same."""

    first: ByRequest
    second: ByRequest

    @classmethod
    def of(cls, first: ByRequest, second: ByRequest) -> "Pairs":
        """Make pairs in which the requests of a condition weigh equally."""
        return cls(_levelled(first), _levelled(second))

    @property
    def requests(self) -> int:
        """Number of requests."""
        return self.first.observed.size

    @property
    def means(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The rate of each request, in either condition."""
        return self.first.hits / self.first.observed, self.second.hits / self.second.observed

    @property
    def differences(self) -> NDArray[np.float64]:
        """First minus second, for each request."""
        first, second = self.means
        return first - second

    @property
    def estimate(self) -> float:
        """The mean difference."""
        return float(self.differences.mean())


def difference(pairs: Pairs, confidence: float) -> tuple[float, float]:
    """Limits for first minus second, by whichever method the events allow."""
    return (_student if events_are_common(pairs) else _mover)(pairs, confidence)


def events_are_common(pairs: Pairs) -> bool:
    """Whether Student's t can be trusted: enough hits, misses and requests that differ."""
    counts = [
        count
        for arm in (pairs.first, pairs.second)
        for count in (arm.hits.sum(), (arm.observed - arm.hits).sum())
    ]
    differences = pairs.differences
    return bool(
        min(counts) >= _ENOUGH - 1e-9
        and np.count_nonzero(np.abs(differences) > 1e-12) >= _ENOUGH
        and differences.std() > 1e-9
    )


def _student(pairs: Pairs, confidence: float) -> tuple[float, float]:
    differences = pairs.differences
    error = float(differences.std(ddof=1)) / math.sqrt(differences.size)
    half = t_quantile((1 + confidence) / 2, differences.size - 1) * error
    return max(-1.0, pairs.estimate - half), min(1.0, pairs.estimate + half)


def _mover(pairs: Pairs, confidence: float) -> tuple[float, float]:
    (low_1, high_1), (low_2, high_2) = (
        limits(arm, confidence) for arm in (pairs.first, pairs.second)
    )
    p_1, p_2 = (float(mean.mean()) for mean in pairs.means)
    r = correlation(pairs)
    below = _quadrature(p_1 - low_1, high_2 - p_2, r)
    above = _quadrature(high_1 - p_1, p_2 - low_2, r)
    return max(-1.0, p_1 - p_2 - below), min(1.0, p_1 - p_2 + above)


def _quadrature(a: float, b: float, r: float) -> float:
    return math.sqrt(max(0.0, a * a + b * b - 2 * r * a * b))


def correlation(pairs: Pairs) -> float:
    """Correlation of the conditions over requests, from 0 to 0.95; 0 where it can't be told."""
    first, second = (mean - mean.mean() for mean in pairs.means)
    scale = math.sqrt(float(np.sum(first**2)) * float(np.sum(second**2)))
    if scale < 1e-12:
        return 0.0
    return min(max(0.0, float(np.sum(first * second)) / scale), _MOST_CORRELATED)


def _levelled(counts: ByRequest) -> ByRequest:
    """Spread the observed outcomes evenly over the requests, each keeping its own rate."""
    share = np.full(counts.observed.size, float(counts.observed.mean()))
    return ByRequest(counts.hits / counts.observed * share, share, share)
