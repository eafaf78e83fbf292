"""`allegiance report`: what the corpus licenses, as a page, a table or JSON."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Workspace
    from allegiance.report import Found, StudyReport


@app.command(epilog="Example: allegiance report -w watched · allegiance report --json | jq .gaps")
def report(
    workspace: WorkspaceOption = ".",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where the page goes, instead of report/report.html."),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Report rates per condition, the gap between the tiers, and what is missing, each with its interval.

    Transcripts without verdicts are scanned by rule first.
    """
    from allegiance.corpus import Workspace
    from allegiance.report import render_terminal, write_report

    place = Workspace(workspace)
    if out is None and not place.location.is_folder:
        raise UsageError(f"{place.location} is no folder; say with --out where the page goes")
    path = out or place.report / "report.html"
    made = make_report(place, quiet=as_json)
    write_report(made, path)
    if as_json:
        print_json({**made.to_dict(), "page": str(path)})
        return
    render_terminal(made, console())
    note(f"Report: {path}")
    if open_page:
        webbrowser.open(path.resolve().as_uri())


def make_report(place: "Workspace", *, quiet: bool) -> "StudyReport":
    """Scan what is not scanned yet and make the report of a workspace's whole corpus."""
    from allegiance.cli.scan import scan_with_progress, scanned_on_record
    from allegiance.report.of_workspace import declared_study, report_of, told_by

    corpus = place.corpus(create=False)
    told = told_by(corpus, book_of(place), declared_study(place))
    for sentence in told.left_out:
        note(sentence)
    done = scan_with_progress(corpus, list(told.needed), quiet=quiet)
    asked = [("rules", scanner.category.name, scanner.digest) for scanner in told.needed]
    scanned_on_record(place, corpus, done, asked)
    return report_of(place, corpus, told, note, _found(place))


def _found(place: "Workspace") -> "Found | None":
    """What the ledger says of how transcripts were found, where there is one."""
    if not (place.location.is_folder and place.ledger_file.exists()):
        return None
    from allegiance.audit import Record
    from allegiance.cli.record import ledger_of
    from allegiance.report import found_of

    return found_of(Record.of(ledger_of(place, create=False)))
