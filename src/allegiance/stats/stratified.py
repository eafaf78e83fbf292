"""A share of a corpus from strata: a category, a score band, or what a judge said, read at random."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from allegiance.stats.arguments import Counts, checked_confidence, none_more, same_length, wholes
from allegiance.stats.hypergeometric import count_limits
from allegiance.stats.interval import Interval, counts_within
from allegiance.stats.split import berger_boos_limits, wendell_schmee_limits

Method = Literal["mover", "berger-boos", "wendell-schmee"]
Ints: TypeAlias = NDArray[np.int64]

_RANDOM = "within each stratum the reads are random, and their number was fixed beforehand"


@dataclass(frozen=True)
class Strata:
    """k of n read out of N, for each stratum."""

    hits: Ints
    reads: Ints
    populations: Ints

    @property
    def population(self) -> int:
        """N of all strata together."""
        return int(self.populations.sum())

    @property
    def total(self) -> float:
        """The estimated number of hits: each stratum's share of its own size, added up."""
        return float(np.sum(self.hits * (self.populations / self.reads)))

    def read(self) -> "Strata":
        """Return the strata of which something was read."""
        some = self.reads > 0
        return Strata(self.hits[some], self.reads[some], self.populations[some])


def stratified(
    hits: Counts,
    reads: Counts,
    populations: Counts,
    method: Method = "mover",
    confidence: float = 0.95,
) -> Interval:
    """Estimate a share of a corpus from random reads inside each of its strata.

    The same function serves labels on a random few after a judge has marked all: the strata are
    the judge's verdicts, and the limits hold given how many reads fell into each.

    Parameters
    ----------
    hits, reads, populations
        k, n and N of each stratum; n may be 0.
    method
        ``mover`` adds the strata's exact limits in quadrature: close to nominal, for any number of
        strata. ``berger-boos`` and ``wendell-schmee`` are guaranteed, for two strata.
    confidence
        Nominal coverage.

    Returns
    -------
    Interval
        Target ``corpus``; hits, reads and population are sums, while the estimate weighs each
        stratum by its size. Without an estimate where a stratum was not read: it may hold anything.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    MOVER: Zou, Huang & Zhang 2009, on hypergeometric limits. Wendell & Schmee 1996: a total D is
    kept while the chance of an estimate as extreme as the observed one exceeds α/2 for some split
    of D over the strata. Every split is tried; only where the table of all counts would hold more
    than two million numbers are neighbouring counts taken together, and bounded by the lowest of
    them, which can only widen the limits. Berger & Boos 1994: only splits inside exact joint 1 − γ
    limits of the two counts are tried, γ = α/25, and γ is added to the chance.
    ``docs/coverage.md`` shows how often each of them holds.

    Examples
    --------
    A judge marked 900 of 10,000; 75 of those were read and 225 of the others.

    >>> print(stratified([12, 1], [75, 225], [900, 9100]))
    13 of 300 read of 10,000: 1.8 % [1.10, 3.84] (95 %, corpus, mover)
    >>> print(stratified([12, 1], [75, 225], [900, 9100], method="berger-boos"))
    13 of 300 read of 10,000: 1.8 % [0.86, 3.98] (95 %, corpus, berger-boos)
    """
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(get_args(Method))}, not {method!r}")
    confidence = checked_confidence(confidence)
    strata = _checked(hits, reads, populations)
    read = strata.read()
    if not read.reads.size:
        raise ValueError("reads must not all be 0: nothing read leaves no estimate")
    unread = strata.population - read.population
    low, high = (_exact if read.reads.size == 1 else _LIMITS[method])(read, confidence)
    count_low, count_high = counts_within(low, high)
    count_high += unread
    return Interval(
        estimate=None if unread else read.total / strata.population,
        low=count_low / strata.population,
        high=count_high / strata.population,
        count_low=count_low,
        count_high=count_high,
        confidence=confidence,
        method=method,
        target="corpus",
        hits=int(strata.hits.sum()),
        reads=int(strata.reads.sum()),
        population=strata.population,
        assumptions=(_RANDOM,),
        notes=_notes(strata, unread),
    )


def _checked(hits: Counts, reads: Counts, populations: Counts) -> Strata:
    k, n, size = wholes("hits", hits), wholes("reads", reads), wholes("populations", populations)
    same_length(hits=k, reads=n, populations=size)
    none_more("hits", k, "reads", n, "stratum")
    none_more("reads", n, "populations", size, "stratum")
    return Strata(k, n, size)


def _notes(strata: Strata, unread: int) -> tuple[str, ...]:
    each = ", ".join(
        f"{k} of {n} of {size:,}"
        for k, n, size in zip(strata.hits, strata.reads, strata.populations, strict=True)
    )
    notes = [
        f"{strata.hits.size} strata: {each}"
        if strata.hits.size <= 6
        else f"{strata.hits.size} strata"
    ]
    if unread:
        notes.append(f"{unread:,} transcripts are in strata of which nothing was read")
    return tuple(notes)


def _exact(strata: Strata, confidence: float) -> tuple[float, float]:
    low, high = count_limits(strata.hits, strata.reads, strata.populations, confidence)
    return float(low[0]), float(high[0])


def _mover(strata: Strata, confidence: float) -> tuple[float, float]:
    low, high = count_limits(strata.hits, strata.reads, strata.populations, confidence)
    each = strata.hits * (strata.populations / strata.reads)
    below, above = (math.sqrt(np.sum(distance**2)) for distance in (each - low, high - each))
    return max(strata.total - below, float(strata.hits.sum())), min(
        strata.total + above, float(np.sum(strata.populations - strata.reads + strata.hits))
    )


def _two(
    limits: Callable[[Ints, Ints, Ints, float], tuple[int, int]],
) -> Callable[[Strata, float], tuple[float, float]]:
    def checked(strata: Strata, confidence: float) -> tuple[float, float]:
        if strata.hits.size != 2:
            raise ValueError(
                f"populations holds {strata.hits.size} strata that were read, and this method takes two: "
                "use method='mover', or join strata"
            )
        return limits(strata.hits, strata.reads, strata.populations, confidence)

    return checked


_LIMITS: dict[str, Callable[[Strata, float], tuple[float, float]]] = {
    "mover": _mover,
    "berger-boos": _two(berger_boos_limits),
    "wendell-schmee": _two(wendell_schmee_limits),
}
