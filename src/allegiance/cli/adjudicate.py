"""`allegiance adjudicate`: places on which raters differ are settled, one at a time, names left out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from allegiance.cli.app import (
    JsonOption,
    WorkspaceOption,
    app,
    console,
    note,
    print_json,
    printable,
)
from allegiance.cli.codebook import book_of
from allegiance.cli.keyboard import Keyboard
from allegiance.cli.label_at_once import read_rows
from allegiance.cli.label_screen import keys_of
from allegiance.cli.label_text import Pages, mark, part_of, whole_of
from allegiance.cli.record import RaterOption, ledger_of, rater_name
from allegiance.cli.transcripts import visible
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Dispute, Draw, Ledger, Property
    from allegiance.corpus import Corpus


@app.command(
    epilog=(
        "Example: allegiance adjudicate first --rater carl · allegiance adjudicate first --list · "
        "allegiance adjudicate first --position 7 --value no --reason 'the user says it' · "
        "allegiance adjudicate first --from settled.csv"
    )
)
def adjudicate(
    draw: Annotated[str, typer.Argument(help="The draw.")],
    category: Annotated[
        str | None,
        typer.Option("--category", "-c", help="In which category; the draw's own by default."),
    ] = None,
    position: Annotated[
        int | None, typer.Option("--position", help="The place that --value settles.", min=1)
    ] = None,
    value: Annotated[
        str | None,
        typer.Option("--value", help="Settle it at once: the open place, or --position."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    from_csv: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Settlements from a CSV: transcript_id, value and maybe reason."
        ),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the places on which raters differ.")
    ] = False,
    names: Annotated[bool, typer.Option("--names", help="Show who said what.")] = False,
    lines: Annotated[
        bool, typer.Option("--lines", help="Read answers as lines, also from a pipe.")
    ] = False,
    rater: RaterOption = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Settle the places of a draw on which raters differ; their labels stay as they are.

    Readings and claims take the settled value; agreement is computed from the labels alone.
    """
    from allegiance.audit import Record, bind_rater, disputes, open_draw, this_account
    from allegiance.audit.asking import declared, only_category
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    corpus, ledger = place.corpus(create=False), ledger_of(place, create=False)
    record = Record.of(ledger)
    drawn = open_draw(corpus, record, draw)
    wanted = declared(drawn, record, category or only_category(drawn), book_of(place))
    who = rater_name(rater)
    desk = _Bench(corpus, ledger, drawn, wanted, who, names)
    if listed:
        _list(desk, disputes(drawn, record, wanted), as_json)
        return
    if from_csv is not None:
        bind_rater(ledger, who, this_account())
        _from_file(desk, from_csv, as_json)
        return
    opened = [one for one in disputes(drawn, record, wanted) if one.settled is None]
    if value is not None:
        _at_once(desk, opened, position, value, reason, as_json)
        return
    if as_json or not (lines or sys.stdin.isatty()):
        raise UsageError("Settle one with --value, list them with --list, or use a terminal.")
    if not opened:
        console().print(f"Nothing in {draw} is open: raters agree, or it is settled.", markup=False)
        return
    bind_rater(ledger, who, this_account())
    _by_hand(desk, opened, Keyboard(lines))


class _Bench:
    """What adjudicating needs at hand."""

    def __init__(
        self,
        corpus: "Corpus",
        ledger: "Ledger",
        draw: "Draw",
        wanted: "Property",
        who: str,
        names: bool,
    ) -> None:
        self.corpus, self.ledger, self.draw = corpus, ledger, draw
        self.wanted, self.who, self.names = wanted, who, names

    def settle(self, transcript_id: str, value: str, reason: str) -> dict[str, object]:
        """Settle a place; gives what was kept."""
        from allegiance.audit import adjudicate as settle
        from allegiance.audit.adjudicating import HIDDEN

        hidden = [one for one in HIDDEN if not (self.names and one == "rater names")]
        event = settle(
            self.ledger,
            self.draw,
            self.wanted,
            transcript_id,
            value,
            self.who,
            reason,
            hidden,
        )
        if event.body["one_of_them"]:
            note(f"{self.who} gave one of these labels, and is marked so wherever this counts.")
        kept = ("transcript_id", "position", "value", "settles", "one_of_them")
        return {**{name: event.body[name] for name in kept}, "event": event.seq}


def _list(bench: _Bench, found: "list[Dispute]", as_json: bool) -> None:
    if as_json:
        print_json({**_where(bench), "transcripts": [_plain(bench, one) for one in found]})
        return
    if not found:
        console().print(f"Raters differ nowhere in {bench.draw.name}.", markup=False)
        return
    table = Table("place", "transcript", "said", "settled", box=None, pad_edge=False)
    for one in found:
        settled = "open" if one.settled is None else one.settled.settlement.value
        table.add_row(
            f"{one.position:,}", one.transcript_id[:12], _said(bench, one), printable(settled)
        )
    console().print(table)


def _at_once(
    bench: _Bench,
    opened: "list[Dispute]",
    position: int | None,
    value: str,
    reason: str,
    as_json: bool,
) -> None:
    from allegiance.audit import bind_rater, this_account

    if position is None and not opened:
        raise UsageError(
            f"Nothing in {bench.draw.name} is open: raters agree, or it is settled; one that is settled "
            "is settled anew with --position K."
        )
    if position is not None and position > len(bench.draw.order):
        raise UsageError(f"{bench.draw.name} has {len(bench.draw.order):,} places.")
    identifier = opened[0].transcript_id if position is None else bench.draw.order[position - 1]
    kept = bench.settle(identifier, value, reason)
    bind_rater(bench.ledger, bench.who, this_account())
    _tell(bench, [kept], as_json)


def _from_file(bench: _Bench, path: Path, as_json: bool) -> None:
    from allegiance.audit import Record, disputes, whole_id

    rows = [
        (
            whole_id(bench.corpus, row["transcript_id"]),
            row["value"].strip(),
            row.get("reason") or "",
        )
        for row in read_rows(path)
    ]
    record = Record.of(bench.ledger)
    there = {one.transcript_id for one in disputes(bench.draw, record, bench.wanted)}
    for identifier, value, _ in rows:  # what is wrong is found before any is kept
        if value not in bench.wanted.values:
            raise UsageError(
                f"{path}: {bench.wanted.category} has no value {value[:60]!r}; it has "
                f"{', '.join(bench.wanted.values)}."
            )
        if identifier not in there:
            raise UsageError(
                f"{path}: raters do not differ on {identifier[:12]} in {bench.draw.name}, so there is "
                "nothing to settle."
            )
    _tell(bench, [bench.settle(*row) for row in rows], as_json)


def _tell(bench: _Bench, kept: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        print_json({**_where(bench), "adjudicator": bench.who, "transcripts": kept})
        return
    for one in kept:
        said = f"number {one['position']} ({str(one['transcript_id'])[:12]}): settled as {one['value']}"
        console().print(Text(printable(said)))


def _by_hand(bench: _Bench, opened: "list[Dispute]", keyboard: Keyboard) -> None:
    out = console()
    out.print(Text(visible(f"{bench.wanted}: {bench.wanted.definition}"), style="italic"))
    try:
        for number, dispute in enumerate(opened, 1):
            if not _ask(bench, dispute, keyboard, f"{number:,} of {len(opened):,}"):
                out.print("Stopped; `allegiance adjudicate` goes on here.")
                return
    except KeyboardInterrupt:
        out.print("\nStopped; `allegiance adjudicate` goes on here.")
        return
    out.print("All are settled.")


def _ask(bench: _Bench, dispute: "Dispute", keyboard: Keyboard, where: str) -> bool:
    """Show a place with what was said of it, and ask; false to stop."""
    from allegiance.audit import draw_route, opened

    route = draw_route(bench.draw)
    ids, places = [dispute.transcript_id], [dispute.position]
    opened(bench.ledger, route, ids, places, actor=bench.who)
    out, transcript = console(), bench.corpus.get(dispute.transcript_id)
    heading = f"{bench.draw.name}: {where} on which raters differ"
    out.print(Rule(Text(visible(heading)), align="left", characters="─"))
    quotes = [quote.text for one in dispute.labels for quote in one.label.quotes]
    part = part_of(transcript, bench.wanted.unit)
    pages = Pages(out, mark(part or whole_of(transcript), quotes), whole=not keyboard.single)
    pages.more()
    out.print(Text(f"\nsaid: {_said(bench, dispute)}", style="bold"))
    for one in dispute.labels:
        if one.label.note:
            out.print(Text(visible(f"remark ({one.label.value}): {one.label.note}"), style="dim"))
    keys = keys_of(bench.wanted.values)
    told = ", ".join(v if k == v else f"{k} {v}" for k, v in keys.items())
    fresh = True
    while True:
        key = keyboard.key(
            f"{visible(str(bench.wanted))}? {visible(told)}; m more, s leave open, q quit ",
            fresh=fresh,
        )
        fresh = False
        if key is None or key == "q":
            return False
        if key == "s":
            return True
        if key in ("m", " "):
            shown = whole_of(transcript) if key == "m" else None
            if shown is not None:
                pages = Pages(out, mark(shown, quotes), whole=not keyboard.single)
            pages.more()
        elif key in keys or key in keys.values():
            why = keyboard.line("Why? (Enter for no reason) ")
            if why is None:
                return False
            bench.settle(dispute.transcript_id, keys.get(key) or key, why.strip())
            return True


def _said(bench: _Bench, dispute: "Dispute") -> str:
    if bench.names:
        told = [f"{one.label.rater} {one.label.value}" for one in dispute.labels]
        return visible(", ".join(told))
    counts = dict.fromkeys(dispute.values, 0)
    for value in dispute.values:
        counts[value] += 1
    return ", ".join(f"{n} × {value}" for value, n in counts.items())


def _where(bench: _Bench) -> dict[str, object]:
    return {"draw": bench.draw.name, "category": bench.wanted.category}


def _plain(bench: _Bench, one: "Dispute") -> dict[str, object]:
    settled = one.settled
    return {
        "transcript_id": one.transcript_id,
        "position": one.position,
        "values": list(one.values),
        "labels": [
            {
                "value": said.label.value,
                "event": said.seq,
                **({"rater": said.label.rater} if bench.names else {}),
            }
            for said in one.labels
        ],
        "settled": None
        if settled is None
        else {
            "value": settled.settlement.value,
            "adjudicator": settled.settlement.adjudicator,
            "reason": settled.settlement.reason,
            "event": settled.seq,
        },
    }
