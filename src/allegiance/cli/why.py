"""`allegiance why`: for every verdict the scanner, the words, the clause, and what else fires on them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.cli.record import RaterOption, ledger_of, shown_on_record
from allegiance.cli.transcripts import visible

if TYPE_CHECKING:
    from rich.console import Console

    from allegiance.audit.explaining import Grounds, Place, Why
    from allegiance.corpus import Transcript

_MOST_SHOWN = 8


@app.command(
    epilog="Example: allegiance why 3f9a2c talks-about-lying · allegiance why 3f9a2c doubts --page why.html"
)
def why(
    transcript: Annotated[str, typer.Argument(help="Its id, or the first 6 characters or more.")],
    category: Annotated[str, typer.Argument(help="The category.")],
    near: Annotated[
        int,
        typer.Option("--near", help="Labelled transcripts to name on either side.", min=0, max=20),
    ] = 2,
    page: Annotated[
        Path | None,
        typer.Option("--page", help="Write it as a page of its own, to be opened in a browser."),
    ] = None,
    rater: RaterOption = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Say why a transcript is in a category: each verdict with its words, its clause and its neighbours.

    You see the verdicts, so your label of this transcript will not count as blind to them.
    """
    from allegiance.audit import Record, Route, whole_id
    from allegiance.audit import why as explained
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    corpus = place.corpus(create=False)
    has_ledger = place.location.is_folder and place.ledger_file.exists()
    record = Record.of(ledger_of(place)) if has_ledger else Record(())
    identifier = whole_id(corpus, transcript)
    found = explained(corpus, record, identifier, category, book_of(place), near)
    shown_on_record(place, Route(kind="link"), [identifier], rater=rater)
    if page is not None:
        from allegiance.report import render_why, write_whole

        write_whole(page, render_why(found))
        note(f"The page: {page}")
    if as_json:
        print_json(found.to_dict())
        return
    _show(console(), found)


def _show(out: "Console", found: "Why") -> None:
    out.print(Text(f"{found.name} · {found.transcript.transcript_id[:12]}", style="bold"))
    if found.category is not None:
        for number, clause in enumerate(found.category.definition, 1):
            out.print(Text(f"  {number}. {' '.join(clause.split())}", style="italic"))
        if found.category.caution:
            out.print(Text(f"  ({found.category.caution})", style="dim"))
    for one in found.verdicts:
        _show_verdict(out, found.transcript, one)
    if found.labels:
        out.print(Text("\nraters", style="bold"))
        for rater, value in found.labels.items():
            out.print(Text(visible(f"  {rater}: {value}")))
        if found.settled:
            out.print(Text(f"  settled by an adjudicator: {found.settled}"))
    _show_near(out, found)
    note(
        "The verdicts are before you now: a label of yours on this transcript is not blind to them."
    )


def _show_verdict(out: "Console", transcript: "Transcript", one: "Grounds") -> None:
    said = one.value if one.value is not None else one.status
    score = "" if one.score is None else f", score {one.score:.3g}"
    out.print(Text(visible(f"\n{one.scanner} {one.digest[:12]}: {said}{score}"), style="bold"))
    if one.status != "ok":
        out.print(Text(f"  no verdict ({one.status}): that is missing, and no `no`"))
    for place in one.places[:_MOST_SHOWN]:
        out.print(_marked(transcript, place))
    if len(one.places) > _MOST_SHOWN:
        out.print(Text(f"  and {len(one.places) - _MOST_SHOWN} more places", style="dim"))
    if not one.places:
        out.print(Text("  it quotes no words", style="dim"))
    for number, clause in one.clauses.items():
        out.print(Text(f"  by clause {number}: {' '.join(clause.split())}", style="italic"))
    reason = one.detail.get("reason")
    if isinstance(reason, str) and reason:
        out.print(Text(visible(f"  it says: {reason}")))
    if one.detail.get("stripped"):
        out.print(
            Text(f"  {one.detail['stripped']} quote(s) were not in the text and are left out")
        )
    for other in one.same_words:
        words = "; ".join(f"“{visible(text)}”" for text in other.words[:3])
        what = other.category if other.value == "yes" else f"{other.category} = {other.value}"
        out.print(Text(visible(f"  on the same words: {what} ({other.scanner})") + f", {words}"))


def _marked(transcript: "Transcript", place: "Place") -> Text:
    """Give the words a verdict rests on, marked, with a little of what stands around them."""
    from allegiance.audit.explaining import in_context

    found = in_context(transcript, place)
    return Text.assemble(
        f"  {visible(found.where)}: " if found.where else "  ",
        visible(found.before),
        (visible(found.words), "reverse"),
        visible(found.after),
    )


def _show_near(out: "Console", found: "Why") -> None:
    if not found.labelled:
        out.print(Text("\nno other transcript is labelled in it yet", style="dim"))
        return
    out.print(Text(f"\nlabelled transcripts most like it (of {found.labelled:,})", style="bold"))
    for one in found.near:
        shared = ", ".join(visible(word) for word in one.shared)
        out.print(
            Text(
                visible(f"  {one.id[:12]} {one.value}: {one.similarity:.2f}")
                + (f", both with {shared}" if shared else "")
            )
        )
