"""Limits that hold at every look: for reading on until one has seen enough."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, SupportsIndex, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.arguments import (
    Counts,
    beta_shapes,
    checked_confidence,
    none_more,
    not_more,
    same_length,
    whole,
    wholes,
)
from allegiance.stats.interval import Interval

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

METHOD = "prior-posterior ratio"
_ORDER = "the reading order is random; the prior was fixed before the first read"
_INDEPENDENT = (
    "the reads are independent and share one rate; the prior was fixed before the first read"
)


@dataclass(frozen=True)
class ConfidenceSequence:
    """Limits for a whole reading history, one for each look; all of them hold at once.

    Attributes
    ----------
    hits, reads
        Counts at each look, shape (looks,).
    low, high
        Limits at each look as fractions, shape (looks,).
    count_low, count_high
        The limits as numbers of transcripts; None without a population.
    confidence, population, prior
        As they were given.
    """

    hits: Ints
    reads: Ints
    low: Floats
    high: Floats
    count_low: Ints | None
    count_high: Ints | None
    confidence: float
    population: int | None
    prior: tuple[float, float]

    def __len__(self) -> int:
        return self.hits.size

    def __getitem__(self, look: int) -> Interval:
        """Return the interval at one look."""
        n = int(self.reads[look])
        counts = [None if c is None else int(c[look]) for c in (self.count_low, self.count_high)]
        a, b = self.prior
        return Interval(
            estimate=int(self.hits[look]) / n if n else None,
            low=float(self.low[look]),
            high=float(self.high[look]),
            count_low=counts[0],
            count_high=counts[1],
            confidence=self.confidence,
            method=METHOD,
            target="model" if self.population is None else "corpus",
            hits=int(self.hits[look]),
            reads=n,
            population=self.population,
            assumptions=(_INDEPENDENT if self.population is None else _ORDER,),
            notes=("holds at every look, whenever reading stops", f"prior beta({a:g}, {b:g})"),
        )

    def __iter__(self) -> Iterator[Interval]:
        return (self[look] for look in range(len(self)))

    def intersected(self) -> "ConfidenceSequence":
        """Return the limits with all that earlier looks excluded left out; they hold as well.

        Where the looks contradict each other, which happens with a chance below 1 − confidence, the
        limits cross.
        """

        def narrowed(low: Any, high: Any) -> tuple[Any, Any]:
            return np.maximum.accumulate(low), np.minimum.accumulate(high)

        low, high = narrowed(self.low, self.high)
        counts = None, None
        if self.count_low is not None and self.count_high is not None:
            counts = narrowed(self.count_low, self.count_high)
        return ConfidenceSequence(
            self.hits, self.reads, low, high, *counts, self.confidence, self.population, self.prior
        )


@overload
def confidence_sequence(
    hits: SupportsIndex,
    reads: SupportsIndex,
    population: SupportsIndex | None = None,
    prior: tuple[float, float] = (0.5, 10),
    confidence: float = 0.95,
) -> Interval: ...
@overload
def confidence_sequence(
    hits: Counts,
    reads: Counts,
    population: SupportsIndex | None = None,
    prior: tuple[float, float] = (0.5, 10),
    confidence: float = 0.95,
) -> ConfidenceSequence: ...
def confidence_sequence(
    hits: SupportsIndex | Counts,
    reads: SupportsIndex | Counts,
    population: SupportsIndex | None = None,
    prior: tuple[float, float] = (0.5, 10),
    confidence: float = 0.95,
) -> Interval | ConfidenceSequence:
    """Estimate a share at every look of a reading that may stop at any time, for any reason.

    Parameters
    ----------
    hits, reads
        Counts so far: two whole numbers, or two lists of them, one entry for each look.
    population
        N of the frame that is read without replacement; without it the target is the model.
    prior
        The two parameters of the beta distribution over the share, fixed before the first read.
        Any prior gives valid limits; (0.5, 10) is meant for rare properties.
    confidence
        Chance that the limits hold at all looks together.

    Returns
    -------
    Interval or ConfidenceSequence
        One interval for two numbers, limits for each look for two lists.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    Waudby-Smith & Ramdas 2020: a count D is kept while prior(D)/posterior(D) < 1/α, with a
    beta-binomial prior, sampling without replacement. The ratio is a martingale, so that Ville's
    inequality bounds the chance that the true count is ever left out. Without a population the same
    ratio of beta densities is taken for the rate.

    Examples
    --------
    >>> print(confidence_sequence(3, 300, 10_000))
    3 of 300 read of 10,000: 1.0 % [0.10, 3.74] (95 %, corpus, prior-posterior ratio)
    >>> looks = confidence_sequence([0, 1, 3], [50, 150, 300], 10_000)
    >>> print(looks[1])
    1 of 150 read of 10,000: 0.67 % [0.01, 4.61] (95 %, corpus, prior-posterior ratio)
    """
    single = not (np.ndim(hits) or np.ndim(reads))  # pyright: ignore[reportArgumentType]
    if single:
        k = np.array([whole("hits", hits)])  # pyright: ignore[reportArgumentType]
        n = np.array([whole("reads", reads)])  # pyright: ignore[reportArgumentType]
        not_more("hits", int(k[0]), "reads", int(n[0]))
    else:
        k, n = wholes("hits", hits), wholes("reads", reads)  # pyright: ignore[reportArgumentType]
        same_length(hits=k, reads=n)
        none_more("hits", k, "reads", n, "look")
        _check_history(k, n)
    a, b = beta_shapes(prior)
    confidence = checked_confidence(confidence)
    size = None if population is None else whole("population", population, least=1)
    counts = None, None
    if size is None:
        low, high = kept_rates(k, n, a, b, confidence)
    else:
        not_more("reads", int(n.max()), "population", size)
        counts = kept_counts(k, n, size, a, b, confidence)
        low, high = counts[0] / size, counts[1] / size
    limits = ConfidenceSequence(k, n, low, high, *counts, confidence, size, (a, b))
    return limits[0] if single else limits


def _check_history(hits: Ints, reads: Ints) -> None:
    for name, counts in (("hits", hits), ("reads", reads), ("reads − hits", reads - hits)):
        for place in np.flatnonzero(np.diff(counts) < 0)[:1]:
            raise ValueError(f"{name} must never fall from look to look, and do at {place + 1}")


def kept_counts(
    hits: Ints, reads: Ints, size: int, a: float, b: float, confidence: float
) -> tuple[Ints, Ints]:
    """The counts that are kept; log prior/posterior is convex in D, lowest at the likeliest D."""
    misses = reads - hits
    marginal = special.betaln(a + hits, b + misses) - special.betaln(a, b)

    def kept(counts: Ints) -> NDArray[np.bool_]:
        order = _choose(size - reads, counts - hits) - _choose(size, counts)  # of these very reads
        return marginal - order < -np.log1p(-confidence)

    likeliest = np.where(
        reads == 0,
        0,
        np.clip(((size + 1) * hits) // np.maximum(reads, 1), hits, size - misses),
    )
    return _edge(kept, likeliest, hits), _edge(kept, likeliest, size - misses)


def _edge(kept: Callable[[Ints], NDArray[np.bool_]], inside: Ints, end: Ints) -> Ints:
    """Find, by halves and at all looks together, the last count that is kept towards `end`."""
    good, bad = np.where(kept(end), end, inside), end
    while (apart := np.abs(bad - good) > 1).any():
        middle = (good + bad) // 2
        keep = kept(middle)
        good = np.where(apart & keep, middle, good)
        bad = np.where(apart & ~keep, middle, bad)
    return good


def kept_rates(
    hits: Ints, reads: Ints, a: float, b: float, confidence: float
) -> tuple[Floats, Floats]:
    """The rates that are kept, by halves."""
    misses = reads - hits
    marginal = special.betaln(a + hits, b + misses) - special.betaln(a, b)

    def kept(p: Floats) -> NDArray[np.bool_]:
        likelihood = special.xlogy(hits, p) + special.xlog1py(misses, -p)
        return marginal - likelihood < -np.log1p(-confidence)

    likeliest = hits / np.maximum(reads, 1)
    limits: list[Floats] = []
    for end in (np.zeros(hits.size), np.ones(hits.size)):
        good, bad = np.where(kept(end), end, likeliest), end
        for _ in range(60):
            middle = (good + bad) / 2
            keep = kept(middle)
            good, bad = np.where(keep, middle, good), np.where(keep, bad, middle)
        limits.append(bad)
    return limits[0], limits[1]


def _choose(n: Any, k: Any) -> Floats:
    return special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
