"""Filters over the columns of a corpus, from a mapping: every value must match.

The mapping is the data; `predicate` is the one place where it becomes the store's language, and
quotes all it prints.
"""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from allegiance.corpus.arrow import FACTOR_PREFIX
from allegiance.errors import UsageError

Scalar = str | int | float | bool | None
Where = Mapping[str, Scalar | Collection[Scalar]]
"""Column to a value, or to several of which one must match; None matches a missing value."""


def column_name(name: str, columns: Collection[str]) -> str:
    """Find the column that a name stands for: itself, or a factor (``tier`` is ``c_tier``).

    Raises
    ------
    UsageError
        If there is none; the sentence names the nearest.
    """
    if name in columns:
        return name
    if FACTOR_PREFIX + name in columns:
        return FACTOR_PREFIX + name
    known = sorted(column.removeprefix(FACTOR_PREFIX) for column in columns)
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}."
    raise UsageError(f"The corpus has no column {name!r}{hint}")


def predicate(where: Where, columns: Collection[str]) -> str | None:
    """Print a filter for the store.

    Parameters
    ----------
    where
        What must match; empty means everything.
    columns
        The columns there are.

    Returns
    -------
    str or None
        None where nothing is filtered.

    Raises
    ------
    UsageError
        If a column does not exist or a value is of a kind that no column holds.
    """
    terms = [_term(column_name(name, columns), wanted) for name, wanted in where.items()]
    return " AND ".join(terms) or None


def _term(column: str, wanted: Scalar | Collection[Scalar]) -> str:
    values = (
        [wanted] if isinstance(wanted, str) or not isinstance(wanted, Collection) else [*wanted]
    )
    present = [_literal(column, value) for value in values if value is not None]
    terms = [f"`{column}` IN ({', '.join(present)})"] if present else []
    if None in values:
        terms.append(f"`{column}` IS NULL")
    return f"({' OR '.join(terms)})" if terms else "FALSE"


def _literal(column: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise UsageError(f"Column {column!r} can't be compared with a {type(value).__name__}.")
