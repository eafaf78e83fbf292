# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Bands of a score that is a probability: where a stratified draw cuts it if nobody says so."""

from collections.abc import Sequence

import numpy as np

BANDS = 4
_MANY = 8
"""Scores that have so few different values are strata as they are, such as counts of matches."""
_DECIMALS = 3


def bands_of(scores: Sequence[float]) -> tuple[float, ...]:
    """Choose where the bands of a score begin.

    Each band holds the same share of the sum of sqrt(p(1 - p)), the standard deviation of a yes that
    has probability p, so that Neyman's allocation would read as many of each: wide bands where the
    score is sure, narrow ones where it is not (after Dalenius and Hodges 1959).

    Returns
    -------
    tuple of float
        Rising, of three decimals, fewer than `BANDS`; none where the scores are no probabilities or
        have few different values.
    """
    if not len(scores):
        return ()
    rising = np.sort(np.asarray(scores, np.float64))
    if len(np.unique(rising)) <= _MANY or rising[0] < 0 or rising[-1] > 1:
        return ()
    sums = np.cumsum(np.sqrt(rising * (1 - rising)))
    ends = np.searchsorted(sums, sums[-1] * np.arange(1, BANDS) / BANDS)
    cuts = np.unique(np.round(rising[np.minimum(ends + 1, len(rising) - 1)], _DECIMALS))
    return tuple(float(cut) for cut in cuts if rising[0] < cut <= rising[-1])
