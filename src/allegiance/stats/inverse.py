"""Reading until the r-th hit, a rule declared beforehand: the number of reads is what is random."""

from dataclasses import dataclass
from typing import NamedTuple, SupportsIndex

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
    confidence = checked_confidence(confidence)
    reading = _checked(reads, hits, population, seen)
    limits = (_of_process if reading.population is None else _of_corpus)(reading, confidence)
    name = "negative binomial" if reading.population is None else "negative hypergeometric"
    return Interval(
        estimate=None if reading.abandoned else reading.likeliest,
        low=limits.low,
        high=limits.high,
        count_low=limits.count_low,
        count_high=limits.count_high,
        confidence=confidence,
        method=f"{name}, abandoned" if reading.abandoned else name,
        target="model" if reading.population is None else "corpus",
        hits=reading.hits,
        reads=reading.reads,
        population=reading.population,
        assumptions=(_INDEPENDENT if reading.population is None else _RANDOM,),
        notes=_notes(reading),
    )


@dataclass(frozen=True)
class _Reading:
    """k hits in n reads towards the declared ones, out of N."""

    hits: int
    reads: int
    declared: int
    population: int | None

    @property
    def abandoned(self) -> bool:
        return self.hits < self.declared

    @property
    def last(self) -> int:
        """The read at which the declared hit came or, once abandoned, could have come."""
        return self.reads + self.abandoned

    @property
    def likeliest(self) -> float:
        if self.population is None:
            return self.hits / self.reads
        count = (self.population + 1) * self.hits // self.reads
        return min(count, self.population - (self.reads - self.hits)) / self.population


class _Limits(NamedTuple):
    low: float
    high: float
    count_low: int | None = None
    count_high: int | None = None


def _checked(
    reads: SupportsIndex,
    hits: SupportsIndex,
    population: SupportsIndex | None,
    seen: SupportsIndex | None,
) -> _Reading:
    n, declared = whole("reads", reads, least=1), whole("hits", hits, least=1)
    size = None if population is None else whole("population", population)
    if size is not None:
        not_more("reads", n, "population", size)
    if seen is None:
        not_more("hits", declared, "reads", n)
        return _Reading(declared, n, declared, size)
    k = whole("seen", seen)
    not_more("seen", k, "reads", n)
    if k >= declared:
        raise ValueError(
            f"seen ({k}) must be less than hits ({declared}): at the declared hit reading stops"
        )
    return _Reading(k, n, declared, size)


def _of_process(reading: _Reading, confidence: float) -> _Limits:
    declared, last = reading.declared, reading.last
    low = 0.0
    if not reading.abandoned:
        low = clopper_pearson(reading.hits, reading.reads, confidence)[0]
    high = clopper_pearson(declared - 1, last - 1, confidence)[1] if last > declared else 1.0
    return _Limits(low, high)


def _of_corpus(reading: _Reading, confidence: float) -> _Limits:
    k, n, size, tail = reading.hits, reading.reads, reading.population or 0, (1 - confidence) / 2
    low = k if reading.abandoned else lowest_of_one(k, n, size, tail)
    high = size
    if reading.last > reading.declared:
        high = highest_of_one(reading.declared - 1, reading.last - 1, size, tail)
    high = min(max(high, k), size - (n - k))  # what was read is certain
    return _Limits(low / size, high / size, low, high)


def _notes(reading: _Reading) -> tuple[str, ...]:
    k, n, declared = reading.hits, reading.reads, reading.declared
    if reading.abandoned:
        return (
            f"abandoned with {k} of the {declared} declared hits: the lower limit is what was seen",
        )
    rule = f"read until hit {declared}, which was read {n:,}"
    if declared == 1:
        return (rule, "one hit leaves no unbiased estimate")
    return (rule, f"unbiased estimate {(k - 1) / (n - 1):.6g}")
