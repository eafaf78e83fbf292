"""Plans for labels in two strata: what a judge calls positive, and what it calls negative."""

from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np

from allegiance.stats.arguments import checked_confidence, fraction
from allegiance.stats.interval import ROUNDING
from allegiance.stats.plan import Plan, as_points
from allegiance.stats.planning_reads import (
    at_a_rate,
    checked_reads,
    drawn_from,
    narrow_enough,
)
from allegiance.stats.planning_reads import proportion as random_reads
from allegiance.stats.sampling import Numbers, Urn

_ASSUMPTIONS = (
    "the labels are random within each stratum, and their numbers were fixed beforehand",
    "the judge's sensitivity and specificity are those stated",
)


@dataclass(frozen=True)
class _Stratum:
    """What the labels in one stratum may show: counts, their weights, and limits around each."""

    counts: Numbers
    weights: Numbers
    each: Numbers
    below: Numbers
    above: Numbers
    unread: int

    @classmethod
    def of(cls, urn: Urn, reads: int, confidence: float) -> "_Stratum":
        counts, weights = urn.counts(reads)
        low, high = urn.limits(counts, reads, confidence)
        size = urn.population or 0
        each = counts * (size / reads)
        return cls(counts, weights, each, each - size * low, size * high - each, size - reads)

    def sums(self) -> tuple[Numbers, Numbers, Numbers]:
        """What adds up over strata: the estimate, the hits seen, and the most that there can be."""
        return self.each, self.counts, self.counts + self.unread


@dataclass(frozen=True)
class Strata:
    """A corpus split by a judge's verdict, and the share of the labels that its positives get."""

    whole: Urn
    positive: Urn
    negative: Urn
    allocation: float

    def split(self, labels: int) -> tuple[int, int]:
        """Labels for the positives and the negatives: at least one each, no more than there are."""
        positives, negatives = self._sizes()
        most = min(positives, labels - 1)
        first = min(max(round(self.allocation * labels), 1, labels - negatives), most)
        return first, labels - first

    def expected_width(self, labels: int, confidence: float) -> float:
        """Mean width of MOVER limits, in whole transcripts, over what so many labels may show."""
        first, second = (
            _Stratum.of(urn, reads, confidence)
            for urn, reads in zip((self.positive, self.negative), self.split(labels), strict=True)
        )
        total, hits, most = (
            np.add.outer(one, other) for one, other in zip(first.sums(), second.sums(), strict=True)
        )
        low = total - np.sqrt(np.add.outer(first.below**2, second.below**2))
        high = total + np.sqrt(np.add.outer(first.above**2, second.above**2))
        low = np.ceil(np.maximum(low, hits) - ROUNDING)
        high = np.floor(np.minimum(high, most) + ROUNDING)
        return float(first.weights @ (high - low) @ second.weights) / sum(self._sizes())

    def _sizes(self) -> tuple[int, int]:
        return self.positive.population or 0, self.negative.population or 0


def stratified(
    *,
    rate: float,
    width: float,
    population: SupportsIndex,
    sensitivity: float,
    specificity: float,
    allocation: float = 0.25,
    confidence: float = 0.95,
) -> Plan:
    """Find the fewest labels whose expected MOVER interval is narrow enough."""
    strata = _strata(rate, population, sensitivity, specificity, allocation)
    width, confidence = fraction("width", width, open_ends=True), checked_confidence(confidence)
    needed = narrow_enough(
        lambda n: strata.expected_width(n, confidence), width, strata.whole, lowest=2
    )
    assert needed is not None  # a census has width zero
    unaided = random_reads(rate=rate, width=width, population=population, confidence=confidence)
    random = unaided.needed or 0
    beside = {"random": float(random), "saved": random / needed}
    return _plan(strata, needed, confidence, f" at most {as_points(width)} points wide", beside)


def stratified_power(
    *,
    reads: SupportsIndex,
    rate: float,
    population: SupportsIndex,
    sensitivity: float,
    specificity: float,
    allocation: float = 0.25,
    confidence: float = 0.95,
) -> Plan:
    """Return the expected width of the MOVER interval from so many labels."""
    strata = _strata(rate, population, sensitivity, specificity, allocation)
    labels = checked_reads(reads, strata.whole, least=2)
    return _plan(strata, labels, checked_confidence(confidence), "", {})


def _strata(
    rate: float,
    population: SupportsIndex,
    sensitivity: float,
    specificity: float,
    allocation: float,
) -> Strata:
    urn = drawn_from(rate, population)
    caught = fraction("sensitivity", sensitivity)
    cleared = fraction("specificity", specificity)
    size = urn.population or 0
    hits = round(urn.count * caught)
    positives = hits + round((size - urn.count) * (1 - cleared))
    negatives = size - positives
    if not (positives and negatives):
        raise ValueError(
            f"sensitivity {sensitivity} and specificity {specificity} leave one stratum of {size:,}"
            " empty: plan with 'proportion'"
        )
    return Strata(
        whole=urn,
        positive=Urn(hits / positives, positives),
        negative=Urn((urn.count - hits) / negatives, negatives),
        allocation=fraction("allocation", allocation, open_ends=True),
    )


def _plan(
    strata: Strata, labels: int, confidence: float, wanted: str, beside: dict[str, float]
) -> Plan:
    positives, negatives = strata.split(labels)
    return Plan(
        needed=labels,
        unit="labels",
        achieved=strata.expected_width(labels, confidence),
        goal=f"an interval{wanted} {at_a_rate(strata.whole)} at {100 * confidence:.4g} % confidence",
        method="expectation over outcomes, mover on hypergeometric",
        assumptions=_ASSUMPTIONS,
        measure="expected width",
        notes=(f"{positives:,} for the judge's positives and {negatives:,} for its negatives",),
        beside={"positives": float(positives), "negatives": float(negatives), **beside},
    )
