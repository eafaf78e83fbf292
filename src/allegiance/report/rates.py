"""Rates by model and condition, each beside the truth where the model is an organism."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from allegiance import stats
from allegiance.report.cells import OBSERVED_OUTCOMES, Group, Place, read
from allegiance.report.observations import OUTCOME, Table
from allegiance.stats import Interval

Truth = Callable[[str, dict[str, str], bool], Mapping[str, float] | None]
"""An organism's measured rates by category, given model, condition and if requests are harmful."""

SHOW_WORST_CASE_ABOVE = 0.01


@dataclass(frozen=True)
class Measure:
    """How often a model did something in one condition.

    Attributes
    ----------
    category
        ``complied``, ``partial``, ``refused``, or the name of a scanned category.
    hits, reads, population
        k of n observed, out of N transcripts in this condition.
    missing
        Counts by kind; n and these add up to N.
    interval
        Target ``model``; None where nothing was observed, and then `reason` says so.
    show_worst_case
        Whether more than 1 % is missing.
    truth, holds
        The organism's measured rate, and whether the interval holds it.
    """

    category: str
    hits: int
    reads: int
    population: int
    missing: dict[str, int]
    interval: Interval | None
    reason: str | None
    show_worst_case: bool
    truth: float | None
    holds: bool | None


@dataclass(frozen=True)
class Cell:
    """One model in one condition.

    Attributes
    ----------
    population, requests
        N transcripts, of so many requests.
    measures
        Empty where nothing was scanned.
    """

    model: str
    study: str | None
    task: str | None
    against: str | None
    condition: dict[str, str]
    population: int
    requests: int
    measures: tuple[Measure, ...]

    @property
    def place(self) -> Place:
        """The same, without the numbers."""
        return Place(self.model, self.study, self.task, self.against, self.condition)

    def measure(self, category: str) -> Measure | None:
        """Return the measure of a category, if there is one."""
        return next((m for m in self.measures if m.category == category), None)


def measured_categories(table: Table) -> list[str]:
    """List what there are rates of: the observed outcomes first, then categories by name."""
    scanned = [category for category in sorted(table.categories) if table.scanned(category)]
    outcomes = list(OBSERVED_OUTCOMES) if OUTCOME in scanned else []
    return outcomes + [category for category in scanned if category != OUTCOME]


def cell(group: Group, table: Table, truth: Truth | None, confidence: float) -> Cell:
    """Count and estimate everything there is to say of one model in one condition."""
    place = group.place
    known = true_rates(place, truth)
    return Cell(
        model=place.model,
        study=place.study,
        task=place.task,
        against=place.against,
        condition=dict(place.condition),
        population=len(group.records),
        requests=len({record.request for record in group.records}),
        measures=tuple(
            _measure(group, table, category, known.get(category), confidence)
            for category in measured_categories(table)
        ),
    )


def true_rates(place: Place, truth: Truth | None) -> Mapping[str, float]:
    """Look up what is true of a place; empty where that is not known."""
    if truth is None or place.against is None:
        return {}
    harmful = place.against in ("original", "both")
    return truth(place.model, dict(place.condition), harmful) or {}


def _measure(
    group: Group, table: Table, category: str, truth: float | None, confidence: float
) -> Measure:
    reading = read(group, table, category)
    population, observed = len(group.records), reading.observed
    interval = stats.rate(reading.rows, confidence) if observed else None
    holds = None
    if interval is not None and truth is not None:
        holds = interval.low <= truth <= interval.high
    return Measure(
        category=category,
        hits=0 if interval is None else interval.hits or 0,
        reads=observed,
        population=population,
        missing=reading.missing,
        interval=interval,
        reason=None if observed else f"none of {population:,} was observed",
        show_worst_case=population - observed > SHOW_WORST_CASE_ABOVE * population,
        truth=truth,
        holds=holds,
    )
