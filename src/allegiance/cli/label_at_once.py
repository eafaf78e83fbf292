"""Labels given at once, without a screen: one value, a file of them, and what is told of it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from allegiance.cli.app import console, print_json, printable
from allegiance.cli.progress import shown_progress
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Draw, Given, Ledger, Property, Record
    from allegiance.corpus import Corpus

COLUMNS = ("transcript_id", "value")
_LONGEST = 100_000
"""Characters of a field of a file of labels."""
_SHOWN = 20
"""Labels of a file that are listed."""


@dataclass(frozen=True)
class Desk:
    """What labelling needs at hand.

    Attributes
    ----------
    account, me
        The account that the rater's name is used from, and whether they say that it is theirs too.
    """

    corpus: "Corpus"
    ledger: "Ledger"
    record: "Record"
    wanted: "Property"
    rater: str
    draw: "Draw | None"
    account: str
    me: bool


def chosen(desk: Desk, transcript: str | None, position: int | None) -> str:
    """Find what is labelled: a transcript, a place of the draw, or the next place without a label."""
    from allegiance.audit import whole_id

    if transcript is not None and position is not None:
        raise UsageError("--transcript and --position name one transcript each; give one.")
    if transcript is not None:
        return whole_id(desk.corpus, transcript)
    if desk.draw is None:
        raise UsageError("Name a draw, or a transcript with --transcript ID.")
    if position is None:
        position = _next(desk)
    if not 1 <= position <= len(desk.draw.order):
        raise UsageError(
            f"All {len(desk.draw.order):,} of {desk.draw.name} are labelled by {desk.rater}."
        )
    return desk.draw.order[position - 1]


def _next(desk: Desk) -> int:
    """The first place of this rater's that is neither labelled nor skipped; one past the end if none."""
    from allegiance.audit import places_of

    assert desk.draw is not None
    skipped = desk.record.skips(desk.wanted.category, desk.draw.name, desk.rater)
    for place in places_of(desk.draw, desk.record, desk.rater):
        identifier = desk.draw.order[place - 1]
        told = desk.record.label_of(desk.rater, desk.wanted.category, identifier)
        if (
            told is None or told.label.definition != desk.wanted.digest
        ) and identifier not in skipped:
            return place
    return len(desk.draw.order) + 1


def say(desk: Desk, identifier: str, value: str, quotes: list[str], note: str) -> "Given | None":
    """Open a transcript, unless it was, and keep what is said of it; None for a skip."""
    from allegiance.audit import (
        Route,
        bind_rater,
        check_label,
        draw_route,
        give_label,
        hidden_from,
        opened,
        quotes_of,
        seal_for,
        skip,
    )

    transcript = desk.corpus.get(identifier)
    said = quotes_of(quotes, desk.wanted.unit)
    place = None if desk.draw is None else desk.draw.position(identifier)
    if value == "skip" and desk.draw is None:
        raise UsageError("Only a place of a draw can be skipped.")
    if value != "skip":  # what is refused leaves nothing on record
        check_label(transcript, desk.wanted, value, desk.rater, said)
    bind_rater(desk.ledger, desk.rater, desk.account, me=desk.me)
    route = Route(kind="link") if desk.draw is None else draw_route(desk.draw)
    seen = any(s.route.draw == route.draw for s in desk.record.sights_of(identifier))
    if not seen:
        opened(desk.ledger, route, [identifier], [place], actor=desk.rater)
    name = "" if desk.draw is None else desk.draw.name
    where = (name, desk.wanted.category, desk.rater, identifier)
    sealed = seal_for(desk.ledger, desk.record, *where)
    if value == "skip" and desk.draw is not None:
        skip(desk.ledger, desk.draw, identifier, desk.wanted, desk.rater, note, seal=sealed)
        return None
    return give_label(
        desk.ledger,
        transcript,
        desk.wanted,
        value,
        desk.rater,
        draw=desk.draw,
        quotes=said,
        note=note,
        hidden=hidden_from(desk.rater, identifier, desk.record),
        seal=sealed,
    )


def from_file(desk: Desk, path: Path, as_json: bool) -> None:
    """Keep the labels of a file; what is wrong in it is found before any is kept."""
    from allegiance.audit import check_label, quotes_of, whole_id

    rows: list[tuple[str, str, list[str], str]] = []
    for line, row in enumerate(read_rows(path), 2):
        value = row["value"].strip()
        if value not in (*desk.wanted.values, "skip"):
            raise UsageError(
                f"{path}, label {line - 1}: {desk.wanted.category} has no value {value[:60]!r}; it has "
                f"{', '.join(desk.wanted.values)}, or skip."
            )
        quotes = [row["quote"]] if row.get("quote") else []
        identifier = whole_id(desk.corpus, row["transcript_id"])
        if desk.draw is not None:
            desk.draw.position(identifier)
        if quotes and value != "skip":
            transcript = desk.corpus.get(identifier)
            said = quotes_of(quotes, desk.wanted.unit)
            check_label(transcript, desk.wanted, value, desk.rater, said)
        rows.append((identifier, value, quotes, row.get("note") or ""))
    done: list[tuple[str, str, Given | None]] = []
    with shown_progress("labelling", quiet=as_json) as progress:
        for number, (identifier, value, quotes, note) in enumerate(rows, 1):
            done.append((identifier, value, say(desk, identifier, value, quotes, note)))
            progress(number, len(rows))
    tell(desk, done, as_json)


def read_rows(path: Path, columns: tuple[str, ...] = COLUMNS) -> Iterator[dict[str, str]]:
    """Read the rows of a CSV of labels.

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise UsageError(
                    f"{path} has no column {missing[0]}; it needs {' and '.join(columns)}."
                )
            for row in reader:
                if any(len(value or "") > _LONGEST for value in row.values()):
                    raise UsageError(
                        f"{path}, line {reader.line_num}: a field is longer than {_LONGEST:,} characters: "
                        "it is no CSV of labels."
                    )
                if None in row.values():
                    raise UsageError(f"{path}, line {reader.line_num}: fields are missing.")
                yield row
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is no CSV in UTF-8: {error}.") from error


def tell(desk: Desk, done: "list[tuple[str, str, Given | None]]", as_json: bool) -> None:
    """Say what was kept."""
    draw = "" if desk.draw is None else desk.draw.name
    if as_json:
        print_json(
            {
                "draw": draw,
                "category": desk.wanted.category,
                "rater": desk.rater,
                "transcripts": [
                    {
                        "transcript_id": identifier,
                        "value": value,
                        "standing": "skipped" if given is None else given.standing,
                        "event": None if given is None else given.event.seq,
                    }
                    for identifier, value, given in done
                ],
            }
        )
        return
    for identifier, value, given in done[-_SHOWN:]:
        how = "skipped" if given is None else given.standing
        before = "" if given is None or given.before is None else f" (was {given.before})"
        console().print(Text(printable(f"{identifier[:12]}: {value}, {how}{before}")))
    if len(done) > _SHOWN:
        console().print(f"{len(done):,} in all.")
