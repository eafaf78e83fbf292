"""`allegiance report`: what the corpus licenses, as a page, a table or JSON."""

import webbrowser
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allegiance import __version__
from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.cli.relating import facts_told, reported_relation, rules_among
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Workspace
    from allegiance.report import Found, StudyReport
    from allegiance.study import Study


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
    from allegiance.organism import truth_of, weights_of
    from allegiance.report import Provenance, study_report
    from allegiance.scanners import CORE, observations, rule_categories, rule_scanner
    from allegiance.scanners.beside import judges_beside
    from allegiance.study import Study

    corpus = place.corpus(create=False)
    declared = place.location.is_folder and place.study_file.exists()
    study = Study.load(place.study_file) if declared else None
    book = book_of(place)
    ruled = rule_categories(book)
    # The outcome is always needed: it alone counts replies that were cut off, refused by the provider, or failed.
    names = dict.fromkeys(("outcome", *(study.categories if study else CORE)))
    for name in [one for one in names if one != "outcome" and book.find(one).kind != "yes-no"]:
        del names[name]  # of a choice there is no one rate
        note(f"{name} is no yes or no, and is left out of the report; `allegiance scan` counts it")
    scanners = [rule_scanner(name, book) for name in names if name in ruled]
    for name in names.keys() - set(ruled):
        note(f"{name} has no rule, and the report shows what rules say: scan it with a judge")
    facts = facts_told(corpus, book)
    needed = list({one.digest: one for one in (*scanners, *rules_among(facts, book))}.values())
    done = scan_with_progress(corpus, needed, quiet=quiet)
    asked = [("rules", scanner.category.name, scanner.digest) for scanner in needed]
    scanned_on_record(place, corpus, done, asked)
    seen = observations(corpus, scanners)
    if not seen.population:
        raise AllegianceError(
            f"{corpus.location}: the corpus is empty; import transcripts or run a study first"
        )
    provenance = Provenance(
        corpus_version=corpus.version,
        frame_digest=corpus.digest(),
        population=seen.population,
        software_version=__version__,
        created_at=datetime.now(UTC),
        scanners={scanner.category.name: scanner.digest for scanner in scanners},
        models=seen.models,
        weights={name: digest for name in seen.models if (digest := weights_of(name))},
        **_declared(study.worded_for(seen.models[0]) if study else None, seen.studies),
    )
    relation = reported_relation(place, corpus, facts)
    made = study_report(seen.table, provenance, truth_of, found=_found(place), relation=relation)
    beside = [
        f"{one.sentence[:1].upper()}{one.sentence[1:]}"
        for scanner in scanners
        for one in judges_beside(corpus, scanner.category.name, scanner.name, scanner.digest)
        if one.differ
    ]
    return replace(made, notes=(*made.notes, *beside))


def _found(place: "Workspace") -> "Found | None":
    """What the ledger says of how transcripts were found, where there is one."""
    if not (place.location.is_folder and place.ledger_file.exists()):
        return None
    from allegiance.audit import Record
    from allegiance.cli.record import ledger_of
    from allegiance.report import found_of

    return found_of(Record.of(ledger_of(place, create=False)))


def _declared(study: "Study | None", studies: frozenset[str]) -> dict[str, Any]:
    """What the study's file says of the transcripts, where they are its own."""
    if study is None or study.name not in studies:
        return {}
    return {
        "study": study.name,
        "question": study.question,
        "intents": study.intents.model_dump(),
        "clause": ", ".join(
            dict.fromkeys(cell.get("clause", "silent") for cell in study.conditions)
        ),
        "study_digest": study.digest,
        "prompts_digest": study.prompt_set.digest,
        "generation": study.generation.model_dump(exclude_none=True),
    }
