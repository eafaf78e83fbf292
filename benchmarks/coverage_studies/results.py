"""What a study returns: how often a method kept its promise in one cell."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Kind = Literal["coverage", "false alarms", "decisions"]
Limits: TypeAlias = tuple[float, float]

NOMINAL = 0.95
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Result:
    """A method in a cell: `count` of `repeats` covered, or decided, rightly or as a false alarm.

    Attributes
    ----------
    study, cell, method
        Where and what; a cell is named by its settings.
    promised
        The coverage that was promised, or the largest share of false alarms.
    ours, gated
        Whether the method is one of this program's, and whether the run fails if it falls short.
    figures
        What else was measured, such as the mean width; rates are fractions.
    """

    study: str
    cell: dict[str, Any]
    method: str
    count: int
    repeats: int
    kind: Kind = "coverage"
    promised: float = NOMINAL
    ours: bool = False
    gated: bool = False
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        return self.count / self.repeats

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def limits_of(method: Callable[..., Limits], outcomes: NDArray[Any]) -> NDArray[np.float64]:
    """Ask for one interval for each distinct outcome, and return one for every repeat.

    Parameters
    ----------
    outcomes
        Repeats × counts; the counts of a row are the arguments of `method`.
    """
    distinct, where = np.unique(outcomes, axis=0, return_inverse=True)
    found = np.array([method(*map(int, row)) for row in distinct], dtype=float)
    return found[where.ravel()]


def covered(limits: NDArray[np.float64], truth: NDArray[Any] | float) -> NDArray[np.bool_]:
    """Tell for every repeat whether the truth lies within the limits."""
    return (limits[:, 0] <= truth + _ROUNDING) & (truth - _ROUNDING <= limits[:, 1])


def mean_width(limits: NDArray[np.float64]) -> float:
    """Mean width of intervals for a rate, cut to what a rate can be."""
    return float(np.diff(np.clip(limits, 0, 1), axis=1).mean())
