"""Coefficients of agreement as functions of how often each item counts, many weightings at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from allegiance.stats.ratings import Ratings

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Values = NDArray[np.float64]


class Coefficient(ABC):
    """A coefficient as a function of how often each item counts.

    Attributes
    ----------
    width
        How many numbers one set of weights needs at a time.
    differing
        How much the ratings of each pair of one item differ, every item counting once.
    mass
        How often an item with two ratings must count to weigh as much as all items together.
    """

    differing: Values
    mass: float

    def __init__(self, ratings: Ratings) -> None:
        self._items, codes = ratings.flat()
        self._starts = np.unique(codes, return_index=True)[1]
        self._pair_items, self._first, self._second = ratings.pairs()
        self._by_item = ratings.by_item
        self.width = self._items.size + self._pair_items.size

    @abstractmethod
    def __call__(self, weights: Values) -> Values:
        """One coefficient for each row of weights of the items; NaN where it is not defined."""

    def _counts(self, weights: Values) -> Values:
        """Rows of weights × categories that occur."""
        return np.add.reduceat(weights[:, self._items], self._starts, axis=1)

    def _summed(self, of_pairs: Values) -> Values:
        """Items: the sum over the pairs of ratings of each."""
        summed = np.bincount(self._pair_items, of_pairs, minlength=self._by_item.size)
        return summed.astype(np.float64)


class Alpha(Coefficient):
    """Krippendorff's alpha: one minus the observed over the expected squared differences."""

    def __init__(self, ratings: Ratings, level: Level) -> None:
        super().__init__(ratings)
        self.mass = self._items.size / 2
        self._ordinal = level == "ordinal"
        self._share = 2 / (self._by_item[self._pair_items] - 1)
        # Centred, because sums of squares of large numbers would lose the small differences.
        self._values = ratings.values - (ratings.values.mean() if level == "interval" else 0)
        if self._ordinal:
            self._values = _middle_ranks(self._counts(np.ones((1, ratings.items))))[0]
        self._table = _TABLES[level](self._values) if level in _TABLES else None
        self.differing = (self._values[self._first] - self._values[self._second]) ** 2
        if self._table is not None:
            self.differing = self._table[self._first, self._second]
        self._observed = self._summed(self._share * self.differing)

    def __call__(self, weights: Values) -> Values:
        """One alpha for each row of weights; NaN where all ratings are one value."""
        counts = self._counts(weights)
        total = counts.sum(axis=1)
        if self._ordinal:
            values = _middle_ranks(counts)
            differing = (values[:, self._first] - values[:, self._second]) ** 2
            observed = (weights[:, self._pair_items] * differing) @ self._share
        else:
            values, observed = self._values, weights @ self._observed
        if self._table is None:
            squares, sums = (counts * values**2).sum(axis=1), (counts * values).sum(axis=1)
            expected = 2 * (total * squares - sums**2)
        else:
            expected = ((counts @ self._table) * counts).sum(axis=1)
        varied = np.count_nonzero(counts > 0, axis=1) > 1
        return 1 - (total - 1) * observed / np.where(varied, expected, np.nan)


class AC1(Coefficient):
    """Gwet's AC1: the share of pairs that agree, corrected for guesses on hard items."""

    def __init__(self, ratings: Ratings) -> None:
        super().__init__(ratings)
        self.mass = float(ratings.items)
        self._categories = ratings.values.size
        pairs = self._summed(np.ones(self._first.size))
        self._paired = (pairs > 0) * 1.0
        self.differing = (self._first != self._second) * 1.0
        self._agreeing = self._summed(1 - self.differing) / np.maximum(pairs, 1)

    def __call__(self, weights: Values) -> Values:
        """One AC1 for each row of weights; NaN where no item has two ratings."""
        paired = weights @ self._paired
        agreed = weights @ self._agreeing / np.where(paired > 0, paired, np.nan)
        shares = self._counts(weights / self._by_item)
        shares = shares / shares.sum(axis=1, keepdims=True)
        chance = (1 - (shares**2).sum(axis=1)) / (self._categories - 1)
        return (agreed - chance) / (1 - chance)


def _middle_ranks(counts: Values) -> Values:
    """Values whose distances are Krippendorff's ordinal ones; they depend on the counts."""
    return counts.cumsum(axis=1) - counts / 2


def _different(values: Values) -> Values:
    return (values[:, None] != values[None, :]) * 1.0


def _relative(values: Values) -> Values:
    sums = values[:, None] + values[None, :]
    return ((values[:, None] - values[None, :]) / np.where(sums > 0, sums, 1)) ** 2


_TABLES: dict[str, Callable[[Values], Values]] = {"nominal": _different, "ratio": _relative}
