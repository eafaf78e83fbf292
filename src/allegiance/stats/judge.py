"""Rates through a judge whose errors were measured apart: on planted cases, or on a labelled set."""

import math
from typing import SupportsIndex

from allegiance.stats.arguments import checked_confidence, fraction, not_more, whole
from allegiance.stats.hypergeometric import limits_of_one
from allegiance.stats.interval import Interval, counts_within
from allegiance.stats.quantiles import clopper_pearson, normal_quantile

_CHANCE = 1e-9


def with_sensitivity(
    hits: SupportsIndex,
    reads: SupportsIndex,
    positives: SupportsIndex,
    population: SupportsIndex,
    caught: SupportsIndex,
    planted: SupportsIndex,
    confidence: float = 0.95,
) -> Interval:
    """Estimate a share from labels on a judge's positives alone, and from planted cases.

    Parameters
    ----------
    hits, reads, positives
        k true among n that were read at random out of the judge's positives.
    population
        N of the frame; what lies outside the positives is not read.
    caught, planted
        How many of the planted known cases the judge marked.
    confidence
        Nominal coverage.

    Returns
    -------
    Interval
        ``hits`` of ``reads``; no estimate where the judge caught no planted case.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    Hypergeometric limits of the true positives at 1 − α/2, divided by Clopper-Pearson limits of the
    sensitivity at 1 − α/2 (Bonferroni). It rests on an assumption that its data can't check, and
    that is printed with it: if planted cases are easier to catch than real ones, the limits are too
    low, and may never cover. Without that assumption use ``lower_bound`` on the positives, or
    ``stratified``.

    Examples
    --------
    A judge marked 900 of 10,000 and caught 45 of 50 planted cases; 100 of the 900 were read.

    >>> print(with_sensitivity(14, 100, 900, 10_000, 45, 50))
    14 of 100 read of 10,000: 1.4 % [0.70, 2.70] (95 %, corpus, planted, if planted cases are as
    easy to catch as real ones)
    """
    k, n = whole("hits", hits), whole("reads", reads, least=1)
    marked, size = whole("positives", positives), whole("population", population)
    found, known = whole("caught", caught), whole("planted", planted, least=1)
    not_more("hits", k, "reads", n)
    not_more("reads", n, "positives", marked)
    not_more("positives", marked, "population", size)
    not_more("caught", found, "planted", known)
    each = (1 + checked_confidence(confidence)) / 2
    least, most = limits_of_one(k, n, marked, each)
    weakest, strongest = clopper_pearson(found, known, each)
    certain = size - (n - k)  # all but the misses that were read
    count_low, count_high = counts_within(
        min(least / strongest, certain), certain if weakest * certain <= most else most / weakest
    )
    true = k / n * marked
    return Interval(
        estimate=min(true * known / (found * size), count_high / size) if found else None,
        low=count_low / size,
        high=count_high / size,
        count_low=count_low,
        count_high=count_high,
        confidence=confidence,
        method="planted, if planted cases are as easy to catch as real ones",
        target="corpus",
        hits=k,
        reads=n,
        population=size,
        assumptions=(
            "planted cases are as easy for the judge to catch as real ones",
            "the reads are a random sample of the judge's positives",
        ),
        notes=(
            f"{marked:,} positives; the judge caught {found} of {known} planted cases",
            "nothing outside the positives was read",
        ),
    )


def judge_adjusted(
    rate: float,
    n: SupportsIndex,
    specificity: float,
    n_negative: SupportsIndex,
    sensitivity: float,
    n_positive: SupportsIndex,
    confidence: float = 0.95,
) -> Interval:
    """Correct a judge's own rate by its sensitivity and specificity; approximate.

    Parameters
    ----------
    rate, n
        The share of n transcripts that the judge marked, as a fraction.
    specificity, n_negative
        Measured on this many known negatives, apart from the n.
    sensitivity, n_positive
        Measured on this many known positives, apart from the n.
    confidence
        Nominal coverage.

    Returns
    -------
    Interval
        Target ``model``. The estimate is Rogan and Gladen's, cut to [0, 1]; None, with limits 0 and
        1, where the judge was not shown to be better than chance.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    Lang & Reiczigel 2014; the same interval as Lee et al. 2025 (arXiv 2511.21140): normal limits
    after adding z² to n and two to each labelled set, and a shift of the centre. It falls short of
    its confidence in some cells of ``docs/coverage.md``.

    Examples
    --------
    >>> print(judge_adjusted(0.4, 1000, 0.7, 200, 0.9, 200))
    16.7 % [5.64, 26.27] (95 %, model, lang-reiczigel, approximate)
    """
    p = fraction("rate", rate)
    specificity = fraction("specificity", specificity)
    sensitivity = fraction("sensitivity", sensitivity)
    size = whole("n", n, least=1)
    negatives = whole("n_negative", n_negative, least=1)
    positives = whole("n_positive", n_positive, least=1)
    z = normal_quantile((1 + checked_confidence(confidence)) / 2)
    limits = _lang_reiczigel(p, size, specificity, negatives, sensitivity, positives, z)
    better = sensitivity + specificity - 1
    estimate = min(max((p + specificity - 1) / better, 0.0), 1.0) if limits else None
    note = "coverage is approximate, and lower where the property is rare"
    return Interval(
        estimate=estimate,
        low=limits[0] if limits else 0.0,
        high=limits[1] if limits else 1.0,
        confidence=confidence,
        method="lang-reiczigel, approximate",
        target="model",
        assumptions=(
            "the judge errs on these transcripts as it did on the labelled ones",
            "the transcripts are independent",
        ),
        notes=(note,) if limits else ("the judge was not shown to be better than chance",),
    )


def _lang_reiczigel(
    rate: float,
    n: float,
    specificity: float,
    negatives: float,
    sensitivity: float,
    positives: float,
    z: float,
) -> tuple[float, float] | None:
    if sensitivity + specificity <= 1:
        return None
    p = (n * rate + z * z / 2) / (n + z * z)
    q_0 = (negatives * specificity + 1) / (negatives + 2)
    q_1 = (positives * sensitivity + 1) / (positives + 2)
    better = q_0 + q_1 - 1
    if better < _CHANCE:  # two outcomes added to small sets can undo what little they showed
        return None
    share = (p + q_0 - 1) / better
    error_0 = q_0 * (1 - q_0) / (negatives + 2)
    error_1 = q_1 * (1 - q_1) / (positives + 2)
    shift = 2 * z * z * (share * error_1 - (1 - share) * error_0)
    variance = p * (1 - p) / (n + z * z) + (1 - share) ** 2 * error_0 + share**2 * error_1
    half = z * math.sqrt(variance) / better
    low, high = (min(max(share + shift + side * half, 0.0), 1.0) for side in (-1, 1))
    return low, high
