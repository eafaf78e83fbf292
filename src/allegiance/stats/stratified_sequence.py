"""Strata read in one random order, looked at whenever one likes: limits that hold at every look."""

import numpy as np

from allegiance.stats.arguments import Counts, checked_confidence, none_more, same_length, wholes
from allegiance.stats.interval import Interval
from allegiance.stats.sequence import confidence_sequence


def stratified_sequence(
    hits: Counts,
    reads: Counts,
    populations: Counts,
    prior: tuple[float, float] = (0.5, 10),
    confidence: float = 0.95,
) -> Interval:
    """Estimate a share of a corpus from random reads inside its strata, at any time.

    Parameters
    ----------
    hits, reads, populations
        k, n and N of each stratum so far; n may be 0.
    prior
        As for `confidence_sequence`, the same for each stratum.
    confidence
        Chance that the limits hold at all looks together.

    Returns
    -------
    Interval
        Target ``corpus``; hits, reads and population are sums. Without an estimate where a stratum
        was not read.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    Each stratum has a confidence sequence (Waudby-Smith & Ramdas 2020) with the share α/m of the
    error, m the number of strata, and the limits are sums of theirs (Bonferroni): guaranteed at
    every look, whenever reading stops and in whatever order the strata are visited, and wider than
    need be.

    Examples
    --------
    >>> print(stratified_sequence([12, 1], [75, 225], [900, 9100]))
    13 of 300 read of 10,000: 1.8 % [0.51, 6.16] (95 %, corpus, prior-posterior ratio by stratum)
    """
    k, n, size = wholes("hits", hits), wholes("reads", reads), wholes("populations", populations)
    same_length(hits=k, reads=n, populations=size)
    none_more("hits", k, "reads", n, "stratum")
    none_more("reads", n, "populations", size, "stratum")
    confidence = checked_confidence(confidence)
    if not n.any():
        raise ValueError("reads must not all be 0: nothing read leaves no estimate")
    each = 1 - (1 - confidence) / k.size
    low = high = 0
    for place in range(k.size):
        hit, read, many = int(k[place]), int(n[place]), int(size[place])
        if not read:
            high += many
            continue
        limits = confidence_sequence(hit, read, many, prior, each)
        assert limits.count_low is not None
        assert limits.count_high is not None
        low, high = low + limits.count_low, high + limits.count_high
    population = int(size.sum())
    unread = size[n == 0].sum() > 0
    weighed = float((size[n > 0] * k[n > 0] / n[n > 0]).sum()) / population
    return Interval(
        estimate=None if unread else weighed,
        low=low / population,
        high=high / population,
        count_low=low,
        count_high=high,
        confidence=confidence,
        method="prior-posterior ratio by stratum",
        target="corpus",
        hits=int(k.sum()),
        reads=int(n.sum()),
        population=population,
        assumptions=("the reads in each stratum are in random order",),
        notes=(
            "holds at every look, whenever reading stops",
            f"prior beta({prior[0]:g}, {prior[1]:g}) in each of {np.size(k)} strata, the error shared out",
        ),
    )
