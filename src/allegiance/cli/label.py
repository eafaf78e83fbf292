"""`allegiance label`: what a rater says, one transcript at a time, blind, on the disk before the next."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, print_json
from allegiance.cli.codebook import book_of
from allegiance.cli.label_at_once import Desk, chosen, from_file, say, tell
from allegiance.cli.record import RaterOption, ledger_of, rater_name
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Draw, Labelling, Property
    from allegiance.corpus import Workspace
    from allegiance.scanners.codebook import Category


@app.command(
    epilog=(
        "Example: allegiance label first · allegiance label first --mask --terms both · allegiance label first "
        "--value no · allegiance label first --from labels.csv · allegiance label --transcript 3f9a2c --category "
        "doubts --value yes --quote 'perhaps they are not' · allegiance label first --overlap 20 --among ann,ben"
    )
)
def label(
    draw: Annotated[
        str | None,
        typer.Argument(help="The draw; without one, --transcript that came by another route."),
    ] = None,
    category: Annotated[
        str | None,
        typer.Option("--category", "-c", help="In which category; the draw's own by default."),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            "--value", help="Say it at once, without showing the transcript: yes, no, ... or skip."
        ),
    ] = None,
    transcript: Annotated[
        str | None, typer.Option("--transcript", help="This one, by its id or the beginning of it.")
    ] = None,
    position: Annotated[
        int | None, typer.Option("--position", help="The one at this place of the draw.", min=1)
    ] = None,
    quote: Annotated[
        list[str] | None,
        typer.Option("--quote", help="Words of it that the label rests on; may be repeated."),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="A remark, or the reason for a skip.")] = "",
    from_csv: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Labels from a CSV with the columns transcript_id, value and maybe quote, note.",
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back this rater's last label or skip in the draw.")
    ] = False,
    mask: Annotated[
        bool,
        typer.Option("--mask", help="Mask words of the prompt that tell the tiers apart."),
    ] = False,
    mask_word: Annotated[
        list[str] | None,
        typer.Option("--mask-word", help="Mask this word or phrase too; may be repeated."),
    ] = None,
    mask_all: Annotated[
        bool, typer.Option("--mask-all", help="Mask them in the model's own words as well.")
    ] = False,
    terms: Annotated[
        str | None,
        typer.Option(
            "--terms",
            metavar="A|B|both|items",
            help="Tell the category in one side's words: A's, B's, by chance for each rater, or for each item.",
        ),
    ] = None,
    overlap: Annotated[
        int | None,
        typer.Option(
            "--overlap",
            min=0,
            help="Before the first label: the first so many places to all of --among, the rest in turn.",
        ),
    ] = None,
    among: Annotated[
        str, typer.Option("--among", metavar="NAME,NAME", help="The raters that share the draw.")
    ] = "",
    plant: Annotated[
        Path | None,
        typer.Option(
            "--plant",
            help="Before the first opening: mix in known cases of your own (YAML, JSON lines), to see "
            "how many are noticed.",
        ),
    ] = None,
    reveal: Annotated[
        bool,
        typer.Option("--reveal", help="End the planting: which cases were planted and noticed."),
    ] = False,
    lines: Annotated[
        bool, typer.Option("--lines", help="Read answers as lines, also from a pipe.")
    ] = False,
    rater: RaterOption = None,
    rater_is_me: Annotated[
        bool,
        typer.Option("--rater-is-me", help="Use a name that another account used: both are yours."),
    ] = False,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Label a draw in its order, blind to condition, verdicts and other raters.

    On a terminal one transcript after the other is shown, and a key answers; stop with q, go on any time.
    """
    from allegiance.audit import Record, check_account, known_property, open_draw, this_account
    from allegiance.audit.asking import category_of, declared, only_category
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    # A draw is on record already; a transcript that came otherwise may begin the ledger.
    corpus, ledger = place.corpus(create=False), ledger_of(place, create=draw is None)
    record = Record.of(ledger)
    drawn = None if draw is None else open_draw(corpus, record, draw)
    if overlap is not None or among:
        _share(place, drawn, overlap, among, rater, as_json)
        return
    name = category or only_category(drawn)
    book = book_of(place)
    wanted = (
        known_property(record, name, book=book)
        if drawn is None
        else declared(drawn, record, name, book)
    )
    who, account = rater_name(rater), this_account()
    desk = Desk(corpus, ledger, record, wanted, who, drawn, account, rater_is_me)
    if plant is not None or reveal:
        _plant(desk, plant, as_json)
        return
    check_account(record, who, account, me=rater_is_me)
    if from_csv is not None:
        from_file(desk, from_csv, as_json)
    elif value is not None:
        identifier = chosen(desk, transcript, position)
        given = say(desk, identifier, value, quote or [], note)
        tell(desk, [(identifier, value, given)], as_json)
    else:
        known = category_of(wanted, book)
        sitting = _labelling(desk, mask, mask_word or [], mask_all)
        if undo:
            _undo(sitting, as_json)
            return
        if as_json or not (lines or sys.stdin.isatty()):
            raise UsageError("Say what it is with --value, or label a draw on a terminal.")
        _sit(desk, sitting, known, terms, lines)


def _share(
    place: "Workspace",
    drawn: "Draw | None",
    overlap: int | None,
    among: str,
    rater: str | None,
    as_json: bool,
) -> None:
    """Share a draw out among raters."""
    from allegiance.audit import share_out

    if drawn is None or overlap is None or not among:
        raise UsageError(
            "A draw is shared out with both, --overlap 20 --among ann,ben; then each labels with --rater."
        )
    raters = [name.strip() for name in among.split(",")]
    share_out(ledger_of(place, create=False), drawn, overlap, raters, rater_name(rater))
    if as_json:
        print_json({"draw": drawn.name, "overlap": overlap, "raters": raters})
        return
    rest = len(drawn.order) - overlap
    console().print(
        f"{drawn.name}: the first {overlap:,} places to {', '.join(raters)} alike, the other {rest:,} in turn.",
        markup=False,
    )


def _plant(desk: Desk, plant: Path | None, as_json: bool) -> None:
    """Plant cases, or reveal them."""
    from allegiance.audit import plant as plant_cases
    from allegiance.audit import read_cases, reveal

    if desk.draw is None:
        raise UsageError("Cases are planted in a draw; name it.")
    where = {"draw": desk.draw.name, "category": desk.wanted.category}
    if plant is None:
        found = reveal(desk.ledger, desk.draw, desk.wanted, desk.rater)
        if as_json:
            counts = {
                name: getattr(found, name)
                for name in ("caught", "planted", "alarms", "others", "unseen")
            }
            print_json({**where, **counts})
            return
        _tell_revealed(desk.draw.name, desk.wanted, found)
        return
    cases = read_cases(plant, desk.wanted)
    event = plant_cases(desk.ledger, desk.draw, desk.wanted, cases, desk.rater)
    if as_json:
        commitment = event.body["commitment"]
        print_json({**where, "number": len(cases), "commitment": commitment})
        return
    console().print(
        f"{desk.draw.name}: {len(cases):,} cases are planted for {desk.wanted.category}; the ledger commits "
        f"to them as {event.body['commitment'][:12]}.",
        markup=False,
        soft_wrap=True,
    )


def _labelling(desk: Desk, mask: bool, words: list[str], everything: bool) -> "Labelling":
    from allegiance.audit import Labelling, Masking
    from allegiance.audit.masking import check_words

    if desk.draw is None:
        raise UsageError("Name a draw, or say what a transcript is with --transcript and --value.")
    masking = Masking(mask or bool(words) or everything, check_words(words), everything)
    return Labelling(desk.corpus, desk.ledger, desk.draw, desk.wanted, desk.rater, masking)


def _undo(sitting: "Labelling", as_json: bool) -> None:
    sitting.take_back()
    if as_json:
        print_json(
            {
                "draw": sitting.draw.name,
                "category": sitting.wanted.category,
                "rater": sitting.rater,
                "taken_back": True,
            }
        )
        return
    console().print(f"The last answer of {sitting.rater} is taken back.", markup=False)


def _sit(
    desk: Desk,
    sitting: "Labelling",
    category: "Category | None",
    terms: str | None,
    lines: bool,
) -> None:
    """Label on the screen."""
    from allegiance.audit import bind_rater, check_terms, settle_terms
    from allegiance.cli.keyboard import Keyboard
    from allegiance.cli.label_screen import Screen

    assert desk.draw is not None
    name = desk.wanted.category
    settled = desk.record.terms.get((desk.draw.name, name, desk.rater))
    if terms is not None or settled is not None:
        if category is None:
            raise UsageError(f"--terms: the codebook has no category {name} of this definition.")
        mode = check_terms(category, terms or (settled.mode if settled else ""))
        bind_rater(desk.ledger, desk.rater, desk.account, me=desk.me)
        sitting.terms = settle_terms(desk.ledger, desk.draw, name, desk.rater, mode)
    bind_rater(desk.ledger, desk.rater, desk.account, me=desk.me)
    if not Screen(console(), Keyboard(lines), sitting, category).run():
        return
    count = len(sitting.items())
    console().print(f"All {count:,} are labelled.")
    revealed = sitting.close_if_read()
    if revealed is not None:
        _tell_revealed(desk.draw.name, desk.wanted, revealed)


def _tell_revealed(draw: str, wanted: "Property", found: "object") -> None:
    from allegiance.audit import Revealed

    assert isinstance(found, Revealed)
    console().print(f"{draw}: {found.told(wanted)}.", markup=False, soft_wrap=True)
