"""Outcomes by request and epoch: read into counts per request, missing ones kept apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Outcomes: TypeAlias = NDArray[Any] | Sequence[Sequence[float | None]]
"""Requests × epochs of 0, 1 and NaN for missing; a list of rows may be ragged and hold None."""


@dataclass(frozen=True)
class ByRequest:
    """Counts for each request, as float arrays of one length.

    Attributes
    ----------
    hits, observed
        k and n of each request.
    asked
        Epochs of each request, the missing ones included.
    """

    hits: NDArray[np.float64]
    observed: NDArray[np.float64]
    asked: NDArray[np.float64]

    @property
    def missing(self) -> int:
        """How many outcomes were asked for and not observed."""
        return int(self.asked.sum() - self.observed.sum())

    def filled(self, value: int) -> "ByRequest":
        """Return the same requests with every missing outcome set to 0 or to 1."""
        hits = self.hits + value * (self.asked - self.observed)
        return ByRequest(hits, self.asked, self.asked)

    def kept(self, which: NDArray[np.bool_]) -> "ByRequest":
        """Return some of the requests."""
        return ByRequest(self.hits[which], self.observed[which], self.asked[which])


def by_request(name: str, outcomes: Outcomes) -> ByRequest:
    """Read outcomes into counts per request.

    Raises
    ------
    ValueError
        Naming the argument, if it is not requests × epochs or holds anything but 0, 1 and missing.
    """
    rows = _rows(name, outcomes)
    for row in rows:
        wrong = row[~(np.isnan(row) | (row == 0) | (row == 1))]
        if wrong.size:
            raise ValueError(f"{name} must hold 0, 1 or NaN for missing, and holds {wrong[0]:g}")
    hits = np.array([np.nansum(row) for row in rows], dtype=np.float64)
    observed = np.array([np.count_nonzero(~np.isnan(row)) for row in rows], dtype=np.float64)
    asked = np.array([row.size for row in rows], dtype=np.float64)
    return ByRequest(hits, observed, asked)


def matched(**conditions: Outcomes) -> tuple[ByRequest, ...]:
    """Read conditions that hold the same requests in the same rows, under their names.

    Raises
    ------
    ValueError
        Naming the condition that is malformed or has more or fewer rows than the first.
    """
    arms = tuple(by_request(name, outcomes) for name, outcomes in conditions.items())
    names = tuple(conditions)
    for name, arm in zip(names, arms, strict=True):
        if arm.asked.size != arms[0].asked.size:
            rows = f"{arm.asked.size:,} rows where {names[0]} has {arms[0].asked.size:,}"
            raise ValueError(f"{name} must hold the same requests as {names[0]}: it has {rows}")
    return arms


def observed_in_all(arms: Sequence[ByRequest], named: str) -> NDArray[np.bool_]:
    """Say which requests were observed in every condition.

    Raises
    ------
    ValueError
        With the name of the whole, if none was.
    """
    which = np.all([arm.observed > 0 for arm in arms], axis=0)
    if not which.any():
        every = "both" if len(arms) == 2 else "all"
        raise ValueError(f"{named} share no request that was observed in {every}")
    return which


def asked_in_all(arms: Sequence[ByRequest]) -> tuple[ByRequest, ...]:
    """Return the requests that were asked in every condition, observed or not."""
    which = np.all([arm.asked > 0 for arm in arms], axis=0)
    return tuple(arm.kept(which) for arm in arms)


def _rows(name: str, outcomes: Outcomes) -> list[NDArray[np.float64]]:
    shape = f"{name} must be requests × epochs"
    if isinstance(outcomes, np.ndarray) and outcomes.ndim != 2:
        raise ValueError(f"{shape}, and has {outcomes.ndim} dimension(s): reshape it")
    rows: list[NDArray[np.float64]] = []
    for row in outcomes:
        try:
            values = np.asarray(row, dtype=np.float64)  # None becomes NaN
        except (TypeError, ValueError):
            raise ValueError(f"{shape} of numbers, and holds {row!r}"[:200]) from None
        if values.ndim != 1:
            raise ValueError(f"{shape}: each request is a row of epochs, and one is {row!r}"[:200])
        rows.append(values)
    return rows
