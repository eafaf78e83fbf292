"""Calibration: a scanner's verdicts against the labels of a draw. Pure: reads and verdicts in, rates out.

The limits are those of groups of the frame; see `allegiance.audit.groups`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from allegiance import stats
from allegiance.audit.groups import Group, Sample, missing_of
from allegiance.stats import Interval, WorstCase
from allegiance.stats.quantiles import clopper_pearson

_CHANCE = (
    "given the truth; positives and negatives are taken for samples of more than there are, which "
    "can only widen the limits"
)


@dataclass(frozen=True)
class Table:
    """Reads by label and verdict, both there."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    def to_dict(self) -> dict[str, int]:
        """Return the counts as JSON can carry them."""
        return dict(vars(self))


@dataclass(frozen=True)
class Measure:
    """One property of a scanner.

    Attributes
    ----------
    name
        ``sensitivity``, ``specificity``, ``PPV`` or ``NPV``.
    hits, reads
        k of n labelled transcripts that it is counted on, unweighted.
    interval
        Its limits; None where there are none.
    reason
        Why not.
    """

    name: str
    hits: int
    reads: int
    interval: Interval | None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the measure as JSON can carry it."""
        interval = None if self.interval is None else self.interval.to_dict()
        return {
            "hits": self.hits,
            "reads": self.reads,
            "interval": interval,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Calibrated:
    """What a sample shows of a scanner.

    Attributes
    ----------
    table
        Reads by label and verdict.
    measures
        Sensitivity, specificity, PPV, NPV.
    missing
        Why labels and verdicts are missing, with how often.
    random, fixed
        As of `Sample`.
    """

    table: Table
    measures: tuple[Measure, ...]
    missing: Mapping[str, int]
    random: bool
    fixed: bool

    def of(self, name: str) -> Measure:
        """Find a measure by its name."""
        return next(one for one in self.measures if one.name == name)


def calibrated(sample: Sample, confidence: float = 0.95, cut: bool = False) -> Calibrated:
    """Set a scanner's verdicts against labels; see `measures_of`."""
    return Calibrated(
        table_of(sample.groups()),
        measures_of(sample, confidence, cut),
        missing_of(sample.judged),
        sample.random,
        sample.fixed,
    )


def table_of(groups: Sequence[Group]) -> Table:
    """Count reads by label and verdict."""
    yes = [one for one in groups if one.told is True]
    no = [one for one in groups if one.told is False]
    return Table(
        sum(one.hits for one in yes),
        sum(one.reads - one.hits for one in yes),
        sum(one.hits for one in no),
        sum(one.reads - one.hits for one in no),
    )


def measures_of(sample: Sample, confidence: float, cut: bool = False) -> tuple[Measure, ...]:
    """Estimate sensitivity, specificity, PPV and NPV.

    Parameters
    ----------
    cut
        Whether the frame was cut by this scanner's own verdicts: where it holds one of them alone,
        nothing is known of the other.
    """
    groups = sample.groups()
    turned = _turned(groups)
    how = _How(sample.random, sample.fixed, confidence)
    told = {one.told for one in groups if one.population}
    why = ""
    if cut and not {True, False} <= told:
        lacking = "no" if True in told else "yes"
        why = f"the frame holds none of which it said {lacking}: draw on a frame with both"
    return (
        _caught("sensitivity", groups, how, why),
        _caught("specificity", turned, how, why),
        _valued("PPV", groups, how),
        _valued("NPV", turned, how),
    )


def share_of(groups: Sequence[Group], fixed: bool, confidence: float) -> Interval | None:
    """Estimate the share of hits in some groups together; None where none of them was read."""
    k, n, size = (
        [one.hits for one in groups],
        [one.reads for one in groups],
        [one.population for one in groups],
    )
    if not sum(n):
        return None
    if len(groups) == 1:
        if fixed:
            return stats.proportion(k[0], n[0], size[0], confidence)
        return stats.confidence_sequence(k[0], n[0], size[0], confidence=confidence)
    if fixed:
        return stats.stratified(k, n, size, confidence=confidence)
    return stats.stratified_sequence(k, n, size, confidence=confidence)


def share_with_missing(groups: Sequence[Group], fixed: bool, confidence: float) -> Interval | None:
    """As `share_of`, with the bounds that missing labels leave."""
    return _with_worst(
        groups,
        lambda these: share_of(these, fixed, confidence),
        lambda hit: [_as(one, hit) for one in groups],
        sum(one.untold for one in groups),
    )


@dataclass(frozen=True)
class _How:
    random: bool
    fixed: bool
    confidence: float


def _caught(name: str, groups: Sequence[Group], how: _How, why: str) -> Measure:
    """Sensitivity of the groups; of turned ones, specificity."""
    hits = sum(one.hits for one in groups if one.told is True)
    reads = hits + sum(one.hits for one in groups if one.told is False)
    if why or not reads:
        noun = "with" if name == "sensitivity" else "without"
        return Measure(
            name, hits, reads, None, why or f"no labelled transcript {noun} the property"
        )
    found = _with_worst(
        groups,
        lambda these: _caught_interval(these, how),
        lambda best: [_extreme(one, best) for one in groups],
        sum(one.untold if one.told is not None else one.untold + one.hits for one in groups),
    )
    return Measure(name, hits, reads, found)


def _caught_interval(groups: Sequence[Group], how: _How) -> Interval | None:
    told = [one for one in groups if one.told is not None]
    hits = sum(one.hits for one in told if one.told)
    reads = sum(one.hits for one in told)
    census = all(one.reads == one.population for one in told)
    if how.random and how.fixed and not census:
        if not reads:
            return None
        low, high = clopper_pearson(hits, reads, how.confidence)
        return Interval(
            estimate=hits / reads,
            low=low,
            high=high,
            confidence=how.confidence,
            method="clopper-pearson, given the truth",
            target="corpus",
            hits=hits,
            reads=reads,
            assumptions=("the reads are a random sample whose size was fixed beforehand",),
            notes=(_CHANCE,),
        )
    found = stats.share_within(
        [one.hits for one in told],
        [one.reads for one in told],
        [one.population for one in told],
        [one.told is True for one in told],
        how.confidence,
        looked=not how.fixed,
    )
    # What is counted are the hits: k of n would be hits of reads, and not those that were caught.
    return replace(found, hits=hits, reads=reads, population=None)


def _valued(name: str, groups: Sequence[Group], how: _How) -> Measure:
    """PPV of the groups; of turned ones, NPV."""
    inside = [one for one in groups if one.told is True]
    hits, reads = sum(one.hits for one in inside), sum(one.reads for one in inside)
    found = share_with_missing(inside, how.fixed, how.confidence)
    said = "yes" if name == "PPV" else "no"
    reason = "" if found else f"no labelled transcript of which it said {said}"
    return Measure(name, hits, reads, found, reason)


def _with_worst(
    groups: Sequence[Group],
    interval: Callable[[Sequence[Group]], Interval | None],
    extreme: Callable[[bool], Sequence[Group]],
    missing: int,
) -> Interval | None:
    found = interval(groups)
    if found is None or not missing:
        return found
    lowest, highest = interval(extreme(False)), interval(extreme(True))
    assert lowest is not None
    assert highest is not None
    worst = WorstCase(
        estimate_low=lowest.low if lowest.estimate is None else lowest.estimate,
        estimate_high=highest.high if highest.estimate is None else highest.estimate,
        low=lowest.low,
        high=highest.high,
        missing=missing,
    )
    return replace(found, missing=missing, worst_case=worst)


def _as(group: Group, hit: bool) -> Group:
    """Count missing labels of a group as hits, or as none."""
    return replace(
        group,
        reads=group.reads + group.untold,
        hits=group.hits + (group.untold if hit else 0),
        untold=0,
    )


def _extreme(group: Group, best: bool) -> Group:
    """Count what is missing for a scanner that catches hits, or against it."""
    if group.told is None:
        return replace(_as(group, True), told=best)
    return _as(group, group.told is best)


def _turned(groups: Sequence[Group]) -> list[Group]:
    """Take no for yes, and misses for hits."""
    return [
        replace(
            one,
            told=None if one.told is None else not one.told,
            hits=one.reads - one.hits,
        )
        for one in groups
    ]
