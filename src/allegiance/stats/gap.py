"""The gap: the difference of a rate between two conditions, the same requests in both."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allegiance.stats.difference import Pairs, difference, events_are_common
from allegiance.stats.interval import Interval, WorstCase, checked_confidence
from allegiance.stats.power import smallest_detectable
from allegiance.stats.quantiles import rising_root
from allegiance.stats.requests import ByRequest, Outcomes, by_request
from allegiance.stats.signflip import sign_flip_p_value

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
        Sign-flip permutation test of no gap, two-sided.
    equivalence
        None unless a margin was given.
    smallest_detectable
        The gap that this design would find in 80 % of repeats (approximate); None where it would
        find none.
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
    if margin is not None and not 0 < margin < 1:
        raise ValueError(f"margin must lie between 0 and 1, not {margin}")
    arms = by_request("first", first), by_request("second", second)
    if arms[0].asked.size != arms[1].asked.size:
        rows = f"{arms[1].asked.size:,} rows where first has {arms[0].asked.size:,}"
        raise ValueError(f"second must hold the same requests as first: it has {rows}")
    both = (arms[0].observed > 0) & (arms[1].observed > 0)
    if not both.any():
        raise ValueError("first and second share no request that was observed in both")
    pairs = Pairs.of(arms[0].kept(both), arms[1].kept(both))
    worst = _worst_case(*arms, confidence) if arms[0].missing or arms[1].missing else None
    return Gap(
        interval=_interval(pairs, arms, both, worst, confidence),
        p_value=sign_flip_p_value(pairs.differences),
        equivalence=None if margin is None else _equivalence(pairs, margin, confidence),
        smallest_detectable=smallest_detectable(pairs, confidence),
        worst_case=worst,
    )


def _interval(
    pairs: Pairs,
    arms: tuple[ByRequest, ByRequest],
    both: NDArray[np.bool_],
    worst: WorstCase | None,
    confidence: float,
) -> Interval:
    low, high = difference(pairs, confidence)
    common = events_are_common(pairs)
    notes = ["events are common" if common else "events are rare or the requests few"]
    if pairs.requests == 1:
        notes.append("one request: this says nothing of others")
    if dropped := int(np.count_nonzero(~both)):
        notes.append(f"{dropped:,} of {both.size:,} requests were not observed in both conditions")
    missing = arms[0].missing + arms[1].missing
    if missing:
        notes.append(f"{missing:,} outcomes are missing: see the worst case")
    return Interval(
        estimate=pairs.estimate,
        low=low,
        high=high,
        count_low=None,
        count_high=None,
        confidence=confidence,
        method="paired t" if common else "mover on korn-graubard",
        target="model",
        hits=None,
        reads=None,
        population=None,
        assumptions=(_PAIRS,),
        notes=tuple(notes),
        missing=missing,
        worst_case=worst,
        quantity="difference",
    )


def _equivalence(pairs: Pairs, margin: float, confidence: float) -> Equivalence:
    def slack(alpha: float) -> float:
        low, high = difference(pairs, 1 - 2 * alpha)
        return margin - max(-low, high)

    p_value = rising_root(slack, 1e-12, 0.5 - 1e-9)
    p_value = 1.0 if p_value is None else p_value
    return Equivalence(margin, p_value, p_value < 1 - confidence)


def _worst_case(first: ByRequest, second: ByRequest, confidence: float) -> WorstCase:
    both = (first.asked > 0) & (second.asked > 0)
    first, second = first.kept(both), second.kept(both)
    lowest = Pairs.of(first.filled(0), second.filled(1))
    highest = Pairs.of(first.filled(1), second.filled(0))
    return WorstCase(
        estimate_low=lowest.estimate,
        estimate_high=highest.estimate,
        low=difference(lowest, confidence)[0],
        high=difference(highest, confidence)[1],
        missing=first.missing + second.missing,
    )
