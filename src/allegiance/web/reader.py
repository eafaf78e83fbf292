"""The reader: one transcript, how it was found, what was said of it, and a place for a label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from allegiance.audit import Record, Route
from allegiance.audit.record import Labelled
from allegiance.audit.specs import Property
from allegiance.corpus import Transcript
from allegiance.corpus.order import random_seed
from allegiance.errors import UsageError
from allegiance.web import reader_acts
from allegiance.web.access import Person
from allegiance.web.facts import facts_of, labels_told, outcomes_of, said_of, shape_of
from allegiance.web.found import found
from allegiance.web.highlights import NONE
from allegiance.web.how_found import draws_of, how_found, queue_words
from allegiance.web.opened import (
    had_before,
    has_open,
    id_of,
    laid,
    marked_for,
    must_be_open,
    verdicts_on,
    words_of,
)
from allegiance.web.page import PersonHere, SiteHere, fragment, page
from allegiance.web.selection import Mode, Selection
from allegiance.web.sight import labels_seen
from allegiance.web.site import Site
from allegiance.web.within import matches

router = APIRouter()
router.include_router(reader_acts.router)


@dataclass(frozen=True)
class Way:
    """By which way a transcript is opened.

    Attributes
    ----------
    route, place, total
        The route, the place in it (from 1) and how many places there are; None for a direct link.
    selection
        The list; for a direct link what its address says of the page.
    """

    route: Route
    place: int | None
    total: int | None
    selection: Selection

    def address(self, identifier: str, place: int | None = None, *, blind: bool = False) -> str:
        """Write the address of a place of the list, or of this page."""
        beside = {"blind": "1"} if blind else {}
        if self.place is None:
            told = self.selection.address(**beside)
            return f"/t/{identifier}" + (f"?{told}" if told else "")
        return f"/read?{self.selection.address(at=place or self.place, **beside)}"


@router.get("/read")
def read(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Show the transcript at a place of a list, a search or a ranking."""
    asked = request.query_params
    selection = Selection.of(asked)
    at = _whole_number(asked.get("at", "1"), "at")
    if selection.random and not selection.seed:
        seeded = selection.with_seed(random_seed())
        beside = {"blind": "1"} if _is_blind(asked) else {}
        return RedirectResponse(f"/read?{seeded.address(at=at, **beside)}", 303)
    listed = found(site, selection, person)
    identifier = listed.id_at(at)
    way = Way(listed.route, at, len(listed), selection)
    return _opened(request, site, person, identifier, way)


@router.get("/t/{start}")
def link(request: Request, site: SiteHere, person: PersonHere, start: str) -> Response:
    """Show a transcript by its id, or the first characters of it."""
    identifier = id_of(site, start)
    way = Way(Route(kind="link"), None, None, Selection.of(request.query_params))
    return _opened(request, site, person, identifier, way)


@router.get("/t/{identifier}/why/{category}")
def reasons(
    request: Request, site: SiteHere, person: PersonHere, identifier: str, category: str
) -> Response:
    """Show why a transcript is in a category."""
    from allegiance.audit import why
    from allegiance.audit.explaining import in_context

    identifier = id_of(site, identifier)
    site.corpus.get(identifier)
    if not has_open(site, person, identifier, blind=False):
        site.open(person, Route(kind="link"), [identifier], [None])
    record = Record.of(
        site.ledger
    )  # of its own: comparing texts takes a while, and others would wait
    told = why(site.corpus, record, identifier, category, site.book)
    seen = [
        one for one in labels_seen(record, person, identifier) if one.label.category == told.name
    ]
    anybody = person.role != "rater"  # a rater sees the labels of what they labelled themselves
    near = [
        one
        for one in told.near
        if anybody or record.label_of(person.name, told.name, one.id) is not None
    ]
    contexts = [
        [in_context(told.transcript, place) for place in one.places[:12]] for one in told.verdicts
    ]
    return page(
        request,
        "reader_why.html.j2",
        told=told,
        contexts=contexts,
        labels={one.label.rater: one.label.value for one in seen},
        near=near,
        back=reader_acts.back_to(request.query_params.get("back", ""), identifier),
    )


@router.get("/api/read/{identifier}/part/{number}")
def part(
    request: Request, site: SiteHere, person: PersonHere, identifier: str, number: int
) -> Response:
    """Give a part of a long transcript that its reader has open, as the page has the first one."""
    blind = _is_blind(request.query_params)
    must_be_open(site, person, identifier, blind=blind)
    told = laid(site, identifier)
    if not 0 <= number < len(told.parts):
        raise UsageError(f"There is no part {number}: this transcript has {len(told.parts)}.")
    marked = NONE
    if not blind:
        with site.record() as record:
            labels = labels_seen(record, person, identifier)
        marked = marked_for(site, labels, told, verdicts_on(site, [identifier])[identifier])
    return HTMLResponse(fragment("reader_rows.html.j2", rows=told.part(number), marked=marked))


@router.get("/api/read/{identifier}/find")
def find(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    identifier: str,
    q: str,
    mode: Mode = "literal",
) -> Response:
    """Find every place of a text in a transcript that its reader has open."""
    must_be_open(site, person, identifier, blind=True)
    count, places = matches(laid(site, identifier), q, mode)
    return JSONResponse({"count": count, "places": [one.to_list() for one in places]})


def _opened(
    request: Request, site: Site, person: Person, identifier: str, way: Way
) -> HTMLResponse:
    """Put the opening on record, then make the page."""
    blind = _is_blind(request.query_params)
    transcript = words_of(site, identifier)
    site.open(person, way.route, [identifier], [way.place], blind=blind)
    told = laid(site, identifier, transcript)
    verdicts = [] if blind else verdicts_on(site, [identifier])[identifier]
    with site.record() as record:
        labels = labels_seen(record, person, identifier)
        how = None if blind else how_found(record, identifier, way.route, way.place, person)
        declared = {p.category: p for d in record.draws.values() for p in d.spec.properties}
        known = {*site.book.by_name, *declared}
        chosen = next((name for name in way.selection.shown if name in known), "")
        counts_in = [] if blind else _draws_for(record, chosen, identifier, person)
        unblinded = blind and had_before(record, person, identifier, blind=False)
    study = site.study
    order = study.categories if study is not None else ()
    marked = NONE if blind else marked_for(site, labels, told, verdicts)
    asked = _whole_number(request.query_params.get("part", "1"), "part")
    return page(
        request,
        "reader.html.j2",
        transcript=transcript,
        told=told,
        open_part=min(max(asked, 1), len(told.parts)) - 1,
        marked=marked,
        blind=blind,
        unblinded=unblinded,
        facts=None if blind else facts_of(transcript, study),
        outcomes=[(fact, shape_of(fact.value)) for fact in outcomes_of(verdicts)],
        verdicts=said_of(verdicts, site.book, marked, order),
        labels=[] if blind else labels_told(labels, marked),
        how=how,
        citation=None if blind else f"Transcript {identifier[:12]}: {how.words if how else ''}",
        counts_in=counts_in,
        panel=_panel(site, declared, labels, person, chosen),
        way=way,
        **_addresses(way, transcript, blind=blind),
    )


def _addresses(way: Way, transcript: Transcript, *, blind: bool) -> dict[str, Any]:
    """Write the addresses that the page leads to."""
    identifier, place, total = transcript.transcript_id, way.place, way.total or 0
    here = way.address(identifier, blind=blind)
    return {
        "here": here,
        "permalink": way.address(identifier),
        "blind_address": way.address(identifier, blind=not blind),
        "previous": way.address(identifier, place - 1, blind=blind) if place and place > 1 else "",
        "following": way.address(identifier, place + 1, blind=blind)
        if place and place < total
        else "",
        "list_address": "" if place is None else f"/transcripts?{way.selection.address()}",
        "fields": [
            (name, value)
            for name, value in parse_qsl(here.partition("?")[2], True)
            if name != "show"
        ],
        "pair": f"/pair/{identifier}" if transcript.request_id and not blind else "",
        "quoted": quote,
    }


@dataclass(frozen=True)
class Panel:
    """The label panel: the categories, the one that is chosen, and what the person said in it before."""

    categories: tuple[str, ...]
    chosen: str
    values: tuple[str, ...]
    definition: tuple[str, ...]
    unit: str
    caution: str
    own: Labelled | None


def _panel(
    site: Site,
    declared: Mapping[str, Property],
    labels: Sequence[Labelled],
    person: Person,
    chosen: str,
) -> Panel:
    names = tuple(dict.fromkeys([*declared, *site.book.by_name]))
    own = next(
        (one for one in labels if one.label.rater == person.name and one.label.category == chosen),
        None,
    )
    found_one = site.book.by_name.get(chosen)
    stated = declared.get(chosen)
    if stated is not None:
        clauses = found_one.definition if found_one else (stated.definition,)
        caution = found_one.caution if found_one else ""
        return Panel(names, chosen, stated.values, clauses, stated.unit, caution, own)
    if found_one is not None:
        return Panel(
            names,
            chosen,
            found_one.values,
            found_one.definition,
            found_one.unit,
            found_one.caution,
            own,
        )
    return Panel(names, "", (), (), "", "", None)


def _draws_for(record: Record, category: str, identifier: str, person: Person) -> list[str]:
    """Give the draws that a transcript was opened in and that are after a category: a label counts there, too."""
    return [
        queue_words(record, name, person)
        for name in draws_of(record, identifier)
        if record.draws[name].spec.property_of(category) is not None
    ]


def _is_blind(asked: QueryParams) -> bool:
    return asked.get("blind", "") == "1"


def _whole_number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise UsageError(f"{name}={text[:40]}: it is a whole number from 1 on.")
    return int(text)
