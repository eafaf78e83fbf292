"""How a condition is named on a line of a table or figure: by what differs within the report."""

from collections.abc import Sequence
from dataclasses import dataclass

from allegiance.report.cells import TIER, Place

EVERYWHERE = "all transcripts"


@dataclass(frozen=True)
class Labels:
    """What differs between the places of a report, and what is the same in all of them.

    Attributes
    ----------
    varying
        Factors with more than one level (a level that is not known counts as one), the tier last.
    constant
        Factors with one level, and that level.
    columns
        Those of ``study`` and ``task`` that differ, and ``against`` where places differ in nothing else.
    """

    varying: tuple[str, ...]
    constant: dict[str, str]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, places: Sequence[Place]) -> "Labels":
        """Compare places."""
        factors = list(dict.fromkeys(factor for place in places for factor in place.condition))
        levels = {factor: {place.condition.get(factor) for place in places} for factor in factors}
        varying = [factor for factor in factors if len(levels[factor]) > 1]
        constant = {f: level for f in factors if f not in varying for level in levels[f] if level}
        columns = [
            column
            for column in ("task", "study")
            if len({getattr(place, column) for place in places}) > 1
        ]
        # Which intent a request goes against is said where nothing else on the line tells it.
        if len(places) > len({_but_against(place) for place in places}):
            columns.append("against")
        # The tier stays on every line, even where there is only one: its meaning decides the mark.
        if TIER in constant:
            del constant[TIER]
            varying.append(TIER)
        varying.sort(key=lambda factor: factor == TIER)
        return cls(tuple(varying), constant, tuple(columns))

    def of_place(self, place: Place, *, tier: bool = True) -> str:
        """Name a place; without its tier where a line stands for both."""
        parts = [getattr(place, column) for column in self.columns if column != "against"]
        parts = [part for part in parts if part]
        if "against" in self.columns:
            parts.append(f"requests against {place.against or 'unknown'}")
        for factor in self.varying:
            level = place.condition.get(factor, "—")
            if factor != TIER:
                parts.append(f"{factor} {level}")
            elif tier:
                parts.append(level)
        return " · ".join(parts) or EVERYWHERE


def _but_against(place: Place) -> tuple[object, ...]:
    return (place.model, place.study, place.task, *sorted(place.condition.items()))
