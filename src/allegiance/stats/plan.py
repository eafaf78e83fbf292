"""The plan: how much has to be read or asked for a goal, and what comes of it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from allegiance.stats.arguments import fraction

Measure = Literal["expected width", "chance", "confidence"]
"""What `achieved` is: a mean width of an interval, or a chance, or an attained confidence."""

_EVERY_ONE_UP_TO = 100


@dataclass(frozen=True)
class Plan:
    """How much is needed for a goal, or what comes of so much.

    Attributes
    ----------
    needed
        Reads, requests or steps; None where no number is enough. For `power` the number given.
    unit
        ``reads``, ``requests``, ``labels`` or ``steps``.
    achieved
        What comes of so many, as a fraction; None where no number is enough.
    goal
        What they are for.
    method
        How it was worked out.
    assumptions
        What has to hold.
    measure
        What `achieved` is: ``expected width``, ``chance`` or ``confidence``.
    notes
        What a reader should know; first the reason where none is enough.
    beside
        Figures that belong with it, by name.
    """

    needed: int | None
    unit: str
    achieved: float | None
    goal: str
    method: str
    assumptions: tuple[str, ...]
    measure: Measure = "chance"
    notes: tuple[str, ...] = ()
    beside: dict[str, float] = field(default_factory=dict[str, float])

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a dictionary that JSON can hold."""
        plain = asdict(self)
        plain["assumptions"] = list(self.assumptions)
        plain["notes"] = list(self.notes)
        return plain

    def __str__(self) -> str:
        if self.needed is None:
            return f"no number of {self.unit}: {self.notes[0]}"
        return f"{self._amount()}: {self._shown()}"

    def sentence(self) -> str:
        """Write the plan as a sentence: how many, for what, what comes of it, how, and if what."""
        held = f", provided that {'; and that '.join(self.assumptions)}" if self.assumptions else ""
        if self.needed is None:
            return f"No number of {self.unit} is enough for {self.goal}: {self.notes[0]}."
        return f"{self._amount()} for {self.goal}: {self._shown()} ({self.method}){held}."

    def _amount(self) -> str:
        unit = self.unit.removesuffix("s") if self.needed == 1 else self.unit
        return f"{self.needed:,} {unit}"

    def _shown(self) -> str:
        assert self.achieved is not None
        unit = "points" if self.measure == "expected width" else "%"
        return f"{self.measure} {100 * self.achieved:.4g} {unit}"


def smallest(
    enough: Callable[[int], bool], guess: int, lowest: int, highest: int, rising: bool = False
) -> int | None:
    """Return the smallest number that is enough, or None where `highest` is not.

    Gallops away from the guess and then goes by halves, which finds the smallest number where more
    is never worse. Discrete limits make it a little worse now and then; the number found is then
    enough while the one before it is not. Unless `rising` promises that more is never worse, every
    number before an answer of up to 100 is tried.
    """
    guess = min(max(guess, lowest), highest)
    below, above = _bracket(enough, guess, lowest, highest)
    if above is None:
        return None
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if enough(middle) else (middle, above)
    if rising or above > _EVERY_ONE_UP_TO:
        return above
    return next((n for n in range(lowest, above) if enough(n)), above)


def _bracket(
    enough: Callable[[int], bool], guess: int, lowest: int, highest: int
) -> tuple[int, int | None]:
    """Return a number that is not enough and a larger one that is."""
    step = 1
    if enough(guess):
        above, below = guess, guess - step
        while below >= lowest and enough(below):
            above, step = below, 2 * step
            below = above - step
        return max(below, lowest - 1), above
    below, above = guess, guess + step
    while above < highest and not enough(above):
        below, step = above, 2 * step
        above = below + step
    above = min(above, highest)
    return below, above if above > below and enough(above) else None


def as_points(fraction: float) -> str:
    """Write a fraction in percentage points, or per cent, without needless digits."""
    return f"{100 * fraction:.4g}"


def times(number: int) -> str:
    """Write how often."""
    return "once" if number == 1 else f"{number:,} times"


def below_one(name: str, value: float) -> float:
    """Return a number from 0 to 1, without 1.

    Raises
    ------
    ValueError
        If it is not one.
    """
    if fraction(name, value) == 1:
        raise ValueError(f"{name} must be below 1, not {value}")
    return float(value)
