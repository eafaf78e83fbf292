"""Figures over the seeds of training: their mean with Student's t interval, and how that is written in a table."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from allegiance.stats.quantiles import t_quantile
from benchmarks.coverage_studies.tables import grid

CONFIDENCE = 0.95
_ALIKE = 1e-9


@dataclass(frozen=True)
class Spread:
    """A figure of several runs; the limits are None where fewer than two runs have it, or all agree.

    Attributes
    ----------
    mean, low, high
        As fractions, or as steps.
    seeds
        How many runs it is of.
    """

    mean: float
    low: float | None
    high: float | None
    seeds: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def spread(
    figures: Iterable[float | None],
    confidence: float = CONFIDENCE,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Spread | None:
    """Average a figure over seeds; runs without it are left out, and None is given where all lack it.

    Parameters
    ----------
    figures
        One for each run.
    confidence
        Nominal coverage of the interval.
    within
        The limits of the quantity, at which the interval ends.
    """
    found = [one for one in figures if one is not None]
    if not found:
        return None
    n, mean = len(found), math.fsum(found) / len(found)
    if n < 2 or max(found) - min(found) < _ALIKE:
        return Spread(mean, None, None, n)
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in found) / (n - 1))
    half = t_quantile((1 + confidence) / 2, n - 1) * deviation / math.sqrt(n)
    return Spread(mean, max(within[0], mean - half), min(within[1], mean + half), n)


def share(figures: Iterable[float | None]) -> str:
    """Write a share in per cent, with its interval."""
    return written(spread(figures, within=(0.0, 1.0)), 100)


def points(figures: Iterable[float | None]) -> str:
    """Write a difference of shares in points, with its interval."""
    return written(spread(figures, within=(-1.0, 1.0)), 100, signed=True)


def steps(figures: Iterable[float | None]) -> str:
    """Write a number of steps, with its interval."""
    return written(spread(figures, within=(0.0, math.inf)), 1)


def written(found: Spread | None, unit: float, *, signed: bool = False) -> str:
    """Write a mean with its limits, or why it has none."""
    if found is None:
        return "–"
    mean = _decimal(unit * found.mean, "+" if signed else "")
    if found.low is None or found.high is None:
        return f"{mean} (1 seed)" if found.seeds == 1 else f"{mean} (all alike)"
    return f"{mean} [{_decimal(unit * found.low)}, {_decimal(unit * found.high)}]"


def _decimal(number: float, sign: str = "") -> str:
    """Write one decimal, and never -0.0."""
    return f"{round(number, 1) + 0.0:{sign}.1f}"


def listed(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table, or say that the record has nothing for it."""
    return grid(header, rows) if rows else "No run of this part is in the record."


def paired(
    one: Sequence[tuple[int, float | None]], other: Sequence[tuple[int, float | None]]
) -> list[float]:
    """Give the differences of runs of equal seeds, where both have the figure."""
    known = {seed: figure for seed, figure in other if figure is not None}
    return [figure - known[seed] for seed, figure in one if figure is not None and seed in known]
