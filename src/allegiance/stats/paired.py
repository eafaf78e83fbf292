"""Two instruments on the same transcripts: which is right more often, and by how much."""

import math
from typing import SupportsIndex

from allegiance.stats.arguments import checked_confidence, whole
from allegiance.stats.difference import MOST_CORRELATED, mover
from allegiance.stats.interval import Interval
from allegiance.stats.quantiles import clopper_pearson


def mcnemar(first_alone: SupportsIndex, second_alone: SupportsIndex) -> float:
    """Test whether two instruments are right equally often on the same transcripts.

    Parameters
    ----------
    first_alone, second_alone
        Transcripts on which the first alone is right, and on which the second alone is. Those on
        which both or neither are tell nothing.

    Returns
    -------
    float
        Two-sided p-value; 1 where they never differ.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    McNemar 1947 in its exact form: the smaller count is binomial with one half.

    Examples
    --------
    >>> round(mcnemar(3, 12), 4)
    0.0352
    """
    b, c = whole("first_alone", first_alone), whole("second_alone", second_alone)
    n, fewer = b + c, min(b, c)
    if b == c:
        return 1.0
    below = sum(math.comb(n, k) for k in range(fewer + 1))
    return min(1.0, 2 * below / 2**n)  # whole numbers divided once: exact for any n


def paired_difference(
    both: SupportsIndex,
    first_alone: SupportsIndex,
    second_alone: SupportsIndex,
    neither: SupportsIndex,
    confidence: float = 0.95,
) -> Interval:
    """Estimate the difference of two shares that were measured on the same transcripts.

    Parameters
    ----------
    both, first_alone, second_alone, neither
        Transcripts that both have, the first alone, the second alone, or neither.
    confidence
        Nominal coverage.

    Returns
    -------
    Interval
        The share of the first less that of the second, a difference. Target ``model``.

    Raises
    ------
    ValueError
        Naming the argument that is wrong, or if all are 0.

    Notes
    -----
    Newcombe 1998 (Stat Med 17, 2635-2650), method 10: the limits of the two shares are added in
    quadrature with their correlation phi, here on Clopper-Pearson limits, so that it is never zero
    wide, and with no correlation taken for more than 0.95.

    Examples
    --------
    >>> print(paired_difference(40, 3, 12, 5))
    -15.0 points [-28.00, -1.87] (95 %, model, mover, paired)
    """
    a, b = whole("both", both), whole("first_alone", first_alone)
    c, d = whole("second_alone", second_alone), whole("neither", neither)
    confidence = checked_confidence(confidence)
    n = a + b + c + d
    if not n:
        raise ValueError("both, first_alone, second_alone and neither are 0: nothing was compared")
    first, second = (
        (k / n, *clopper_pearson(float(k), float(n), confidence)) for k in (a + b, a + c)
    )
    low, high = mover(first, second, _phi(a, b, c, d), furthest=1.0)
    return Interval(
        estimate=(b - c) / n,
        low=low,
        high=high,
        confidence=confidence,
        method="mover, paired",
        target="model",
        assumptions=("the transcripts are a random sample",),
        notes=(f"{a} both, {b} the first alone, {c} the second alone, {d} neither",),
        quantity="difference",
    )


def _phi(a: int, b: int, c: int, d: int) -> float:
    scale = math.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    return 0.0 if not scale else max(-1.0, min((a * d - b * c) / scale, MOST_CORRELATED))
