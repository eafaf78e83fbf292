"""The reader: one transcript, how it was found, what was said of it, and a place for a label."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any, cast
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Form
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from allegiance.audit import Quote, Record, Route, cite, hidden_from, known_property, whole_id
from allegiance.audit.case import nth
from allegiance.audit.evidence import in_words
from allegiance.audit.labels import give_label, quoted_in
from allegiance.audit.raters import bind_rater, check_account
from allegiance.audit.record import Labelled
from allegiance.audit.specs import Property
from allegiance.corpus import Transcript, jsontext
from allegiance.corpus.export.jsonl import record as record_line
from allegiance.corpus.order import random_seed
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.conversation import Conversation, laid_out
from allegiance.web.facts import facts_of, labels_told, outcome_of, said_of, shape_of
from allegiance.web.found import found
from allegiance.web.highlights import NONE, Highlights, highlights
from allegiance.web.how_found import how_found
from allegiance.web.page import PersonHere, SiteHere, fragment, needs, page
from allegiance.web.selection import Mode, Selection
from allegiance.web.sight import labels_seen
from allegiance.web.site import Site
from allegiance.web.within import matches

router = APIRouter()

_WHOLE_ID = 64
_KEPT, _WORTH_KEEPING = 6, 100_000
"""Long transcripts that stay laid out between the requests for their parts, and from which length on."""


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

    def address(self, identifier: str, place: int | None = None, **beside: str | int) -> str:
        """Write the address of a place of the list, or of this page."""
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
    listed = found(site, selection)
    identifier = listed.id_at(at)
    way = Way(listed.route, at, len(listed), selection)
    return _opened(request, site, person, identifier, way)


@router.get("/t/{start}")
def link(request: Request, site: SiteHere, person: PersonHere, start: str) -> Response:
    """Show a transcript by its id, or the first characters of it."""
    identifier = start if _is_id(start) else whole_id(site.corpus, start)
    way = Way(Route(kind="link"), None, None, Selection.of(request.query_params))
    return _opened(request, site, person, identifier, way)


@router.get("/t/{identifier}/why/{category}")
def reasons(
    request: Request, site: SiteHere, person: PersonHere, identifier: str, category: str
) -> Response:
    """Show why a transcript is in a category."""
    from allegiance.audit import why
    from allegiance.audit.explaining import in_context

    site.corpus.get(identifier)
    if not _has_seen(site, person, identifier, blind=False):
        site.open(person, Route(kind="link"), [identifier], [None])
    with site.record() as record:
        told = why(site.corpus, record, identifier, category, site.book)
        seen = {one.label.rater for one in labels_seen(record, person, identifier)}
    contexts = [
        [in_context(told.transcript, place) for place in one.places[:12]] for one in told.verdicts
    ]
    return page(
        request,
        "reader_why.html.j2",
        told=told,
        contexts=contexts,
        labels={rater: value for rater, value in told.labels.items() if rater in seen},
        back=_back(request.query_params.get("back", ""), identifier),
    )


@router.get("/t/{identifier}/transcript.json")
def export(site: SiteHere, person: PersonHere, identifier: str) -> Response:
    """Give a transcript as a line of the corpus, with its verdicts left out; on record as an export."""
    rows = site.corpus.table(where={"transcript_id": identifier}).to_pylist()
    if not rows:
        site.corpus.get(identifier)  # which says so
    route = Route(kind="export", by="json", population=1)
    site.open(person, route, [identifier], [None])
    return Response(
        jsontext.dump(record_line(rows[0])) + "\n",
        media_type="application/json",
        headers={
            "content-disposition": f'attachment; filename="transcript-{identifier[:12]}.json"'
        },
    )


@router.post("/t/{identifier}/label", dependencies=[needs("rater")])
def label(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    identifier: str,
    category: Annotated[str, Form()],
    value: Annotated[str, Form()],
    quoted: Annotated[list[str] | None, Form(alias="quote")] = None,
    note: Annotated[str, Form(max_length=20_000)] = "",
    back: Annotated[str, Form()] = "",
    onward: Annotated[str, Form(alias="next")] = "",
    go: Annotated[str, Form()] = "",
) -> Response:
    """Keep what a person says of a transcript that they opened here."""
    transcript = site.corpus.get(identifier)
    if not (_has_seen(site, person, identifier, blind=True)):
        raise UsageError(
            "Open this transcript before you label it, so that its route is on record."
        )
    with site.record() as record:
        wanted = _property(record, site, category)
        check_account(record, person.name, person.account)
        hidden = _hidden(record, person, identifier, wanted.category)
    bind_rater(site.ledger, person.name, person.account)
    given = give_label(
        site.ledger,
        transcript,
        wanted,
        value,
        person.name,
        quotes=[_quote(text, wanted.unit, transcript) for text in quoted or [] if text.strip()],
        note=note.strip(),
        hidden=hidden,
    )
    said = {
        "new": f"{wanted.category}: {value}. Kept.",
        "same": f"{wanted.category}: {value}, as you had said before; nothing was added.",
        "revised": f"{wanted.category}: {value} instead of {given.before}; your first label stays on record.",
    }[given.standing]
    if "json" in request.headers.get("accept", ""):
        return JSONResponse({"said": said, "standing": given.standing, "value": value})
    return RedirectResponse(_back(onward if go and onward else back, identifier), 303)


@router.post("/t/{identifier}/cite", dependencies=[needs("rater")])
def citation(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    identifier: str,
    category: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Cite a transcript: the sentence of its certificate, or its routes alone where nobody labelled it."""
    if not _has_seen(site, person, identifier, blind=True):
        raise UsageError("Open this transcript before you cite it, so that its route is on record.")
    with site.record() as record:
        named = sorted({one.label.category for one in labels_seen(record, person, identifier)})
        routes = _routes(record, identifier)
    chosen = category if category in named else named[0] if len(named) == 1 else ""
    if len(named) > 1 and not chosen:
        raise UsageError(
            f"It is labelled for {', '.join(named)}; choose one of them in the label panel, then cite."
        )
    sentence, digest = f"Transcript {identifier[:12]}: {routes}.", ""
    if chosen:
        made = cite(site.corpus, site.ledger, identifier, chosen, actor=person.name).certificate
        assert made is not None
        sentence, digest = made.sentence(), made.digest
    address = f"{str(request.base_url).rstrip('/')}/t/{identifier}"
    told = {
        "sentence": sentence,
        "certificate": digest,
        "transcript_id": identifier,
        "address": address,
        "text": f"{sentence}\n{address}\ntranscript {identifier}",
    }
    if "json" in request.headers.get("accept", ""):
        return JSONResponse(told)
    return page(request, "reader_cited.html.j2", told=told, back=_back(back, identifier))


@router.get("/api/read/{identifier}/part/{number}")
def part(
    request: Request, site: SiteHere, person: PersonHere, identifier: str, number: int
) -> Response:
    """Give a part of a long transcript that its reader has open, as the page has the first one."""
    blind = _is_blind(request.query_params)
    _must_be_open(site, person, identifier, blind=blind)
    told = _laid(site, identifier)
    if not 0 <= number < len(told.parts):
        raise UsageError(f"There is no part {number}: this transcript has {len(told.parts)}.")
    marked = NONE if blind else _highlights(site, person, identifier, told)
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
    _must_be_open(site, person, identifier, blind=True)
    count, places = matches(_laid(site, identifier), q, mode)
    return JSONResponse({"count": count, "places": [one.to_list() for one in places]})


def _opened(
    request: Request, site: Site, person: Person, identifier: str, way: Way
) -> HTMLResponse:
    """Put the opening on record, then make the page."""
    blind = _is_blind(request.query_params)
    transcript = site.corpus.get(identifier)
    site.open(person, way.route, [identifier], [way.place], blind=blind)
    told = _laid(site, identifier, transcript)
    verdicts = [] if blind else _verdicts(site, identifier)
    with site.record() as record:
        labels = labels_seen(record, person, identifier)
        how = None if blind else how_found(record, identifier, way.route, way.place)
        declared = {p.category: p for d in record.draws.values() for p in d.spec.properties}
        unblinded = blind and _seen(record, person, identifier, blind=False)
    study = site.study
    order = study.categories if study is not None else ()
    marked = NONE if blind else highlights(told, verdicts, labels, ("outcome", *order))
    chosen = next(
        (name for name in way.selection.shown if name in (site.book.by_name | declared)), ""
    )
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
        outcome=outcome_of(verdicts),
        shape=shape_of(outcome_of(verdicts)),
        verdicts=said_of(verdicts, site.book, marked, order),
        labels=[] if blind else labels_told(labels, marked),
        how=how,
        citation=None if blind else f"Transcript {identifier[:12]}: {how.words if how else ''}",
        panel=_panel(site, declared, labels, person, chosen),
        way=way,
        **_addresses(way, transcript, blind=blind),
    )


def _addresses(way: Way, transcript: Transcript, *, blind: bool) -> dict[str, Any]:
    """Write the addresses that the page leads to."""
    beside: dict[str, str | int] = {"blind": "1"} if blind else {}
    identifier, place, total = transcript.transcript_id, way.place, way.total or 0
    return {
        "here": way.address(identifier, **beside),
        "permalink": way.address(identifier),
        "blind_address": way.address(identifier, **({} if blind else {"blind": "1"})),
        "previous": way.address(identifier, place - 1, **beside) if place and place > 1 else "",
        "following": way.address(identifier, place + 1, **beside)
        if place and place < total
        else "",
        "list_address": "" if place is None else f"/transcripts?{way.selection.address()}",
        "fields": [
            (name, value)
            for name, value in parse_qsl(way.address(identifier, **beside).partition("?")[2], True)
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


class _Shelf:
    """The long transcripts that were laid out last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, Conversation] = OrderedDict()

    def get(self, identifier: str) -> Conversation | None:
        with self._lock:
            return self._kept.get(identifier)

    def put(self, identifier: str, told: Conversation) -> None:
        with self._lock:
            self._kept[identifier] = told
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _laid(site: Site, identifier: str, transcript: Transcript | None = None) -> Conversation:
    """Lay a transcript out, or take it as it was laid out; the words under an id never change."""
    shelf = site.kept(("reader", "shelf"), _Shelf)
    told = shelf.get(identifier)
    if told is None:
        told = laid_out(transcript or site.corpus.get(identifier))
        if told.size >= _WORTH_KEEPING:
            shelf.put(identifier, told)
    return told


def _verdicts(site: Site, identifier: str) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], site.corpus.verdicts(ids=[identifier]).to_pylist())


def _highlights(site: Site, person: Person, identifier: str, told: Conversation) -> Highlights:
    with site.record() as record:
        labels = labels_seen(record, person, identifier)
    order = site.study.categories if site.study is not None else ()
    return highlights(told, _verdicts(site, identifier), labels, ("outcome", *order))


def _seen(record: Record, person: Person, identifier: str, *, blind: bool) -> bool:
    """Whether somebody had a transcript before them; without `blind` only with all that is known of it."""
    return any(
        sight.actor == person.name and (blind or not sight.blind)
        for sight in record.sights_of(identifier)
    )


def _has_seen(site: Site, person: Person, identifier: str, *, blind: bool) -> bool:
    with site.record() as record:
        return _seen(record, person, identifier, blind=blind)


def _must_be_open(site: Site, person: Person, identifier: str, *, blind: bool) -> None:
    if not _has_seen(site, person, identifier, blind=blind):
        raise UsageError("Open this transcript first, so that its route is on record.")


def _property(record: Record, site: Site, category: str) -> Property:
    """Find a category as labels are given in it; which of its values counts as a hit is no matter here."""
    defined = site.book.by_name.get(category)
    named = (
        category
        if defined is None or "yes" in defined.values
        else f"{category}={defined.values[0]}"
    )
    return known_property(record, named, book=site.book)


def _hidden(record: Record, person: Person, identifier: str, category: str) -> tuple[str, ...]:
    """Say what is hidden from somebody who labels here: with all that is known shown, so are the verdicts."""
    shown: set[str] = set()
    if _seen(record, person, identifier, blind=False):
        shown.add("verdicts")
    others = labels_seen(record, person, identifier)
    if any(o.label.rater != person.name and o.label.category == category for o in others):
        shown.add("other raters")
    return tuple(one for one in hidden_from(person.name, identifier, record) if one not in shown)


def _quote(text: str, unit: str, transcript: Transcript) -> Quote:
    """Make a quote of the part that the category is told by, or of the whole where it stands elsewhere."""
    inside = Quote(text=text, part=unit)
    return inside if quoted_in(inside, transcript) else Quote(text=text, part="whole")


def _routes(record: Record, identifier: str) -> str:
    told = dict.fromkeys(
        in_words(sight, record)
        for sight in record.sights_of(identifier)
        if sight.place is not None or sight.route.kind in ("link", "export")
    )
    number = record.ordinal(identifier)
    ordinal = [f"the {nth(number)} transcript on record"] if number else []
    return "; ".join([*ordinal, *told])


def _is_id(text: str) -> bool:
    return len(text) == _WHOLE_ID and all(c in "0123456789abcdef" for c in text)


def _is_blind(asked: QueryParams) -> bool:
    return asked.get("blind", "") == "1"


def _whole_number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise UsageError(f"{name}={text[:40]}: it is a whole number from 1 on.")
    return int(text)


def _back(address: str, identifier: str) -> str:
    """Give where somebody came from, if that is a page of the reader here."""
    local = address.startswith(("/read?", "/t/", "/transcripts?")) and address.isprintable()
    return address if local and "\\" not in address else f"/t/{identifier}"
