"""Rates of a scenario's own measures, by model and condition, each with its interval for the model."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from allegiance import stats
from allegiance.errors import UsageError
from allegiance.scanners.conversations import Coded
from allegiance.study.factors import FACTORS

Rows = list[list[float | None]]
"""Requests × epochs of 0, 1, and None for missing."""

NUMBERS = ("k", "n", "missing", "requests", "estimate")
"""The columns of every rate: hits, observed, missing, requests, and the rate with its interval."""


def _always(one: Coded) -> bool:
    return True


@dataclass(frozen=True)
class Measure:
    """Something that a conversation did or did not do.

    Attributes
    ----------
    name
        As the table says it.
    of
        1, 0, or None where it could not be observed.
    among
        In which conversations it is counted at all.
    """

    name: str
    of: Callable[[Coded], float | None]
    among: Callable[[Coded], bool] = _always


def found(category: str, *values: str) -> Callable[[Coded], float | None]:
    """Make a measure of whether a category has one of these values."""

    def of(one: Coded) -> float | None:
        value = one.values.get(category)
        return None if value is None else float(value in values)

    return of


def varying(seen: Sequence[Coded], always: Sequence[str] = ()) -> list[str]:
    """Name the factors in which conditions differ, and those that are always shown, in their usual order."""
    names = {name for one in seen for name in one.condition}
    differ = [n for n in names if len({one.condition.get(n) for one in seen}) > 1]
    kept = {*differ, *(name for name in always if name in names)}
    known = [name for name in FACTORS if name in kept]
    return known + sorted(kept - set(known))


def by_request(
    seen: Iterable[Coded], of: Callable[[Coded], float | None]
) -> dict[tuple[str, str], list[float | None]]:
    """Gather what was observed of each request, the requests in a fixed order."""
    rows: dict[tuple[str, str], list[float | None]] = {}
    for one in sorted(seen, key=lambda one: (one.request, one.transcript_id)):
        rows.setdefault(one.request, []).append(of(one))
    return rows


def rate_row(seen: Sequence[Coded], measure: Measure) -> dict[str, object]:
    """Give the numbers of one measure; without an estimate where nothing was observed."""
    outcomes = by_request(seen, measure.of)
    observed = [value for row in outcomes.values() for value in row if value is not None]
    return {
        "k": int(sum(observed)),
        "n": len(observed),
        "missing": len(seen) - len(observed),
        "requests": sum(any(value is not None for value in row) for row in outcomes.values()),
        "estimate": stats.rate(list(outcomes.values())) if observed else None,
    }


def rates(
    seen: Sequence[Coded], factors: Sequence[str], measures: Sequence[Measure], topics: bool = False
) -> list[dict[str, object]]:
    """Give every measure in every condition of every model.

    Parameters
    ----------
    seen
        What was coded.
    factors
        In what conditions are told apart; whatever else differs is taken together.
    measures
        Those that are counted nowhere in a condition have no row there.
    topics
        Whether topics are told apart as well.
    """
    cells: dict[tuple[str, ...], list[Coded]] = {}
    for one in seen:
        levels = (one.condition.get(name, "") for name in factors)
        cells.setdefault((one.model, *([one.topic] if topics else []), *levels), []).append(one)
    names = ("model", *(["drive"] if topics else []), *factors)
    return [
        {**dict(zip(names, cell, strict=True)), "score": measure.name, **rate_row(counted, measure)}
        for cell in sorted(cells, key=lambda cell: _order(cell, names))
        for measure in measures
        if (counted := [one for one in cells[cell] if measure.among(one)])
    ]


def some_of(seen: list[Coded], scenario: str, place: object) -> list[Coded]:
    """Give the conversations back where there are any.

    Raises
    ------
    UsageError
        Where there is none.
    """
    if not seen:
        raise UsageError(
            f"{place}: here is no transcript of the scenario `{scenario}` (with this --where); run a study of it "
            f"first: `allegiance new NAME --template {scenario}`"
        )
    return seen


def _order(cell: tuple[str, ...], names: Sequence[str]) -> tuple[object, ...]:
    """Sort by the order in which the levels of a factor are listed, and then by name."""
    return tuple(
        (list(FACTORS[name].levels).index(level), level)
        if name in FACTORS and level in FACTORS[name].levels
        else (-1, level)
        for name, level in zip(names, cell, strict=True)
    )
