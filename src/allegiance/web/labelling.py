"""The page where a queue is labelled: one item at a time, blind, by plain forms or by a script with the same forms."""

from typing import Annotated, Any, Literal
from urllib.parse import quote as quoted

from fastapi import APIRouter, Form, HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from allegiance.audit.asking import PARTS
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.desk import Desk, desk_of, has_settled, keys_of, masking_of
from allegiance.web.marking import marked
from allegiance.web.page import PersonHere, SiteHere, fragment, needs, page
from allegiance.web.site import Site

router = APIRouter()
_ADDRESS = "/queues/{number}/{category}"
_RATER = [needs("rater")]

ItemField = Annotated[str, Form(max_length=64)]
QuoteField = Annotated[list[str], Form(default_factory=list)]


@router.get(_ADDRESS, dependencies=_RATER)
def label(
    request: Request, site: SiteHere, person: PersonHere, number: int, category: str
) -> Response:
    """Show the next item."""
    desk = _desk(site, person, number, category)
    if desk.taken():
        return page(
            request, "queue_name.html.j2", number=number, category=category, address=_at(desk)
        )
    desk.enter()
    return page(request, "queue_label.html.j2", **_told(desk, "whole" in request.query_params))


@router.post(_ADDRESS, dependencies=_RATER)
def answer(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    number: int,
    category: str,
    item: ItemField,
    value: Annotated[str, Form()],
    quote: QuoteField,
    note: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    revise: Annotated[bool, Form()] = False,
) -> Response:
    """Keep a label or a skip; the answer holds the next item."""
    desk = _entered(site, person, number, category)
    try:
        desk.answer(item, value, quote, reason.strip() or note.strip(), revise=revise)
    except UsageError as error:
        if _asks_json(request):
            raise
        desk.said.append(str(error))
    return _next(request, desk)


@router.post(f"{_ADDRESS}/undo", dependencies=_RATER)
def undo(
    request: Request, site: SiteHere, person: PersonHere, number: int, category: str
) -> Response:
    """Take back the last answer."""
    desk = _entered(site, person, number, category)
    try:
        desk.undo()
    except UsageError as error:
        if _asks_json(request):
            raise
        desk.said.append(str(error))
    return _next(request, desk)


@router.post(f"{_ADDRESS}/leave", dependencies=_RATER)
def leave(
    request: Request, site: SiteHere, person: PersonHere, number: int, category: str
) -> Response:
    """Leave an answer that was given meanwhile as it is."""
    desk = _entered(site, person, number, category)
    desk.drop_stale()
    return _next(request, desk)


@router.post(f"{_ADDRESS}/quote", dependencies=_RATER)
def check_quote(
    site: SiteHere,
    person: PersonHere,
    number: int,
    category: str,
    item: ItemField,
    quote: Annotated[str, Form(max_length=100_000)],
) -> Response:
    """See that words may be quoted."""
    _entered(site, person, number, category).check_quote(item, quote.replace("\r\n", "\n"))
    return JSONResponse({"quote": quote})


@router.get(f"{_ADDRESS}/whole", dependencies=_RATER)
def whole(site: SiteHere, person: PersonHere, number: int, category: str, item: str) -> Response:
    """Give the whole conversation of the item that is shown."""
    messages = _entered(site, person, number, category).messages(item)
    html = fragment("conversation_plain.html.j2", messages=messages, marked=marked)
    return JSONResponse({"html": html})


@router.post(f"{_ADDRESS}/masking", dependencies=_RATER)
def mask(
    site: SiteHere,
    person: PersonHere,
    number: int,
    category: str,
    on: Annotated[Literal["no", "prompt", "all"], Form()],
    words: Annotated[str, Form(max_length=5_000)] = "",
) -> Response:
    """Mask words that tell the tiers apart, or show them."""
    desk = _entered(site, person, number, category)
    desk.mask(masking_of(on, words))
    return RedirectResponse(_at(desk), 303)


@router.post(f"{_ADDRESS}/name", dependencies=_RATER)
def name(site: SiteHere, person: PersonHere, number: int, category: str) -> Response:
    """Use a name that another account used: both are the same person's."""
    desk = _desk(site, person, number, category)
    desk.enter(mine=True)
    return RedirectResponse(_at(desk), 303)


def _desk(site: Site, person: Person, number: int, category: str) -> Desk:
    desk = desk_of(site, person, number, category)
    with site.record() as record:
        if has_settled(record, person, desk.labelling.draw.name, desk.wanted.category):
            raise HTTPException(
                403,
                f"You settled disputes in queue {number:,} for {desk.wanted.category}, and so have seen what "
                "its raters said: let somebody else label the rest.",
            )
    return desk


def _entered(site: Site, person: Person, number: int, category: str) -> Desk:
    desk = _desk(site, person, number, category)
    if desk.taken():
        raise HTTPException(
            409,
            f"The name {person.name} is used from another account here, so nothing was saved; open the queue "
            "again to say whose it is.",
        )
    desk.enter()
    return desk


def _next(request: Request, desk: Desk) -> Response:
    if not _asks_json(request):
        return RedirectResponse(_at(desk), 303)
    told = _told(desk, False)
    return JSONResponse(
        {
            "html": fragment("queue_item.html.j2", **{**told, "said": []}),
            "said": " ".join(told["said"])
            or ("Not kept: it was answered meanwhile." if told["stale"] else ""),
            "through": told["shown"] is None,
        }
    )


def _told(desk: Desk, whole: bool) -> dict[str, Any]:
    """Say what the page is made of; nothing in it tells which transcript of which draw this is."""
    with desk.lock:
        shown = desk.show(whole=whole)
        return {
            "number": desk.number,
            "category": desk.wanted.category,
            "address": _at(desk),
            "shown": shown,
            "done": desk.done,
            "total": desk.total,
            "keys": keys_of(desk.wanted.values),
            "said": desk.take_said(),
            "stale": desk.stale,
            "masking": desk.labelling.masking,
            "parts": PARTS,
            "marked": marked,
            "revealed": desk.revealed.told(desk.wanted) if desk.revealed and not shown else "",
            "form_key": desk.person.form_key,
        }


def _at(desk: Desk) -> str:
    return f"/queues/{desk.number}/{quoted(desk.wanted.category)}"


def _asks_json(request: Request) -> bool:
    return "json" in request.headers.get("accept", "")
