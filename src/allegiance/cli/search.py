"""`allegiance search`: which transcripts say something, and where in them."""

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
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
from allegiance.cli.record import shown_on_record
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Workspace
    from allegiance.corpus.query import Query
    from allegiance.corpus.search import Hit, Hits, Snippet

_ID = 12
"""Characters of an id that are shown."""


@app.command(
    epilog=(
        "Example: allegiance search '\"free tier\" training' · allegiance search --regex 'modif\\w+ my' --in reasoning "
        "--where \"tier = 'monitored'\""
    )
)
def search(
    query: Annotated[
        str, typer.Argument(help='Words and "quoted phrases" that must all be there, ranked.')
    ],
    regex: Annotated[
        bool, typer.Option("--regex", help="QUERY is a regular expression (RE2 syntax).")
    ] = False,
    literal: Annotated[
        bool, typer.Option("--literal", help="QUERY is a text, found character for character.")
    ] = False,
    within: Annotated[
        str,
        typer.Option("--in", help="all; or the reasoning or the output of the model's last reply."),
    ] = "all",
    where: Annotated[
        str | None,
        typer.Option("--where", help="Search only among these, such as \"tier = 'monitored'\"."),
    ] = None,
    ignore_case: Annotated[
        bool,
        typer.Option("--ignore-case", "-i", help="With --regex and --literal; words always do."),
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", help="How many transcripts to show.", min=0)
    ] = 20,
    ids: Annotated[
        bool, typer.Option("--ids", help="Print the ids of the transcripts, one a line.")
    ] = False,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Find transcripts by words, a text or a regular expression, with the places where it stands."""
    if regex and literal:
        raise UsageError("--regex and --literal exclude each other; choose one.")
    if ids and as_json:
        raise UsageError("--ids and --json exclude each other; the ids are in the JSON, too.")
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    corpus = place.corpus(create=False)
    asked = corpus.where(where)
    chosen = cast(Any, within)
    if regex:
        asked = asked.regex(query, chosen, ignore_case)
    elif literal:
        asked = asked.literal(query, chosen, ignore_case)
    else:
        asked = asked.search(query, chosen)
    hits = asked.hits(limit)
    found = asked.limit(limit).ids() if ids else [hit.transcript_id for hit in hits]
    _on_record(place, query, within, hits, found)
    if ids:
        for identifier in found:
            typer.echo(identifier)
    elif as_json:
        print_json(hits.to_dict())
    else:
        _show(asked, hits)


def _on_record(place: "Workspace", query: str, within: str, hits: "Hits", found: list[str]) -> None:
    """Record what a search put before its reader, and at which rank."""
    if not found:
        return
    from allegiance.audit import Route

    route = Route(
        kind="search",
        query=query,
        search=hits.kind,
        within=within,
        where=hits.query.where_text,
        matches=hits.matches,
        population=hits.population,
        frame=hits.frame_digest,
    )
    shown_on_record(place, route, found, [*range(1, len(found) + 1)])


def _show(asked: "Query", hits: "Hits") -> None:
    for hit in hits:
        console().print(_headed(hit, hits), soft_wrap=True)
        for snippet in hit.snippets:
            console().print(_shown(snippet), no_wrap=True, overflow="ellipsis")
    among = f" of those with {printable(asked.where_text)}" if asked.where_text else ""
    console().print(
        f"{hits.matches:,} of {hits.population:,} transcripts match{among}; {len(hits):,} shown.",
        markup=False,
        soft_wrap=True,
    )
    if hits.kind == "words":
        missing = asked.snapshot.unindexed
        if missing:
            note(
                f"{missing:,} transcripts are not in the index of words yet and were searched one by one; "
                "`allegiance corpus index` makes that fast"
            )
    if len(hits):
        note("A search shows that something exists, not how common it is; for a rate, draw.")


def _headed(hit: "Hit", hits: "Hits") -> Text:
    told = [hit.model or "", hit.task or "", *(f"{k}={v}" for k, v in hit.condition.items())]
    head = Text(f"{hit.rank:,} of {hits.matches:,}", style="bold")
    head.append(f"  {hit.transcript_id[:_ID]}", style="cyan")
    head.append(f"  {printable(' · '.join(part for part in told if part))}", style="dim")
    return head


def _shown(snippet: "Snippet") -> Text:
    """Show a snippet on one line, the first place inside the width, what matched emphasised."""
    first = snippet.spans[0][0] if snippet.spans else snippet.start
    before = max((console().width - 4) // 3, 10)
    start = max(snippet.start, first - before)
    line = Text("    …" if start > 0 else "     ")
    place = start
    for low, high in snippet.spans:
        line.append(_plain(snippet, place, low))
        line.append(_plain(snippet, low, high), style="bold reverse")
        place = high
    line.append(_plain(snippet, place, snippet.end))
    return line


def _plain(snippet: "Snippet", start: int, end: int) -> str:
    """Part of a snippet, by its place in the field, fit for a line of a terminal."""
    part = snippet.text[max(start - snippet.start, 0) : max(end - snippet.start, 0)]
    return printable("".join(" " if character.isspace() else character for character in part))
