"""What else could watch a chain: a binomial test at every probe, and one at the end of a fixed number.

Both are told the bound, share alpha equally among the generations, and have one attempt at each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from allegiance.training.guard import Decided, Rows, Terms


@dataclass(frozen=True)
class PeekedBinomial:
    """Halts as soon as a binomial test would be significant if this were the only look."""

    terms: Terms

    def budget(self, attempt: int) -> int:
        """The same at every generation."""
        return self.terms.budget

    def decide(self, broke: Rows, unread: Rows, attempt: int) -> Decided:
        """Look after every probe."""
        significant = broke.cumsum(axis=1) >= critical(self.terms)
        return _halting(significant)


@dataclass(frozen=True)
class FixedExact:
    """Looks once, after all probes: an exact binomial test, valid because its n was fixed beforehand."""

    terms: Terms

    def budget(self, attempt: int) -> int:
        """The same at every generation."""
        return self.terms.budget

    def decide(self, broke: Rows, unread: Rows, attempt: int) -> Decided:
        """Look at the end."""
        significant = np.zeros(broke.shape, dtype=np.bool_)
        significant[:, -1] = broke.sum(axis=1) >= critical(self.terms)[-1]
        return _halting(significant)


def critical(terms: Terms) -> NDArray[np.int64]:
    """After each probe, the least number of broken ones whose upper tail is at most a generation's alpha."""
    probes = np.arange(1, terms.budget + 1)
    level = terms.alpha / terms.generations
    return (binom.isf(level, probes, terms.bound) + 1).astype(np.int64)


def _halting(significant: Rows) -> Decided:
    halted = significant.any(axis=1)
    probes = np.where(halted, significant.argmax(axis=1) + 1, significant.shape[1])
    return Decided(np.where(halted, "halt", "accept").astype("<U8"), probes)
