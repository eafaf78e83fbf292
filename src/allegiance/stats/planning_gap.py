"""Plans for a gap: simulated requests, and the decision that `gap` would make on each repeat."""

import math
from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.arguments import checked_confidence, fraction, whole
from allegiance.stats.difference import ENOUGH, MOST_CORRELATED, quadrature
from allegiance.stats.plan import Plan, as_points, below_one, smallest, times
from allegiance.stats.quantiles import clopper_pearson_limits, normal_quantile, t_quantile
from allegiance.stats.sampling import Numbers

_SEED = 20_260_301
_REPEATS = 2_000
_MOST_DRAWS = 2_000_000
_MOST_REQUESTS = 5_000
_QUANTILES = 10_000
_UPWARD = 0.5
"""Rates above it are compared with smaller ones."""

_ASSUMPTIONS = (
    "the requests stand for those that the gap is about",
    "both conditions see the same ones",
    "the rates of the requests follow a beta distribution with the stated correlation between the "
    "epochs of one",
    "a request that is prone in one condition is as prone in the other",
)


@dataclass(frozen=True)
class Expected:
    """What is expected of the requests: two rates, and how alike the epochs of one request are."""

    first: float
    second: float
    epochs: int
    correlation: float
    confidence: float

    @classmethod
    def checked(
        cls,
        first: float,
        second: float,
        epochs: SupportsIndex,
        correlation: float,
        confidence: float,
    ) -> "Expected":
        """Check what is expected."""
        return cls(
            fraction("first", first),
            fraction("second", second),
            whole("epochs", epochs, least=1),
            below_one("correlation", correlation),
            checked_confidence(confidence),
        )

    def rates(self) -> tuple[Numbers, Numbers]:
        """Rates of requests at evenly spaced quantiles, in either condition."""
        quantiles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
        return self._spread(self.first, quantiles), self._spread(self.second, quantiles)

    def _spread(self, rate: float, quantiles: Numbers) -> Numbers:
        if self.correlation == 0 or rate in (0.0, 1.0):
            return np.full(quantiles.size, rate)
        size = (1 - self.correlation) / self.correlation
        rates: Numbers = special.betaincinv(rate * size, (1 - rate) * size, quantiles)
        return np.minimum(rates * (rate / rates.mean()), 1.0)  # a grid misses some of a long tail

    def guess(self, power: float) -> int:
        """Requests that a normal distribution of the differences would take."""
        first, second = self.rates()
        noise = first * (1 - first) + second * (1 - second)
        variance = float((first - second).var() + noise.mean() / self.epochs)
        reach = normal_quantile((1 + self.confidence) / 2) + normal_quantile(power)
        return math.ceil(reach**2 * variance / (self.first - self.second) ** 2) + 1

    def simulated(self, requests: int) -> "Repeats":
        """Draw repeats of so many requests, always the same ones."""
        rng = np.random.default_rng(_SEED)
        repeats = min(_REPEATS, _MOST_DRAWS // requests)
        quantiles = rng.integers(0, _QUANTILES, (repeats, requests))
        first, second = (rng.binomial(self.epochs, rates[quantiles]) for rates in self.rates())
        return Repeats(first, second, self.epochs, self.confidence)


@dataclass(frozen=True)
class Repeats:
    """Hits of each request in two conditions, shape (repeats, requests)."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    epochs: int
    confidence: float

    def upto(self, requests: int) -> "Repeats":
        """Return the first so many requests of each repeat."""
        return Repeats(
            self.first[:, :requests], self.second[:, :requests], self.epochs, self.confidence
        )

    @property
    def power(self) -> float:
        """Share of the repeats in which the interval excludes zero."""
        return float(self.excluding_zero().mean())

    def excluding_zero(self) -> NDArray[np.bool_]:
        """Say of each repeat whether the interval of `gap` excludes zero."""
        return np.where(self._common(), self._by_t(), self._by_mover())

    def _common(self) -> NDArray[np.bool_]:
        asked = self.first.shape[1] * self.epochs
        hits = np.stack([self.first.sum(axis=1), self.second.sum(axis=1)])
        differences = self.first - self.second
        varied: NDArray[np.bool_] = differences.std(axis=1) > 1e-9
        fewest: NDArray[np.int64] = np.minimum(hits, asked - hits).min(axis=0)
        differing: NDArray[np.int64] = (differences != 0).sum(axis=1)
        return (fewest >= ENOUGH) & (differing >= ENOUGH) & varied

    def _by_t(self) -> NDArray[np.bool_]:
        differences, requests = self.first - self.second, self.first.shape[1]
        df = max(1, requests - 1)  # a single request is never decided by t
        error: Numbers = differences.std(axis=1) / math.sqrt(df)
        estimate: Numbers = differences.mean(axis=1)
        return np.abs(estimate) > t_quantile((1 + self.confidence) / 2, df) * error

    def _by_mover(self) -> NDArray[np.bool_]:
        (p_1, low_1, high_1), (p_2, low_2, high_2) = (
            self._korn_graubard(hits) for hits in (self.first, self.second)
        )
        r = self._correlation()
        below = quadrature(p_1 - low_1, high_2 - p_2, r)
        above = quadrature(high_1 - p_1, p_2 - low_2, r)
        return (p_1 - p_2 > below) | (p_2 - p_1 > above)

    def _korn_graubard(self, hits: NDArray[np.int64]) -> tuple[Numbers, Numbers, Numbers]:
        requests = hits.shape[1]
        outcomes = requests * self.epochs
        p = hits.mean(axis=1) / self.epochs
        size = np.full(p.size, float(outcomes))
        if requests > 1 and self.epochs > 1:
            variance = hits.var(axis=1, ddof=1) / requests / self.epochs**2
            upper = (1 + self.confidence) / 2
            penalty = (t_quantile(upper, outcomes - 1) / t_quantile(upper, requests - 1)) ** 2
            spread = (variance > 0) & (p > 0) & (p < 1)
            worth = p * (1 - p) / np.where(spread, variance, 1.0) * penalty
            size = np.where(spread, np.minimum(size, worth), size)
        return (p, *clopper_pearson_limits(p * size, size, self.confidence))

    def _correlation(self) -> Numbers:
        first, second = (
            hits - hits.mean(axis=1, keepdims=True) for hits in (self.first, self.second)
        )
        scale = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
        told = scale > 1e-9
        r = (first * second).sum(axis=1) / np.where(told, scale, 1.0)
        return np.where(told, np.clip(r, 0.0, MOST_CORRELATED), 0.0)


def gap(
    *,
    first: float,
    second: float,
    epochs: SupportsIndex,
    correlation: float,
    power: float = 0.8,
    confidence: float = 0.95,
) -> Plan:
    """Find the fewest requests whose interval excludes zero with the given chance."""
    expected = Expected.checked(first, second, epochs, correlation, confidence)
    power = fraction("power", power, open_ends=True)
    if first == second:
        return _plan(expected, None, None, "there is no gap to be found")
    guess = min(expected.guess(power), _MOST_REQUESTS)
    most = min(2 * guess + 30, _MOST_REQUESTS)
    while (drawn := expected.simulated(most)).power < power and most < _MOST_REQUESTS:
        most = min(2 * most, _MOST_REQUESTS)
    needed = smallest(lambda n: drawn.upto(n).power >= power, guess, 1, most, rising=True)
    if needed is None:
        return _plan(expected, None, None, f"it takes more than {_MOST_REQUESTS:,}")
    return _plan(expected, needed, drawn.upto(needed), "")


def gap_power(
    *,
    requests: SupportsIndex,
    first: float,
    second: float,
    epochs: SupportsIndex,
    correlation: float,
    confidence: float = 0.95,
) -> Plan:
    """Return the chance that the interval from so many requests excludes zero."""
    expected = Expected.checked(first, second, epochs, correlation, confidence)
    number = whole("requests", requests, least=1)
    if number > _MOST_REQUESTS:
        raise ValueError(f"requests must be at most {_MOST_REQUESTS:,}, not {number:,}")
    return _plan(expected, number, expected.simulated(number), "")


def smallest_gap(
    *,
    requests: SupportsIndex,
    rate: float,
    epochs: SupportsIndex,
    correlation: float,
    power: float = 0.8,
    confidence: float = 0.95,
) -> float | None:
    """Find the smallest gap that so many requests show with the given chance.

    Parameters
    ----------
    rate
        Of the condition with the smaller one; where no larger gap is left above it, of the larger one.

    Returns
    -------
    float or None
        As a fraction, to a thousandth, by the simulation of `gap_power`; None where even the largest is missed too
        often.
    """
    rate, power = fraction("rate", rate), fraction("power", power, open_ends=True)
    upward = rate <= _UPWARD
    room = 1 - rate if upward else rate

    def found(thousandths: int) -> bool:
        other = rate + thousandths / 1000 if upward else rate - thousandths / 1000
        plan = gap_power(
            requests=min(whole("requests", requests, least=1), _MOST_REQUESTS),
            first=rate,
            second=min(1.0, max(0.0, other)),
            epochs=epochs,
            correlation=correlation,
            confidence=confidence,
        )
        return (plan.achieved or 0.0) >= power

    low, high = 0, int(room * 1000 + 1e-9)
    if not high or not found(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high / 1000


def _plan(expected: Expected, needed: int | None, drawn: Repeats | None, why: str) -> Plan:
    beside: dict[str, float] = {}
    achieved, notes = None, (why,)
    if drawn is not None:
        achieved, repeats = drawn.power, drawn.first.shape[0]
        beside["monte carlo error"] = math.sqrt(achieved * (1 - achieved) / repeats)
        notes = (f"simulated {repeats:,} times with a fixed seed",)
    return Plan(
        needed=needed,
        unit="requests",
        achieved=achieved,
        goal=f"excluding zero where the rates are {as_points(expected.first)} and "
        f"{as_points(expected.second)} %, asked {times(expected.epochs)} each with a correlation of "
        f"{expected.correlation:g}, at {100 * expected.confidence:.4g} % confidence",
        method="simulation, beta-binomial requests and the interval of gap",
        assumptions=_ASSUMPTIONS,
        notes=notes,
        beside=beside,
    )
