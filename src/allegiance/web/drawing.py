"""Making draws from a form: what is drawn, how, and among whom it is shared out; for admins."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args
from urllib.parse import quote as quoted

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from allegiance.audit import (
    check_terms,
    extend_draw,
    known_property,
    make_draw,
    settle_terms,
    share_out,
)
from allegiance.audit.asking import category_of
from allegiance.audit.draw_rules import read_seed
from allegiance.audit.labels import check_rater
from allegiance.audit.specs import Design
from allegiance.errors import AllegianceError, UsageError
from allegiance.web.form_words import of_form
from allegiance.web.page import PersonHere, SiteHere, needs, page
from allegiance.web.queue import draw_of, number_of, wanted_of
from allegiance.web.site import Site

router = APIRouter()
_ADMIN = [needs("admin")]
_CALLED = {
    "n": "How many",
    "where": "Out of",
    "category": "After",
    "design": "Design",
    "by": "By",
    "allocate": "Shares of strata",
    "stop": "Stopping rule",
    "seed": "Seed",
    "scanner": "Scanners",
}
_FIELDS = (
    "name",
    "n",
    "where",
    "design",
    "by",
    "seed",
    "stop",
    "category",
    "value",
    "allocation",
    "scanner",
)


def making(site: Site, asked: Mapping[str, str], wrong: str = "") -> dict[str, Any]:
    """Say what the form for a new draw begins with.

    Parameters
    ----------
    asked
        What an address, or a form that was refused, says of it.
    wrong
        Why it was refused.
    """
    with site.record() as record:
        taken = set(record.draws)
    number = len(taken) + 1
    while f"draw-{number}" in taken:
        number += 1
    begun = {"name": f"draw-{number}", "n": "50", "design": "random", "allocation": "proportional"}
    told = {name: asked.get(name, begun.get(name, "")) for name in _FIELDS}
    book = site.book
    return {
        **told,
        "wrong": wrong,
        "designs": get_args(Design),
        "book": [book.by_name[name] for name in sorted(book.by_name)],
    }


@router.post("/queues", dependencies=_ADMIN)
def draw(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    name: Annotated[str, Form()],
    n: Annotated[str, Form()] = "",
    where: Annotated[str, Form()] = "",
    design: Annotated[str, Form()] = "random",
    by: Annotated[str, Form()] = "",
    seed: Annotated[str, Form()] = "",
    stop: Annotated[str, Form()] = "",
    category: Annotated[str, Form()] = "",
    value: Annotated[str, Form()] = "",
    allocation: Annotated[str, Form()] = "proportional",
    scanner: Annotated[str, Form()] = "",
) -> Response:
    """Draw, and put it on record before anything is read."""
    text = f"{category}={value.strip()}" if value.strip() else category
    try:
        with site.record() as record:
            wanted = [known_property(record, text, book=site.book)] if category.strip() else []
        drawn = make_draw(
            site.corpus,
            site.ledger,
            name.strip(),
            n=_number(n),
            where=where.strip() or None,
            design=design,
            by=by.strip(),
            seed=read_seed(seed.strip()) if seed.strip() else None,
            stop=stop.strip() or None,
            properties=wanted,
            allocation=allocation.strip() or "proportional",
            scanners=[one.strip() for one in scanner.split(",") if one.strip()],
            actor=person.name,
        )
    except AllegianceError as error:
        asked = {
            "name": name, "n": n, "where": where, "design": design, "by": by, "seed": seed, "stop": stop,
            "category": category, "value": value, "allocation": allocation, "scanner": scanner,
        }  # fmt: skip
        told = making(site, asked, of_form(str(error), _CALLED))
        return page(request, "queue_new.html.j2", status=400, making=told)
    with site.record() as record:
        number = number_of(record, drawn.name)
    return RedirectResponse(f"/queues/{number}", 303)


@router.post("/queues/{number}/extend", dependencies=_ADMIN)
def extend(
    site: SiteHere, person: PersonHere, number: int, more: Annotated[str, Form()]
) -> Response:
    """Draw more of a draw."""
    many = _number(more)
    if many is None:
        raise UsageError("Say how many more are drawn.")
    extend_draw(site.corpus, site.ledger, draw_of(site, number).name, many, person.name)
    return RedirectResponse(f"/queues/{number}", 303)


@router.post("/queues/{number}/share", dependencies=_ADMIN)
def share(
    site: SiteHere,
    person: PersonHere,
    number: int,
    overlap: Annotated[str, Form()],
    raters: Annotated[str, Form()],
) -> Response:
    """Share a draw out among raters, before its first label."""
    many = _number(overlap)
    if many is None:
        raise UsageError("Say how many places all of them label.")
    names = [one.strip() for one in raters.split(",") if one.strip()]
    share_out(site.ledger, draw_of(site, number), many, names, person.name)
    return RedirectResponse(f"/queues/{number}", 303)


@router.post("/queues/{number}/terms", dependencies=_ADMIN)
def terms(
    site: SiteHere,
    number: int,
    category: Annotated[str, Form()],
    mode: Annotated[str, Form()],
    raters: Annotated[str, Form()],
) -> Response:
    """Settle in whose words raters are told a category in a queue."""
    found = category_of(wanted_of(site, number, category), site.book)
    if found is None:
        raise UsageError(f"The codebook has no category {category} of this definition.")
    chosen = check_terms(found, mode)
    names = [one.strip() for one in raters.split(",") if one.strip()]
    for one in names:
        check_rater(one)
    for one in names:
        settle_terms(site.ledger, draw_of(site, number), found.name, one, chosen)
    return RedirectResponse(f"/queues/{number}", 303)


@router.post("/queues/{number}/label", dependencies=[needs("rater")])
def choose(number: int, category: Annotated[str, Form()]) -> Response:
    """Go to label a queue in a category that is chosen from the codebook."""
    return RedirectResponse(f"/queues/{number}/{quoted(category.strip(), safe='')}", 303)


def _number(text: str) -> int | None:
    """Read a whole number, as people write one; None where nothing is said.

    Raises
    ------
    UsageError
        If it is none.
    """
    plain = text.strip().replace(",", "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 12):
        raise UsageError(f"{text.strip()[:40]} is no whole number: write one such as 50.")
    return int(plain)
