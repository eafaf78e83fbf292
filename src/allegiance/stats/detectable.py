"""The smallest gap that a design would find: 80 % power at the stated confidence."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.difference import Pairs, events_are_common, standard_error
from allegiance.stats.quantiles import (
    clopper_pearson_limits,
    normal_quantile,
    rising_root,
    t_quantile,
)
from allegiance.stats.rate import effective_size
from allegiance.stats.sampling import binomial_weights, likely

_POWER = 0.8


def smallest_detectable(pairs: Pairs, confidence: float) -> float | None:
    """Return the gap that would be found in 80 % of repeats of this design; approximate.

    Where events are common: the noncentral t, at the spread of the differences that was observed.
    Elsewhere: the MOVER limits over binomial outcomes whose lower rate is the lower of those
    observed, with the smaller of the two effective sample sizes and no correlation.

    Returns
    -------
    float or None
        None where even the largest gap would be missed more often than that.
    """
    if events_are_common(pairs):
        differences = pairs.differences
        error = standard_error(differences)
        return detectable_by_t(error, differences.size - 1, confidence, furthest=1.0)
    return _mover(pairs, confidence)


def detectable_by_t(error: float, df: float, confidence: float, furthest: float) -> float | None:
    """Return the mean that Student's t finds in 80 % of repeats; None beyond `furthest`."""
    critical = t_quantile((1 + confidence) / 2, df)

    def excess(noncentrality: float) -> float:
        beyond = 1 - special.nctdtr(df, noncentrality, critical)
        return float(beyond + special.nctdtr(df, noncentrality, -critical)) - _POWER

    root = rising_root(excess, 0.0, 40.0)
    return None if root is None or root * error > furthest else root * error


def detectable_by_limits(
    estimate: float, limits: tuple[float, float], confidence: float, furthest: float
) -> float | None:
    """Return the difference that limits as wide as these would show in 80 % of repeats.

    The distance to the limit on the side of zero is taken for that many standard errors of a normal
    estimate; None beyond `furthest`.
    """
    distance = estimate - limits[0] if estimate >= 0 else limits[1] - estimate
    size = distance * (1 + normal_quantile(_POWER) / normal_quantile((1 + confidence) / 2))
    return size if size <= furthest else None


def _mover(pairs: Pairs, confidence: float) -> float | None:
    arms = pairs.first, pairs.second
    size = max(1, math.floor(min(effective_size(arm, confidence) for arm in arms) + 1e-9))
    base = min(float(mean.mean()) for mean in pairs.means)
    return rising_root(lambda gap: _power(base, gap, size, confidence) - _POWER, 0.0, 1.0 - base)


def _power(base: float, gap: float, size: int, confidence: float) -> float:
    """Chance that MOVER limits of two independent binomials exclude zero from the right side."""
    (few, few_weights), (many, many_weights) = (_binomial(size, p) for p in (base, base + gap))
    upper = clopper_pearson_limits(few, size, confidence)[1]
    lower = clopper_pearson_limits(many, size, confidence)[0]
    above = (upper - few / size)[:, None]
    below = (many / size - lower)[None, :]
    found = (many[None, :] - few[:, None]) / size > np.hypot(above, below)
    return float(few_weights @ found @ many_weights)


def _binomial(size: int, p: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts = likely(size * p, size * p * (1 - p), 0, size)
    return counts, binomial_weights(counts, size, p)
