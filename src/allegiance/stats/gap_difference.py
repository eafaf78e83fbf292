"""The difference of two gaps: between two models, or between two framings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allegiance.stats.arguments import checked_confidence
from allegiance.stats.detectable import detectable_by_limits, detectable_by_t
from allegiance.stats.difference import (
    MOST_CORRELATED,
    Pairs,
    are_common,
    correlation,
    events_are_common,
    half_width,
    mover,
    standard_error,
    student,
)
from allegiance.stats.gap import (
    Gap,
    checked_margin,
    dropped_note,
    equivalence,
    events_note,
    gap_interval,
    one_request_note,
    pair_bounds,
    worst_case,
)
from allegiance.stats.interval import WorstCase
from allegiance.stats.permutation import label_p_value, sign_flip_p_value
from allegiance.stats.requests import (
    ByRequest,
    Outcomes,
    asked_in_all,
    matched,
    observed_in_all,
)

_FURTHEST = 2  # gaps lie between -1 and 1
_BY_WIDTH = "the smallest detectable difference is judged by the width of the limits"


@dataclass(frozen=True)
class PairedGaps:
    """Two gaps on the same requests: the contrast of four conditions."""

    first: Pairs
    second: Pairs

    assumption = "the requests stand for those that the gaps are about; all conditions saw the same"
    by_t = "paired t"

    @property
    def doubles(self) -> NDArray[np.float64]:
        """The double difference of each request."""
        return self.first.differences - self.second.differences

    @property
    def estimate(self) -> float:
        """The first gap less the second."""
        return float(self.doubles.mean())

    @property
    def common(self) -> bool:
        """Whether Student's t can be trusted."""
        arms = self.first.first, self.first.second, self.second.first, self.second.second
        return are_common(arms, self.doubles)

    def limits(self, confidence: float) -> tuple[float, float]:
        """Limits for the first gap less the second."""
        if self.common:
            return student(self.doubles, confidence, _FURTHEST)
        # Two models may well differ on opposite requests, which makes their difference vary more.
        r = correlation(self.first.differences, self.second.differences, -MOST_CORRELATED)
        return mover(_sided(self.first, confidence), _sided(self.second, confidence), r, _FURTHEST)

    def p_value(self) -> float:
        """Sign-flip test on the double differences."""
        return sign_flip_p_value(self.doubles)

    def detectable(self, confidence: float) -> float | None:
        """The difference that is found in 80 % of repeats; where events are rare, a rough figure."""
        if not self.common:
            limits = self.limits(confidence)
            return detectable_by_limits(self.estimate, limits, confidence, _FURTHEST)
        error = standard_error(self.doubles)
        return detectable_by_t(error, self.doubles.size - 1, confidence, _FURTHEST)


@dataclass(frozen=True)
class SeparateGaps:
    """Two gaps on different requests, independent of each other."""

    first: Pairs
    second: Pairs

    assumption = "each set of requests stands for those that its gap is about; they are independent"
    by_t = "welch t"

    @property
    def estimate(self) -> float:
        """The first gap less the second."""
        return self.first.estimate - self.second.estimate

    @property
    def common(self) -> bool:
        """Whether Student's t can be trusted for either gap."""
        return events_are_common(self.first) and events_are_common(self.second)

    def limits(self, confidence: float) -> tuple[float, float]:
        """Limits for the first gap less the second."""
        if self.common:
            half = half_width(*self._error_and_df(), confidence)
            return max(-_FURTHEST, self.estimate - half), min(_FURTHEST, self.estimate + half)
        sides = _sided(self.first, confidence), _sided(self.second, confidence)
        return mover(*sides, 0.0, _FURTHEST)

    def p_value(self) -> float:
        """Permutation of the labels over the gaps of the requests."""
        return label_p_value(self.first.differences, self.second.differences)

    def detectable(self, confidence: float) -> float | None:
        """The difference that is found in 80 % of repeats; where events are rare, a rough figure."""
        if not self.common:
            limits = self.limits(confidence)
            return detectable_by_limits(self.estimate, limits, confidence, _FURTHEST)
        return detectable_by_t(*self._error_and_df(), confidence, _FURTHEST)

    def _error_and_df(self) -> tuple[float, float]:
        """Welch's standard error, and Satterthwaite's degrees of freedom."""
        squares = [standard_error(pairs.differences) ** 2 for pairs in (self.first, self.second)]
        df = [pairs.requests - 1 for pairs in (self.first, self.second)]
        whole = sum(squares)
        return math.sqrt(whole), whole**2 / sum(s**2 / d for s, d in zip(squares, df, strict=True))


def gap_difference(
    first: Sequence[Outcomes],
    second: Sequence[Outcomes],
    confidence: float = 0.95,
    margin: float | None = None,
    paired: bool = True,
) -> Gap:
    """Estimate the first gap minus the second: two models, or two framings, compared.

    A gap that is significant in one model and not in another is no evidence of a difference between
    the models: the difference has an interval of its own, and this is it.

    Paired, the same requests stand in the same rows of all four conditions. Where events are common
    (in each condition at least 10 hits and 10 misses, and at least 10 requests that differ) the
    limits are Student's t on the double differences per request; elsewhere MOVER combines the limits
    that `gap` gives for either, with the correlation between the gaps of the requests, which may be
    negative. Unpaired, the two gaps rest on different requests: Welch's t where events are common in
    both, or else MOVER without a correlation.

    Parameters
    ----------
    first, second
        Each a pair of conditions as `gap` takes them: ``first = (a, b)`` is the gap a − b.
    confidence
        Nominal coverage.
    margin
        The difference that would matter, as a fraction between 0 and 2, for the test of
        equivalence.
    paired
        Whether both gaps were measured on the same requests.

    Returns
    -------
    Gap
        First gap minus second; the limits lie between −2 and 2. ``smallest_detectable`` is rough
        where events are rare, and None where even the furthest difference would be missed.

    Raises
    ------
    ValueError
        If an argument is malformed, the rows don't match, or no request was observed in all
        conditions.

    Notes
    -----
    Gelman & Stern 2006 for why two tests don't make a comparison; Miller 2024 (arXiv 2411.00640)
    for paired differences; Welch 1947; Zou, Huang & Zhang 2009 for MOVER.
    ``benchmarks/gap_coverage.py`` shows the coverage. The permutation test flips the signs of the
    double differences; unpaired, it deals the labels anew, and so asks whether the gaps of the
    requests have one distribution, which is more than one mean.

    Examples
    --------
    Two models asked the same six requests, each four times while monitored and four while not. The
    gap of the first excludes zero and that of the second does not; their difference is not shown.

    >>> from allegiance.stats import gap
    >>> a = [[1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0], [1, 0, 0, 1]]
    >>> b = [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    >>> c = [[0, 1, 1, 0], [1, 1, 1, 1], [1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 0]]
    >>> d = [[0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    >>> print(gap(a, b).interval)
    +54.2 points [34.06, 73.27] (95 %, model, mover on korn-graubard)
    >>> print(gap(c, d).interval)
    +29.2 points [-11.55, 66.47] (95 %, model, mover on korn-graubard)
    >>> print(gap_difference((a, b), (c, d)).interval)
    +25.0 points [-20.67, 73.21] (95 %, model, mover on two gaps)
    """
    confidence = checked_confidence(confidence)
    margin = checked_margin(margin, _FURTHEST)
    for name, conditions in (("first", first), ("second", second)):
        if len(conditions) != 2:
            raise ValueError(f"{name} must be a pair of conditions, and holds {len(conditions)}")
    contrast, dropped, worst, missing = (_paired if paired else _separate)(
        first, second, confidence
    )
    common = contrast.common
    interval = gap_interval(
        (contrast.estimate, *contrast.limits(confidence)),
        confidence,
        method=contrast.by_t if common else "mover on two gaps",
        assumption=contrast.assumption,
        notes=(
            events_note(common),
            *one_request_note(contrast.first, contrast.second),
            *dropped,
            *(() if common else (_BY_WIDTH,)),
        ),
        missing=missing,
        worst=worst,
    )
    return Gap(
        interval=interval,
        p_value=contrast.p_value(),
        equivalence=None if margin is None else equivalence(contrast, margin, confidence),
        smallest_detectable=contrast.detectable(confidence),
        worst_case=worst,
    )


_Contrast = PairedGaps | SeparateGaps
_Read = tuple[_Contrast, tuple[str, ...], WorstCase | None, int]


def _paired(first: Sequence[Outcomes], second: Sequence[Outcomes], confidence: float) -> _Read:
    names = "first[0]", "first[1]", "second[0]", "second[1]"
    arms = matched(**dict(zip(names, (*first, *second), strict=True)))
    kept = observed_in_all(arms, "first and second")
    a, b, c, d = (arm.kept(kept) for arm in arms)
    contrast = PairedGaps(Pairs.of(a, b), Pairs.of(c, d))
    a, b, c, d = asked_in_all(arms)
    worst = _worst_case(PairedGaps, (a, b), (c, d), confidence)
    return contrast, dropped_note(kept, "all four"), worst, sum(arm.missing for arm in arms)


def _separate(first: Sequence[Outcomes], second: Sequence[Outcomes], confidence: float) -> _Read:
    pairs: list[Pairs] = []
    asked: list[tuple[ByRequest, ...]] = []
    dropped: tuple[str, ...] = ()
    missing = 0
    for name, (one, other) in (("first", first), ("second", second)):
        arms = matched(**{f"{name}[0]": one, f"{name}[1]": other})
        kept = observed_in_all(arms, f"{name}[0] and {name}[1]")
        pairs.append(Pairs.of(*(arm.kept(kept) for arm in arms)))
        asked.append(asked_in_all(arms))
        dropped += dropped_note(kept, f"both {name}")
        missing += sum(arm.missing for arm in arms)
    worst = _worst_case(SeparateGaps, asked[0], asked[1], confidence)
    return SeparateGaps(*pairs), dropped, worst, missing


def _worst_case(
    kind: type[PairedGaps] | type[SeparateGaps],
    first: Sequence[ByRequest],
    second: Sequence[ByRequest],
    confidence: float,
) -> WorstCase | None:
    (low_1, high_1, missing_1), (low_2, high_2, missing_2) = (
        pair_bounds(*first),
        pair_bounds(*second),
    )
    missing = missing_1 + missing_2
    if not missing:
        return None
    return worst_case(kind(low_1, high_2), kind(high_1, low_2), missing, confidence)


def _sided(pairs: Pairs, confidence: float) -> tuple[float, float, float]:
    return (pairs.estimate, *pairs.limits(confidence))
