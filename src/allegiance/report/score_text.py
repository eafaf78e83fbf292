"""A scenario's scores in a terminal: one table where it fits, and else one for every place, under its name."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from allegiance.audit.score_rows import Row
from allegiance.audit.scores import Scores
from allegiance.stats import Interval

SCORE = "score"
"""The column that says what is counted; those before it say where."""
NOTHING = "·"
_UNBOUNDED = 10_000


def print_scores(scores: Scores, console: Console) -> None:
    """Print the rows of a scenario's scores; its notes are left to the caller.

    What is the same in all rows is said once. Where the rest does not fit side by side, every place has a table of its
    own, without the columns that say nothing there.
    """
    at = scores.columns.index(SCORE)
    places, rest = scores.columns[:at], scores.columns[at:]
    constant = [name for name in places if len({row.get(name) for row in scores.rows}) == 1]
    if scores.rows and constant:
        console.print(Text(_place(scores.rows[0], constant), style="bold"), soft_wrap=True)
    varying = [name for name in places if name not in constant]
    flat = _table(scores.rows, [*varying, *rest])
    unbounded = console.options.update(max_width=_UNBOUNDED)
    if Measurement.get(console, unbounded, flat).maximum <= console.width:
        console.print(flat)
        return
    for _, group in groupby(scores.rows, key=lambda row: [row.get(name) for name in varying]):
        rows = list(group)
        telling = [name for name in rest if any(row.get(name) is not None for row in rows)]
        console.print()
        if place := _place(rows[0], varying):
            console.print(Text(place, style="bold"), soft_wrap=True)
        console.print(_table(rows, telling))


def _place(row: Row, names: Sequence[str]) -> str:
    told = [
        str(row[name]) if name == "model" else f"{name} {row[name]}"
        for name in names
        if row.get(name) is not None
    ]
    return " · ".join(told)


def _table(rows: Sequence[Row], columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        numbers = all(not isinstance(row.get(column), str) for row in rows)
        table.add_column(
            Text(column),
            justify="right" if numbers else "left",
            overflow="fold",
            no_wrap=numbers,
        )
    for row in rows:
        table.add_row(*(Text(shown(row.get(column))) for column in columns))
    return table


def shown(value: object) -> str:
    """Write a value for people; a rate never stands without its interval."""
    match value:
        case None:
            return NOTHING
        case Interval(quantity="sensitivity" | "agreement"):
            return f"{value.point:.2f}  [{value.low:.2f}, {value.high:.2f}]"
        case Interval(quantity=quantity):
            sign = "+" if quantity == "difference" else ""
            low, high = (f"{100 * limit:{sign}.1f}" for limit in (value.low, value.high))
            return f"{100 * value.point:{sign}.1f}  [{low}, {high}]"
        case float():
            return f"{value:.2f}" if abs(value) >= 0.01 or not value else f"{value:.1g}"
        case _:
            return str(value)
