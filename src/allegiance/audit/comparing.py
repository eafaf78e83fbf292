"""Several scanners of one category on the same labelled transcripts, in pairs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from allegiance import stats
from allegiance.audit.groups import Judged, Sample
from allegiance.stats import Interval

_STRATA = "a paired test takes a draw in one random order: this one gave strata shares of their own"
_OPEN = "a paired test takes a number of reads that was fixed beforehand and is complete"


@dataclass(frozen=True)
class Pair:
    """Two scanners on the same labelled transcripts.

    Attributes
    ----------
    first, second
        Their names.
    both, first_alone, second_alone, neither
        Transcripts on which they are right. Those with a missing label or verdict are left out.
    missing
        How many those are.
    p_value, adjusted
        McNemar's, and Holm's over all pairs; None where it is not licensed.
    sensitivity, specificity
        First less second; None where there is no transcript to tell it on.
    reason
        Why there is no test.
    """

    first: str
    second: str
    both: int
    first_alone: int
    second_alone: int
    neither: int
    missing: int
    p_value: float | None
    adjusted: float | None
    sensitivity: Interval | None
    specificity: Interval | None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the pair as JSON can carry it."""
        plain = dict(vars(self))
        for name in ("sensitivity", "specificity"):
            plain[name] = None if plain[name] is None else plain[name].to_dict()
        return plain


def compared(samples: Mapping[str, Sample], confidence: float) -> tuple[Pair, ...]:
    """Compare scanners, each with each, on the reads of one draw.

    Parameters
    ----------
    samples
        Name to the same reads with the verdicts of that scanner.
    """
    pairs = [
        _pair(one, samples[one], other, samples[other], confidence)
        for one, other in combinations(samples, 2)
    ]
    known = [pair.p_value for pair in pairs if pair.p_value is not None]
    if not known:
        return tuple(pairs)
    adjusted = iter(stats.adjust(known).tolist())
    return tuple(
        pair if pair.p_value is None else replace(pair, adjusted=next(adjusted)) for pair in pairs
    )


def _pair(first: str, one: Sample, second: str, other: Sample, confidence: float) -> Pair:
    both_said = [
        (a, b)
        for a, b in zip(one.judged, other.judged, strict=True)
        if a.hit is not None and a.said.told is not None and b.said.told is not None
    ]
    counts = _counts(both_said)
    reason = _STRATA if not one.random else "" if one.fixed else _OPEN
    licensed = not reason
    of = {hit: [pair for pair in both_said if pair[0].hit is hit] for hit in (True, False)}
    return Pair(
        first,
        second,
        *counts,
        missing=len(one.judged) - len(both_said),
        p_value=stats.mcnemar(counts[1], counts[2]) if licensed else None,
        adjusted=None,
        sensitivity=_difference(of[True], confidence) if licensed else None,
        specificity=_difference(of[False], confidence) if licensed else None,
        reason=reason,
    )


def _counts(pairs: Sequence[tuple[Judged, Judged]]) -> tuple[int, int, int, int]:
    right = Counter((a.said.told is a.hit, b.said.told is b.hit) for a, b in pairs)
    return right[True, True], right[True, False], right[False, True], right[False, False]


def _difference(pairs: Sequence[tuple[Judged, Judged]], confidence: float) -> Interval | None:
    if not pairs:
        return None
    return stats.paired_difference(*_counts(pairs), confidence=confidence)
