"""What "we saw none" excludes, with and without a chance that a reader overlooks what is there."""

import math
from typing import Any, SupportsIndex, TypeAlias

import numpy as np

from allegiance.stats.arguments import checked_confidence, fraction, not_more, whole
from allegiance.stats.interval import Interval
from allegiance.stats.quantiles import clopper_pearson_lower

Sensitivity: TypeAlias = float | tuple[int, int]
"""The chance that a reader notices a case: assumed, or measured as (caught, planted)."""

_RANDOM = "the reads are a random sample whose size was fixed beforehand"
_INDEPENDENT = "the reads are independent and share one rate"


def absence(
    reads: SupportsIndex,
    population: SupportsIndex | None = None,
    sensitivity: Sensitivity | None = None,
    confidence: float = 0.95,
) -> Interval:
    """Bound a share from above where no read was a hit.

    Parameters
    ----------
    reads
        Reads, none of them a hit.
    population
        N of the frame; without it the target is the model.
    sensitivity
        The chance that a reader notices a case: a number if it is assumed, (caught, planted) if it
        was measured on planted cases, None if nobody overlooks one.
    confidence
        Chance that the upper limit holds.

    Returns
    -------
    Interval
        The lower limit is 0: nothing was seen, so all of the error belongs to the upper one.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    The upper limit is the largest count D for which seeing none has a chance above α. That chance
    is E[(1 − s)^X], X hypergeometric, for a reader who notices each case with chance s
    independently; without a population it is (1 − ps)^n. A measured s enters by its lower
    Clopper-Pearson limit at α/2, and none seen by the other α/2 (Bonferroni).

    Examples
    --------
    >>> print(absence(300, 10_000))
    0 of 300 read of 10,000: 0.0 % [0.00, 0.97] (95 %, corpus, hypergeometric, none seen)

    The same reader caught 16 of 20 planted cases:

    >>> print(absence(300, 10_000, sensitivity=(16, 20)))
    0 of 300 read of 10,000: 0.0 % [0.00, 2.15] (95 %, corpus, hypergeometric, none seen, measured
    sensitivity)
    """
    n = whole("reads", reads, least=1)
    confidence = checked_confidence(confidence)
    size = None if population is None else whole("population", population)
    if size is not None:
        not_more("reads", n, "population", size)
    noticed, tail, name, assumed, note = _noticing(sensitivity, 1 - confidence)
    count = None if size is None else _highest(n, size, noticed, tail)
    high = _highest_rate(n, noticed, tail) if size is None or count is None else count / size
    method = "binomial" if size is None else "hypergeometric"
    return Interval(
        estimate=0.0,
        low=0.0,
        high=high,
        count_low=None if size is None else 0,
        count_high=count,
        confidence=confidence,
        method=f"{method}, none seen{name}",
        target="model" if size is None else "corpus",
        hits=0,
        reads=n,
        population=size,
        assumptions=(_INDEPENDENT if size is None else _RANDOM, assumed),
        notes=("one-sided: all of the error belongs to the upper limit", note),
    )


def _noticing(sensitivity: Sensitivity | None, alpha: float) -> tuple[float, float, str, str, str]:
    """The chance of noticing to count on, the tail left, and the words for it."""
    if sensitivity is None:
        return 1.0, alpha, "", "no case that was read was overlooked", "sensitivity taken as 1"
    if isinstance(sensitivity, tuple):
        try:
            caught, planted = sensitivity
        except ValueError:
            raise ValueError(f"sensitivity must be (caught, planted), not {sensitivity}") from None
        k, n = whole("sensitivity[0]", caught), whole("sensitivity[1]", planted, least=1)
        not_more("sensitivity[0]", k, "sensitivity[1]", n)
        low = clopper_pearson_lower(k, n, alpha / 2)
        alike = "planted cases are as easy to notice as real ones"
        return (
            low,
            alpha / 2,
            ", measured sensitivity",
            alike,
            f"noticed at least {100 * low:.1f} %",
        )
    chance = fraction("sensitivity", sensitivity)
    assumed = f"a reader notices {100 * chance:g} % of the cases, each independently"
    return chance, alpha, ", assumed sensitivity", assumed, "the sensitivity was not measured"


def _highest_rate(reads: int, noticed: float, tail: float) -> float:
    missed = -math.expm1(math.log(tail) / reads)
    return 1.0 if missed >= noticed else missed / noticed


def _highest(reads: int, population: int, noticed: float, tail: float) -> int:
    """Find the largest count for which noticing none has a chance above the tail, by halves."""
    level = tail * (1 + 1e-9)
    above, below = 0, population - (reads if noticed == 1 else 0) + 1
    while below - above > 1:
        count = (above + below) // 2
        if chance_of_noticing_none(count, reads, population, noticed) > level:
            above = count
        else:
            below = count
    return above


def chance_of_noticing_none(count: int, reads: int, population: int, noticed: float) -> float:
    """E[(1 − s)^X] for X hits read out of `count` in the population, summed where it matters."""
    from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

    distribution: Any = stats.hypergeom
    if noticed == 0:
        return 1.0
    least, most = max(0, reads - (population - count)), min(reads, count)
    # Beyond this many hits, (1 − s)^X changes the sum by less than 1e-18.
    reach = 41.5 / max(-math.log1p(-noticed), 1e-9) if noticed < 1 else -least
    read = np.arange(least, min(most, least + math.ceil(reach)) + 1)
    weights = distribution.pmf(read, population, count, reads)
    return float(np.sum(weights * (1 - noticed) ** read))
