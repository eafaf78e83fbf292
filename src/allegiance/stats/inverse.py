"""Reading until the r-th hit, a rule declared beforehand: the number of reads is what is random."""

from typing import SupportsIndex

from allegiance.stats.arguments import checked_confidence, not_more, whole
from allegiance.stats.hypergeometric import highest_of_one, lowest_of_one
from allegiance.stats.interval import Interval
from allegiance.stats.quantiles import clopper_pearson

_RANDOM = "the reading order is random and the rule was declared before the first read"
_INDEPENDENT = "the reads are independent and share one rate; the rule was declared beforehand"


def inverse_sampling(
    reads: SupportsIndex,
    hits: SupportsIndex = 1,
    population: SupportsIndex | None = None,
    confidence: float = 0.95,
    seen: SupportsIndex | None = None,
) -> Interval:
    """Estimate a share from reading in random order until a declared number of hits.

    Parameters
    ----------
    reads
        Reads made; the last one is the `hits`-th hit, unless reading was abandoned before.
    hits
        The declared number of hits, r.
    population
        N of the frame that is read; without it the target is the model.
    confidence
        Nominal coverage.
    seen
        Hits seen so far, where reading was abandoned before the r-th: this leaves the upper limit,
        what was seen as the lower one, and no estimate.

    Returns
    -------
    Interval
        ``hits`` of ``reads``; the estimate is the likeliest share, about their ratio. It is high on
        average, since reading stops at a hit: for r of 2 and more the notes give the unbiased (r −
        1)/(k − 1).

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    Haldane 1945. The lower limit is the smallest count D for which r hits in k reads have a chance
    above α/2, the upper the largest for which k − 1 reads with at most r − 1 hits have (negative
    hypergeometric; negative binomial without a population). An abandoned reading has the limit that
    a hit at the very next read would have given. That limit is at least as high as the one which
    reading to the end would have given, so it holds whatever the reason for abandoning was.

    Examples
    --------
    The second read is the first hit, in a category of 1,000 transcripts.

    >>> print(inverse_sampling(2, 1, 1000))
    1 of 2 read of 1,000: 50.0 % [1.30, 97.40] (95 %, corpus, negative hypergeometric)

    Given up after 200 reads without a hit:

    >>> print(inverse_sampling(200, 1, 10_000, seen=0))
    0 of 200 read of 10,000: no rate [0.00, 1.80] (95 %, corpus, negative hypergeometric, abandoned)
    """
    n, declared = whole("reads", reads, least=1), whole("hits", hits, least=1)
    confidence = checked_confidence(confidence)
    size = None if population is None else whole("population", population)
    if size is not None:
        not_more("reads", n, "population", size)
    if seen is None:
        not_more("hits", declared, "reads", n)
        k = declared
    else:
        k = whole("seen", seen)
        not_more("seen", k, "reads", n)
        if k >= declared:
            raise ValueError(
                f"seen ({k}) must be less than hits ({declared}): at the declared hit reading stops"
            )
    last = n if seen is None else n + 1  # the read at which the declared hit came, or could have
    tail = (1 - confidence) / 2
    if size is None:
        counts = None, None
        low = clopper_pearson(k, n, confidence)[0] if seen is None else 0.0
        high = clopper_pearson(declared - 1, last - 1, confidence)[1] if last > declared else 1.0
    else:
        counts = _counts(k, n, declared, last, size, tail, abandoned=seen is not None)
        low, high = counts[0] / size, counts[1] / size
    name = "negative binomial" if size is None else "negative hypergeometric"
    return Interval(
        estimate=None if seen is not None else k / n if size is None else _likeliest(k, n, size),
        low=low,
        high=high,
        count_low=counts[0],
        count_high=counts[1],
        confidence=confidence,
        method=name if seen is None else f"{name}, abandoned",
        target="model" if size is None else "corpus",
        hits=k,
        reads=n,
        population=size,
        assumptions=(_INDEPENDENT,) if size is None else (_RANDOM,),
        notes=_notes(k, n, declared, abandoned=seen is not None),
    )


def _counts(
    k: int, n: int, declared: int, last: int, size: int, tail: float, abandoned: bool
) -> tuple[int, int]:
    misses = n - k
    low = k if abandoned else lowest_of_one(k, n, size, tail)
    high = highest_of_one(declared - 1, last - 1, size, tail) if last > declared else size
    return low, min(max(high, k), size - misses)  # what was read is certain


def _likeliest(hits: int, reads: int, population: int) -> float:
    count = (population + 1) * hits // reads
    return min(count, population - (reads - hits)) / population


def _notes(k: int, n: int, declared: int, abandoned: bool) -> tuple[str, ...]:
    if abandoned:
        return (
            f"abandoned with {k} of the {declared} declared hits: the lower limit is what was seen",
        )
    rule = f"read until hit {declared}, which was read {n:,}"
    if declared == 1:
        return (rule, "one hit leaves no unbiased estimate")
    return (rule, f"unbiased estimate {(k - 1) / (n - 1):.6g}")
