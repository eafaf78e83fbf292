"""A share from a random sample: k of n read, out of a frame of N or from a process."""

import math
from typing import Literal, NamedTuple, SupportsIndex, get_args

from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.arguments import checked_confidence, not_more, whole
from allegiance.stats.hypergeometric import limits_of_one, lowest_of_one
from allegiance.stats.interval import Interval
from allegiance.stats.quantiles import clopper_pearson, clopper_pearson_lower, normal_quantile

Method = Literal["hypergeometric", "clopper-pearson", "wilson", "jeffreys"]

_RANDOM = "the reads are a random sample whose size was fixed beforehand"
_INDEPENDENT = "the reads are independent and share one rate"


def proportion(
    hits: SupportsIndex,
    reads: SupportsIndex,
    population: SupportsIndex | None = None,
    confidence: float = 0.95,
    method: Method = "hypergeometric",
) -> Interval:
    """Estimate a share from a random sample.

    With a population the target is the corpus: both hypergeometric tails are inverted for the
    number of hits in the population, equal-tailed, and a census has width zero. Without one the
    target is the model, and the default becomes Clopper-Pearson.

    Parameters
    ----------
    hits, reads, population
        k of n read out of N, whole numbers.
    confidence
        Nominal coverage.
    method
        ``hypergeometric``, or one of ``clopper-pearson``, ``wilson``, ``jeffreys``, which know no
        population.

    Returns
    -------
    Interval
        Limits as fractions, and as counts where there is a population.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    Clopper & Pearson 1934; Buonaccorsi 1987; Wang 2015. Wilson and Jeffreys hold their coverage on
    average only, and fall below it for some rates.

    Examples
    --------
    >>> print(proportion(3, 300, 10_000))
    3 of 300 read of 10,000: 1.0 % [0.22, 2.86] (95 %, corpus, hypergeometric)
    >>> print(proportion(0, 20))
    0 of 20: 0.0 % [0.00, 16.84] (95 %, model, clopper-pearson)
    """
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(get_args(Method))}, not {method!r}")
    sample = _checked(hits, reads, population)
    confidence = checked_confidence(confidence)
    if sample.population is None:
        return _of_process(sample.hits, sample.reads, confidence, method)
    if method != "hypergeometric":
        raise ValueError(f"method {method!r} knows no population: leave population out")
    return _of_corpus(sample.hits, sample.reads, sample.population, confidence)


def lower_bound(
    hits: SupportsIndex,
    reads: SupportsIndex,
    population: SupportsIndex | None = None,
    confidence: float = 0.95,
) -> Interval:
    """Say "at least" of a random sample: the lower limit takes all of the error.

    Parameters
    ----------
    hits, reads, population
        k of n read out of N, whole numbers; without N the target is the model.
    confidence
        Chance that the lower limit holds.

    Returns
    -------
    Interval
        Its upper limit is what is certain: everything but the misses that were seen.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    One tail of the hypergeometric (Buonaccorsi 1987), or of the binomial (Clopper & Pearson 1934).
    Reading a judge's positives only and dividing by the whole population gives a valid "at least"
    for that population, whatever the judge's errors: pass the judge's positives as `population`
    and use ``count_low``.

    Examples
    --------
    >>> print(lower_bound(3, 300, 10_000))
    3 of 300 read of 10,000: 1.0 % [0.28, 97.03] (95 %, corpus, hypergeometric, one-sided)
    """
    sample = _checked(hits, reads, population)
    confidence = checked_confidence(confidence)
    k, n, size = sample.hits, sample.reads, sample.population
    if size is None:
        count_low = count_high = None
        low, high = clopper_pearson_lower(k, n, 1 - confidence), 1.0
    else:
        tail = 1 - confidence
        count_low = lowest_of_one(k, n, size, tail)
        count_high = size - (n - k)
        low, high = count_low / size, count_high / size
    return Interval(
        estimate=k / n,
        low=low,
        high=high,
        count_low=count_low,
        count_high=count_high,
        confidence=confidence,
        method=f"{'clopper-pearson' if size is None else 'hypergeometric'}, one-sided",
        target="model" if size is None else "corpus",
        hits=k,
        reads=n,
        population=size,
        assumptions=(_INDEPENDENT,) if size is None else (_RANDOM,),
        notes=("an `at least`: the upper limit is only what is certain",),
    )


class _Sample(NamedTuple):
    hits: int
    reads: int
    population: int | None


def _checked(
    hits: SupportsIndex, reads: SupportsIndex, population: SupportsIndex | None
) -> _Sample:
    k, n = whole("hits", hits), whole("reads", reads)
    if n < 1:
        raise ValueError("reads must be at least 1: nothing read leaves no estimate")
    not_more("hits", k, "reads", n)
    if population is None:
        return _Sample(k, n, None)
    size = whole("population", population)
    not_more("reads", n, "population", size)
    return _Sample(k, n, size)


def _of_corpus(hits: int, reads: int, population: int, confidence: float) -> Interval:
    low, high = limits_of_one(hits, reads, population, confidence)
    return Interval(
        estimate=hits / reads,
        low=low / population,
        high=high / population,
        count_low=low,
        count_high=high,
        confidence=confidence,
        method="hypergeometric",
        target="corpus",
        hits=hits,
        reads=reads,
        population=population,
        assumptions=() if reads == population else (_RANDOM,),
        notes=("everything was read",) if reads == population else (),
    )


def _of_process(hits: int, reads: int, confidence: float, method: Method) -> Interval:
    known = {"hypergeometric": clopper_pearson, "clopper-pearson": clopper_pearson}
    limits = {**known, "wilson": _wilson, "jeffreys": _jeffreys}[method]
    low, high = limits(hits, reads, confidence)
    return Interval(
        estimate=hits / reads,
        low=low,
        high=high,
        confidence=confidence,
        method="clopper-pearson" if method in known else method,
        target="model",
        hits=hits,
        reads=reads,
        assumptions=(_INDEPENDENT,),
    )


def _wilson(hits: float, reads: float, confidence: float) -> tuple[float, float]:
    z = normal_quantile((1 + confidence) / 2)
    p, shrink = hits / reads, 1 + z * z / reads
    centre = (p + z * z / (2 * reads)) / shrink
    half = z * math.sqrt(p * (1 - p) / reads + z * z / (4 * reads * reads)) / shrink
    low = 0.0 if hits == 0 else centre - half
    high = 1.0 if hits == reads else centre + half
    return low, high


def _jeffreys(hits: float, reads: float, confidence: float) -> tuple[float, float]:
    tail, a, b = (1 - confidence) / 2, hits + 0.5, reads - hits + 0.5
    low = 0.0 if hits == 0 else float(special.betaincinv(a, b, tail))
    high = 1.0 if hits == reads else float(special.betaincinv(a, b, 1 - tail))
    return low, high
