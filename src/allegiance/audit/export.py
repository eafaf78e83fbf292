"""The exported ledger: JSON lines, one that says what it is, then one an event."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TextIO

from allegiance import __version__
from allegiance.audit.chain import Event, Head, canonical
from allegiance.errors import AllegianceError

SCHEMA = 1
"""The layout of tables and of exports that this version writes and reads."""


class Reading(Protocol):
    """How the events of a ledger are read."""

    def __call__(self, *, until: int) -> Iterator[Event]:
        """Read events in their order, up to a number."""
        ...


def write_export(ledger_id: str, head: Head, events: Reading, file: TextIO) -> int:
    """Write a ledger up to a head, which the first line names; returns how many events."""
    first = {
        "ledger": ledger_id,
        "schema": SCHEMA,
        "head": head.to_dict(),
        "exported_by": f"allegiance {__version__}",
    }
    file.write(canonical(first) + "\n")
    count = 0
    for event in events(until=head.seq):
        file.write(canonical(event.to_dict()) + "\n")
        count += 1
    return count


def read_export(path: str | Path) -> tuple[str, Iterator[Event]]:
    """Read what `Ledger.export` wrote: the ledger's id, and its events one at a time.

    Give both to `allegiance.audit.chain.check` to learn whether the chain is whole.

    Raises
    ------
    AllegianceError
        If it can't be read or is no such export; while its events are read, if a line is no event
        or the end is missing.
    """
    path = Path(path)
    lines = _lines(path)
    first = next(lines, "")
    try:
        start = json.loads(first)
        ledger_id, schema, newest = start["ledger"], start["schema"], start["head"]["seq"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise AllegianceError(
            f"{path} is no exported ledger: its first line does not say so; make it with "
            "`allegiance ledger export`."
        ) from error
    if schema != SCHEMA:
        raise AllegianceError(
            f"{path} was exported in ledger schema {schema}; this is allegiance {__version__}, "
            f"which reads schema {SCHEMA}: use the other version."
        )
    return str(ledger_id), _exported(path, lines, newest)


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            yield from file
    except OSError as error:
        raise AllegianceError(
            f"{path} can't be read ({error.strerror}); name an export."
        ) from error
    except UnicodeDecodeError as error:
        raise AllegianceError(f"{path} is no exported ledger: it is no UTF-8 text.") from error


def _exported(path: Path, lines: Iterator[str], newest: Any) -> Iterator[Event]:
    seq = 0
    for number, line in enumerate(lines, start=2):
        try:
            event = Event.from_dict(json.loads(line))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            what = "is no event" if line.endswith("\n") else "is cut off"
            raise AllegianceError(
                f"{path}, line {number}, {what}; export the ledger again."
            ) from error
        seq = event.seq
        yield event
    if seq != newest:
        raise AllegianceError(
            f"{path} ends after event {seq}, and its first line speaks of {newest}: it was cut "
            "off; export the ledger again."
        )
