"""Guaranteed limits from two strata: how the hits are split between them is not known.

The question is always the same: could a total of D hits, split in some way, well have given an
estimate as low as the observed one? Every split is tried. Only where the strata are so large that
the table of all their counts would not fit are neighbouring counts taken together. The chance falls
when either stratum holds more, so the lowest counts of such a group bound all of it, and the limit
comes out too wide by less than twice the size of a group, never too narrow.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.hypergeometric import count_limits

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

_TIE = 1e-9
_GAMMA = 1 / 25  # of α: what is spent on leaving out splits
_LARGEST_TABLE = 2_000_000  # numbers
_FEWEST_GROUPS = 512


@dataclass(frozen=True)
class Stratum:
    """k of n read out of N, and the counts of hits in N that are tried."""

    hits: int
    reads: int
    population: int
    low: int
    high: int

    def reached(self) -> tuple[int, int]:
        """Return the least and most hits that n reads give with any chance worth counting."""
        ends: list[float] = []
        for count, side in ((self.low, -1), (self.high, 1)):
            p = count / self.population
            deviation = math.sqrt(self.reads * p * (1 - p) * (1 - self.reads / self.population))
            ends.append(self.reads * p + side * (9 * deviation + 40))  # leaves out less than 1e-17
        return max(0, math.floor(ends[0])), min(self.reads, math.ceil(ends[1]))

    def chances(self, counts: Ints, hits: Ints) -> Floats:
        """Hypergeometric probabilities, shape (counts, hits)."""
        full = counts[:, None].astype(np.float64)
        rest, misses = self.population - full, self.reads - hits
        unread = full - hits, rest - misses  # hits and misses that were left in the stratum
        logs = _log_factorial(full) + _log_factorial(rest)
        logs = logs - _log_factorial(hits) - _log_factorial(misses)
        for left in unread:
            logs -= _log_factorial(np.maximum(left, 0))
        logs -= special.gammaln(self.population + 1) - special.gammaln(self.reads + 1)
        logs += special.gammaln(self.population - self.reads + 1)
        return np.where((unread[0] >= 0) & (unread[1] >= 0), np.exp(logs), 0.0)


class LowTail:
    """The chance of an estimate at most as high as the observed one, over the splits of a total.

    Parameters
    ----------
    first, second
        The strata, each read at least once.

    Attributes
    ----------
    group
        Neighbouring counts that are taken together; 1 where every split is tried.
    """

    def __init__(self, first: Stratum, second: Stratum) -> None:
        # The estimate N₁k₁/n₁ + N₂k₂/n₂ in whole numbers, so that equal estimates compare as equal.
        weight, other = first.population * second.reads, second.population * first.reads
        observed = weight * first.hits + other * second.hits
        least, most = first.reached()
        hits = np.arange(least, min(most, observed // weight) + 1)
        # For each count in the first sample, the most hits in the second that fit beside it.
        beside = np.array([(observed - weight * int(k)) // other for k in hits], dtype=np.int64)
        rows = max(first.high - first.low, second.high - second.low) + 1
        room = _LARGEST_TABLE // max(hits.size, second.reads, 1)
        self.group = math.ceil(rows / max(room, _FEWEST_GROUPS))
        self._lowest, self._highest = first.low + second.low, first.high + second.high
        self._first = first.chances(self._counts(first), hits)
        self._second = _at_most(second, self._counts(second), beside)

    def _counts(self, stratum: Stratum) -> Ints:
        return np.arange(stratum.low, stratum.high + 1, self.group)

    def greatest(self, total: int) -> float:
        """Return the greatest chance over the splits of a total; 0 if it has none."""
        if not self._lowest <= total <= self._highest:
            return 0.0
        # The first pair of groups that can hold this total; pairs that hold more have less chance.
        return self._over(
            max(0, math.ceil((total - self._lowest - 2 * (self.group - 1)) / self.group))
        )

    def highest(self, level: float) -> int:
        """Return the largest total whose greatest chance is above a level, never one too low."""
        above, below = 0, self._first.shape[0] + self._second.shape[0] - 1
        while below - above > 1:
            middle = (above + below) // 2
            above, below = (middle, below) if self._over(middle) > level else (above, middle)
        return min(self._lowest + above * self.group + 2 * (self.group - 1), self._highest)

    def _over(self, place: int) -> float:
        """The greatest chance over the pairs of groups whose places add up to this one."""
        start = max(0, place - self._second.shape[0] + 1)
        stop = min(place, self._first.shape[0] - 1)
        partners = self._second[place - stop : place - start + 1][::-1]
        return float(np.einsum("sk,sk->s", self._first[start : stop + 1], partners).max())


def wendell_schmee_limits(
    hits: Ints, reads: Ints, populations: Ints, confidence: float
) -> tuple[int, int]:
    """Return the totals that some possible split does not contradict."""
    return _limits(hits, reads, populations, (1 - confidence) / 2, gamma=0.0)


def berger_boos_limits(
    hits: Ints, reads: Ints, populations: Ints, confidence: float
) -> tuple[int, int]:
    """Return the totals that no split inside the joint limits of the strata contradicts."""
    return _limits(hits, reads, populations, (1 - confidence) / 2, gamma=_GAMMA * (1 - confidence))


def _limits(
    hits: Ints, reads: Ints, populations: Ints, tail: float, gamma: float
) -> tuple[int, int]:
    level = (tail - gamma) * (1 + _TIE)
    highest = LowTail(*strata(hits, reads, populations, gamma)).highest(level)
    most_misses = LowTail(*strata(reads - hits, reads, populations, gamma)).highest(level)
    return int(populations.sum()) - most_misses, highest


def strata(
    hits: Ints, reads: Ints, populations: Ints, gamma: float = 0.0
) -> tuple[Stratum, Stratum]:
    """Return two strata with the counts that are certain, or that hold with a chance of 1 − gamma."""
    low, high = hits, populations - (reads - hits)
    if gamma:
        low, high = count_limits(hits, reads, populations, 1 - gamma / 2)
    columns = (hits, reads, populations, low, high)
    first, second = (Stratum(*(int(column[row]) for column in columns)) for row in (0, 1))
    return first, second


def _at_most(stratum: Stratum, counts: Ints, hits: Ints) -> Floats:
    """P(at most these many hits) of n reads, shape (counts, hits)."""
    least, most = stratum.reached()
    chances = np.cumsum(stratum.chances(counts, np.arange(least, most + 1)), axis=1)
    places = np.clip(hits - least, 0, most - least)
    return np.where(hits < least, 0.0, chances[:, places])


def _log_factorial(n: NDArray[Any]) -> Floats:
    return special.gammaln(n + 1.0)
