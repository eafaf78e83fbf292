"""A share from a random sample: k of n read, out of a frame of N or from a process."""

import math
import operator
from collections.abc import Callable
from typing import Literal, SupportsIndex, get_args

from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.interval import Interval, checked_confidence
from allegiance.stats.quantiles import clopper_pearson, hypergeometric_cdf, normal_quantile

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
    hits = _whole("hits", hits)
    reads = _whole("reads", reads)
    confidence = checked_confidence(confidence)
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(get_args(Method))}, not {method!r}")
    if reads < 1:
        raise ValueError("reads must be at least 1: nothing read leaves no estimate")
    if hits > reads:
        raise ValueError(f"hits ({hits}) can't be more than reads ({reads})")
    if population is not None:
        return _of_corpus(hits, reads, _whole("population", population), confidence, method)
    return _of_process(hits, reads, confidence, method)


def _of_corpus(
    hits: int, reads: int, population: int, confidence: float, method: Method
) -> Interval:
    if method != "hypergeometric":
        raise ValueError(f"method {method!r} knows no population: leave population out")
    if reads > population:
        raise ValueError(f"reads ({reads}) can't be more than population ({population})")
    high = _highest_count(hits, reads, population, confidence)
    low = population - _highest_count(reads - hits, reads, population, confidence)
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
        count_low=None,
        count_high=None,
        confidence=confidence,
        method="clopper-pearson" if method in known else method,
        target="model",
        hits=hits,
        reads=reads,
        population=None,
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


def _highest_count(hits: int, reads: int, population: int, confidence: float) -> int:
    """Find the largest number of hits in the population that the sample does not contradict."""
    tail = (1 - confidence) / 2
    lowest, highest = hits, population - (reads - hits)
    unread = (population - reads) / population
    p, bound = hits / reads, clopper_pearson(hits, reads, confidence)[1]
    return _last_above(
        tail=lambda count: hypergeometric_cdf(hits, reads, count, population),
        # A count whose tail is the level itself is contradicted, whichever way the last bit falls.
        level=tail * (1 + 1e-9),
        # How far the count must move to move the tail by one standard deviation, at the guess.
        stride=population * math.sqrt(max(bound * (1 - bound), 1e-12) / reads * unread),
        guess=round(population * (p + (bound - p) * math.sqrt(unread))),
        low=lowest,
        high=highest,
    )


def _last_above(
    tail: Callable[[int], float], level: float, stride: float, guess: int, low: int, high: int
) -> int:
    """Return the largest count in [low, high] whose tail, which falls, is above `level`.

    At ten million transcripts one tail costs milliseconds, so the search goes by Newton steps on
    the normal scale, where the tail is nearly a straight line, and by halves when those don't close
    in.
    """
    above, below = low, high + 1
    probe, aim = guess, normal_quantile(level)
    for step in range(200):
        if below - above <= 1:
            break
        probe = min(max(probe, above + 1), below - 1)
        value = tail(probe)
        above, below = (probe, below) if value > level else (above, probe)
        height = normal_quantile(value)
        if step < 8 and math.isfinite(height):
            probe += math.floor((height - aim) * stride)
        else:
            probe = (above + below) // 2
    return above


def _whole(name: str, value: SupportsIndex) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {value!r}") from None
    if number < 0:
        raise ValueError(f"{name} can't be negative, and is {number}")
    return number
