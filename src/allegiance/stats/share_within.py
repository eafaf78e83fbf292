"""Of all hits of a corpus, the share that lies in some of its strata: sensitivity by verdict strata."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from allegiance.stats.arguments import Counts, checked_confidence, none_more, same_length, wholes
from allegiance.stats.interval import Interval
from allegiance.stats.stratified import stratified
from allegiance.stats.stratified_sequence import stratified_sequence

Ints = NDArray[np.int64]
_FIXED = "within each stratum the reads are random, and their number was fixed beforehand"
_ORDER = "the reads in each stratum are in random order"


def share_within(
    hits: Counts,
    reads: Counts,
    populations: Counts,
    inside: Sequence[bool],
    confidence: float = 0.95,
    *,
    looked: bool = False,
) -> Interval:
    """Estimate what share of all hits lies inside some strata, from random reads in each.

    Where the strata are what a judge said, the share of hits inside its positives is its
    sensitivity; with misses for hits, and its negatives for the inside, its specificity.

    Parameters
    ----------
    hits, reads, populations
        k, n and N of each stratum; n may be 0.
    inside
        Which strata are meant.
    confidence
        Nominal coverage.
    looked
        Whether reading could stop at any look, so that limits have to hold at each of them.

    Returns
    -------
    Interval
        Target ``corpus``. Without an estimate where a stratum was not read or no hit was seen.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    The share is A / (A + B), A the hits inside and B those outside: it rises in A and falls in B.
    The limits take those of `stratified` (`stratified_sequence` where it was looked at) for A and B,
    each at 1 − α/2 (Bonferroni), so that with one stratum on each side, and exact limits there, they
    are guaranteed.

    Examples
    --------
    A judge marked 900 of 10,000; 75 of those were read and 225 of the others.

    >>> print(share_within([60, 2], [75, 225], [900, 9100], [True, False]))
    62 of 300 read of 10,000: 89.9 % [65.67, 99.01] (95 %, corpus, ratio of strata)
    """
    k, n, size = wholes("hits", hits), wholes("reads", reads), wholes("populations", populations)
    same_length(hits=k, reads=n, populations=size)
    none_more("hits", k, "reads", n, "stratum")
    none_more("reads", n, "populations", size, "stratum")
    within = np.asarray(inside, dtype=bool)
    if within.shape != k.shape:
        raise ValueError(f"inside must have one mark for each of the {k.size} strata")
    each = (1 + checked_confidence(confidence)) / 2
    sides = [_count(k[mask], n[mask], size[mask], each, looked) for mask in (within, ~within)]
    (first, low_first, high_first), (second, low_second, high_second) = sides
    total = None if first is None or second is None else first + second
    return Interval(
        estimate=first / total if total and first is not None else None,
        low=_share(low_first, high_second, 0.0),
        high=_share(high_first, low_second, 1.0),
        confidence=confidence,
        method="ratio of strata, looked at" if looked else "ratio of strata",
        target="corpus",
        hits=int(k.sum()),
        reads=int(n.sum()),
        population=int(size.sum()),
        assumptions=(_ORDER if looked else _FIXED,),
        notes=(f"limits of either side at {100 * each:.4g} %",),
    )


def _count(
    k: Ints, n: Ints, size: Ints, confidence: float, looked: bool
) -> tuple[float | None, int, int]:
    """Estimate and bound the hits of one side."""
    if not size.sum():
        return 0.0, 0, 0
    if not n.any():
        return None, 0, int(size.sum())
    method = stratified_sequence if looked else stratified
    found = method(k, n, size, confidence=confidence)
    assert found.count_low is not None
    assert found.count_high is not None
    estimate = None if found.estimate is None else found.estimate * int(size.sum())
    return estimate, found.count_low, found.count_high


def _share(part: int, rest: int, otherwise: float) -> float:
    return part / (part + rest) if part + rest else otherwise
