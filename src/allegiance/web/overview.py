"""The page: overview. What was asked, what came of it in every condition, whose intent was kept, what was read."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from allegiance import __version__
from allegiance.audit.relation import Counted, Row, Share
from allegiance.errors import UsageError
from allegiance.report import Found, found_of
from allegiance.report.html import Link, relation_rules, render_relation
from allegiance.report.relation_section import Kind
from allegiance.report.wording import MISSING, p_value
from allegiance.web.access import Person
from allegiance.web.act_frames import UNTOLD, Which, key_of
from allegiance.web.cells import address, address_of_ids
from allegiance.web.certificates import claims_of, seen, to_be_labelled
from allegiance.web.correcting import can_correct, correct
from allegiance.web.exporting import Format, picture_file, table_file
from allegiance.web.figures import axis_head, axis_of, png_of, strip
from allegiance.web.inert import inert_markup
from allegiance.web.left import FIRST, is_closed, left_to
from allegiance.web.numbers import (
    Numbers,
    Related,
    at_hand,
    numbers,
    related,
    related_at_hand,
    related_key,
    small,
    studies_of,
)
from allegiance.web.overview_rows import (
    by_model,
    gap_rows,
    gaps,
    gaps_figure,
    rate_rows,
    rates,
    rates_figure,
    relation_rows,
    source_of,
)
from allegiance.web.page import PersonHere, SiteHere, fragment, needs, page
from allegiance.web.site import Site

router = APIRouter()

Category = Annotated[
    str, "The measure that is shown: complied, partial, refused, or a scanned category."
]


@dataclass(frozen=True)
class DrawRow:
    """A draw in the table of how transcripts were found; a rater is told no more than its number."""

    number: int
    name: str
    design: str
    seed: str
    after: str
    stop: str
    frame: str
    drawn: int | None
    population: int
    opened: int
    labelled: int


class _Links:
    """Addresses of what is behind the relation table."""

    def __init__(self, found: Numbers, related: Related) -> None:
        self._found = found
        self._frames = related.frames

    def of_acts(self, kind: Kind) -> tuple[str, int]:
        """Give the address of the acts of a kind, and how many of them it lists."""
        return address_of_ids(kind.transcripts)

    def of_row(self, row: Row) -> str:
        """Give the address of the acts of a row."""
        return address(self._found.cells.of_row(row.place))

    def behind(self, row: Row, one: Share | Counted, which: Which) -> Link:
        """Give the acts of a row that a share or a named cell counts."""
        where = self._frames[key_of(row, one, which)]
        if where is None:
            return Link("", UNTOLD)
        return Link(address(where), "")


@router.get("/")
def overview(
    request: Request, site: SiteHere, person: PersonHere, category: str = "", wait: bool = False
) -> Response:
    """Show the overview; where counting takes long, the page comes first and the numbers follow."""
    size = site.corpus.query().count()
    told: dict[str, Any] = {
        "study": _study(site),
        "size": size,
        "summary": _summary(site) if size else {},
        "found": _found(site, person),
        "category": category,
        "numbers": "",
        "missing_mark": MISSING,
    }
    if size and (wait or small(site) or at_hand(site)):
        told["numbers"] = Markup(_numbers(site, person, category, wait=wait))
    return page(request, "overview.html.j2", **told)


@router.get("/api/overview")
def overview_numbers(site: SiteHere, person: PersonHere, category: str = "") -> JSONResponse:
    """Give the numbers as a part of the page."""
    return JSONResponse({"html": _numbers(site, person, category)})


@router.get("/api/overview/relation")
def overview_relation(site: SiteHere) -> JSONResponse:
    """Give whose intent was kept as a part of the page."""
    return JSONResponse({"html": _relation(site, numbers(site))})


@router.get("/relation.css")
def relation_style() -> Response:
    """Give the rules of the relation table, which are the report's."""
    return Response(
        relation_rules(), media_type="text/css", headers={"cache-control": "max-age=3600"}
    )


@router.post("/overview/correct", dependencies=[needs("admin")])
def correct_rates(
    site: SiteHere,
    person: PersonHere,
    category: Annotated[str, Form()],
    cell: Annotated[str, Form()],
) -> Response:
    """Correct the rate of a condition, or of all, by labels; that it was looked at goes on record."""
    found = numbers(site)
    if category not in found.measures:
        raise UsageError(f"Nothing was scanned for {category}; go back and choose another one.")
    wheres = {found.cells.where(one.place) for one in found.report.cells}
    if cell != "all" and cell not in wheres:
        raise UsageError("This condition is none of the corpus any more; load the overview again.")
    correct(site, person, found, category, sorted(wheres) if cell == "all" else [cell])
    return RedirectResponse(f"/?{urlencode({'category': category})}#rates", 303)


@router.get("/overview/{table}.{kind}")
def exported(
    site: SiteHere, table: Literal["rates", "gaps", "relation"], kind: Format, category: str = ""
) -> Response:
    """Give a table of the overview as a file."""
    found = numbers(site)
    if table == "relation":
        rows = relation_rows(related(site).found)
    else:
        rows = rate_rows(found) if table == "rates" else gap_rows(found)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return table_file(rows, columns, f"{site.name}-{table}", source_of(site, found), kind)


@router.get("/figures/{name}.{kind}")
def figure(
    site: SiteHere,
    person: PersonHere,
    name: Literal["rates", "gaps"],
    kind: Literal["svg", "png"],
    category: str = "",
) -> Response:
    """Give a figure of the overview as a file."""
    found = numbers(site)
    if name == "gaps":
        svg = gaps_figure(site, found)
    else:
        measure = found.chosen(category)
        if category and category != measure:
            raise UsageError(
                f"Nothing was scanned for {category}; there are {', '.join(found.measures)}."
            )
        svg = rates_figure(site, found, measure, left_to(site, person))
    if svg is None:
        raise HTTPException(404, "There is nothing to draw here yet: scan the transcripts first.")
    return picture(svg, f"{site.name}-{name}", kind)


def picture(svg: str, name: str, kind: Literal["svg", "png"]) -> Response:
    """Give a drawing that stands by itself as a file."""
    if kind == "svg":
        return picture_file(svg, f"{name}.svg", "image/svg+xml")
    return picture_file(png_of(svg), f"{name}.png", "image/png")


def _relation(site: Site, found: Numbers) -> Markup:
    """Render whose intent was kept, once for each state of the corpus."""
    there = related(site)

    def made() -> Markup:
        relation = ""
        if there.section is not None:
            source = source_of(site, found)
            shown = render_relation(found.report, there.section, source, _Links(found, there))
            relation = inert_markup(shown)
        return Markup(fragment("overview_relation.html.j2", relation=relation, notes=there.notes))

    return site.kept(("relation", related_key(site)), made)


def _numbers(site: Site, person: Person, category: str, *, wait: bool = False) -> str:
    """Render what is counted and estimated."""
    found = numbers(site)
    measure = found.chosen(category)
    rows = rates(site, found, measure, left_to(site, person)) if measure else []
    gap_lines = gaps(found)
    source = source_of(site, found, measure)
    at_once = small(site) or wait or related_at_hand(site)
    relation = _relation(site, found) if at_once else None
    return fragment(
        "overview_numbers.html.j2",
        report=found.report,
        notes=(*(found.report.notes if measure else ()), *found.notes),  # else the page says it
        measures=found.measures,
        measure=measure,
        definition=_definition(site, found, measure),
        instrument=found.instruments.get(measure),
        models=by_model(rows),
        rows=rows,
        axis=axis_of(row.mark for row in rows),
        gaps=gap_lines,
        gap_axis=axis_of((row.mark for row in gap_lines), zero=False),
        strip=strip,
        axis_head=axis_head,
        may_claim=person.may("admin"),
        correctable=can_correct(site, person, found, measure) if measure else "",
        form_key=person.form_key,
        dashed=any(row.mark.dashed for row in rows),
        truth=any(row.measure.truth is not None for row in rows),
        lost=any(row.lost for row in rows),
        corrected=any(row.corrected for row in rows),
        source=source,
        relation=relation,
        missing_mark=MISSING,
        p_value=p_value,
    )


def _definition(site: Site, found: Numbers, measure: str) -> str:
    if not measure:
        return ""
    known = site.book.by_name.get(found.category(measure))
    return "" if known is None else known.text


@dataclass(frozen=True)
class _Told:
    """What the study says of itself."""

    name: str
    question: str
    principal: str
    original: str
    training: str
    clauses: tuple[str, ...]
    epochs: int
    ours: bool


def _study(site: Site) -> _Told | None:
    study = site.study
    if study is None:
        return None
    return _Told(
        name=study.name,
        question=" ".join(study.question.split()),
        principal=study.principal,
        original=study.intents.original,
        training=study.intents.training,
        clauses=tuple(dict.fromkeys(c.get("clause", "silent") for c in study.conditions)),
        epochs=study.epochs,
        ours=study.name in studies_of(site),
    )


def _summary(site: Site) -> dict[str, dict[str, int]]:
    return site.kept(("summary", site.corpus.version), site.corpus.summary)


def _found(site: Site, person: Person) -> dict[str, Any] | None:
    """Say how transcripts were found so far, as far as this person may know it."""
    with site.record() as record:
        head = record.head.seq
        made: Found | None = site.kept(("found so far", head), lambda: found_of(record))
        if made is None:
            return None
        hidden = to_be_labelled(record, person)
    left = left_to(site, person)
    closed = (
        {one.digest for one in claims_of(site)[0] if is_closed(one, left)} if left else set[str]()
    )
    claims = [
        (replace(claim, status="", sentence=FIRST), FIRST)
        if claim.certificate in closed
        else (claim, seen(claim.sentence, hidden))
        for claim in made.claims[-6:]
    ]
    rater = person.role == "rater"
    draws = [
        DrawRow(
            number=number,
            name=f"Queue {number}" if rater else one.name,
            design="" if rater else "by the reader's report" if one.reported else one.design,
            seed="" if rater else one.seed,
            after=", ".join(one.categories),
            stop="" if rater else one.stop,
            frame="" if rater else one.frame,
            drawn=one.drawn,
            population=one.population,
            opened=one.opened,
            labelled=one.labelled,
        )
        for number, one in enumerate(made.draws, 1)
    ]
    return {
        "draws": draws,
        "claims": list(reversed(claims)),
        "claims_in_all": len(made.claims),
        "opened": made.opened,
        "searches": made.searches,
        "events": made.events,
        "ledger": made.ledger,
        "head": made.head,
        "version": __version__,
    }
