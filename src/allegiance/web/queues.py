"""The pages of the queues: each draw under its number, with what the person has left to label in it."""

from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from allegiance.audit import disputes, places_of
from allegiance.audit.record import DrawRecord
from allegiance.errors import AllegianceError
from allegiance.web import adjudicating, drawing, labelling
from allegiance.web.access import Person
from allegiance.web.desk import desk_of, has_settled
from allegiance.web.exporting import provenance, table_file
from allegiance.web.page import PersonHere, SiteHere, page
from allegiance.web.queue import categories_of, draw_of, name_of, raters_of, wanted_of
from allegiance.web.site import Site

router = APIRouter()
router.include_router(drawing.router)
router.include_router(labelling.router)
router.include_router(adjudicating.router)


@dataclass(frozen=True)
class Work:
    """A queue in a category, as one person sees it.

    Attributes
    ----------
    category
        What is labelled.
    done, total
        How many of the person's own are labelled or skipped, of how many.
    open
        Places on which raters differ and that nobody settled; None where the person may not know.
    others
        For admins: rater to how many are done, of how many; counts alone.
    refused
        Why nothing can be done here; empty otherwise.
    """

    category: str
    done: int = 0
    total: int = 0
    open: int | None = None
    others: tuple[tuple[str, int, int], ...] = ()
    settles: bool = False
    refused: str = ""


@router.get("/queues")
def queues(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """List the queues, with what is left to do."""
    rows = [
        {"number": number, "works": [_work(site, person, number, one) for one in categories]}
        for number, categories in _numbered(site).items()
    ]
    asked = request.query_params
    return page(
        request,
        "queues.html.j2",
        rows=rows,
        making=drawing.making(site, asked) if person.may("admin") else None,
        opened="where" in asked or "category" in asked,
    )


@router.get("/queues.{kind}")
def queues_file(site: SiteHere, person: PersonHere, kind: Literal["csv", "json"]) -> Response:
    """Give the list of queues as a file."""
    rows: list[dict[str, Any]] = []
    for number, categories in _numbered(site).items():
        for category in categories:
            work = _work(site, person, number, category)
            row = {"queue": number, "category": category, "rater": person.name}
            if person.may("rater"):
                rows.append({**row, "done": work.done, "of": work.total})
            rows += [
                {**row, "rater": rater, "done": done, "of": total}
                for rater, done, total in work.others
                if rater != person.name
            ]
    with site.record() as record:
        line = provenance(ledger_head=record.head.digest)
    columns = ("queue", "category", "rater", "done", "of")
    return table_file(rows, columns, "queues", line, kind)


@router.get("/queues/{number}")
def queue(request: Request, site: SiteHere, person: PersonHere, number: int) -> Response:
    """Show one queue; to admins with how it was drawn, and what can be done with it."""
    drawn = draw_of(site, number)
    with site.record() as record:
        name = name_of(record, number)
        categories = categories_of(record, name)
        share = record.shares.get(name)
        labelled = any(one.draw == name for one in record.labelled)
        settled = [one for one in record.terms.values() if one.draw == name]
        at = record.draws[name].at
    return page(
        request,
        "queue.html.j2",
        number=number,
        works=[_work(site, person, number, one) for one in categories],
        facts=_facts(drawn.record, at) if person.may("admin") else {},
        name=name if person.may("admin") else "",
        share=share,
        labelled=labelled,
        settled=settled,
        worded=[
            one
            for one in categories
            if (known := site.book.by_name.get(one)) is not None and known.terms
        ],
        total=len(drawn.order),
        book=sorted(site.book.by_name) if person.may("admin") else [],
    )


def _numbered(site: Site) -> dict[int, list[str]]:
    """Give each queue's number with its categories."""
    with site.record() as record:
        return {k: categories_of(record, name) for k, name in enumerate(record.draws, 1)}


def _work(site: Site, person: Person, number: int, category: str) -> Work:
    """Say what is left of a queue in a category."""
    try:
        wanted = wanted_of(site, number, category)
        drawn = draw_of(site, number)
        if not person.may("rater"):
            return Work(category)
        desk = desk_of(site, person, number, category)
        done, total = desk.counts()
    except AllegianceError as error:
        return Work(category, refused=str(error) if person.may("admin") else "It can't be opened.")
    others: list[tuple[str, int, int]] = []
    differing: int | None = None
    with site.record() as record:
        settles = has_settled(record, person, drawn.name, category)
        if person.may("admin"):
            for rater in raters_of(record, drawn.name, category):
                mine = {drawn.order[place - 1] for place in places_of(drawn, record, rater)}
                skipped = record.skips(category, drawn.name, rater)
                said = [
                    one
                    for one in mine
                    if one in skipped
                    or (
                        (told := record.label_of(rater, category, one)) is not None
                        and told.label.definition == wanted.digest
                    )
                ]
                others.append((rater, len(said), len(mine)))
            found = disputes(drawn, record, wanted)
            differing = sum(one.settled is None for one in found)
    return Work(category, done, total, differing, tuple(others), settles)


def _facts(drawn: DrawRecord, at: str) -> dict[str, Any]:
    """Say how a queue was drawn; for admins alone."""
    spec = drawn.spec
    size = "all" if drawn.size is None else f"{drawn.size:,}"
    strata = "; ".join(f"{one.name}: {one.reads:,} of {one.population:,}" for one in spec.strata)
    return {
        "Name": spec.name,
        "Drawn": f"{size} of {spec.frame.population:,}, {at[:16].replace('T', ' ')}",
        "Frame": f"{spec.frame.where or 'all transcripts'} · {spec.frame.digest[:12]}",
        "Design": f"{spec.design}{f' by {spec.by}' if spec.by else ''}",
        "Strata": strata,
        "Seed": f"{spec.seed}{' (chosen)' if spec.seed_given else ''}" if spec.seed else "",
        "Stopping rule": str(spec.stop),
        "After": ", ".join(map(str, spec.properties)) or "nothing declared",
        "Extended": ", ".join(f"{one.more:,} more" for _, one in drawn.extensions),
        "Labels decided": "by a reader's report" if drawn.reported else "",
    }
