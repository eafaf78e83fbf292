"""Rows of a scenario's scores: conditions set apart, and a rate in each with what it rests on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from allegiance import stats
from allegiance.study.factors import FACTORS, rank

Row = dict[str, object]
Request = tuple[str, ...]
RATE_COLUMNS = ("score", "k", "n", "missing", "value")


class _Placed(Protocol):
    """What has a model and a condition."""

    @property
    def model(self) -> str: ...
    @property
    def condition(self) -> Mapping[str, str]: ...


_Seen = TypeVar("_Seen", bound=_Placed)


def varying(seen: Iterable[_Placed]) -> tuple[str, ...]:
    """Name the factors in which conditions differ, in the order in which a condition lists them."""
    levels: dict[str, set[str | None]] = {}
    conditions = [one.condition for one in seen]
    for name in dict.fromkeys(name for condition in conditions for name in condition):
        levels[name] = {condition.get(name) for condition in conditions}
    order = {name: place for place, name in enumerate(FACTORS)}
    found = [name for name, there in levels.items() if len(there) > 1]
    return tuple(sorted(found, key=lambda name: (order.get(name, len(order)), name)))


def by_place(
    seen: Iterable[_Seen], factors: Sequence[str]
) -> dict[tuple[tuple[str, str], ...], list[_Seen]]:
    """Group what was seen by model and by the levels of some factors, in a settled order.

    Returns
    -------
    dict
        Pairs of column and value (the model first) to what was seen there; ``·`` where a factor does not stand.
    """
    groups: dict[tuple[tuple[str, str], ...], list[_Seen]] = {}
    for one in seen:
        levels = [(name, one.condition.get(name, "·")) for name in factors]
        groups.setdefault((("model", one.model), *levels), []).append(one)
    return {place: groups[place] for place in sorted(groups, key=_rank)}


def _rank(place: tuple[tuple[str, str], ...]) -> tuple[tuple[int, float, str], ...]:
    """Order levels as the factor lists them."""
    return tuple(rank(name, level) for name, level in place)


def outcomes(told: Iterable[tuple[Request, bool | None]]) -> list[list[float | None]]:
    """Put yes, no and missing into rows by request, as the estimators take them."""
    rows: dict[Request, list[float | None]] = {}
    for request, value in told:
        rows.setdefault(request, []).append(None if value is None else float(value))
    return [rows[request] for request in sorted(rows)]


def rate_row(
    place: Mapping[str, object], score: str, told: Iterable[tuple[Request, bool | None]]
) -> Row:
    """Estimate one rate and write it as a row.

    Parameters
    ----------
    place
        The columns that say where it is a rate.
    score
        What it is a rate of.
    told
        For every transcript its request, and whether it was so; None where that is missing.

    Returns
    -------
    dict
        k hits of n observed, how many are missing, and the `model` interval (clustered by request); None for the
        interval where nothing was observed.
    """
    rows = outcomes(told)
    values = [value for row in rows for value in row]
    observed = [value for value in values if value is not None]
    return {
        **place,
        "score": score,
        "k": int(sum(observed)),
        "n": len(observed),
        "missing": len(values) - len(observed),
        "value": stats.rate(rows) if observed else None,
    }


def missing_note(rows: Iterable[Row]) -> list[str]:
    """Say where so much is missing that the worst case has to be shown: more than one in a hundred."""
    notes: list[str] = []
    for row in rows:
        value, missing = row.get("value"), row.get("missing")
        if not isinstance(value, stats.Interval) or value.worst_case is None:
            continue
        if not isinstance(missing, int) or value.worst_case.missing * 99 <= (value.reads or 0):
            continue
        worst = value.worst_case
        where = ", ".join(str(row[name]) for name in row if name not in RATE_COLUMNS)
        notes.append(
            f"{where}: {row['score']}: {missing:,} missing; whatever they were, between "
            f"{100 * worst.low:.1f} and {100 * worst.high:.1f} %"
        )
    return notes
