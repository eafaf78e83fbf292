"""`allegiance agreement`: how far raters agree, from their labels as they gave them."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, print_json, printable
from allegiance.cli.codebook import book_of
from allegiance.cli.options import ConfidenceOption, check_confidence
from allegiance.cli.record import ledger_of
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Agreement, Shift


@app.command(
    epilog=(
        "Example: allegiance agreement · allegiance agreement --draw first --category doubts --json · "
        "allegiance agreement --terms"
    )
)
def agreement(
    draw: Annotated[
        str | None, typer.Option("--draw", help="Only labels given in this draw.")
    ] = None,
    category: Annotated[
        str | None,
        typer.Option(
            "--category", "-c", help="Only this category; all that are labelled by default."
        ),
    ] = None,
    terms: Annotated[
        bool,
        typer.Option("--terms", help="Only how labels differ under the words of two sides."),
    ] = False,
    confidence: ConfidenceOption = 0.95,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Say how far raters agree: Krippendorff's alpha, Gwet's AC1 and the plain share, with limits.

    From the labels alone; what was settled by an adjudicator changes none of it.
    """
    from allegiance.audit import Record, agreement_of
    from allegiance.audit.agreement import is_ordinal, labelled_in
    from allegiance.corpus import Workspace

    check_confidence(confidence)
    place = Workspace(workspace)
    record, book = Record.of(ledger_of(place, create=False)), book_of(place)
    if draw is not None:
        record.draw(draw)
    wanted = labelled_in(record, book, draw, category)
    found = [
        agreement_of(record, one, ordinal=is_ordinal(book, one), draw=draw, confidence=confidence)
        for one in wanted
    ]
    where = f" in {draw}" if draw is not None else ""
    if terms and not any(one.terms for one in found):
        raise UsageError(
            f"No label{where} was given under the words of a side; `allegiance label DRAW --terms both` "
            "asks for such."
        )
    if not terms and not any(one.shared for one in found):
        named = category or "any category"
        raise UsageError(
            f"No transcript{where} is labelled for {named} by two raters; let another label the same "
            "draw: allegiance label DRAW --rater NAME."
        )
    if as_json:
        print_json({"draw": draw, "categories": [one.to_dict() for one in found]})
        return
    for one in found:
        if not terms:
            _show(one)
        if one.terms is not None:
            _show_shift(one.terms)


def _show(one: "Agreement") -> None:
    from allegiance.audit.coefficients import ONE_VALUE

    out = console()
    who = ", ".join(one.raters) or "nobody"
    head = f"{one.wanted.category}: {one.items:,} labelled by {who}; {one.shared:,} by two or more"
    out.print(Text(printable(head), style="bold"), soft_wrap=True)
    found = one.coefficients
    if found is None:
        out.print("  nothing to compare: no transcript has two raters")
        return
    kind = "ordinal" if one.ordinal else "nominal"
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
    alpha = f"not defined: {ONE_VALUE}" if found.alpha is None else f"{found.alpha}"
    table.add_row(f"  Krippendorff's alpha ({kind})", alpha)
    table.add_row("  Gwet's AC1", f"{found.ac1}")
    table.add_row("  the same label", f"{found.same}")
    out.print(table)
    taken = [(a, b, n) for a, b, n in one.pairs if a != b]
    if taken:
        said = "; ".join(f"{a} and {b} {n:,} ×" for a, b, n in taken)
        out.print(Text(printable(f"  differing: {said}")), soft_wrap=True)
        out.print(f"  settled by an adjudicator: {one.settled:,} of {one.differing:,} transcripts")
    if one.revised:
        out.print(f"  {one.revised:,} of the labels replaced one before")


def _show_shift(shift: "Shift") -> None:
    out = console()
    wanted = shift.category if shift.value == "yes" else f"{shift.category} = {shift.value}"
    out.print(Text(printable(f"{wanted}, by the words it was told in"), style="bold"))
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
    for side, labels, raters, rate in zip(
        "AB", shift.labels, shift.raters, shift.rates, strict=True
    ):
        people = f"{raters:,} rater{'' if raters == 1 else 's'}"
        told = "none yet" if rate is None else f"{rate}"
        table.add_row(f"  side {side}", f"{labels:,} labels by {people}", told)
    out.print(table)
    if shift.paired is not None:
        p_value = shift.paired.p_value
        out.print(
            f"  A minus B on the {shift.shared:,} labelled under both: {shift.paired.interval}; p = {p_value:.3g}",
            soft_wrap=True,
        )
    if shift.separate is not None and shift.p_value is not None:
        estimate, low, high = (100 * number for number in shift.separate)
        out.print(
            f"  A minus B on all: {estimate:+.1f} points [{low:.2f}, {high:.2f}]; p = {shift.p_value:.3g}"
            " (Fisher)",
            markup=False,
            soft_wrap=True,
        )
    for note in shift.notes():
        out.print(Text(f"  {note}", style="dim"))
