"""Measures of a scenario: what is counted, among which conversations, in every condition."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from allegiance.audit.score_rows import Row, by_place, rate_row, varying
from allegiance.errors import AllegianceError
from allegiance.scanners.turn_by_turn import Coded


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
        Whether it did; None where that could not be observed.
    among
        In which conversations it is counted at all.
    """

    name: str
    of: Callable[[Coded], bool | None]
    among: Callable[[Coded], bool] = _always


def found(category: str, *values: str) -> Callable[[Coded], bool | None]:
    """Make a measure of whether a category has one of these values."""

    def of(one: Coded) -> bool | None:
        value = one.values.get(category)
        return None if value is None else value in values

    return of


def shown_factors(seen: Sequence[Coded], always: Sequence[str] = ()) -> tuple[str, ...]:
    """Name the factors that always have a column, and then those in which conditions differ."""
    return tuple(dict.fromkeys((*always, *varying(seen))))


def measured(
    seen: Sequence[Coded], factors: Sequence[str], measures: Sequence[Measure]
) -> list[Row]:
    """Give every measure in every condition of every model; none where it is counted nowhere."""
    return [
        rate_row(dict(place), measure.name, [(one.request, measure.of(one)) for one in counted])
        for place, there in by_place(seen, factors).items()
        for measure in measures
        if (counted := [one for one in there if measure.among(one)])
    ]


def some_of(seen: list[Coded], scenario: str, place: object) -> list[Coded]:
    """Give the conversations back where there are any.

    Raises
    ------
    AllegianceError
        Where there is none.
    """
    if not seen:
        raise AllegianceError(
            f"{place}: there is no transcript of the scenario `{scenario}` here; run a study made with `allegiance "
            f"new NAME --template {scenario}`, or widen --where."
        )
    return seen
