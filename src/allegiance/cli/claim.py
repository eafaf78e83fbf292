"""`allegiance claim`, `cite` and `verify`: sentences with certificates, and certificates recomputed."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.cli.options import ConfidenceOption, ScannerOption, check_confidence
from allegiance.cli.record import ledger_of, rater_name
from allegiance.cli.transcripts import visible
from allegiance.errors import AllegianceError

if TYPE_CHECKING:
    from allegiance.audit import Certificate
    from allegiance.audit.chain import Event
    from allegiance.corpus import Workspace


@app.command(
    epilog=(
        "Example: allegiance claim prevalence --category doubts --draw first --at-most 5% · allegiance claim "
        "none-exist --category doubts --draw first · allegiance claim gap --category outcome=complied --gap tier "
        "--where \"model = 'organism/faker'\""
    )
)
def claim(
    kind: Annotated[
        str,
        typer.Argument(
            help="existence, none-seen, none-exist, prevalence, gap, random-example or striking."
        ),
    ],
    category: Annotated[
        str, typer.Option("--category", "-c", help="Of what: a category, or CATEGORY=VALUE.")
    ],
    draw: Annotated[str, typer.Option("--draw", help="The draw it rests on.")] = "",
    transcript: Annotated[
        str,
        typer.Option(
            "--transcript", help="The transcript it is about, by its id or the beginning."
        ),
    ] = "",
    where: Annotated[
        str | None,
        typer.Option("--where", help="The frame of a claim without a draw; all by default."),
    ] = None,
    at_most: Annotated[
        str | None, typer.Option("--at-most", help="The number claimed: at most 5%.")
    ] = None,
    at_least: Annotated[
        str | None, typer.Option("--at-least", help="The number claimed: at least 1%.")
    ] = None,
    about: Annotated[
        str | None, typer.Option("--about", help="The number claimed: about 3%.")
    ] = None,
    noticed: Annotated[
        str | None,
        typer.Option("--noticed", help="CAUGHT/PLANTED: how many planted cases a reader noticed."),
    ] = None,
    gap: Annotated[
        str | None, typer.Option("--gap", help="The factor of a gap, such as tier.")
    ] = None,
    levels: Annotated[
        str | None, typer.Option("--levels", help="FIRST,SECOND of the factor.")
    ] = None,
    margin: Annotated[
        str | None, typer.Option("--margin", help="The gap that would matter, such as 5%.")
    ] = None,
    labels: Annotated[bool, typer.Option("--labels", help="A gap of raters' labels.")] = False,
    scanner: ScannerOption = None,
    rater: Annotated[str, typer.Option("--rater", help="The labels of one rater alone.")] = "",
    method: Annotated[
        str, typer.Option("--method", help="Another one that the route licenses.")
    ] = "",
    confidence: ConfidenceOption = 0.95,
    words: Annotated[str, typer.Option("--words", help="The sentence as somebody said it.")] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where the certificate goes, instead of report/claims/."),
    ] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Decide a claim by what is on record, and write the certificate from which anybody can decide it again."""
    from allegiance.audit import Record, certified
    from allegiance.audit.claim_asked import Asked, claim_of
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    corpus, ledger = place.corpus(create=False), ledger_of(place)
    asked = Asked(
        kind=kind,
        category=category,
        draw=draw,
        transcript=transcript,
        where=where,
        at_most=at_most,
        at_least=at_least,
        about=about,
        noticed=noticed,
        gap=gap,
        levels=levels,
        margin=margin,
        labels=labels,
        scanners=tuple(scanner or ()),
        rater=rater,
        method=method,
        confidence=confidence,
        words=words,
    )
    spec = claim_of(asked, corpus, Record.of(ledger), book_of(place))
    made = certified(spec, corpus, ledger, rater_name(None))
    path = keep(place, made, out)
    if as_json:
        print_json({"certificate": made.to_dict(), "path": str(path)})
        return
    show_certificate(made, path)


@app.command(epilog="Example: allegiance cite 3f9a2c --markdown")
def cite(
    transcript: Annotated[
        str, typer.Argument(help="A transcript, by its id or the beginning of it.")
    ],
    category: Annotated[
        str | None,
        typer.Option("--category", "-c", help="Of what; by default what it is labelled for."),
    ] = None,
    confidence: ConfidenceOption = 0.95,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the certificate as Markdown.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where the certificate goes, instead of report/claims/."),
    ] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Say how a transcript was found and what that licenses, in a sentence with its certificate."""
    from allegiance.audit import cite as cited
    from allegiance.audit import whole_id
    from allegiance.corpus import Workspace

    check_confidence(confidence)
    place = Workspace(workspace)
    corpus, ledger = place.corpus(create=False), ledger_of(place)
    found = cited(
        corpus, ledger, whole_id(corpus, transcript), category, confidence, rater_name(None)
    )
    made = found.certificate
    path = None if made is None else keep(place, made, out)
    if as_json:
        print_json(
            {
                "transcript_id": found.transcript_id,
                "ordinal": found.ordinal,
                "routes": list(found.routes),
                "certificate": None if made is None else made.to_dict(),
                "path": None if path is None else str(path),
            }
        )
        return
    if made is None or path is None:
        routes = "; ".join(found.routes) or "how it was found is not on record"
        console().print(
            Text(visible(f"Transcript {found.transcript_id[:12]}: {routes}.")), soft_wrap=True
        )
        note(
            "Nobody labelled it, so that there is no claim to certify: `allegiance label --transcript ID`."
        )
    elif markdown:
        console().print(Text(visible_lines(made)), soft_wrap=True)
    else:
        show_certificate(made, path)


@app.command(
    epilog="Example: allegiance verify claim.json -w watched · allegiance verify claim.json --ledger ledger.jsonl"
)
def verify(
    file: Annotated[Path, typer.Argument(help="A certificate.")],
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", help="An export of the ledger, instead of the workspace's own."),
    ] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Recompute everything a certificate says, from the corpus and the ledger, and print each check."""
    from allegiance.audit import Ledger, read_certificate, read_export
    from allegiance.audit import verify as verified
    from allegiance.corpus import Workspace

    certificate, fields = read_certificate(file)
    place = Workspace(workspace)
    corpus = place.corpus(create=False)
    events: Callable[[], Iterable[Event]]
    if ledger is not None:
        ledger_id, _ = read_export(ledger)
        exported = ledger
        events = lambda: read_export(exported)[1]  # noqa: E731
    else:
        own: Ledger = ledger_of(place, create=False)
        ledger_id, events = own.id, own.events
    found = verified(certificate, fields, corpus, ledger_id, events)
    if as_json:
        print_json({"certificate": certificate.digest, **found.to_dict()})
    else:
        marks = {"holds": "✓", "fails": "✗", "noted": "·", "not checked": "?"}
        for check in found.checks:
            line = Text(f"{marks[check.outcome]} {check.name}: ", style="bold")
            line.append(visible(check.detail), style="not bold")
            console().print(line, soft_wrap=True)
        if found.holds:
            console().print(
                Text(visible(f"Holds: {certificate.decision.sentence}")), soft_wrap=True
            )
    if not found.holds:
        failed = [check.name for check in found.checks if check.outcome == "fails"]
        raise AllegianceError(f"the certificate does not hold: {', '.join(failed)}")


def keep(place: "Workspace", made: "Certificate", out: Path | None) -> Path:
    """Write a certificate where it belongs."""
    from allegiance.audit.certificate import place_of, write_certificate

    return write_certificate(made, out or place_of(made, place.report / "claims"))


def show_certificate(made: "Certificate", path: Path) -> None:
    """Print what was decided, why, and what else was tried."""
    decision = made.decision
    out = console()
    out.print(Text(decision.status.capitalize() + ".", style="bold"))
    out.print(Text(visible(made.sentence())), soft_wrap=True)
    for reason in decision.reasons:
        out.print(Text(visible(f"  because {reason}"), style="dim"), soft_wrap=True)
    if decision.adjusted is not None:
        low, high = decision.adjusted["low"], decision.adjusted["high"]
        out.print(
            f"  allowing for the {decision.history.tried} numbers tried on this frame: {100 * low:.2f} to "
            f"{100 * high:.2f} %",
            soft_wrap=True,
        )
    for line in decision.history.lines():
        out.print(Text(visible(f"  also on record: {line}"), style="dim"), soft_wrap=True)
    out.print(Text(f"  {made.unknown}", style="dim"), soft_wrap=True)
    note(f"Certificate: {path} (allegiance verify {path})")


def visible_lines(made: "Certificate") -> str:
    """Give the Markdown of a certificate, fit for a terminal."""
    return "\n".join(visible(line) for line in made.to_markdown().splitlines())
