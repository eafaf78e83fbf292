"""How well a score tells transcripts with a property from those without: the area under the curve."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.arguments import checked_confidence
from allegiance.stats.interval import Interval
from allegiance.stats.quantiles import normal_quantile, rising_root


def auroc(
    scores: Sequence[float] | NDArray[np.float64],
    truths: Sequence[bool] | NDArray[np.bool_],
    confidence: float = 0.95,
) -> Interval:
    """Estimate the chance that one with the property has a higher score than one without.

    Parameters
    ----------
    scores, truths
        The score of each transcript, and whether it has the property. Ties count one half.
    confidence
        Nominal coverage.

    Returns
    -------
    Interval
        The area under the receiver's operating curve; 0.5 is chance. Target ``model``.

    Raises
    ------
    ValueError
        If the lists differ in length, a score is no number, or all have the property or none.

    Notes
    -----
    The estimate is Mann and Whitney's U over the number of pairs. The limits are Newcombe's method 5
    (Stat Med 25, 2006, 559-573): those areas whose Hanley-McNeil error would put the estimate no
    further away than the quantile. They are never zero wide, unlike DeLong's at an area of 1.

    Examples
    --------
    >>> print(auroc([0.9, 0.8, 0.7, 0.4, 0.3, 0.2], [True, True, False, True, False, False]))
    88.9 % [40.10, 98.84] (95 %, model, mann-whitney, newcombe)
    """
    values, hits = np.asarray(scores, dtype=np.float64), np.asarray(truths, dtype=bool)
    if values.ndim != 1 or values.shape != hits.shape:
        raise ValueError(f"scores and truths must be as long, not {values.size} and {hits.size}")
    if not np.isfinite(values).all():
        raise ValueError("scores must be numbers; leave out those that are missing")
    confidence = checked_confidence(confidence)
    m, n = int(hits.sum()), int((~hits).sum())
    if not m or not n:
        raise ValueError("truths must hold some with the property and some without")
    area = _area(values, hits, m, n)
    low, high = _limits(area, m, n, normal_quantile((1 + confidence) / 2))
    return Interval(
        estimate=area,
        low=low,
        high=high,
        confidence=confidence,
        method="mann-whitney, newcombe",
        target="model",
        assumptions=("the transcripts are a random sample",),
        notes=(f"{m} with the property and {n} without",),
    )


def _area(values: NDArray[np.float64], hits: NDArray[np.bool_], m: int, n: int) -> float:
    """Count the pairs that are in the right order."""
    ordered = np.sort(values[~hits])
    below = np.searchsorted(ordered, values[hits], "left")
    level = np.searchsorted(ordered, values[hits], "right") - below
    return float(below.sum() + level.sum() / 2) / (m * n)


def _limits(area: float, m: int, n: int, z: float) -> tuple[float, float]:
    def beyond(logit: float) -> float:
        """How far an area lies above the estimate, in its own errors, in place of the quantile."""
        other = float(special.expit(logit))
        return (other - area) / max(_error(other, m, n), 1e-300)

    low = rising_root(lambda x: beyond(x) + z, -30.0, 30.0)
    high = rising_root(lambda x: beyond(x) - z, -30.0, 30.0)
    return (
        0.0 if area <= 0 or low is None else float(special.expit(low)),
        1.0 if area >= 1 or high is None else float(special.expit(high)),
    )


def _error(area: float, m: int, n: int) -> float:
    """Hanley and McNeil's standard error, with Newcombe's one number for both sides."""
    more = (m + n) / 2 - 1
    spread = 1 + more * (1 - area) / (2 - area) + more * area / (1 + area)
    return math.sqrt(area * (1 - area) * spread / (m * n))
