"""The page where places on which raters differ are settled: what was said side by side, one at a time."""

from typing import Annotated
from urllib.parse import quote as quoted

from fastapi import APIRouter, Form, HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from allegiance.audit import Dispute, adjudicate, bind_rater, disputes, draw_route, opened
from allegiance.audit.adjudicating import HIDDEN
from allegiance.audit.asking import PARTS, asked, category_of
from allegiance.web.desk import keys_of, through
from allegiance.web.marking import marked
from allegiance.web.page import PersonHere, SiteHere, needs, page
from allegiance.web.queue import draw_of, wanted_of
from allegiance.web.site import Site

router = APIRouter()
_ADDRESS = "/queues/{number}/{category}/adjudicate"
_ADMIN = [needs("admin")]


@router.get(_ADDRESS, dependencies=_ADMIN)
def dispute(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    number: int,
    category: str,
    place: int | None = None,
    names: bool = False,
    whole: bool = False,
) -> Response:
    """Show a place on which raters differ: the one that is asked for, or the first that is open."""
    through(site, person, number, category, "what its raters said")
    found, drawn = _disputes(site, number, category), draw_of(site, number)
    wanted = wanted_of(site, number, category)
    waiting = [one for one in found if one.settled is None]
    if place is None:
        chosen = waiting[0] if waiting else None
    else:
        chosen = next((one for one in found if one.position == place), None)
        if chosen is None:
            raise HTTPException(
                404, f"Raters don't differ on number {place:,} of queue {number:,}."
            )
    transcript = None
    if chosen is not None:
        with site.record() as record:
            seen = any(
                s.actor == person.name and s.route.draw == drawn.name
                for s in record.sights_of(chosen.transcript_id)
            )
        if not seen:
            ids, places = [chosen.transcript_id], [chosen.position]
            opened(site.ledger, draw_route(drawn), ids, places, actor=person.name)
        transcript = site.corpus.get(chosen.transcript_id)
    unit = wanted.unit
    part = None if transcript is None else {
        "reasoning": transcript.reasoning, "output": transcript.output,
    }.get(unit)  # fmt: skip
    part = part if part and part.strip() else None
    return page(
        request,
        "adjudicate.html.j2",
        number=number,
        wanted=wanted,
        address=_at(number, wanted.category),
        found=found,
        waiting=waiting,
        chosen=chosen,
        names=names,
        part=part,
        messages=transcript.messages if transcript and (part is None or whole) else (),
        quotes=[q.text for one in chosen.labels for q in one.label.quotes] if chosen else [],
        told=asked(wanted, category_of(wanted, site.book)),
        keys=keys_of(wanted.values),
        basis="" if chosen is None else basis(chosen),
        one_of_them=chosen is not None
        and any(one.label.rater == person.name for one in chosen.labels),
        marked=marked,
        parts=PARTS,
    )


@router.post(_ADDRESS, dependencies=_ADMIN)
def settle(
    site: SiteHere,
    person: PersonHere,
    number: int,
    category: str,
    place: Annotated[int, Form()],
    value: Annotated[str, Form()],
    seen: Annotated[str, Form()],
    reason: Annotated[str, Form(max_length=10_000)] = "",
    names: Annotated[bool, Form()] = False,
) -> Response:
    """Settle a place; the next that is open comes after it."""
    through(site, person, number, category, "what its raters said")
    drawn, wanted = draw_of(site, number), wanted_of(site, number, category)
    if not 1 <= place <= len(drawn.order):
        raise HTTPException(
            409, f"Queue {number:,} has {len(drawn.order):,} places; nothing was saved."
        )
    found = next((one for one in _disputes(site, number, category) if one.position == place), None)
    if found is None or basis(found) != seen:
        raise HTTPException(
            409,
            f"Number {place:,} of queue {number:,} was labelled or settled anew since this page was made; "
            "nothing was saved. Look at it again before you settle it.",
        )
    bind_rater(site.ledger, person.name, person.account)
    hidden = [one for one in HIDDEN if not (names and one == "rater names")]
    with site.record() as record:
        adjudicate(
            site.ledger,
            drawn,
            wanted,
            drawn.order[place - 1],
            value,
            person.name,
            reason.strip(),
            hidden,
            record,
        )
    return RedirectResponse(
        f"{_at(number, wanted.category)}/adjudicate{'?names=true' if names else ''}", 303
    )


def basis(found: Dispute) -> str:
    """Name what a settlement is made on: the events of the labels, and of a settlement before."""
    settled = [] if found.settled is None else [found.settled.seq]
    return "-".join(str(seq) for seq in [*(one.seq for one in found.labels), *settled])


def _disputes(site: Site, number: int, category: str) -> list[Dispute]:
    drawn, wanted = draw_of(site, number), wanted_of(site, number, category)
    with site.record() as record:
        return disputes(drawn, record, wanted)


def _at(number: int, category: str) -> str:
    return f"/queues/{number}/{quoted(category)}"
