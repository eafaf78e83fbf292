"""The list of transcripts: a selection in its order, page by page or as it is scrolled."""

import secrets
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from allegiance.audit.frames import read_filter
from allegiance.errors import AllegianceError, UsageError
from allegiance.web import completion
from allegiance.web.access import Person
from allegiance.web.category import panels_of
from allegiance.web.chips import OPERATORS, chips_of, with_condition
from allegiance.web.exporting import Format
from allegiance.web.found import Found, found
from allegiance.web.listing import Column, Row, columns_of, rows_of
from allegiance.web.listing_file import listing_file
from allegiance.web.page import PersonHere, SiteHere, fragment, page
from allegiance.web.selection import TOP, Selection
from allegiance.web.site import Site

router = APIRouter()

PAGE = 100
"""Rows of a page, and of a block that a script asks for."""
WITH_WORDS = 20
"""Rows of a page where words of transcripts are shown: what is shown is put on record as opened."""
_SEEDS = 1_000_000
"""Seeds that are taken at random for a list: short, so that they can be read out."""


@dataclass(frozen=True)
class Typed:
    """What somebody typed to put a condition to the filter, so that nothing is lost where it can't be read."""

    column: str = ""
    operator: str = "is"
    value: str = ""
    problem: str = ""


@router.get("/transcripts")
def transcripts(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Show a selection."""
    return _shown(request, site, person, Selection.of(request.query_params), Typed())


@router.get("/transcripts/filter")
def filtered(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Put a condition to the filter, and show what it comes to."""
    asked = request.query_params
    selection = Selection.of(asked)
    typed = Typed(asked.get("column", ""), asked.get("operator", "is"), asked.get("value", ""))
    try:
        where = with_condition(
            site.corpus.query(), selection.where, typed.column, typed.operator, [typed.value]
        )
    except UsageError as error:
        return _shown(request, site, person, selection, replace(typed, problem=str(error)))
    return RedirectResponse(_address(replace(selection, where=where)), 303)


@router.get("/api/transcripts")
def block(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Give rows of a selection, from a place (counted from 1) on."""
    selection = _seeded(Selection.of(request.query_params))
    listed = found(site, selection, person)
    start = max(_whole(request, "from", 1), 1) - 1
    most = WITH_WORDS if selection.query.strip() else PAGE
    number = min(max(_whole(request, "n", most), 1), most)
    columns = columns_of(site, selection)
    rows = _rows(site, person, listed, columns, start, start + number)
    told = {
        "from": start + 1,
        "n": len(rows),
        "listed": len(listed),
        "population": listed.population,
        "address": selection.address(),
        "ids": [row.identifier for row in rows],
        "html": fragment(
            "transcripts_rows.html.j2", rows=rows, columns=columns, selection=selection
        ),
    }
    return JSONResponse(told)


@router.get("/api/columns")
def columns(site: SiteHere, person: PersonHere) -> Response:
    """Give the columns that filters look at."""
    return JSONResponse({"columns": [one.to_dict() for one in completion.columns(site, person)]})


@router.get("/api/values")
def values(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Give the values of a column."""
    asked = request.query_params
    found_ = completion.values(
        site, person, Selection.of(asked), asked.get("column", ""), asked.get("begins", "")
    )
    return JSONResponse({"values": found_})


@router.get("/transcripts.csv")
def as_csv(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Give the table as selected, as CSV."""
    return _file(request, site, person, "csv")


@router.get("/transcripts.json")
def as_json(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Give the table as selected, as JSON."""
    return _file(request, site, person, "json")


def _file(request: Request, site: Site, person: Person, kind: Format) -> Response:
    selection = _seeded(Selection.of(request.query_params))
    return listing_file(site, found(site, selection, person), kind)


def _shown(
    request: Request, site: Site, person: Person, selection: Selection, typed: Typed
) -> Response:
    if selection.random and not selection.seed:
        return RedirectResponse(_address(_seeded(selection), **_at(request)), 303)
    usual = _address(selection, **_at(request))
    if request.url.path == "/transcripts" and not _same(usual, request.url.query):
        return RedirectResponse(usual, 303)  # a form sends its empty fields, too
    try:
        listed, problem = found(site, selection, person), ""
        heads = columns_of(site, selection)
        told = _told(request, site, person, listed, heads)
    except (UsageError, AllegianceError) as error_:
        problem = str(error_)
        told = _nothing(site, selection)
    return page(
        request,
        "transcripts.html.j2",
        status=400 if problem or typed.problem else 200,
        selection=selection,
        problem=problem,
        typed=typed,
        operators=list(OPERATORS),
        address=_address,
        replace=replace,
        anew=_address(replace(selection, sort="", query="", seed=_seed())),
        draw=urlencode({"where": selection.where, **_first(selection.shown)}),
        orders=_orders(site, person),
        categories=_categories(site),
        **told,
    )


def _told(
    request: Request, site: Site, person: Person, listed: Found, heads: tuple[Column, ...]
) -> dict[str, Any]:
    size = WITH_WORDS if listed.selection.query.strip() else PAGE
    at = min(max(_whole(request, "at", 1), 1), max(len(listed), 1))
    start = (at - 1) // size * size
    rows = _rows(site, person, listed, heads, start, start + size)
    expression = read_filter(listed.query, listed.selection.where or None)
    return {
        "found": listed,
        "columns": heads,
        "rows": rows,
        "start": start,
        "size": size,
        "at": at,
        "chips": chips_of(expression),
        "panels": panels_of(site, person, listed),
        "order": in_words(listed),
        "unindexed": _unindexed(listed),
    }


def _unindexed(listed: Found) -> int:
    """Count the transcripts in which words had to be looked for one by one."""
    selection = listed.selection
    words = selection.mode == "words" and bool(selection.query.strip())
    return listed.query.snapshot.unindexed if words else 0


def _first(shown: tuple[str, ...]) -> dict[str, str]:
    """Give the category that a draw is after, if one is shown."""
    return {"category": shown[0]} if shown else {}


def _nothing(site: Site, selection: Selection) -> dict[str, Any]:
    """What a page has of a selection that can't be read."""
    try:
        chips = chips_of(read_filter(site.corpus.query(), selection.where or None))
    except UsageError:
        chips = []
    return {
        "found": None, "columns": (), "rows": [], "start": 0, "size": PAGE, "at": 1, "chips": chips,
        "panels": [], "order": "", "unindexed": 0,
    }  # fmt: skip


def _rows(
    site: Site, person: Person, listed: Found, heads: tuple[Column, ...], start: int, stop: int
) -> list[Row]:
    """Give rows; where they show words of transcripts, these come before a reader and that is put on record."""
    rows = rows_of(listed, heads, site, start, stop)
    if rows and listed.selection.query.strip():
        site.open(
            person,
            listed.route,
            [row.identifier for row in rows],
            [row.place for row in rows],
        )
    return rows


def in_words(listed: Found) -> str:
    """Say how many transcripts there are, and in which order."""
    selection = listed.selection
    number = f"{len(listed):,} transcript{'' if len(listed) == 1 else 's'}"
    if selection.kind == "top":
        score = selection.sort.removeprefix(TOP)
        return f"{number} with a score, by {score}, the highest first"
    if selection.query.strip():
        number = f"{len(listed):,} of {listed.population:,} transcripts match"
    if not len(listed):
        return number
    if selection.sort:
        first = "descending" if selection.sort.startswith("-") else "ascending"
        return f"{number}, sorted by {selection.sort.removeprefix('-')}, {first}"
    if selection.query.strip():
        ranked = selection.mode == "words"
        return f"{number}, " + ("the best matches first" if ranked else "in the order of their ids")
    return f"{number} in a random order (seed {selection.seed})"


def _orders(site: Site, person: Person) -> list[tuple[str, str]]:
    """Give what a list can be sorted by: the part of an address, and what it is called."""
    offered = completion.columns(site, person)
    plain = [one.name for one in offered if one.what in ("condition", "fact", "verdict")]
    scores = [one.name for one in offered if one.kind == "numbers" and "score" in one.what]
    return [
        ("", "random"),
        *((name, f"by {name}") for name in plain),
        *(
            (f"-{name}", f"by {name}, backwards")
            for name in plain
            if name in ("epoch", "imported_at")
        ),
        *((f"{TOP}{name}", f"most striking by {name}") for name in scores),
    ]


def _categories(site: Site) -> list[str]:
    """Give the categories that a scanner looked for."""
    return [*dict.fromkeys(one.category for one in site.corpus.verdict_columns().scanners)]


def _seeded(selection: Selection) -> Selection:
    return selection if selection.seed or not selection.random else replace(selection, seed=_seed())


def _seed() -> str:
    return str(secrets.randbelow(_SEEDS))


def _address(selection: Selection, **beside: str | int) -> str:
    return f"/transcripts?{selection.address(**beside)}"


def _same(address: str, query: str) -> bool:
    """Whether an address says what was asked, in any order."""
    return sorted(parse_qsl(urlsplit(address).query, True)) == sorted(parse_qsl(query, True))


def _at(request: Request) -> dict[str, int]:
    at = _whole(request, "at", 0)
    return {"at": at} if at > 1 else {}


def _whole(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 12 else otherwise
