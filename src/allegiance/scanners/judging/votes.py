"""Several votes of one judge on one transcript: which value they give, and with what share.

The value is the one with most votes, if it has it whatever the votes would have said that were
refused or could not be read; else the verdict has their status. A tie is never settled in silence:
`yes` over `no`, the higher of ordinal values, none (`invalid`) among the values of a choice, and each
is marked. The score is the share of `yes`, or of the value, among the votes that said one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from allegiance.scanners.codebook import Category
from allegiance.scanners.judging.windows import Said


@dataclass(frozen=True)
class Tally:
    """What votes come to.

    Attributes
    ----------
    said
        The first vote that has the value, or the status of those without one.
    score
        None for a single vote, and where there is no value.
    votes
        How many votes each value or status has.
    tie
        Whether the rule for ties decided.
    """

    said: Said
    score: float | None
    votes: dict[str, int]
    tie: bool = False


def tally(category: Category, votes: Sequence[Said]) -> Tally:
    """Count votes by the rule above."""
    told = dict(Counter(one.value or one.status for one in votes))
    if len(votes) == 1:
        return Tally(votes[0], None, told)
    values = Counter(one.value for one in votes if one.value is not None)
    failed = [one for one in votes if one.value is None]
    if not values:
        return Tally(_commonest(failed), None, told)
    first, *others = sorted(values, key=lambda value: _rank(category, value, values[value]))
    lead = values[first] - max((values[one] for one in others), default=0)
    tie = lead == 0
    if tie and category.kind == "choice":
        tied = sorted(value for value in values if values[value] == values[first])
        problem = f"as many votes for {' as for '.join(tied)}"
        return Tally(Said(None, "invalid", problem), None, told, True)
    if failed and not _stands(category, first, values, len(failed)):
        return Tally(_commonest(failed), None, told)
    chosen = [one for one in votes if one.value == first]
    said = replace(chosen[0], stripped=sum(one.stripped for one in chosen))
    shared = values["yes"] if category.kind == "yes-no" else values[first]
    return Tally(said, shared / values.total(), told, tie)


def _rank(category: Category, value: str, count: int) -> tuple[int, int]:
    """Order values: most votes first, then the one that the rule for ties takes."""
    place = category.values.index(value)
    if category.kind == "yes-no":
        place = 1 if value == "yes" else 0
    return -count, -place


def _stands(category: Category, first: str, values: Counter[str], failed: int) -> bool:
    """Whether a value has most votes even if every vote that failed had been for another."""
    for other in category.values:
        if other == first:
            continue
        most = values[other] + failed
        wins_ties = category.kind != "choice" and _rank(category, first, 0) < _rank(
            category, other, 0
        )
        if values[first] < most or (values[first] == most and not wins_ties):
            return False
    return True


def _commonest(failed: Sequence[Said]) -> Said:
    status, _ = Counter(one.status for one in failed).most_common(1)[0]
    return next(one for one in failed if one.status == status)
