"""Limits for a difference of two rates on the same requests: Student's t or MOVER."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from allegiance.stats.quantiles import Numbers, t_quantile
from allegiance.stats.rate import limits
from allegiance.stats.requests import ByRequest

ENOUGH = 10
MOST_CORRELATED = 0.95  # from 1 on, MOVER could shrink to a point


class Contrast(Protocol):
    """A difference of rates, or of gaps, that has limits at any confidence."""

    @property
    def estimate(self) -> float:
        """The first less the second."""
        ...

    def limits(self, confidence: float) -> tuple[float, float]:
        """Limits for the first less the second."""
        ...


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

    def limits(self, confidence: float) -> tuple[float, float]:
        """Limits for first minus second."""
        return difference(self, confidence)


def difference(pairs: Pairs, confidence: float) -> tuple[float, float]:
    """Limits for first minus second, by whichever method the events allow."""
    if events_are_common(pairs):
        return student(pairs.differences, confidence, furthest=1.0)
    sides = [
        (float(mean.mean()), *limits(arm, confidence))
        for mean, arm in zip(pairs.means, (pairs.first, pairs.second), strict=True)
    ]
    return mover(sides[0], sides[1], correlation(*pairs.means), furthest=1.0)


def events_are_common(pairs: Pairs) -> bool:
    """Whether Student's t can be trusted: enough hits, misses and requests that differ."""
    return are_common((pairs.first, pairs.second), pairs.differences)


def are_common(arms: Sequence[ByRequest], differences: NDArray[np.float64]) -> bool:
    """Whether each condition has enough hits and misses, and enough requests differ."""
    counts = [count for arm in arms for count in (arm.hits.sum(), (arm.observed - arm.hits).sum())]
    return bool(
        min(counts) >= ENOUGH - 1e-9
        and np.count_nonzero(np.abs(differences) > 1e-12) >= ENOUGH
        and differences.std() > 1e-9
    )


def student(
    differences: NDArray[np.float64], confidence: float, furthest: float
) -> tuple[float, float]:
    """Limits of Student's t for the mean of one number a request, cut at ± `furthest`."""
    estimate = float(differences.mean())
    half = half_width(standard_error(differences), differences.size - 1, confidence)
    return max(-furthest, estimate - half), min(furthest, estimate + half)


def standard_error(differences: NDArray[np.float64]) -> float:
    """Standard error of the mean of one number a request."""
    return float(differences.std(ddof=1)) / math.sqrt(differences.size)


def half_width(error: float, df: float, confidence: float) -> float:
    """How far Student's t reaches to either side."""
    return t_quantile((1 + confidence) / 2, df) * error


def mover(
    first: tuple[float, float, float],
    second: tuple[float, float, float],
    r: float,
    furthest: float,
) -> tuple[float, float]:
    """Limits for first minus second, each an estimate with its limits, correlated by `r`."""
    (p_1, low_1, high_1), (p_2, low_2, high_2) = first, second
    below = float(quadrature(p_1 - low_1, high_2 - p_2, r))
    above = float(quadrature(high_1 - p_1, p_2 - low_2, r))
    return max(-furthest, p_1 - p_2 - below), min(furthest, p_1 - p_2 + above)


def quadrature(a: Numbers | float, b: Numbers | float, r: Numbers | float) -> Numbers:
    """Add distances that are correlated by `r`."""
    return np.sqrt(np.maximum(0.0, a * a + b * b - 2 * r * a * b))


def correlation(
    first: NDArray[np.float64], second: NDArray[np.float64], least: float = 0.0
) -> float:
    """Correlation over requests, from `least` to 0.95; 0 where it can't be told."""
    first, second = first - first.mean(), second - second.mean()
    scale = math.sqrt(float(np.sum(first**2)) * float(np.sum(second**2)))
    if scale < 1e-12:
        return 0.0
    return min(max(least, float(np.sum(first * second)) / scale), MOST_CORRELATED)


def _levelled(counts: ByRequest) -> ByRequest:
    """Spread the observed outcomes evenly over the requests, each keeping its own rate."""
    share = np.full(counts.observed.size, float(counts.observed.mean()))
    return ByRequest(counts.hits / counts.observed * share, share, share)
