"""What a sample may show before it is drawn: counts, their chances, the limits each would give."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.absence import chance_of_noticing_none
from allegiance.stats.hypergeometric import cdf, count_limits
from allegiance.stats.quantiles import Numbers, clopper_pearson_limits

_MOST_NODES = 256
_NODES = 65


@dataclass(frozen=True)
class Urn:
    """Where reads come from: N transcripts of which `count` are hits, or a process with a rate."""

    rate: float
    population: int | None = None

    @property
    def count(self) -> int:
        """Hits in the population: the rate times N, rounded."""
        assert self.population is not None
        return round(self.rate * self.population)

    def at_least(self, hits: int, reads: int) -> float:
        """Chance of at least `hits` in so many reads."""
        if hits <= 0:
            return 1.0
        if hits > reads:
            return 0.0
        if self.population is None:
            return float(special.bdtrc(hits - 1, reads, self.rate))
        misses, rest = reads - hits, self.population - self.count
        each = (np.array([number]) for number in (misses, reads, rest, self.population))
        return float(cdf(*each)[0])

    def none_found(self, reads: int, sensitivity: float) -> float:
        """Chance that no hit is found, each hit read being noticed with the sensitivity."""
        if self.population is None:
            return (1 - sensitivity * self.rate) ** reads
        return chance_of_noticing_none(self.count, reads, self.population, sensitivity)

    def counts(self, reads: int) -> tuple[Numbers, Numbers]:
        """Return the counts that may come, and the weight of each in an expectation.

        All counts but some with a chance of about 2e-9 together. Where these are more than 256 the
        expectation is taken over 65 of them, and is that of the piecewise linear function through
        them: what is averaged is smooth there.
        """
        if self.population is None:
            counts = likely(reads * self.rate, reads * self.rate * (1 - self.rate), 0, reads)
            return _thinned(counts, binomial_weights(counts, reads, self.rate))
        return _thinned(*_hypergeometric(reads, self.count, self.population))

    def limits(self, hits: Numbers, reads: int, confidence: float) -> tuple[Numbers, Numbers]:
        """Limits that each count of hits would give: hypergeometric, or Clopper-Pearson."""
        if self.population is None:
            return clopper_pearson_limits(hits, reads, confidence)
        counts = hits.astype(np.int64)
        reads_of_each, populations = (np.full_like(counts, x) for x in (reads, self.population))
        low, high = count_limits(counts, reads_of_each, populations, confidence)
        return low / self.population, high / self.population

    def expected_width(self, reads: int, confidence: float) -> float:
        """Mean width of the interval, over what so many reads may show."""
        counts, weights = self.counts(reads)
        low, high = self.limits(counts, reads, confidence)
        return float(weights @ (high - low))


def likely(mean: float, variance: float, lowest: int, highest: int) -> Numbers:
    """Counts that a binomial or hypergeometric variable takes with any chance worth counting."""
    reach = 6 * math.sqrt(variance) + 12
    first, last = max(lowest, math.floor(mean - reach)), min(highest, math.ceil(mean + reach))
    return np.arange(first, last + 1.0)


def binomial_weights(counts: Numbers, size: int, p: float) -> Numbers:
    """Binomial chances of the counts, adding up to one."""
    choose = special.gammaln(size + 1) - special.gammaln(counts + 1)
    choose = choose - special.gammaln(size - counts + 1)
    weights = np.exp(choose + special.xlogy(counts, p) + special.xlog1py(size - counts, -p))
    return weights / weights.sum()


def _hypergeometric(reads: int, count: int, population: int) -> tuple[Numbers, Numbers]:
    share, unread = count / population, (population - reads) / max(1, population - 1)
    lowest, highest = max(0, reads + count - population), min(reads, count)
    counts = likely(reads * share, reads * share * (1 - share) * unread, lowest, highest)
    # Imported here: scipy.stats takes a second to load, and most reports have no need of it.
    from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

    distribution: Any = stats.hypergeom
    chances: Numbers = distribution.pmf(counts, population, count, reads)
    return counts, chances / chances.sum()


def _thinned(counts: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Keep some of many counts, those between giving their weight to the nearest on either side."""
    if counts.size <= _MOST_NODES:
        return counts, weights
    picks = np.arange(_NODES) * (counts.size - 1) // (_NODES - 1)
    places = np.arange(counts.size)
    left = np.minimum(np.searchsorted(picks, places, side="right") - 1, _NODES - 2)
    along = (places - picks[left]) / (picks[left + 1] - picks[left])
    kept = np.zeros(_NODES)
    np.add.at(kept, left, weights * (1 - along))
    np.add.at(kept, left + 1, weights * along)
    return counts[picks], kept
