"""`allegiance ledger`: whether the record of events is whole, a copy of it, and its newest events."""

import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from allegiance.cli.app import (
    Group,
    JsonOption,
    WorkspaceOption,
    app,
    console,
    note,
    print_json,
    printable,
)
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from allegiance.audit.chain import Event, Head
    from allegiance.audit.ledger import Ledger

ledger = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The append-only record of what was imported, drawn, opened, labelled and claimed.",
)
app.add_typer(ledger, name="ledger")

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


@ledger.command(epilog="Example: allegiance ledger verify -w watched")
def verify(
    head: Annotated[
        str | None,
        typer.Option(
            "--head",
            metavar="SEQ:DIGEST",
            help="A head noted earlier; only with one is seen that the newest events were cut off.",
        ),
    ] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Check that no event was changed, removed or moved; each commits to the one before."""
    known = None if head is None else _known(head)
    place = _ledger(workspace)
    found = place.verify(known)
    broken = not found.whole
    found = replace(found, problems=found.problems or _planted(place))
    if as_json:
        print_json({"ledger": place.id, **found.to_dict()})
    elif found.whole:
        console().print(
            f"{found.events:,} events, each as it was written. "
            f"Head {found.head.seq}:{found.head.digest}",
            soft_wrap=True,
        )
    if not found.whole:
        if not as_json:
            for problem in found.problems:
                note(problem)
        raise AllegianceError(
            f"the chain of {place.path} is broken; restore the ledger from a copy, and rely on "
            "nothing that was claimed from it meanwhile"
            if broken
            else f"what was planted in draws of {place.path} is not what the ledger commits to; rely on "
            "nothing that was claimed with it"
        )


@ledger.command(
    epilog="Example: allegiance ledger export events.jsonl · allegiance ledger export - -w watched"
)
def export(
    out: Annotated[str, typer.Argument(help="The file to make; - for standard output.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Write the ledger as JSON lines, one event a line, that anyone can check."""
    if out == "-" and as_json:
        raise UsageError("--json prints one object, and - is a line an event; name a file")
    place = _ledger(workspace)
    if out == "-":
        place.export(sys.stdout)
        return
    count = _export(place, Path(out), force)
    if as_json:
        print_json({"ledger": place.id, "path": out, "n_events": count})
        return
    console().print(f"{count:,} events are in {printable(out)}.", markup=False, soft_wrap=True)


@ledger.command(epilog="Example: allegiance ledger show -n 5 --kind label --kind relabel")
def show(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 20,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="Only events of this kind; may be repeated."),
    ] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """List the newest events, the newest last: when, what, on what, by whom; no text of transcripts."""
    from allegiance.audit.chain import KINDS

    for kind in kinds or ():
        if kind not in KINDS:
            raise UsageError(f"--kind {kind} is none; the kinds are: {', '.join(KINDS)}")
    place = _ledger(workspace)
    events = place.last(limit, kinds or None)
    if as_json:
        print_json({"ledger": place.id, "events": [_outline(event) for event in events]})
        return
    table = Table("event", "at", "kind", "subject", "actor", box=None, pad_edge=False)
    table.columns[0].justify = "right"
    for event in events:
        at = event.at[:19].replace("T", " ")
        row = (at, event.kind, _cell(event.subject), _cell(event.actor))
        table.add_row(str(event.seq), *row)
    console().print(table if events else "There are no such events.")


def _ledger(workspace: str) -> "Ledger":
    from allegiance.audit.ledger import Ledger
    from allegiance.corpus import Workspace

    return Ledger.open(Workspace(workspace).ledger_file, create=False)


def _planted(place: "Ledger") -> tuple[str, ...]:
    """What is wrong with planted cases, by a chain that is whole."""
    from allegiance.audit import Record, plant_problems

    if next(place.events(["plant"]), None) is None:
        return ()
    return tuple(plant_problems(place, Record.of(place)))


def _known(text: str) -> "Head":
    from allegiance.audit.chain import Head

    found = _HEAD.fullmatch(text)
    if found is None:
        raise UsageError(
            "--head takes SEQ:DIGEST, as `allegiance ledger verify` prints it, such as 12:5f1c..."
        )
    return Head(int(found[1]), found[2])


def _export(place: "Ledger", out: Path, force: bool) -> int:
    """Write a file, all of it or nothing."""
    if out.exists() and not (force and out.is_file()):
        raise UsageError(f"{out} is there already; name another file, or replace one with --force")
    draft = out.with_name(f"{out.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            count = place.export(file)
        draft.replace(out)
    except OSError as error:
        raise AllegianceError(
            f"{out} can't be written ({error.strerror}); choose another place."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return count


def _outline(event: "Event") -> dict[str, object]:
    """Give an event without its body, which may quote a transcript."""
    return {name: value for name, value in event.to_dict().items() if name != "body"}


def _cell(text: str) -> str:
    from rich.markup import escape

    return escape(printable(text))
