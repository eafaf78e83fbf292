"""`allegiance import`: other people's transcripts, and one's own logs, into the corpus."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from allegiance.cli.app import (
    JsonOption,
    RayOption,
    WorkspaceOption,
    app,
    console,
    note,
    print_json,
    printable,
    result_alone,
)
from allegiance.cli.progress import shown_progress
from allegiance.cli.record import on_record
from allegiance.errors import AllegianceError

if TYPE_CHECKING:
    from allegiance.corpus import Corpus, ImportReport, Workspace

_ROWS = 12  # of a table of models; the rest is summed up

_PREVIEWED = {
    **{"id": 4, "format": 5, "model": 5, "condition": 8, "request": 12, "output": 12},
    **{"messages": 8, "scores": 6, "verdicts": 6},
}
"""What a preview shows, and how wide beside each other."""


@app.command(
    "import",
    epilog=(
        "Example: allegiance import logs/ · allegiance import replies.csv --map request=prompt --map output=response "
        "--map 'tier=arm{free:monitored,paid:unmonitored}'"
    ),
)
def import_command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Files and folders: Inspect logs, Scout databases, chats, JSONL, CSV, parquet; .gz and .zst too."
        ),
    ],
    workspace: WorkspaceOption = ".",
    format: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="auto looks into each file; else inspect, petri, scout, af-viewer, claude-code, osaf, sharegpt, "
            "anthropic, openai, allegiance (an export), parquet, jsonl, json, csv, or the name of a plug-in.",
        ),
    ] = "auto",
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="FIELD=COLUMN, may be repeated; FIELD is request, output, messages, model, id, a factor such as tier, "
            "score:NAME or verdict:CATEGORY.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and report everything, write nothing.")
    ] = False,
    preview: Annotated[
        int,
        typer.Option(
            "--preview",
            min=0,
            max=100,
            help="How many transcripts a dry run shows as they would land, cut short.",
        ),
    ] = 5,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="Rewrite known transcripts that come with other scores or metadata."
        ),
    ] = False,
    events: Annotated[
        bool,
        typer.Option(
            "--events", help="Keep the events of Inspect logs too, many times the size of the rest."
        ),
    ] = False,
    index: Annotated[
        bool,
        typer.Option(
            "--index/--no-index",
            help="Index the words of what is new, once it is in the corpus; `allegiance corpus index` does it later.",
        ),
    ] = True,
    ray: RayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import transcripts: each once, however often and from wherever it is imported."""
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    corpus = place.corpus()
    how = {"format": format, "mapping": mapping or [], "dry_run": dry_run, "update": update}
    with result_alone(elsewhere=ray is not None):
        report = _import(
            corpus, paths, quiet=as_json, events=events, preview=preview, ray=ray, **how
        )
    if not dry_run and report.read:
        imported_on_record(place, report)
    if index and not dry_run and (report.new or report.updated):
        with shown_progress("indexing", quiet=as_json) as progress:
            corpus.index(lambda step: progress(round(100 * (step.share or 0)), 100))
    if as_json:
        print_json(report.to_dict())
    else:
        _show(report)
    if report.errors:
        raise AllegianceError("\n".join(report.errors))
    if not report.read:
        raise AllegianceError(
            "no transcript is in these files; name the format with --format, or the columns with --map"
        )
    if report.new and not dry_run and not as_json:
        out = "" if Workspace(workspace).location.is_folder else " --out report.html"
        note(f"Next: allegiance report -w {workspace}{out}")


def imported_on_record(place: "Workspace", report: "ImportReport") -> None:
    """Record what an import did."""
    body = {
        "read": report.read,
        "new": report.new,
        "known": report.known,
        "changed": report.changed,
        "updated": report.updated,
        "transcripts": report.transcripts,
        "sources": dict(report.by_source),
        "errors": len(report.errors),
    }
    on_record(place, "import", "corpus", body)


def _import(corpus: "Corpus", paths: list[Path], *, quiet: bool, **how: Any) -> "ImportReport":
    from allegiance.corpus import import_paths
    from allegiance.corpus.importing import Progress as Step

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=True, disable=quiet or not console().is_terminal) as bar:
        shown = bar.add_task("reading")

        def tell(step: Step) -> None:
            name = printable(Path(step.path).name)
            bar.update(
                shown,
                description=f"{step.transcripts:,} transcripts · file {step.file} of {step.files} · {name}",
            )

        return import_paths(corpus, paths, progress=tell, **how)


def _show_preview(rows: list[dict[str, Any]]) -> None:
    """Show the first transcripts, a line each; nothing of them is read as markup."""
    table = Table(box=None, pad_edge=False)
    for title, ratio in _PREVIEWED.items():
        table.add_column(title, no_wrap=True, overflow="ellipsis", ratio=ratio)
    for row in rows:
        cells = (
            row["transcript_id"][:8],
            row["source_format"],
            row["model"] or "",
            _listed(row["condition"], "="),
            row["request"],
            row["output"],
            _listed(row["roles"], " "),
            _listed(row["scores"], "="),
            _listed(row["verdicts"], "="),
        )
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console().print(table, "")


def _listed(entries: dict[str, Any], between: str) -> str:
    return ", ".join(f"{name}{between}{value}" for name, value in entries.items())


def _show(report: "ImportReport") -> None:
    out = console()
    if report.preview:
        _show_preview(report.preview)
    for title, counts in (("source", report.by_source), ("model", report.by_model)):
        table = Table(title, "transcripts", box=None, pad_edge=False)
        table.columns[1].justify = "right"
        rows = counts.most_common()
        if not rows:
            continue
        for name, count in rows[:_ROWS]:
            table.add_row(printable(name), f"{count:,}")
        if len(rows) > _ROWS:
            table.add_row(
                f"{len(rows) - _ROWS} others", f"{sum(count for _, count in rows[_ROWS:]):,}"
            )
        out.print(table, "")
    for file in report.files:
        if file.recovered:
            note(f"{file.path}: {file.recovered}")
        for record in file.skipped[:3]:
            note(f"{file.path}: {record.where} skipped: {record.reason}")
        if file.skipped_count > 3:
            note(f"{file.path}: {file.skipped_count - 3:,} more records skipped")
    left_out = Counter(name for file in report.files for name in file.unmapped)
    if left_out:
        fields = ", ".join(
            f"{name} (in {count} of {len(report.files)} files)"
            for name, count in left_out.most_common(6)
        )
        note(f"left out, as transcripts have no place for it: {fields}")
    if report.reused:
        note(
            f"{report.reused:,} new transcripts have the id of another with other words; both are kept"
        )
    foreign = [file for file in report.files if file.foreign]
    if foreign:
        note(
            f"{len(foreign)} files are in no format known here and were left alone ({foreign[0].path}, ...)"
        )
        from allegiance.corpus.importers.plugins import plugins

        for problem in plugins()[1]:
            note(problem)
    if not report.read:
        return
    would = "would be " if report.dry_run else ""
    changed = f", {report.changed:,} known with other scores or metadata" if report.changed else ""
    hint = " (rewrite them with --update)" if report.changed and not report.updated else ""
    retried = (
        f", {report.superseded:,} failed attempts replaced by a later one"
        if report.superseded
        else ""
    )
    out.print(
        f"{report.read:,} read: {report.new:,} {would}new, {report.known:,} known{changed}{hint}{retried}; "
        f"{report.verdicts:,} outside verdicts. The corpus holds {report.transcripts:,} transcripts."
    )
