"""`allegiance export`: transcripts out of the corpus, for other tools or for another corpus."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, print_json, printable
from allegiance.cli.progress import shown_progress
from allegiance.cli.record import shown_on_record

if TYPE_CHECKING:
    from allegiance.corpus import Corpus
    from allegiance.corpus.export import Exported


@app.command(
    epilog=(
        "Example: allegiance export --to scout scout-db · "
        "allegiance export --to jsonl monitored.jsonl.zst --where \"tier = 'monitored'\" --verdicts"
    )
)
def export(
    out: Annotated[
        Path, typer.Argument(help="The file or, for Inspect Scout, the folder to make.")
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="scout (a database that Inspect Scout opens), jsonl (.gz and .zst too) or parquet.",
        ),
    ],
    where: Annotated[
        str | None,
        typer.Option("--where", help="Export only these, such as \"tier = 'monitored'\"."),
    ] = None,
    verdicts: Annotated[
        bool,
        typer.Option("--verdicts", help="Export what scanners said too; not to scout."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what lies there, if it is an export.")
    ] = False,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Write transcripts to a place of their own, all of them or nothing."""
    from allegiance.audit import Route
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    corpus = place.corpus(create=False)
    chosen = corpus.where(where)
    done = _export(corpus, to, out, where, verdicts, force, quiet=as_json)
    route = Route(
        kind="export",
        where=chosen.where_text,
        by=to,
        population=chosen.count(),
        frame=chosen.digest(),
    )
    shown_on_record(place, route, [], count=done.transcripts)
    if as_json:
        print_json(done.to_dict())
        return
    said = f" and {done.verdicts:,} verdicts" if verdicts else ""
    console().print(
        f"{done.transcripts:,} transcripts{said} are in {printable(done.path)}.", markup=False
    )
    if to == "scout":
        console().print(
            "Inspect Scout opens it as it is; `scout db index` makes its queries faster.",
            markup=False,
        )


def _export(
    corpus: "Corpus",
    to: str,
    out: Path,
    where: str | None,
    verdicts: bool,
    force: bool,
    *,
    quiet: bool,
) -> "Exported":
    from allegiance.corpus.export import export_transcripts

    with shown_progress("exporting", quiet=quiet) as progress:
        return export_transcripts(
            corpus,
            to,
            out,
            where=where,
            verdicts=verdicts,
            force=force,
            progress=progress,
        )
