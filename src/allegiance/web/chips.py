"""A filter as chips: one for each of its conditions, to be taken away one by one, and new ones put to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from allegiance.audit.frames import read_field, read_filter
from allegiance.audit.matching import BESIDE
from allegiance.corpus import Query
from allegiance.corpus.filter_printing import for_people
from allegiance.corpus.filter_rows import value_of
from allegiance.corpus.filters import (
    And,
    Compare,
    Expression,
    Field,
    IsNull,
    Kind,
    Like,
    Not,
    OneOf,
    Scalar,
    Value,
    checked,
    joined,
)
from allegiance.errors import UsageError

OPERATORS = {
    "is": "=",
    "is not": "!=",
    "above": ">",
    "at least": ">=",
    "below": "<",
    "at most": "<=",
    "is one of": "IN",
    "contains": "ILIKE",
    "is missing": "IS NULL",
    "is there": "IS NOT NULL",
}
"""What a chip says, and how a filter is written that says it."""
_SAID = {sign: said for said, sign in OPERATORS.items()}
_ALONE = ("is missing", "is there")
_SPECIAL = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


@dataclass(frozen=True)
class Chip:
    """One condition of a filter.

    Attributes
    ----------
    column, operator, value
        As a person reads them; without a column, `value` is the condition as it is written.
    rest
        The filter without it.
    """

    column: str
    operator: str
    value: str
    rest: str


def chips_of(expression: Expression) -> list[Chip]:
    """Take a filter apart into the conditions that must all hold."""
    terms = expression.terms if isinstance(expression, And) else (expression,)
    return [
        _chip(term, for_people(joined(terms[:place] + terms[place + 1 :])))
        for place, term in enumerate(terms)
    ]


def with_condition(
    query: Query, where: str, column: str, operator: str, values: Sequence[str]
) -> str:
    """Put a condition to a filter.

    Parameters
    ----------
    query
        Whose columns there are.
    where
        The filter so far; empty for none.
    column, operator, values
        The condition, as typed: one of `OPERATORS`, and what is compared with.

    Raises
    ------
    UsageError
        If there is no such column or operator, or the value is none that the column can hold.
    """
    if not column.strip():
        raise UsageError("Name the column that the filter looks at, such as tier or epoch.")
    place = read_field(query, column.strip())
    if operator not in OPERATORS:
        raise UsageError(f"A filter's operator is one of {', '.join(OPERATORS)}.")
    given = [value for value in values if value.strip()]
    if not given and operator not in _ALONE:
        raise UsageError(f"Say what {column} is compared with, or choose “is missing”.")
    condition = _condition(query, place, operator, given)
    before = [read_filter(query, where)] if where.strip() else []
    whole = for_people(joined([*before, condition]))
    read_filter(query, whole)
    return whole


def _condition(query: Query, place: Field, operator: str, given: Sequence[str]) -> Expression:
    if operator in _ALONE:
        return IsNull(place) if operator == "is missing" else Not(IsNull(place))
    if operator == "contains":
        if _kind(query, place) not in (Kind.TEXT, Kind.JSON):
            raise UsageError(f"{place.name} holds {_kind(query, place)}; “contains” is for text.")
        return Like(place, f"%{given[0].translate(_SPECIAL)}%", True)
    if operator == "is one of":
        parts = [part.strip() for value in given for part in value.split(",")]
        return OneOf(place, tuple(_value(query, place, part) for part in parts if part))
    return Compare(place, OPERATORS[operator], _value(query, place, given[0]))  # type: ignore[arg-type]


def _kind(query: Query, place: Field) -> Kind:
    return {**query.snapshot.kinds, **BESIDE}[place.column]


def _value(query: Query, place: Field, text: str) -> Value:
    """Read a value as the column holds them: a number where it holds numbers."""
    kind = _kind(query, place)
    value: Scalar = text.strip()
    number = _number(text)
    if number is not None and (kind is Kind.NUMBER or _holds_number(query, place, kind, text)):
        value = number
    return checked(place, value, {**query.snapshot.kinds, **BESIDE})


def _holds_number(query: Query, place: Field, kind: Kind, text: str) -> bool:
    """Whether a number that is typed is one where it is looked for: inside JSON it may be a text."""
    if kind is not Kind.JSON or place.column in ("verdict", "label"):
        return False
    if place.column == "verdict_score":
        return True
    held = query.snapshot.coded(place.column).values
    return text.strip() not in (value_of(place, {place.column: one}) for one in held)


def _number(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _chip(term: Expression, rest: str) -> Chip:
    match term:
        case Compare(place, sign, value):
            return Chip(_name(place), _SAID[sign], _shown(value), rest)
        case OneOf(place, values) if values:
            listed = ", ".join(map(_shown, values))
            return Chip(_name(place), "is" if len(values) == 1 else "is one of", listed, rest)
        case IsNull(place):
            return Chip(_name(place), "is missing", "", rest)
        case Not(IsNull(place)):
            return Chip(_name(place), "is there", "", rest)
        case Like(place, pattern, True) if _plain(pattern) is not None:
            return Chip(_name(place), "contains", _plain(pattern) or "", rest)
        case _:
            return Chip("", "", for_people(term), rest)


def _plain(pattern: str) -> str | None:
    """Give the text that a pattern of “contains” was made of; None for another pattern."""
    if len(pattern) < 2 or pattern[0] != "%" or pattern[-1] != "%":
        return None
    text = pattern[1:-1]
    for special in ("\\\\", "\\%", "\\_"):
        text = text.replace(special, chr(0) + special[1])
    plain = text.replace(chr(0) + "\\", "\\").replace(chr(0) + "%", "%").replace(chr(0) + "_", "_")
    return plain if plain.translate(_SPECIAL) == pattern[1:-1] else None


def _name(place: Field) -> str:
    return ".".join((place.name, *place.path))


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
