"""Ratings: what several raters said of the same items, read into codes, missing ones kept apart."""

import math
import numbers
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

RatingsLike: TypeAlias = NDArray[Any] | Sequence[Sequence[Any]]
"""Raters × items: a row of ratings for each rater; None or NaN for a missing one."""

_MISSING = -1


@dataclass(frozen=True)
class Ratings:
    """Ratings as codes of categories.

    Attributes
    ----------
    codes
        Raters × items; the category's place in `values`, or -1 for missing.
    values
        The categories, rising where they are numbers; of text only the places matter.
    """

    codes: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def raters(self) -> int:
        """Number of raters."""
        return self.codes.shape[0]

    @property
    def items(self) -> int:
        """Number of items."""
        return self.codes.shape[1]

    @property
    def by_item(self) -> NDArray[np.int64]:
        """How many ratings each item has."""
        return np.count_nonzero(self.codes != _MISSING, axis=0)

    @property
    def missing(self) -> int:
        """How many ratings are missing."""
        return int(np.count_nonzero(self.codes == _MISSING))

    def kept(self, which: NDArray[np.bool_]) -> "Ratings":
        """Return some of the items, with the categories that occur in them."""
        codes = self.codes[:, which]
        seen = np.unique(codes[codes != _MISSING])
        places = np.searchsorted(seen, codes)
        return Ratings(np.where(codes == _MISSING, _MISSING, places), self.values[seen])

    def with_items(self, pairs: Sequence[tuple[int, int]]) -> "Ratings":
        """Return the ratings with further items at the end, each rated twice."""
        further = np.full((self.raters, len(pairs)), _MISSING, dtype=np.int64)
        further[:2] = np.array(pairs).T
        return Ratings(np.hstack([self.codes, further]), self.values)

    def flat(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the item and the category of every rating, the categories rising."""
        where = self.codes != _MISSING
        items, codes = np.nonzero(where)[1], self.codes[where]
        order = np.argsort(codes, kind="stable")
        return items[order], codes[order]

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the item and both categories of every two ratings of one item."""
        found: list[NDArray[np.int64]] = []
        for rater in range(1, self.raters):
            later, earlier = self.codes[rater:], self.codes[:-rater]
            both = (later != _MISSING) & (earlier != _MISSING)
            found.append(np.array([np.nonzero(both)[1], earlier[both], later[both]]))
        items, first, second = np.concatenate(found, axis=1)
        return items, first, second


def read_ratings(ratings: RatingsLike, nominal: bool) -> Ratings:
    """Read ratings into codes.

    Raises
    ------
    ValueError
        If they are not raters × items, or hold what can't be a rating on this scale.
    """
    rows = _rows(ratings)
    flat = [None if _is_missing(value) else value for row in rows for value in row]
    seen = [value for value in flat if value is not None]
    texts = sum(isinstance(value, str) for value in seen)
    for value in seen:
        _check(value, nominal)
    if 0 < texts < len(seen):
        raise ValueError("ratings mix text and numbers, which can never agree: use one of them")
    if texts:
        places = {value: place for place, value in enumerate(sorted(set(seen)))}
        codes = np.array([_MISSING if value is None else places[value] for value in flat])
        values = np.arange(len(places), dtype=np.float64)
    else:
        scores = np.array([np.nan if value is None else float(value) for value in flat])
        values = np.unique(scores[~np.isnan(scores)])
        codes = np.where(np.isnan(scores), _MISSING, np.searchsorted(values, scores))
    return Ratings(codes.astype(np.int64).reshape(len(rows), -1), values)


def _rows(ratings: RatingsLike) -> list[list[Any]]:
    shape = "ratings must be raters × items, a row for each rater"
    if isinstance(ratings, np.ndarray) and ratings.ndim != 2:
        raise ValueError(f"{shape}, and have {ratings.ndim} dimension(s)")
    rows: list[list[Any]] = []
    for row in cast(Iterable[Any], ratings):
        if isinstance(row, str) or not isinstance(row, Iterable):
            raise ValueError(f"{shape}, and one is {row!r}"[:200])
        rows.append(list(cast(Iterable[Any], row)))
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"{shape}: the rows differ in length, so fill in None for missing")
    if len(rows) < 2:
        raise ValueError(f"{shape}, of at least two raters, and there are {len(rows)}")
    return rows


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and bool(value != value))


def _check(value: Any, nominal: bool) -> None:
    named = isinstance(value, str | bool | np.bool_)
    if not named and not isinstance(value, numbers.Real):
        raise ValueError(f"ratings must be numbers, text, or None, and hold {value!r}"[:200])
    if named and not nominal:
        raise ValueError(f"ratings must be numbers unless level is nominal, and hold {value!r}")
    if isinstance(value, float | np.floating) and abs(float(cast(Any, value))) == math.inf:
        raise ValueError(f"ratings must be finite, and hold {value}")
