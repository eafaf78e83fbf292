"""Quantiles and tails that the estimators share, typed."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

Numbers = NDArray[np.float64]


def normal_quantile(q: float) -> float:
    """Quantile of the standard normal distribution."""
    return float(special.ndtri(q))


def t_quantile(q: float, df: float) -> float:
    """Quantile of Student's t with `df` degrees of freedom."""
    return float(special.stdtrit(df, q))


def clopper_pearson(hits: float, reads: float, confidence: float) -> tuple[float, float]:
    """Invert both binomial tails, equal-tailed; `hits` and `reads` need not be whole numbers."""
    low, high = clopper_pearson_limits(np.float64(hits), reads, confidence)
    return float(low), float(high)


def clopper_pearson_limits(
    hits: Numbers | np.float64, reads: Numbers | float, confidence: float
) -> tuple[Numbers, Numbers]:
    """Clopper-Pearson limits for each of the hits, which need not be whole numbers.

    Source: Clopper & Pearson 1934, in the beta form.
    """
    tail, misses = (1 - confidence) / 2, reads - hits
    slack = 1e-9 * np.maximum(1.0, reads)  # a product may miss 0 or n by a rounding error
    some, not_all = hits > slack, misses > slack
    low = special.betaincinv(np.where(some, hits, 1.0), np.where(some, misses, 0.0) + 1, tail)
    high = special.betaincinv(hits + 1, np.where(not_all, misses, 1.0), 1 - tail)
    return np.where(some, low, 0.0), np.where(not_all, high, 1.0)


def clopper_pearson_lower(hits: float, reads: float, tail: float) -> float:
    """Return the lower Clopper-Pearson limit with all of `tail` on its side."""
    return clopper_pearson(hits, reads, 1 - 2 * tail)[0] if hits else 0.0


def rising_root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Return where a rising function crosses zero in [low, high], to 1e-10; None if it stays below.

    A function that starts above zero crosses at `low`.
    """
    if function(high) < 0:
        return None
    while high - low > 1e-10:
        middle = (low + high) / 2
        if function(middle) < 0:
            low = middle
        else:
            high = middle
    return high
