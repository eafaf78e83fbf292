"""The gap: the difference of a rate between two conditions, the same requests in both."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allegiance.stats.arguments import checked_confidence
from allegiance.stats.detectable import smallest_detectable
from allegiance.stats.difference import Contrast, Pairs, events_are_common
from allegiance.stats.interval import Interval, WorstCase
from allegiance.stats.permutation import sign_flip_p_value
from allegiance.stats.quantiles import rising_root
from allegiance.stats.requests import (
    ByRequest,
    Outcomes,
    asked_in_all,
    matched,
    observed_in_all,
)

_PAIRS = "the requests stand for those that the gap is about; both conditions saw the same ones"


@dataclass(frozen=True)
class Equivalence:
    """Whether a gap is shown to be smaller than a margin, by two one-sided tests.

    Attributes
    ----------
    margin
        The size of gap that would matter, as a fraction.
    p_value
        The larger of the two one-sided p-values; 1 where the estimate is not inside the margin.
    equivalent
        Whether it is below 1 − confidence.
    """

    margin: float
    p_value: float
    equivalent: bool


@dataclass(frozen=True)
class Gap:
    """A gap with all that a reader asks of it.

    Attributes
    ----------
    interval
        First minus second, in fractions; target ``model``.
    p_value
        Permutation test of no gap, two-sided: sign flips, or labels where requests are not paired.
    equivalence
        None unless a margin was given.
    smallest_detectable
        The gap that this design would find in 80 % of repeats (approximate); None where it would
        find none, or where the notes of the interval say why it is not known.
    worst_case
        Bounds over the missing outcomes; None where nothing is missing.
    """

    interval: Interval
    p_value: float
    equivalence: Equivalence | None
    smallest_detectable: float | None
    worst_case: WorstCase | None

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a dictionary that JSON can hold."""
        return {**asdict(self), "interval": self.interval.to_dict()}


def gap(
    first: Outcomes, second: Outcomes, confidence: float = 0.95, margin: float | None = None
) -> Gap:
    """Estimate first minus second, from the same requests asked in two conditions.

    Requests weigh equally. Where events are common (in each condition at least 10 hits and 10
    misses, and at least 10 requests that differ) the limits are Student's t on the differences per
    request. Elsewhere t falls far below its nominal coverage, and MOVER combines the Korn-Graubard
    limits of the two conditions, with the correlation between them. Neither is ever of width zero.

    Parameters
    ----------
    first, second
        Requests × epochs of 0 and 1, NaN or None for missing, the same request in the same row of
        both; the number of epochs may differ.
    confidence
        Nominal coverage.
    margin
        The gap that would matter, as a fraction, for the test of equivalence.

    Returns
    -------
    Gap
        First minus second.

    Raises
    ------
    ValueError
        If an argument is malformed, the rows don't match, or no request was observed in both.

    Notes
    -----
    Miller 2024 (arXiv 2411.00640) for paired differences; Zou, Huang & Zhang 2009 for MOVER; Korn &
    Graubard 1998. ``benchmarks/gap_coverage.py`` shows the coverage.

    Examples
    --------
    Six requests, each asked four times while monitored and four times while not.

    >>> monitored = [[1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0], [1, 0, 0, 1]]
    >>> unmonitored = [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    >>> found = gap(monitored, unmonitored, margin=0.1)
    >>> print(found.interval)
    +54.2 points [34.06, 73.27] (95 %, model, mover on korn-graubard)
    >>> found.p_value
    0.03125
    >>> found.equivalence.equivalent
    False
    """
    confidence = checked_confidence(confidence)
    margin = checked_margin(margin, furthest=1)
    arms = matched(first=first, second=second)
    both = observed_in_all(arms, "first and second")
    pairs = Pairs.of(*(arm.kept(both) for arm in arms))
    common = events_are_common(pairs)
    low, high = pairs.limits(confidence)
    missing = sum(arm.missing for arm in arms)
    worst = worst_case(*pair_bounds(*asked_in_all(arms)), confidence) if missing else None
    interval = gap_interval(
        (pairs.estimate, low, high),
        confidence,
        method="paired t" if common else "mover on korn-graubard",
        assumption=_PAIRS,
        notes=(events_note(common), *one_request_note(pairs), *dropped_note(both, "both")),
        missing=missing,
        worst=worst,
    )
    return Gap(
        interval=interval,
        p_value=sign_flip_p_value(pairs.differences),
        equivalence=None if margin is None else equivalence(pairs, margin, confidence),
        smallest_detectable=smallest_detectable(pairs, confidence),
        worst_case=worst,
    )


def checked_margin(margin: float | None, furthest: int) -> float | None:
    """Return the margin if it is None or lies strictly between 0 and `furthest`."""
    if margin is not None and not 0 < margin < furthest:
        raise ValueError(f"margin must lie between 0 and {furthest}, not {margin}")
    return margin


def gap_interval(
    limits: tuple[float, float, float],
    confidence: float,
    method: str,
    assumption: str,
    notes: tuple[str, ...],
    missing: int,
    worst: WorstCase | None,
) -> Interval:
    """Make the interval of a difference from its estimate and limits."""
    if missing:
        notes = (*notes, f"{missing:,} outcomes are missing: see the worst case")
    estimate, low, high = limits
    return Interval(
        estimate=estimate,
        low=low,
        high=high,
        confidence=confidence,
        method=method,
        target="model",
        assumptions=(assumption,),
        notes=notes,
        missing=missing,
        worst_case=worst,
        quantity="difference",
    )


def events_note(common: bool) -> str:
    """Say which of the two cases it was."""
    return "events are common" if common else "events are rare or the requests few"


def one_request_note(*gaps: Pairs) -> tuple[str, ...]:
    """Say so where a gap rests on one request."""
    alone = any(pairs.requests == 1 for pairs in gaps)
    return ("one request: this says nothing of others",) if alone else ()


def dropped_note(kept: NDArray[np.bool_], conditions: str) -> tuple[str, ...]:
    """Say how many requests could not be used, if any."""
    if kept.all():
        return ()
    dropped = int(np.count_nonzero(~kept))
    told = f"{dropped:,} of {kept.size:,} requests were not observed in {conditions} conditions"
    return (told,)


def equivalence(contrast: Contrast, margin: float, confidence: float) -> Equivalence:
    """Test by two one-sided tests whether a difference is smaller than a margin."""

    def slack(alpha: float) -> float:
        # Nearer to zero than this, scipy's quantile of Student's t can be zero itself.
        low, high = contrast.limits(max(1 - 2 * alpha, 2e-6))
        return margin - max(-low, high)

    p_value = rising_root(slack, 1e-12, 0.5 - 1e-9)
    p_value = 1.0 if p_value is None else p_value
    return Equivalence(margin, p_value, p_value < 1 - confidence)


def pair_bounds(first: ByRequest, second: ByRequest) -> tuple[Pairs, Pairs, int]:
    """Return the lowest and the highest gap that the missing outcomes allow, and their number."""
    lowest = Pairs.of(first.filled(0), second.filled(1))
    highest = Pairs.of(first.filled(1), second.filled(0))
    return lowest, highest, first.missing + second.missing


def worst_case(lowest: Contrast, highest: Contrast, missing: int, confidence: float) -> WorstCase:
    """Bound a difference over whatever the missing outcomes were."""
    return WorstCase(
        estimate_low=lowest.estimate,
        estimate_high=highest.estimate,
        low=lowest.limits(confidence)[0],
        high=highest.limits(confidence)[1],
        missing=missing,
    )
