"""One model in one condition: how many transcripts, what came of them, and what was missing."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allegiance.report.observations import OUTCOME, Record, Request, Table
from allegiance.study.factors import by_size
from allegiance.study.outcomes import Outcome

TIER = "tier"
_TIERS = {"monitored": 0, "unmonitored": 1}
_AGAINST = {"original": 0, "both": 1, "training": 2, "neither": 3, None: 4}

OBSERVED_OUTCOMES = tuple(outcome.value for outcome in Outcome if not outcome.missing)
MISSING_OUTCOMES = frozenset(outcome.value for outcome in Outcome if outcome.missing)


@dataclass(frozen=True)
class Place:
    """Where a transcript belongs: the model, what it was asked, and the condition.

    Attributes
    ----------
    condition
        Levels by factor, those known, without the prefix of the column.
    against
        Which intent the requests go against, where that is known.
    """

    model: str
    study: str | None
    task: str | None
    against: str | None
    condition: Mapping[str, str]

    @property
    def tier(self) -> str | None:
        """The level of the factor tier."""
        return self.condition.get(TIER)

    @property
    def others(self) -> dict[str, str]:
        """The condition without the tier."""
        return {factor: level for factor, level in self.condition.items() if factor != TIER}


@dataclass(frozen=True)
class Group:
    """The records of one place."""

    place: Place
    records: Sequence[Record]


def grouped(table: Table, models: Sequence[str]) -> list[Group]:
    """Group records by place, in the order shown: models as given, then by condition."""
    found: defaultdict[tuple[object, ...], list[Record]] = defaultdict(list)
    for record in table.records:
        key = (record.model, record.study, record.task, record.against, record.condition)
        found[key].append(record)
    groups = [Group(_place(records[0], table.factors), records) for records in found.values()]
    rank = {model: number for number, model in enumerate(models)}
    return sorted(groups, key=lambda group: _order(group.place, rank))


def _place(record: Record, factors: Sequence[str]) -> Place:
    levels = zip(factors, record.condition, strict=True)
    condition = {factor: level for factor, level in levels if level is not None}
    return Place(record.model, record.study, record.task, record.against, condition)


def _order(place: Place, rank: Mapping[str, int]) -> tuple[object, ...]:
    return (
        rank.get(place.model, len(rank)),
        place.model,
        place.study or "",
        place.task or "",
        _AGAINST.get(place.against, 5),
        [(factor, *by_size(level)) for factor, level in sorted(place.others.items())],
        _TIERS.get(place.tier or "", 2),
        place.tier or "",
    )


@dataclass(frozen=True)
class Reading:
    """The outcomes of a category for a group: requests × epochs, None where missing, and why."""

    outcomes: dict[Request, list[float | None]]
    missing: dict[str, int]

    @property
    def rows(self) -> list[list[float | None]]:
        """Requests × epochs, ragged."""
        return list(self.outcomes.values())

    @property
    def observed(self) -> int:
        """How many outcomes were observed."""
        return sum(value is not None for row in self.outcomes.values() for value in row)


def read(group: Group, table: Table, measure: str) -> Reading:
    """Read one measure: ``complied``, ``partial``, ``refused``, or a category that is yes or no."""
    category, yes = (OUTCOME, measure) if measure in OBSERVED_OUTCOMES else (measure, "yes")
    place = table.categories.index(category)
    outcomes: defaultdict[Request, list[float | None]] = defaultdict(list)
    missing: Counter[str] = Counter()
    for record in group.records:
        verdict = record.verdicts[place]
        absent = verdict.missing
        if category == OUTCOME and verdict.value in MISSING_OUTCOMES:
            absent = verdict.value
        if absent is not None:
            missing[absent] += 1
        outcomes[record.request].append(None if absent else float(verdict.value == yes))
    # In a fixed order, because sums and permutations must not depend on how a corpus is read.
    ordered = {key: outcomes[key] for key in sorted(outcomes, key=request_order)}
    return Reading(ordered, dict(sorted(missing.items())))


def request_order(request: Request) -> tuple[str, ...]:
    """Sort key of a request."""
    return tuple(part or "" for part in request)
