"""A scenario's own scores: a small table that any scenario can fill and a command prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scores:
    """What a scenario measures of a corpus.

    Attributes
    ----------
    columns
        The names of the columns, in the order in which they are shown.
    rows
        One dictionary a row, with a value for each column: text, a number, None where there is nothing to say, or an
        `Interval`.
    notes
        What must be said beside the table: what is missing, what was left out, how a number was made.
    """

    columns: tuple[str, ...]
    rows: list[dict[str, object]]
    notes: list[str]
