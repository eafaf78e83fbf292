"""Plans for reading on with a confidence sequence: where its expected width falls below a goal."""

from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np

from allegiance.stats.arguments import MOST, beta_shapes, checked_confidence, fraction
from allegiance.stats.plan import Plan, as_points
from allegiance.stats.planning_reads import at_a_rate, checked_reads, drawn_from, narrow_enough
from allegiance.stats.sampling import Urn
from allegiance.stats.sequence import METHOD, kept_counts, kept_rates

_ASSUMPTIONS = ("the reading order is random", "the prior was fixed before the first read")
_MEAN = "the width is a mean over reading orders, at a number of reads fixed beforehand"


@dataclass(frozen=True)
class _Sequence:
    """A confidence sequence over reads from an urn."""

    urn: Urn
    prior: tuple[float, float]
    confidence: float

    @classmethod
    def of(cls, urn: Urn, prior: tuple[float, float], confidence: float) -> "_Sequence":
        return cls(urn, beta_shapes(prior), checked_confidence(confidence))

    def expected_width(self, reads: int) -> float:
        """Mean width at one look."""
        counts, weights = self.urn.counts(reads)
        hits = counts.astype(np.int64)
        looks, size = np.full_like(hits, reads), self.urn.population
        if size is None:
            low, high = kept_rates(hits, looks, *self.prior, self.confidence)
            return float(weights @ (high - low))
        low, high = kept_counts(hits, looks, size, *self.prior, self.confidence)
        return float(weights @ (high - low)) / size

    def plan(self, needed: int | None, wanted: str) -> Plan:
        """Put the plan together."""
        sure = f"{100 * self.confidence:.4g} % confidence"
        a, b = self.prior
        return Plan(
            needed=needed,
            unit="reads",
            achieved=None if needed is None else self.expected_width(needed),
            goal=f"a sequence{wanted} {at_a_rate(self.urn)} at {sure}",
            method=f"expectation over outcomes, {METHOD}, prior beta({a:g}, {b:g})",
            assumptions=_ASSUMPTIONS,
            measure="expected width",
            notes=(_MEAN,) if needed is not None else (f"it takes more than {MOST:,}",),
        )


def confidence_sequence(
    *,
    rate: float,
    width: float,
    population: SupportsIndex | None = None,
    prior: tuple[float, float] = (0.5, 10),
    confidence: float = 0.95,
) -> Plan:
    """Find after how many reads the expected limits are near enough together."""
    width = fraction("width", width, open_ends=True)
    sequence = _Sequence.of(drawn_from(rate, population), prior, confidence)
    needed = narrow_enough(sequence.expected_width, width, sequence.urn)
    return sequence.plan(needed, f" at most {as_points(width)} points wide")


def confidence_sequence_power(
    *,
    reads: SupportsIndex,
    rate: float,
    population: SupportsIndex | None = None,
    prior: tuple[float, float] = (0.5, 10),
    confidence: float = 0.95,
) -> Plan:
    """Return the expected width after so many reads."""
    sequence = _Sequence.of(drawn_from(rate, population), prior, confidence)
    return sequence.plan(checked_reads(reads, sequence.urn), "")
