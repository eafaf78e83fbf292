"""`allegiance label`: what a rater says, one transcript at a time, blind, on the disk before the next."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, print_json, printable
from allegiance.cli.codebook import book_of
from allegiance.cli.progress import shown_progress
from allegiance.cli.record import RaterOption, ledger_of, rater_name
from allegiance.cli.transcripts import print_transcript, visible
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Draw, Given, Ledger, Property, Record
    from allegiance.corpus import Corpus, Transcript
    from allegiance.scanners import Codebook

_COLUMNS = ("transcript_id", "value")
_LONGEST = 100_000
"""Characters of a field of a file of labels."""


@dataclass(frozen=True)
class _Desk:
    """What labelling needs at hand."""

    corpus: "Corpus"
    ledger: "Ledger"
    record: "Record"
    wanted: "Property"
    rater: str
    draw: "Draw | None"


@app.command(
    epilog=(
        "Example: allegiance label first · allegiance label first --value no · allegiance label first --from "
        "labels.csv · allegiance label --transcript 3f9a2c --category doubts --value yes --quote 'perhaps they are not'"
    )
)
def label(
    draw: Annotated[
        str | None,
        typer.Argument(help="The draw; without one, --transcript that came by another route."),
    ] = None,
    category: Annotated[
        str | None,
        typer.Option("--category", "-c", help="In which category; the draw's own by default."),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            "--value", help="Say it at once, without showing the transcript: yes, no, ... or skip."
        ),
    ] = None,
    transcript: Annotated[
        str | None, typer.Option("--transcript", help="This one, by its id or the beginning of it.")
    ] = None,
    position: Annotated[
        int | None, typer.Option("--position", help="The one at this place of the draw.", min=1)
    ] = None,
    quote: Annotated[
        list[str] | None,
        typer.Option("--quote", help="Words of it that the label rests on; may be repeated."),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="A remark, or the reason for a skip.")] = "",
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Labels from a CSV with the columns transcript_id, value and maybe quote, note.",
        ),
    ] = None,
    rater: RaterOption = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Label a draw in its order, blind to condition, verdicts and other raters.

    On a terminal one transcript after the other is shown and asked about; stop with q and go on any time.
    """
    from allegiance.audit import Record, known_property, open_draw
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    # A draw is on record already; a transcript that came otherwise may begin the ledger.
    corpus, ledger = place.corpus(create=False), ledger_of(place, create=draw is None)
    record = Record.of(ledger)
    drawn = None if draw is None else open_draw(corpus, record, draw)
    name = category or _only_category(drawn)
    wanted = (
        known_property(record, name, book=book_of(place))
        if drawn is None
        else _declared(drawn, record, name, book_of(place))
    )
    desk = _Desk(corpus, ledger, record, wanted, rater_name(rater), drawn)
    if from_file is not None:
        _from_file(desk, from_file, as_json)
        return
    if value is None:
        _ask(desk, as_json)
        return
    identifier = _chosen(desk, transcript, position)
    given = _say(desk, identifier, value, quote or [], note)
    _tell(desk, [(identifier, value, given)], as_json)


def _only_category(drawn: "Draw | None") -> str:
    declared = () if drawn is None else drawn.spec.properties
    if len(declared) != 1:
        there = f" it is after {', '.join(map(str, declared))}" if declared else ""
        raise UsageError(f"Say with --category what is labelled;{there or ' nothing is declared'}.")
    return declared[0].category


def _declared(drawn: "Draw", record: "Record", name: str, book: "Codebook") -> "Property":
    from allegiance.audit import known_property

    category = name.partition("=")[0].replace("_", "-")
    return drawn.spec.property_of(category) or known_property(record, name, book=book)


def _chosen(desk: _Desk, transcript: str | None, position: int | None) -> str:
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


def _next(desk: _Desk) -> int:
    """The first place that this rater has neither labelled nor skipped; one past the end if none."""
    assert desk.draw is not None
    skipped = desk.record.skips(desk.wanted.category, desk.draw.name, desk.rater)
    for place, identifier in enumerate(desk.draw.order, 1):
        told = desk.record.label_of(desk.rater, desk.wanted.category, identifier)
        if (
            told is None or told.label.definition != desk.wanted.digest
        ) and identifier not in skipped:
            return place
    return len(desk.draw.order) + 1


def _say(desk: _Desk, identifier: str, value: str, quotes: list[str], note: str) -> "Given | None":
    """Open a transcript, unless it was, and keep what is said of it; None for a skip."""
    from allegiance.audit import Route, check_label, draw_route, opened, quotes_of

    transcript = desk.corpus.get(identifier)
    if value != "skip":  # what is refused leaves nothing on record
        said = quotes_of(quotes, desk.wanted.unit)
        check_label(transcript, desk.wanted, value, desk.rater, said)
    place = None if desk.draw is None else desk.draw.position(identifier)
    route = Route(kind="link") if desk.draw is None else draw_route(desk.draw)
    seen = any(s.route.draw == route.draw for s in desk.record.sights_of(identifier))
    if not seen:
        opened(desk.ledger, route, [identifier], [place], actor=desk.rater)
    return _kept(desk, transcript, value, quotes, note)


def _kept(
    desk: _Desk, transcript: "Transcript", value: str, quotes: list[str], note: str
) -> "Given | None":
    """Keep what is said of a transcript that is open; None for a skip."""
    from allegiance.audit import give_label, hidden_from, quotes_of, skip

    if value == "skip":
        if desk.draw is None:
            raise UsageError("Only a place of a draw can be skipped.")
        skip(desk.ledger, desk.draw, transcript.transcript_id, desk.wanted, desk.rater, note)
        return None
    return give_label(
        desk.ledger,
        transcript,
        desk.wanted,
        value,
        desk.rater,
        draw=desk.draw,
        quotes=quotes_of(quotes, desk.wanted.unit),
        note=note,
        hidden=hidden_from(desk.rater, transcript.transcript_id, desk.record),
    )


def _from_file(desk: _Desk, path: Path, as_json: bool) -> None:
    from allegiance.audit import whole_id

    rows = list(_rows(path))
    done: list[tuple[str, str, Given | None]] = []
    with shown_progress("labelling", quiet=as_json) as progress:
        for number, row in enumerate(rows, 1):
            identifier = whole_id(desk.corpus, row["transcript_id"])
            quotes = [row["quote"]] if row.get("quote") else []
            given = _say(desk, identifier, row["value"].strip(), quotes, row.get("note") or "")
            done.append((identifier, row["value"], given))
            progress(number, len(rows))
    _tell(desk, done, as_json)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise UsageError(
                    f"{path} has no column {missing[0]}; it needs transcript_id and value."
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


def _tell(desk: _Desk, done: "list[tuple[str, str, Given | None]]", as_json: bool) -> None:
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
    for identifier, value, given in done[-20:]:
        how = "skipped" if given is None else given.standing
        before = "" if given is None or given.before is None else f" (was {given.before})"
        console().print(Text(printable(f"{identifier[:12]}: {value}, {how}{before}")))
    if len(done) > 20:
        console().print(f"{len(done):,} in all.")


def _ask(desk: _Desk, as_json: bool) -> None:
    """Show one transcript after the other, and ask."""
    if desk.draw is None or as_json or not sys.stdin.isatty():
        raise UsageError("Say what it is with --value, or label a draw on a terminal.")
    from allegiance.audit import Record, draw_route, opened

    out = console()
    out.print(Text(f"{desk.wanted}: {desk.wanted.definition}", style="italic"))
    while True:
        desk = _Desk(
            desk.corpus, desk.ledger, Record.of(desk.ledger), desk.wanted, desk.rater, desk.draw
        )
        assert desk.draw is not None
        place = _next(desk)
        if place > len(desk.draw.order):
            out.print(f"All {len(desk.draw.order):,} are labelled.")
            return
        identifier = desk.draw.order[place - 1]
        opened(desk.ledger, draw_route(desk.draw), [identifier], [place], actor=desk.rater)
        transcript = desk.corpus.get(identifier)
        heading = f"{desk.draw.name}: {place:,} of {len(desk.draw.order):,}"
        print_transcript(out, transcript, heading=heading)
        if not _asked(desk, transcript):
            out.print("Stopped; `allegiance label` goes on here.")
            return


def _asked(desk: _Desk, transcript: "Transcript") -> bool:
    """Ask about a transcript until the answer is kept; False where the rater stops."""
    keys = _keys(desk.wanted.values)
    shown = ", ".join(f"{key} {value}" for key, value in keys.items())
    while True:
        answer = typer.prompt(f"{desk.wanted}? {shown}, s skip, q stop").strip()
        if answer == "q":
            return False
        if answer == "s":
            reason = typer.prompt("Why", default="", show_default=False)
            _kept(desk, transcript, "skip", [], reason)
            return True
        if answer not in (*keys, *keys.values()):
            continue
        value = keys.get(answer) or answer
        words = typer.prompt("Words that show it (Enter for none)", default="", show_default=False)
        try:
            _kept(desk, transcript, value, [words] if words.strip() else [], "")
        except UsageError as error:
            console().print(Text(visible(str(error)), style="bold"))
        else:
            return True


def _keys(values: tuple[str, ...]) -> dict[str, str]:
    """Give each value a key: its first letter where those differ, else a number."""
    letters = [value[0] for value in values]
    usable = len(set(letters)) == len(values) and not {"s", "q"} & set(letters)
    return dict(
        zip(letters if usable else map(str, range(1, len(values) + 1)), values, strict=False)
    )
