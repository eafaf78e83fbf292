"""`allegiance read` and `allegiance show`: transcripts on the terminal, each opening on record first."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.record import RaterOption, ledger_of, rater_name, shown_on_record
from allegiance.cli.transcripts import as_json as transcript_json
from allegiance.cli.transcripts import facts_of, print_transcript
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Route
    from allegiance.corpus import Corpus, Transcript, Workspace


@app.command(epilog="Example: allegiance read first · allegiance read first --position 4 --json")
def read(
    draw: Annotated[str, typer.Argument(help="The draw.")],
    position: Annotated[
        int | None,
        typer.Option("--position", help="This place, instead of the next unread one.", min=1),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", help="How many, one after the other.", min=1)
    ] = 1,
    facts: Annotated[
        bool, typer.Option("--facts/--blind", help="Show model, condition and sample id as well.")
    ] = False,
    rater: RaterOption = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Read a draw in its order, blind to conditions; every opening is on record."""
    from allegiance.audit import Record, open_draw, open_position
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    corpus, ledger = place.corpus(create=False), ledger_of(place, create=False)
    record = Record.of(ledger)
    drawn = open_draw(corpus, record, draw)
    if position is None:
        seen = {s.transcript_id for s in record.sights if s.route.draw == draw}
        position = next((k for k, one in enumerate(drawn.order, 1) if one not in seen), 0)
        if not position:
            raise UsageError(
                f"All {len(drawn.order):,} of {draw} were opened; read one again with --position K, or "
                f"draw more with `allegiance draw extend {draw} --n 10`."
            )
    shown: list[Transcript] = []
    last = min(position + count - 1, max(len(drawn.order), position))
    for number in range(position, last + 1):
        transcript = corpus.get(
            open_position(drawn, ledger, number, rater_name(rater), blind=not facts)
        )
        shown.append(transcript)
        if as_json:
            continue
        heading = f"{draw}: {number:,} of {len(drawn.order):,}, N = {drawn.spec.frame.population:,}"
        print_transcript(
            console(), transcript, heading=heading, facts=facts_of(transcript) if facts else ()
        )
        if number < last and sys.stdin.isatty() and not _goes_on():
            break
    if as_json:
        print_json(
            {
                "draw": draw,
                "size": len(drawn.order),
                "population": drawn.spec.frame.population,
                "transcripts": [
                    {"position": number, **transcript_json(one, blind=not facts)}
                    for number, one in enumerate(shown, position)
                ],
            }
        )


@app.command(
    epilog=(
        "Example: allegiance show 3f9a2c · allegiance show --where \"tier = 'monitored'\" · "
        "allegiance show --by scores.judge --position 1"
    )
)
def show(
    transcript: Annotated[
        str | None, typer.Argument(help="A transcript id, or its first 6 characters or more.")
    ] = None,
    where: Annotated[str | None, typer.Option("--where", help="Among these.")] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", help="Sorted by a score (scores.judge, verdict_score.doubts), highest first."
        ),
    ] = "",
    sort: Annotated[str, typer.Option("--sort", help="Sorted by a column, such as epoch.")] = "",
    position: Annotated[int, typer.Option("--position", help="Which of them.", min=1)] = 1,
    seed: Annotated[
        int | None,
        typer.Option("--seed", help="Of the random order that there is without --by or --sort."),
    ] = None,
    scanner: Annotated[
        list[str] | None, typer.Option("--scanner", help="CATEGORY=NAME or digest, for verdicts.")
    ] = None,
    rater: RaterOption = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Show one transcript with all that is known of it; how it was come by is on record.

    By its id (a direct link), or by its place in a list. A list is in a random order unless it is
    sorted, and the highest by a score is the most striking of N.
    """
    from allegiance.audit import Route, whole_id
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    corpus = place.corpus(create=False)
    if transcript is not None:
        if where or by or sort or position != 1:
            raise UsageError("Name a transcript, or a list and a position in it; not both.")
        identifier, route, number = whole_id(corpus, transcript), Route(kind="link"), None
        heading = "by a direct link"
    else:
        if by and sort:
            raise UsageError("--by and --sort exclude each other; choose one.")
        identifier, route = _listed(corpus, place, where, by, sort, position, seed, scanner or [])
        number, heading = position, _heading(route, position)
    found = corpus.get(identifier)
    shown_on_record(place, route, [identifier], [number], rater=rater)
    if as_json:
        told = {"route": route.to_dict(), "transcripts": [transcript_json(found, blind=False)]}
        print_json({**told, "position": number})
        return
    print_transcript(console(), found, heading=heading, facts=facts_of(found))
    if route.kind == "top":
        note(f"You are looking at the most striking of {route.population:,}; that carries no rate.")


def _listed(
    corpus: "Corpus",
    place: "Workspace",
    where: str | None,
    by: str,
    sort: str,
    position: int,
    seed: int | None,
    scanners: list[str],
) -> "tuple[str, Route]":
    """Find the transcript at a place of a list, and the route that this is."""
    from allegiance.audit import Record, Route, frame, ranking
    from allegiance.audit.design import keyed
    from allegiance.corpus.order import random_seed

    has_ledger = place.location.is_folder and place.ledger_file.exists()
    record = Record.of(ledger_of(place)) if has_ledger else Record(())
    head = (record.head.seq, record.head.digest)
    population = frame(corpus, where, scanners=scanners, labels=record.agreed, ledger=head)
    if by:
        order, sorted_by = ranking(population, by, scanners), by
    elif sort:
        order, sorted_by = _sorted(population.ids, corpus, sort), f"sorted by {sort}"
    else:
        chosen = str(random_seed() if seed is None else seed)
        order, sorted_by = keyed(population.ids, chosen), f"in the random order of seed {chosen}"
    if position > len(order):
        raise UsageError(f"--position {position}: there are {len(order):,}.")
    route = Route(
        kind="top" if by else "list",
        where=population.spec.where,
        by=sorted_by,
        population=len(order),
        frame=population.digest,
    )
    return order[position - 1], route


def _sorted(ids: tuple[str, ...], corpus: "Corpus", column: str) -> list[str]:
    inside = frozenset(ids)
    return [one for one in corpus.query().order_by(column).ids() if one in inside]


def _heading(route: "Route", position: int) -> str:
    among = f" with {route.where}" if route.where else ""
    how = f"by {route.by}, the highest first" if route.kind == "top" else route.by
    return f"{position:,} of {route.population:,}{among}, {how}"


def _goes_on() -> bool:
    """Ask whether to go on, on a terminal."""
    return typer.prompt("Enter for the next, q to stop", default="", show_default=False) != "q"
