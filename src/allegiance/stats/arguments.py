"""Arguments, checked: each refusal names the argument and the value."""

import math
import operator
from collections.abc import Sequence
from typing import SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

MOST = 1_000_000_000  # beyond it the tails lose digits, and a population makes no difference

Counts: TypeAlias = Sequence[int] | NDArray[np.integer]
"""Whole numbers, one for each stratum or look."""


def whole(name: str, value: SupportsIndex, least: int = 0) -> int:
    """Return a whole number of at least `least`.

    Raises
    ------
    ValueError
        If it is not one.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {value!r}") from None
    if number < 0:
        raise ValueError(f"{name} can't be negative, and is {number}")
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    if number > MOST:
        raise ValueError(f"{name} can't be more than {MOST:,}, and is {number:,}")
    return number


def wholes(name: str, values: Counts) -> NDArray[np.int64]:
    """Return whole numbers, none negative, as an array of one dimension.

    Raises
    ------
    ValueError
        If they are not, or there are none.
    """
    array = np.asarray(values)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} must be a list of whole numbers, not {values!r}"[:200])
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{name} must hold whole numbers, and holds {array.tolist()!r}"[:200])
    if (array < 0).any():
        raise ValueError(f"{name} can't hold a negative number, and holds {array.min()}")
    if (array > MOST).any():
        raise ValueError(f"{name} can't hold more than {MOST:,}, and holds {array.max():,}")
    return array.astype(np.int64)


def same_length(**lists: NDArray[np.int64]) -> None:
    """Check that lists are equally long.

    Raises
    ------
    ValueError
        Naming the first and the one that differs from it.
    """
    (first, wanted), *others = ((name, values.size) for name, values in lists.items())
    for name, size in others:
        if size != wanted:
            raise ValueError(f"{name} must be as long as {first}: {size:,} and {wanted:,}")


def not_more(smaller: str, few: int, larger: str, many: int) -> None:
    """Check that one count is no larger than the other.

    Raises
    ------
    ValueError
        Naming both.
    """
    if few > many:
        raise ValueError(f"{smaller} ({few}) can't be more than {larger} ({many})")


def none_more(
    smaller: str, few: NDArray[np.int64], larger: str, many: NDArray[np.int64], each: str
) -> None:
    """Check that each count of one list is no larger than its partner; `each` says what one is.

    Raises
    ------
    ValueError
        Naming both, and the place.
    """
    for place in np.flatnonzero(few > many)[:1]:
        raise ValueError(
            f"{smaller} ({few[place]}) can't be more than {larger} ({many[place]}) in {each} {place}"
        )


def fraction(name: str, value: float, open_ends: bool = False) -> float:
    """Return a number from 0 to 1, the ends left out if `open_ends`.

    Raises
    ------
    ValueError
        If it is not one.
    """
    given = number(name, value)
    inside = 0 < given < 1 if open_ends else 0 <= given <= 1  # also refuses NaN
    if not inside:
        where = "between 0 and 1" if open_ends else "from 0 to 1"
        raise ValueError(f"{name} must lie {where}, not {value}")
    return given


def checked_confidence(confidence: float) -> float:
    """Return the confidence if it lies strictly between 0 and 1.

    Raises
    ------
    ValueError
        If it does not.
    """
    return fraction("confidence", confidence, open_ends=True)


def positive(name: str, value: float) -> float:
    """Return a number above zero and finite.

    Raises
    ------
    ValueError
        If it is not one.
    """
    given = number(name, value)
    if not (given > 0 and math.isfinite(given)):
        raise ValueError(f"{name} must be a positive number, not {value}")
    return given


def beta_shapes(prior: tuple[float, float]) -> tuple[float, float]:
    """Return the two parameters of a beta distribution.

    Raises
    ------
    ValueError
        If they are not two positive numbers.
    """
    try:
        a, b = prior
    except (TypeError, ValueError):
        raise ValueError(f"prior must be two positive numbers, not {prior!r}"[:200]) from None
    return positive("prior[0]", a), positive("prior[1]", b)


def number(name: str, value: float) -> float:
    """Return a number, NaN included.

    Raises
    ------
    ValueError
        If it is not one.
    """
    try:
        if isinstance(value, str):  # float() would read it
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, not {value!r}"[:200]) from None
