"""Whether two groups share one rate: Fisher's exact test, and the difference that it could have seen."""

import math
from typing import Any, SupportsIndex

from allegiance.stats.arguments import checked_confidence, fraction, not_more, whole
from allegiance.stats.quantiles import normal_quantile

_POWER = 0.8


def equal_rates(
    hits: SupportsIndex, reads: SupportsIndex, other_hits: SupportsIndex, other_reads: SupportsIndex
) -> float:
    """Test whether two groups share one rate.

    Parameters
    ----------
    hits, reads
        k of n in the first group.
    other_hits, other_reads
        In the second.

    Returns
    -------
    float
        Two-sided p-value; 1 where a group is empty.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    Fisher 1935, exact given both margins; two-sided by the chance of tables no likelier than this.
    It tests that the odds are equal, and odds ratios are the same where the groups were sampled by
    the outcome at one fraction for all (as cases and controls are).

    Examples
    --------
    >>> round(equal_rates(32, 33, 22, 33), 4)
    0.0027
    """
    k, n = whole("hits", hits), whole("reads", reads)
    l, m = whole("other_hits", other_hits), whole("other_reads", other_reads)  # noqa: E741
    not_more("hits", k, "reads", n)
    not_more("other_hits", l, "other_reads", m)
    if not n or not m:
        return 1.0
    # Imported here: scipy.stats takes a second to load, and most reports have no need of it.
    from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

    # Its stubs leave the result open.
    exact: Any = stats.fisher_exact  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return float(min(1.0, exact([[k, n - k], [l, m - l]]).pvalue))


def smallest_seen(
    reads: SupportsIndex, other_reads: SupportsIndex, rate: float, alpha: float = 0.05
) -> float | None:
    """Give the difference of two rates that so many reads find in 80 % of repeats; approximate.

    Parameters
    ----------
    reads, other_reads
        In either group.
    rate
        The rate that both are taken to be near.
    alpha
        The level of the test.

    Returns
    -------
    float or None
        The larger of the differences above and below the rate, where rates can lie on both sides;
        None where even the largest would be missed more often than that.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    Cohen 1988: rates on the arcsine scale, on which their errors are alike. Nothing can be seen where
    even the most extreme table has a p-value above `alpha` in Fisher's test.

    Examples
    --------
    >>> round(smallest_seen(33, 33, 0.9), 3)
    0.282
    >>> smallest_seen(3, 3, 0.5) is None
    True
    """
    n, m = whole("reads", reads), whole("other_reads", other_reads)
    near = fraction("rate", rate)
    alpha = 1 - checked_confidence(1 - alpha)
    if not n or not m or equal_rates(n, n, 0, m) > alpha:
        return None
    z = normal_quantile(1 - alpha / 2) + normal_quantile(_POWER)
    step = z * math.sqrt(1 / n + 1 / m) / 2
    middle = math.asin(math.sqrt(near))
    found = [
        abs(near - math.sin(end) ** 2)
        for end in (middle - step, middle + step)
        if 0 <= end <= math.pi / 2
    ]
    return max(found) if found else None
