"""Plans for asking a model: how many requests a clustered rate takes."""

import math
from dataclasses import dataclass
from typing import SupportsIndex

from allegiance.stats.arguments import MOST, checked_confidence, fraction, whole
from allegiance.stats.plan import Plan, as_points, below_one, smallest, times
from allegiance.stats.planning_reads import narrow_enough
from allegiance.stats.quantiles import t_quantile
from allegiance.stats.rate import METHOD
from allegiance.stats.sampling import Urn

_ASSUMPTIONS = (
    "the requests stand for those that the rate is about",
    "outcomes of one request correlate as stated",
)
_APPROXIMATE = "approximate: the effective size is taken at its expected value, in whole outcomes"


@dataclass(frozen=True)
class Clustered:
    """Requests that are each asked several times, whose outcomes are alike."""

    rate: float
    epochs: int
    correlation: float
    confidence: float

    @classmethod
    def checked(
        cls, rate: float, epochs: SupportsIndex, correlation: float, confidence: float
    ) -> "Clustered":
        """Check what is expected."""
        return cls(
            fraction("rate", rate),
            whole("epochs", epochs, least=1),
            below_one("correlation", correlation),
            checked_confidence(confidence),
        )

    def effective(self, requests: int) -> int:
        """Whole independent outcomes that so many requests are expected to be worth."""
        outcomes = requests * self.epochs
        if self.epochs == 1 or requests == 1:
            return outcomes if self.epochs == 1 else 1
        upper = (1 + self.confidence) / 2
        penalty = t_quantile(upper, outcomes - 1) / t_quantile(upper, requests - 1)
        design_effect = 1 + (self.epochs - 1) * self.correlation
        worth = outcomes / design_effect * penalty**2
        return max(1, min(outcomes, math.floor(worth + 1e-9)))

    def plan(self, requests: int | None, wanted: str) -> Plan:
        """Put the plan together."""
        urn, beside = Urn(self.rate), {}
        achieved = None
        if requests is not None:
            worth = self.effective(requests)
            beside = {"effective outcomes": float(worth)}
            achieved = urn.expected_width(worth, self.confidence)
        asked = f"asked {times(self.epochs)} each with a correlation of {self.correlation:g}"
        return Plan(
            needed=requests,
            unit="requests",
            achieved=achieved,
            goal=f"an interval{wanted} at a rate of {as_points(self.rate)} %, {asked}, "
            f"at {100 * self.confidence:.4g} % confidence",
            method=f"expectation over outcomes, {METHOD}",
            assumptions=_ASSUMPTIONS,
            measure="expected width",
            notes=(_APPROXIMATE,) if requests is not None else (f"it takes more than {MOST:,}",),
            beside=beside,
        )


def rate(
    *,
    rate: float,
    width: float,
    epochs: SupportsIndex,
    correlation: float,
    confidence: float = 0.95,
) -> Plan:
    """Find the fewest requests whose expected interval is narrow enough."""
    clustered = Clustered.checked(rate, epochs, correlation, confidence)
    width, urn = fraction("width", width, open_ends=True), Urn(clustered.rate)
    worth = narrow_enough(lambda n: urn.expected_width(n, clustered.confidence), width, urn)
    needed = None
    if worth is not None:
        needed = smallest(
            lambda requests: clustered.effective(requests) >= worth,
            math.ceil(worth / clustered.epochs),
            1,
            MOST,
            rising=True,
        )
    return clustered.plan(needed, f" at most {as_points(width)} points wide")


def rate_power(
    *,
    requests: SupportsIndex,
    rate: float,
    epochs: SupportsIndex,
    correlation: float,
    confidence: float = 0.95,
) -> Plan:
    """Return the expected width of the interval from so many requests."""
    clustered = Clustered.checked(rate, epochs, correlation, confidence)
    return clustered.plan(whole("requests", requests, least=1), "")
