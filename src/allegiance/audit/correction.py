"""Correction: a scanner's own rate beside the rate that labels on a random few make of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from allegiance import stats
from allegiance.audit.calibration import Calibrated, share_with_missing
from allegiance.audit.design import NOTHING
from allegiance.audit.groups import Group, Sample, joined_small, without_verdicts
from allegiance.stats import Interval
from allegiance.stats.difference import mover

CARRIED = "its error rates on the labelled transcripts carry over to these"


@dataclass(frozen=True)
class Naive:
    """What a scanner says of a frame by itself: a count of verdicts, and no estimate of anything.

    Attributes
    ----------
    positives, told, missing
        Transcripts of which it said yes, of which it said anything, and of which it did not.
    """

    positives: int
    told: int
    missing: int

    @property
    def rate(self) -> float | None:
        """The share it said yes of among those with a verdict; None without any."""
        return self.positives / self.told if self.told else None

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the most that its own rate could be, whatever the missing verdicts are."""
        size = self.told + self.missing
        return self.positives / size, (self.positives + self.missing) / size

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        low, high = self.bounds
        return {**vars(self), "rate": self.rate, "worst_case": {"low": low, "high": high}}


@dataclass(frozen=True)
class Term:
    """What one group of transcripts adds to the difference of the corrected rate from the naive one.

    Attributes
    ----------
    name
        The stratum and what the scanner said.
    population, reads, hits
        N, and k of n labelled.
    difference
        Its part of the difference, as a fraction of the frame; None where nothing of it was read.
    share
        Of all that moves the rate, up or down; None where nothing does.
    """

    name: str
    population: int
    reads: int
    hits: int
    difference: float | None
    share: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the term as JSON can carry it."""
        return dict(vars(self))


@dataclass(frozen=True)
class Corrected:
    """A corrected rate.

    Attributes
    ----------
    naive
        The scanner's own.
    interval
        The corrected one; None where nothing was read.
    labels
        What the same labels say without the scanner.
    terms
        The difference, group by group.
    """

    naive: Naive
    interval: Interval | None
    labels: Interval | None
    terms: tuple[Term, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "naive": self.naive.to_dict(),
            "interval": None if self.interval is None else self.interval.to_dict(),
            "labels": None if self.labels is None else self.labels.to_dict(),
            "terms": [one.to_dict() for one in self.terms],
        }


@dataclass(frozen=True)
class CorrectedGap:
    """The difference of two corrected rates.

    Attributes
    ----------
    first, second
        The levels with their corrected rates.
    naive
        The difference of the scanner's own rates; None where it said nothing of a level.
    interval, labels
        The corrected difference, and that of the labels alone; None where an arm has no rate.
    """

    first: tuple[str, Corrected]
    second: tuple[str, Corrected]
    naive: float | None
    interval: Interval | None
    labels: Interval | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "levels": {name: one.to_dict() for name, one in (self.first, self.second)},
            "naive": self.naive,
            "interval": None if self.interval is None else self.interval.to_dict(),
            "labels": None if self.labels is None else self.labels.to_dict(),
        }


def naive_of(groups: Sequence[Group]) -> Naive:
    """Count verdicts."""
    of = {True: 0, False: 0, None: 0}
    for one in groups:
        for told, size in one.said:
            of[told] += size
    return Naive(of[True], of[True] + of[False], of[None])


def corrected(sample: Sample, confidence: float) -> Corrected:
    """Correct a scanner's rate by the labels of a draw on the same frame.

    The frame falls into groups by the stratum of the draw and by the verdict; inside each the reads
    are random, and the rate is the sum of the groups' shares, given how many reads fell into each
    (`stats.stratified`; `stats.stratified_sequence` where reading could stop at any look).
    """
    groups = sample.groups()
    naive = naive_of(groups)
    used: Sequence[Group] = groups
    if sample.fixed and len(sample.judged) < len(sample.ids):
        reads: dict[str, int] = {}
        for one in sample.judged:
            reads[one.stratum] = reads.get(one.stratum, 0) + 1
        used = joined_small(groups, reads)
    return Corrected(
        naive,
        share_with_missing(used, sample.fixed, confidence),
        share_with_missing(without_verdicts(groups), sample.fixed, confidence),
        _terms(used, naive),
    )


def corrected_gap(
    first: tuple[str, Sample], second: tuple[str, Sample], confidence: float
) -> CorrectedGap:
    """Correct the gap between two parts of a corpus.

    The difference of two corrected shares, with their limits added in quadrature (MOVER; Zou, Huang &
    Zhang 2009): of these transcripts, and not paired by request.
    """
    one, other = (corrected(sample, confidence) for _, sample in (first, second))
    rates = one.naive.rate, other.naive.rate
    return CorrectedGap(
        (first[0], one),
        (second[0], other),
        None if rates[0] is None or rates[1] is None else rates[0] - rates[1],
        _difference(one.interval, other.interval, confidence),
        _difference(one.labels, other.labels, confidence),
    )


def carried_over(naive: Naive, known: Calibrated, confidence: float) -> Interval | str:
    """Correct a rate by errors that were measured on another frame; approximate.

    Returns
    -------
    Interval or str
        By Lang and Reiczigel, with the assumption that error rates carry over; or why not.
    """
    rate = naive.rate
    if rate is None:
        return "the scanner said nothing of this frame"
    if not known.random or not known.fixed:
        return "error rates carry over from a draw in one random order whose fixed number is read"
    table = known.table
    positives = table.true_positives + table.false_negatives
    negatives = table.true_negatives + table.false_positives
    if not positives or not negatives:
        return "its labelled transcripts all say the same"
    return stats.judge_adjusted(
        rate,
        naive.told,
        table.true_negatives / negatives,
        negatives,
        table.true_positives / positives,
        positives,
        confidence,
    )


def _difference(
    first: Interval | None, second: Interval | None, confidence: float
) -> Interval | None:
    if first is None or second is None or first.estimate is None or second.estimate is None:
        return None
    low, high = mover(
        (first.estimate, first.low, first.high),
        (second.estimate, second.low, second.high),
        0.0,
        furthest=1.0,
    )
    return Interval(
        estimate=first.estimate - second.estimate,
        low=low,
        high=high,
        confidence=confidence,
        method="mover on two rates",
        target="corpus",
        assumptions=("the reads of either arm are random",),
        quantity="difference",
    )


def _terms(groups: Sequence[Group], naive: Naive) -> tuple[Term, ...]:
    size = sum(one.population for one in groups)
    moved = [_moved(one, size, naive.rate or 0.0) for one in groups]
    total = sum(abs(part) for part in moved if part is not None)
    # Strata by this very scanner's verdict hold one verdict each.
    split = any(len(one.said) > 1 for one in groups) or len(groups) > len(
        {one.stratum for one in groups}
    )
    return tuple(
        Term(
            _named(one, split),
            one.population,
            one.reads,
            one.hits,
            part,
            None if part is None or not total else abs(part) / total,
        )
        for one, part in zip(groups, moved, strict=True)
    )


def _moved(group: Group, size: int, naive: float) -> float | None:
    """How far the labels of a group move the rate from what the scanner alone makes of it."""
    if not group.reads:
        return None
    alone = sum(many * (naive if told is None else float(told)) for told, many in group.said)
    return (group.population * group.share - alone) / size


def _named(group: Group, split: bool) -> str:
    """Name a group by the verdict, and by its stratum where that says something else."""
    words = {True: "said yes", False: "said no", None: "no verdict"}
    said = " or ".join(dict.fromkeys(words[told] for told, _ in group.said))
    alike = not group.stratum or (not split and group.stratum in ("yes", "no", NOTHING))
    return said if alike else f"stratum {group.stratum}, {said}"
