"""Uneven error: whether a scanner errs alike in two conditions, and what gap its error would invent."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from allegiance import stats
from allegiance.audit.calibration import Measure, measures_of
from allegiance.audit.groups import UNSCANNED, Sample
from allegiance.stats import Interval

_ERRORS = ("sensitivity", "specificity")


@dataclass(frozen=True)
class Level:
    """One level of a factor.

    Attributes
    ----------
    name, population, reads
        The level, its N in the frame, and its labelled reads.
    measures
        Sensitivity and specificity.
    """

    name: str
    population: int
    reads: int
    measures: tuple[Measure, ...]

    def of(self, name: str) -> Measure:
        """Find a measure by its name."""
        return next(one for one in self.measures if one.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Return the level as JSON can carry it."""
        told = {one.name: one.to_dict() for one in self.measures}
        return {"level": self.name, "population": self.population, "reads": self.reads, **told}


@dataclass(frozen=True)
class Test:
    """Whether two levels share one error.

    Attributes
    ----------
    factor, first, second, error
        Which levels, and of what: ``sensitivity`` or ``specificity``.
    p_value, adjusted
        Fisher's, and Holm's over all tests of the calibration; None where it is not licensed.
    smallest
        The difference that so many labels find in 80 % of repeats; None where none would be.
    """

    factor: str
    first: str
    second: str
    error: str
    p_value: float | None
    adjusted: float | None
    smallest: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the test as JSON can carry it."""
        return dict(vars(self))


@dataclass(frozen=True)
class Invented:
    """The gap that a scanner would show between two levels with no true gap.

    Attributes
    ----------
    first, second
        The levels: first less second.
    prevalence
        The share of transcripts with the property that both are taken to have.
    interval
        The gap; None where an error of either is not known.
    """

    first: str
    second: str
    prevalence: float
    interval: Interval | None

    def to_dict(self) -> dict[str, Any]:
        """Return the gap as JSON can carry it."""
        interval = None if self.interval is None else self.interval.to_dict()
        return {**vars(self), "interval": interval}


@dataclass(frozen=True)
class ByFactor:
    """A scanner's error by the levels of a factor."""

    factor: str
    levels: tuple[Level, ...]
    tests: tuple[Test, ...]
    invented: tuple[Invented, ...]
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return what was found as JSON can carry it."""
        return {
            "factor": self.factor,
            "levels": [one.to_dict() for one in self.levels],
            "tests": [one.to_dict() for one in self.tests],
            "invented": [one.to_dict() for one in self.invented],
            "reason": self.reason,
        }


def by_factors(
    sample: Sample,
    factors: Mapping[str, Mapping[str, str]],
    confidence: float,
    prevalence: float | None,
    cut: bool = False,
) -> tuple[ByFactor, ...]:
    """Compare a scanner's error over the levels of factors.

    Parameters
    ----------
    sample
        Labels and verdicts.
    factors
        Factor to transcript to level.
    prevalence
        What the invented gap is told at; None where it is not known.

    Notes
    -----
    Fisher's exact test on the labelled transcripts with the property (sensitivity), and on those
    without (specificity), adjusted by Holm over all tests that are made here. Reads that a stratum by
    verdict gave at one fraction for all levels leave odds ratios as they are, and so the test.
    """
    found = [_by(sample, name, of, confidence, prevalence, cut) for name, of in factors.items()]
    tests = [one for factor in found for one in factor.tests]
    known = [one.p_value for one in tests if one.p_value is not None]
    if not known:
        return tuple(found)
    adjusted = iter(stats.adjust(known).tolist())
    final = iter(
        [one if one.p_value is None else replace(one, adjusted=next(adjusted)) for one in tests]
    )
    return tuple(replace(one, tests=tuple(next(final) for _ in one.tests)) for one in found)


def invented_gap(
    first: Level, second: Level, prevalence: float, confidence: float
) -> Interval | None:
    """Estimate the gap that uneven error invents at no true gap.

    The scanner's rate in a level is sens p + (1 − spec)(1 − p); with the same p in both levels the
    difference is what it invents. The limits of the four errors are added in quadrature (MOVER; Zou,
    Huang & Zhang 2009), at the prevalence that is given.
    """
    estimate = below = above = 0.0
    for level, sign in ((first, 1.0), (second, -1.0)):
        for name, weight in (
            ("sensitivity", sign * prevalence),
            ("specificity", -sign * (1 - prevalence)),
        ):
            interval = level.of(name).interval
            if not weight:
                continue
            if interval is None or interval.estimate is None:
                return None
            ends = (
                weight * (interval.low - interval.estimate),
                weight * (interval.high - interval.estimate),
            )
            estimate += weight * interval.estimate
            below += min(ends) ** 2
            above += max(ends) ** 2
    return Interval(
        estimate=estimate,
        low=max(-1.0, estimate - math.sqrt(below)),
        high=min(1.0, estimate + math.sqrt(above)),
        confidence=confidence,
        method="mover over the four errors",
        target="corpus",
        assumptions=(f"both levels have the property in {100 * prevalence:.4g} %",),
        quantity="difference",
    )


def _by(
    sample: Sample,
    factor: str,
    of: Mapping[str, str],
    confidence: float,
    prevalence: float | None,
    cut: bool,
) -> ByFactor:
    names = sorted(set(of.values()), key=lambda name: (name != "monitored", name))
    parts = {name: sample.among(lambda one, name=name: of.get(one) == name) for name in names}
    levels = tuple(
        Level(
            name,
            len(part.ids),
            sum(one.hit is not None for one in part.judged),
            measures_of(part, confidence, cut)[:2],
        )
        for name, part in parts.items()
    )
    tests: list[Test] = []
    invented: list[Invented] = []
    reason = _untested(sample, of)
    for first, second in combinations(levels, 2):
        tests += [_test(factor, first, second, error, not reason) for error in _ERRORS]
        if prevalence is not None:
            gap = invented_gap(first, second, prevalence, confidence)
            invented.append(Invented(first.name, second.name, prevalence, gap))
    return ByFactor(factor, levels, tuple(tests), tuple(invented), reason)


_OPEN = (
    "a test of equal error takes a number of reads that was fixed beforehand and is complete; here "
    "are limits alone"
)
_STRATA = (
    "a test of equal error takes one random order, or strata by this scanner's verdict or by this "
    "factor; here are limits alone"
)


def _untested(sample: Sample, of: Mapping[str, str]) -> str:
    """Why the design does not license a test; empty where it does.

    Strata that mix verdicts and levels were read at different fractions, which moves the odds.
    """
    if not sample.fixed:
        return _OPEN
    strata = sample.strata
    by_verdict = {(strata.get(i, ""), sample.said.get(i, UNSCANNED).told) for i in sample.ids}
    by_level = {(strata.get(i, ""), of.get(i)) for i in sample.ids}
    number = len({strata.get(i, "") for i in sample.ids})
    licensed = sample.random or number in (len(by_verdict), len(by_level))
    return "" if licensed else _STRATA


def _test(factor: str, first: Level, second: Level, error: str, licensed: bool) -> Test:
    one, other = first.of(error), second.of(error)
    n = one.reads + other.reads
    if not licensed or not one.reads or not other.reads:
        return Test(factor, first.name, second.name, error, None, None, None)
    p = stats.equal_rates(one.hits, one.reads, other.hits, other.reads)
    rate = (one.hits + other.hits) / n
    smallest = stats.smallest_seen(one.reads, other.reads, rate)
    return Test(factor, first.name, second.name, error, p, None, smallest)


def significant(found: Sequence[ByFactor], alpha: float = 0.05) -> list[Test]:
    """Give the tests that show a difference."""
    every = [one for factor in found for one in factor.tests]
    return [one for one in every if one.adjusted is not None and one.adjusted <= alpha]
