"""`allegiance attest` and `allegiance challenge`: what a reader reports, and what two people disagree on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.cli.options import ScannerOption
from allegiance.cli.record import ledger_of, rater_name
from allegiance.cli.transcripts import visible
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Answer
    from allegiance.audit.record import DrawRecord


@app.command(
    epilog=(
        "Example: allegiance attest report.yaml · allegiance attest --history opened.txt --name morning --reader Ann "
        "--order random --category doubts --declared --stop 'until 1 hit'"
    )
)
def attest(
    file: Annotated[
        Path | None, typer.Argument(help="A report in YAML; see the page on attesting.")
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history",
            help="A list, one line a transcript: an id, or an address of a browser history.",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", help="With --history: by which the sitting is cited.")
    ] = "",
    reader: Annotated[
        str | None, typer.Option("--reader", help="With --history: who read.")
    ] = None,
    where: Annotated[
        str, typer.Option("--where", help="With --history: the filter that was set.")
    ] = "",
    order: Annotated[
        str, typer.Option("--order", help="With --history: random, chosen or unknown.")
    ] = "unknown",
    category: Annotated[
        str, typer.Option("--category", "-c", help="With --history: what was looked for.")
    ] = "",
    declared: Annotated[
        bool,
        typer.Option(
            "--declared/--undeclared",
            help="With --history: whether that was settled before the first.",
        ),
    ] = False,
    stop: Annotated[
        str,
        typer.Option(
            "--stop", help='With --history: "until 1 hit", "fixed 20", open or undeclared.'
        ),
    ] = "undeclared",
    scanner: ScannerOption = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Enter what was read before or outside the program, as its reader reports it."""
    from allegiance.audit import Report, Sitting, attest_all, read_report, sitting_from_lines
    from allegiance.corpus import Workspace

    if (file is None) == (history is None):
        raise UsageError("Give a report in YAML, or a list with --history; one of them.")
    if file is not None:
        report = read_report(file)
    else:
        assert history is not None
        fields: dict[str, Any] = {
            "name": name or history.stem,
            "where": where,
            "scanners": tuple(scanner or ()),
            "order": order,
            "category": category,
            "declared": declared,
            "stop": stop,
        }
        sitting: Sitting = sitting_from_lines(_lines(history), **fields)
        report = Report(reader=rater_name(reader), sittings=(sitting,))
    place = Workspace(workspace)
    corpus, ledger = place.corpus(create=False), ledger_of(place)
    entered = attest_all(corpus, ledger, report, book=book_of(place))
    if as_json:
        print_json({"reader": report.reader, "sittings": [_plain(one) for one in entered]})
        return
    for one in entered:
        _tell(one)
    note("What is built on this is said to be by the reader's report: allegiance cite ID")


@app.command(epilog="Example: allegiance challenge challenge.yaml")
def challenge(
    file: Annotated[Path, typer.Argument(help="A challenge in YAML; see the page on challenges.")],
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Set somebody's sentence beside your transcript: what stands under each party's definition.

    It also says what the route licenses and what it does not, what was selected before, and the
    smallest reading that would settle what is open.
    """
    from allegiance.audit import challenge as challenged
    from allegiance.audit import read_challenge
    from allegiance.corpus import Workspace

    asked = read_challenge(file)
    place = Workspace(workspace)
    answer = challenged(place.corpus(create=False), ledger_of(place), asked, rater_name(None))
    if as_json:
        print_json(answer.to_dict())
    else:
        _show(answer)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8; write one line a transcript.") from error


def _plain(one: "DrawRecord") -> dict[str, Any]:
    spec = one.spec
    assert spec.testimony is not None
    return {
        "name": spec.name,
        "event": one.seq,
        "population": spec.frame.population,
        "frame_digest": spec.frame.digest,
        "order": spec.testimony.order,
        "stop": str(spec.stop),
        "declared": spec.testimony.declared,
        "not_found": list(spec.testimony.told),
        "transcripts": [
            {"transcript_id": i, "position": k} for k, i in enumerate(spec.testimony.reads, 1)
        ],
    }


def _tell(one: "DrawRecord") -> None:
    spec = one.spec
    assert spec.testimony is not None
    console().print(
        Text(
            visible(
                f"{spec.name}: {len(spec.testimony.reads):,} read by {spec.testimony.reader} out of "
                f"{spec.frame.population:,} ({spec.frame.name}), order {spec.testimony.order}, stop "
                f"{spec.stop}."
            )
        ),
        soft_wrap=True,
    )
    if spec.testimony.told:
        lines = (
            "1 line names"
            if len(spec.testimony.told) == 1
            else f"{len(spec.testimony.told):,} lines name"
        )
        note(f"{lines} no transcript of this corpus, or several")


def _show(answer: "Answer") -> None:
    out = console()

    def say(text: str, style: str = "") -> None:
        out.print(Text(visible(text), style=style), soft_wrap=True)

    claim = answer.claim
    say(f"{claim.by}: {claim.says or f'{claim.kind} of {claim.category}'}", "italic")
    for route in answer.routes or ("how it was found is neither on record nor reported",):
        say(f"Transcript {answer.transcript_id[:12]}: {route}.")
    for one in answer.under:
        out.print()
        say(f"By the definition of {one.party}: {one.status}.", "bold")
        say(f"  {one.sentence}")
        for what in one.licensed:
            say(f"  licensed: {what}", "dim")
        for what in one.unlicensed:
            say(f"  not licensed: {what}", "dim")
        for what in one.open:
            say(f"  to be settled between the parties: {what}")
        if one.plan is not None:
            say(f"  would settle it: {one.plan.sentence()}")
        if one.command:
            say(f"  {one.command}")
    out.print()
    for line in answer.history.lines() or (
        "Nothing else was tried on this frame, as far as is on record.",
    ):
        say(f"On record: {line}", "dim")
