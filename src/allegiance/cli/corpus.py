"""`allegiance corpus`: what the corpus holds, its versions, and care of its files."""

from collections.abc import Mapping
from datetime import datetime, timedelta
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
from allegiance.cli.progress import shown_progress
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Corpus
    from allegiance.corpus.info import CorpusInfo
    from allegiance.corpus.verify import Verification

_ROWS = 8  # of a list of names; the rest is summed up
_SHOWN = 20  # problems a person is shown

corpus = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The transcripts at rest: what there is, its versions, compaction, verification, indexes.",
)
app.add_typer(corpus, name="corpus")


@corpus.command(epilog="Example: allegiance corpus info -w watched")
def info(workspace: WorkspaceOption = ".", as_json: JsonOption = False) -> None:
    """Say what the corpus holds: transcripts, conditions, sizes on disk, indexes, versions."""
    found = _corpus(workspace).info()
    if as_json:
        print_json(found.to_dict())
        return
    _show_info(found)


@corpus.command(epilog="Example: allegiance corpus versions -w watched")
def versions(workspace: WorkspaceOption = ".", as_json: JsonOption = False) -> None:
    """List the versions of the transcripts: when, how many, what changed, and pinned by which tag."""
    found = _corpus(workspace).versions()
    if as_json:
        print_json({"versions": [version.to_dict() for version in found]})
        return
    table = _table("version", "made", "transcripts", "", "change", "tags", right=(0, 2, 3))
    for version in found:
        more = "" if not version.more else f"{version.more:+,}"
        row = (_time(version.at), f"{version.transcripts:,}", more, version.change)
        table.add_row(str(version.version), *row, ", ".join(version.tags))
    console().print(table)


@corpus.command(epilog="Example: allegiance corpus tag paper · allegiance corpus tag draft 12")
def tag(
    name: Annotated[
        str | None, typer.Argument(help="A name for a version; without it the tags are listed.")
    ] = None,
    version: Annotated[
        int | None, typer.Argument(min=1, help="Which version; the newest by default.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the tag instead.")] = False,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Pin a version by a name, so that it stays as it is and readable whatever comes later."""
    if remove and (name is None or version is not None):
        raise UsageError("--remove takes the NAME of one tag and nothing else")
    place = _corpus(workspace)
    if name is not None and remove:
        place.untag(name)
    elif name is not None:
        place.tag(name, version)
    tags = place.tags()
    if as_json:
        print_json({"tags": [{"name": key, "version": value} for key, value in tags.items()]})
        return
    table = _table("tag", "version", right=(1,))
    for key, value in tags.items():
        table.add_row(key, str(value))
    console().print(table if tags else "There are no tags.")


@corpus.command(epilog="Example: allegiance corpus compact --older-than 7")
def compact(
    older_than: Annotated[
        float,
        typer.Option(
            "--older-than", min=0, help="Age in days from which versions without a tag are removed."
        ),
    ] = 14,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Merge small files, bring the indexes up to date, and remove old versions without a tag.

    No transcript is changed; a process that still reads a version that is removed fails.
    """
    done = _corpus(workspace).compact(timedelta(days=older_than))
    if as_json:
        print_json({name: result.to_dict() if result else None for name, result in done.items()})
        return
    for name, result in done.items():
        if result is not None:
            console().print(
                f"{name}: {result.files_before:,} files are now {result.files_after:,}, "
                f"{result.versions_removed:,} old versions removed, "
                f"{_size(result.bytes_freed)} freed"
            )


@corpus.command(epilog="Example: allegiance corpus verify -w watched")
def verify(
    processes: Annotated[
        int | None,
        typer.Option("--processes", min=1, help="How many check rows; one a core by default."),
    ] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Check every file against its seal and every transcript against its own hashes and words."""
    place = _corpus(workspace)
    with shown_progress("checking", quiet=as_json) as progress:
        found = place.verify(progress, processes)
    if as_json:
        print_json(found.to_dict())
    else:
        _show_verification(found)
    if not found.whole:
        raise AllegianceError(
            f"the corpus is damaged: {len(found.rows):,} transcripts and {len(found.files):,} "
            "files; restore them from a copy, or import the sources into a new workspace"
        )


@corpus.command(epilog="Example: allegiance corpus index -w watched")
def index(workspace: WorkspaceOption = ".", as_json: JsonOption = False) -> None:
    """Build the indexes for words and conditions, or bring them up to date."""
    place = _corpus(workspace)
    with shown_progress("indexing", quiet=as_json) as progress:
        place.index(lambda step: progress(round(100 * (step.share or 0)), 100))
    found = place.info()
    if as_json:
        print_json({"indexes": [one.to_dict() for one in found.indexes]})
        return
    console().print(_index_table(found))


def _corpus(workspace: str) -> "Corpus":
    from allegiance.corpus import Workspace

    return Workspace(workspace).corpus(create=False)


def _show_info(found: "CorpusInfo") -> None:
    out = console()
    out.print(
        f"{printable(found.location)}: {found.transcripts:,} transcripts, {found.errors:,} of them "
        f"with an error; {found.verdicts:,} verdicts",
        soft_wrap=True,
    )
    out.print(f"frame digest {found.digest}", soft_wrap=True)
    out.print(f"version {found.version} of {found.versions} kept{_tags(found.tags)}")
    if found.first_import and found.last_import:
        out.print(f"imported {_time(found.first_import)} to {_time(found.last_import)}")
    groups = {"format": found.source_formats, "model": found.models, "task": found.tasks}
    for title, counts in (groups | {f"{k}": v for k, v in found.factors.items()}).items():
        out.print("", _counts(title, counts))
    out.print("", _sizes(found.bytes))
    out.print("", _index_table(found))


def _show_verification(found: "Verification") -> None:
    for file in found.files[:_SHOWN]:
        note(f"{file.file} {file.problem}")
    for row in found.rows[:_SHOWN]:
        where = f" (in {', '.join(row.files)})" if row.files else ""
        note(f"{row.transcript_id or 'a row without id'}: {', '.join(row.columns)}{where}")
    hidden = len(found.files[_SHOWN:]) + len(found.rows[_SHOWN:])
    if hidden:
        note(f"and {hidden:,} more; all of them: --json")
    if found.orphans:
        note(
            f"{len(found.orphans):,} transcripts have verdicts and are not in the corpus, such as "
            f"{found.orphans[0]}: a better attempt took their place"
        )
    if found.unsealed:
        note(
            f"{found.unsealed:,} files have no seal; the next `allegiance corpus compact` seals them"
        )
    console().print(
        f"{found.checked:,} of {found.transcripts:,} transcripts and {found.verdicts:,} verdicts "
        f"checked, {found.sealed:,} files compared with their seals"
    )
    if found.whole:
        console().print(f"All is as it was written. Frame digest {found.digest}", soft_wrap=True)


def _index_table(found: "CorpusInfo") -> Table | str:
    if not found.indexes:
        return "no indexes; make them with: allegiance corpus index"
    table = _table("index", "kind", "rows", "not yet", "size", right=(2, 3, 4))
    for one in found.indexes:
        rows = (f"{one.rows:,}", f"{one.unindexed:,}", _size(one.bytes))
        table.add_row(printable(one.column), one.kind, *rows)
    return table


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = _table(printable(title), "transcripts", right=(1,))
    rows = sorted(counts.items(), key=lambda row: -row[1])
    for name, count in rows[:_ROWS]:
        table.add_row(printable(name), f"{count:,}")
    if len(rows) > _ROWS:
        table.add_row(f"{len(rows) - _ROWS:,} others", f"{sum(n for _, n in rows[_ROWS:]):,}")
    return table


def _sizes(sizes: Mapping[str, int]) -> Table:
    table = _table("on disk", "size", right=(1,))
    for name, size in sizes.items():
        table.add_row(name, _size(size))
    table.add_row("together", _size(sum(sizes.values())))
    return table


def _table(*headings: str, right: tuple[int, ...] = ()) -> Table:
    table = Table(*headings, box=None, pad_edge=False)
    for place in right:
        table.columns[place].justify = "right"
    return table


def _tags(tags: Mapping[str, int]) -> str:
    return "".join(f"; {name} is version {version}" for name, version in tags.items())


def _size(size: int) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.4g} {unit}" if unit != "bytes" else f"{size} bytes"
        size = size / 1000  # type: ignore[assignment]
    return f"{size:,.1f} GB"


def _time(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")
