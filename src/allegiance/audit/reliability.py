"""Reliability: how many transcripts have the property where a scanner's score is so high."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from allegiance import stats
from allegiance.audit.calibration import share_with_missing
from allegiance.audit.groups import UNSCANNED, Sample, without_verdicts
from allegiance.stats import Interval

_BINS = 5


@dataclass(frozen=True)
class Bin:
    """A band of scores.

    Attributes
    ----------
    low, high
        It takes scores from the first to below the second; the last band takes its end as well.
    population, reads
        N, and labelled reads.
    share
        The share that has the property; None where nothing was read.
    mean_score
        Of the labelled reads.
    """

    low: float
    high: float
    population: int
    reads: int
    share: Interval | None
    mean_score: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the band as JSON can carry it."""
        return {**vars(self), "share": None if self.share is None else self.share.to_dict()}


@dataclass(frozen=True)
class Reliability:
    """A scanner's scores against labels.

    Attributes
    ----------
    edges
        Where bands begin: ``fixed`` or ``quantiles``.
    bins
        The bands.
    unscored
        Transcripts of the frame without a score.
    area, reason
        The area under the curve, or why there is none.
    """

    edges: str
    bins: tuple[Bin, ...]
    unscored: int
    area: Interval | None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "edges": self.edges,
            "bins": [one.to_dict() for one in self.bins],
            "unscored": self.unscored,
            "area": None if self.area is None else self.area.to_dict(),
            "reason": self.reason,
        }


def reliability_of(sample: Sample, confidence: float) -> Reliability | None:
    """Put scores into bands, each with the share that has the property; None without scores.

    Scores that all lie from 0 to 1 have fixed bands a fifth wide; others are cut at the quintiles of
    the frame. Both are settled without looking at labels.
    """
    scores = {i: score for i in sample.ids if (score := _score(sample, i)) is not None}
    if not scores:
        return None
    edges, how = _edges(list(scores.values()))
    bins: list[Bin] = []
    for place, (low, high) in enumerate(pairwise(edges)):
        part = sample.among(lambda i, place=place: _place(scores.get(i), edges) == place)
        read = [scores[j.transcript_id] for j in part.judged if j.hit is not None]
        bins.append(
            Bin(
                low,
                high,
                len(part.ids),
                len(read),
                share_with_missing(without_verdicts(part.groups()), sample.fixed, confidence),
                float(np.mean(read)) if read else None,
            )
        )
    area, reason = _area(sample, confidence)
    return Reliability(how, tuple(bins), len(sample.ids) - len(scores), area, reason)


def _score(sample: Sample, identifier: str) -> float | None:
    score = sample.said.get(identifier, UNSCANNED).score
    return score if score is not None and np.isfinite(score) else None


def _edges(scores: Sequence[float]) -> tuple[list[float], str]:
    if min(scores) >= 0 and max(scores) <= 1:
        return [place / _BINS for place in range(_BINS + 1)], "fixed"
    cuts = np.quantile(scores, np.linspace(0, 1, _BINS + 1), method="inverted_cdf")
    found = sorted(set(cuts.tolist()))
    return (found if len(found) > 1 else [found[0], found[0]]), "quantiles"


def _place(score: float | None, edges: Sequence[float]) -> int:
    return -1 if score is None else min(bisect_right(edges, score) - 1, len(edges) - 2)


def _area(sample: Sample, confidence: float) -> tuple[Interval | None, str]:
    if not sample.random:
        return None, "an area under the curve takes a draw in one random order, without strata"
    if not sample.fixed:
        return None, "an area under the curve takes a fixed number of reads that is complete"
    told = [
        (score, one.hit)
        for one in sample.judged
        if one.hit is not None and (score := _score(sample, one.transcript_id)) is not None
    ]
    hits = [hit for _, hit in told]
    if all(hits) or not any(hits):
        return None, "the labelled transcripts with a score all say the same"
    return stats.auroc([score for score, _ in told], hits, confidence), ""
