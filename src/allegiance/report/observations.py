"""The table a report is made from: one row a transcript, read and checked into plain records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeAlias

from allegiance.errors import AllegianceError
from allegiance.study.outcomes import Outcome

OUTCOME = "outcome"
_NEEDED = (
    "transcript_id",
    "model",
    "study",
    "task",
    "request_id",
    "epoch",
    "source_format",
    "source_uri",
    "against",
)
_AGAINST = ("original", "training", "both", "neither")
_STATUS = ("ok", "refused", "invalid", "too-long")

Request: TypeAlias = tuple[str | None, str | None, str]
"""Study, task and request id: equal ids of two tasks are two requests."""


class Observations(Protocol):
    """A `pyarrow.Table`, one row a transcript.

    Columns: ``transcript_id``, ``model``, ``study``, ``task``, ``request_id``, ``epoch``,
    ``source_format``, ``source_uri``, ``against``; ``c_FACTOR`` for the condition; ``v:CATEGORY``
    (a value or null) and ``s:CATEGORY`` (``ok``, ``refused``, ``invalid``, ``too-long``, or null
    where it was not scanned); ``i:CATEGORY:INSTRUMENT`` for verdicts that came with the file.
    """

    def to_pydict(self) -> dict[str, list[Any]]:
        """Return the columns by name."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner said of one transcript: a value, or why there is none."""

    value: str | None
    missing: str | None


NOT_SCANNED = Verdict(None, "not-scanned")


@dataclass(frozen=True, slots=True)
class Record:
    """One transcript as far as a report needs it."""

    model: str
    study: str | None
    task: str | None
    request: Request
    has_request: bool
    source_format: str
    source_uri: str
    against: str | None
    condition: tuple[str | None, ...]
    verdicts: tuple[Verdict, ...]
    imported: tuple[str | None, ...]


@dataclass(frozen=True)
class Table:
    """All records, and the names of what their tuples hold, in order."""

    records: Sequence[Record]
    factors: tuple[str, ...]
    categories: tuple[str, ...]
    instruments: tuple[tuple[str, str], ...]

    def scanned(self, category: str) -> bool:
        """Whether any transcript was scanned for a category."""
        if category not in self.categories:
            return False
        place = self.categories.index(category)
        return any(record.verdicts[place] is not NOT_SCANNED for record in self.records)


def read_observations(observations: Observations) -> Table:
    """Read and check the table.

    Raises
    ------
    AllegianceError
        If a column is missing or holds a value that it may not hold; the message names both.
    """
    columns = observations.to_pydict()
    for name in _NEEDED:
        if name not in columns:
            raise AllegianceError(f"the table of observations has no column {name!r}: add it")
    _check_values("against", columns["against"], _AGAINST)
    factors = tuple(name[2:] for name in columns if name.startswith("c_"))
    categories = tuple(name[2:] for name in columns if name.startswith("v:"))
    imports = tuple(name for name in columns if name.startswith("i:") and name.count(":") >= 2)
    verdicts = [_verdicts(columns, category) for category in categories]
    records = [
        _record(row, condition, said, imported)
        for row, condition, said, imported in zip(
            _rows({name: columns[name] for name in _NEEDED}),
            _across([columns[f"c_{name}"] for name in factors], len(columns["model"])),
            _across(verdicts, len(columns["model"])),
            _across([columns[name] for name in imports], len(columns["model"])),
            strict=True,
        )
    ]
    instruments = [tuple(name.split(":", 2)[1:]) for name in imports]
    return Table(records, factors, categories, tuple((c, i) for c, i in instruments))


def _rows(columns: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    names = list(columns)
    return (dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _across(columns: list[list[Any]], length: int) -> list[tuple[Any, ...]]:
    return list(zip(*columns, strict=True)) if columns else [()] * length


def _record(
    row: dict[str, Any],
    condition: tuple[str | None, ...],
    verdicts: tuple[Verdict, ...],
    imported: tuple[str | None, ...],
) -> Record:
    # Without a request id nothing is known to repeat: each transcript is a request of its own.
    has_request = row["request_id"] is not None
    request = str(row["request_id"]) if has_request else str(row["transcript_id"])
    return Record(
        model=_text(row["model"], "(model unknown)"),
        study=row["study"],
        task=row["task"],
        request=(row["study"], row["task"], request),
        has_request=has_request,
        source_format=_text(row["source_format"], "(format unknown)"),
        source_uri=_text(row["source_uri"], "(source unknown)"),
        against=row["against"],
        condition=tuple(None if value is None else str(value) for value in condition),
        verdicts=verdicts,
        imported=tuple(None if value is None else str(value) for value in imported),
    )


def _text(value: Any, absent: str) -> str:
    return absent if value is None or value == "" else str(value)


def _verdicts(columns: Mapping[str, list[Any]], category: str) -> list[Verdict]:
    values = columns[f"v:{category}"]
    statuses = columns.get(f"s:{category}", [None] * len(values))
    _check_values(f"s:{category}", statuses, _STATUS)
    known = tuple(Outcome) if category == OUTCOME else ("yes", "no")
    _check_values(f"v:{category}", values, known)
    return [_verdict(value, status) for value, status in zip(values, statuses, strict=True)]


@cache  # a corpus holds few different verdicts
def _verdict(value: str | None, status: str | None) -> Verdict:
    if status not in (None, "ok"):
        return Verdict(None, f"scanner-{status}")
    if value is None:
        # A scanner that says ok and names no value has said nothing that can be counted.
        return NOT_SCANNED if status is None else Verdict(None, "scanner-invalid")
    return Verdict(value, None)


def _check_values(column: str, values: list[Any], allowed: Sequence[str]) -> None:
    for value in set(values):
        if value is not None and value not in allowed:
            shown = str(value)[:60]
            raise AllegianceError(
                f"column {column!r} of the observations holds {shown!r}: use {', '.join(allowed)}"
            )
