"""How many labels a plain random draw would need for what another design gives.

What a random draw gives is an exact expectation over its outcomes, at sizes a fifth apart, and read
off between them.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from allegiance.stats.hypergeometric import count_limits, lowest_counts
from benchmarks.coverage_studies.results import NOMINAL

_STEP = 1.2
_UNSEEN = 1e-6  # outcomes rarer than this are left out


@dataclass(frozen=True)
class RandomDraws:
    """What random draws of growing size give on average in one population.

    Attributes
    ----------
    sizes
        Labels read.
    widths, lower_bounds
        Expected width of `proportion`, and expected limit of `lower_bound`, as fractions.
    """

    sizes: NDArray[np.float64]
    widths: NDArray[np.float64]
    lower_bounds: NDArray[np.float64]

    @classmethod
    @functools.cache
    def of(cls, hits: int, size: int) -> "RandomDraws":
        """Work out the expectations for a population with so many hits."""
        steps = int(math.log(size / 5, _STEP)) + 1
        sizes = sorted({min(size, round(5 * _STEP**step)) for step in range(steps + 1)})
        widths, bounds = np.array([_expected(hits, size, reads) for reads in sizes]).T
        return cls(np.array(sizes, dtype=float), widths, bounds)

    def for_width(self, width: float) -> float:
        """Labels of a random draw whose interval is so wide on average."""
        return math.exp(np.interp(-width, -self.widths, np.log(self.sizes)))

    def for_lower_bound(self, bound: float) -> float:
        """Labels of a random draw whose "at least" is so high on average."""
        return math.exp(np.interp(bound, self.lower_bounds, np.log(self.sizes)))


def _expected(hits: int, size: int, reads: int) -> tuple[float, float]:
    """Expected width of the interval and expected lower bound, as fractions."""
    seen = np.arange(max(0, hits - (size - reads)), min(hits, reads) + 1)
    chances = hypergeom.pmf(seen, size, hits, reads)
    kept = chances > _UNSEEN
    weights = chances[kept] / chances[kept].sum()
    draws = seen[kept], np.full(kept.sum(), reads), np.full(kept.sum(), size)
    low, high = count_limits(*draws, NOMINAL)
    bound = lowest_counts(*draws, 1 - NOMINAL)
    return float(weights @ (high - low)) / size, float(weights @ bound) / size
