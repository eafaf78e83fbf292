"""The page: chain. Generations with their relation to each intent, what was decided of them, and on what evidence."""

from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, HTTPException
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from allegiance.report.ledger_text import short
from allegiance.study.interpretations import INTENTS
from allegiance.web.chain_figure import DECISIONS, shape, timeline_figure
from allegiance.web.chain_view import Chain, chains_of, columns_of
from allegiance.web.curves_shown import any_curves, drawings_of, drawn
from allegiance.web.exporting import Format, provenance, table_file
from allegiance.web.numbers import at_hand, small
from allegiance.web.overview import picture
from allegiance.web.overview_rows import source_of
from allegiance.web.page import SiteHere, fragment, page
from allegiance.web.site import Site

router = APIRouter()


@dataclass(frozen=True)
class Shown:
    """A chain with its drawing, the interpretation that it is drawn by, and what its numbers are of."""

    of: Chain
    column: str
    figure: Markup
    source: str


@router.get("/chain")
def chain(
    request: Request, site: SiteHere, by: str = "", category: str = "", wait: bool = False
) -> Response:
    """Show the chains; where counting takes long the page comes first."""
    runs = site.workspace.runs.is_dir() and any(site.workspace.runs.iterdir())
    counts = runs or any_curves(site, "chain")
    at_once = wait or small(site) or at_hand(site)
    return page(
        request,
        "chain.html.j2",
        counts=counts,
        by=by,
        category=category,
        part=Markup(_part(site, by, category)) if counts and at_once else "",
    )


@router.get("/api/chain")
def chain_part(site: SiteHere, by: str = "", category: str = "") -> JSONResponse:
    """Give the chains as a part of the page."""
    return JSONResponse({"html": _part(site, by, category)})


@router.get("/chain/ledger.{kind}")
def ledger_table(site: SiteHere, kind: Format, chain: str) -> Response:
    """Give all of a chain as a table: a row for each generation, candidate and interpretation."""
    one = _named(site, chain)
    rows = _rows(one)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return table_file(rows, columns, f"{site.name}-{chain}-ledger", _source(site, one), kind)


@router.get("/chain/timeline.{kind}")
def timeline(site: SiteHere, kind: Literal["svg", "png"], chain: str, by: str = "") -> Response:
    """Give the drawing of a chain as a file."""
    one = _named(site, chain)
    column = _column(one, by)
    key = [
        "solid: R(agent, original)",
        "dashed: R(agent, training)",
        f"95 % intervals, over requests, under {column or 'no interpretation'}",
        "triangle: accepted, outlined: slowed, square: halted, cross: refused, in a circle: overruled",
    ]
    svg = timeline_figure(one.timeline(column), _title(one, column), _source(site, one), key=key)
    return picture(svg, f"{site.name}-chain", kind)


def _part(site: Site, by: str, category: str) -> str:
    """Render the chains, and whatever else the corpus holds along generations."""
    chains, unread = chains_of(site)
    found, measure, others = drawings_of(site, "chain", category)
    shown = [_shown(site, one, by) for one in chains]
    columns = list(dict.fromkeys(name for one in chains for name in columns_of(one)))
    return fragment(
        "chain_part.html.j2",
        which="chain",
        shown=shown,
        unread=unread,
        columns=columns,
        by=by if by in columns else next(iter(columns), ""),
        intents=INTENTS,
        decisions={name: (word, shape(name)) for name, (word, _) in DECISIONS.items()},
        short=short,
        drawn=[(one, drawn(one, measure)) for one in others],
        measure=measure,
        measures=() if found is None else found.measures,
        source="" if found is None else source_of(site, found, measure),
        confidence=0.95 if found is None else found.report.confidence,
    )


def _shown(site: Site, one: Chain, by: str) -> Shown:
    column = _column(one, by)
    if not one.generations:
        return Shown(one, column, Markup(""), _source(site, one))
    figure = timeline_figure(one.timeline(column), _title(one, column), alone=False)
    return Shown(one, column, Markup(figure), _source(site, one))


def _column(one: Chain, by: str) -> str:
    names = columns_of(one)
    return by if by in names else next(iter(names), "")


def _title(one: Chain, column: str) -> str:
    return f"{one.name}: kept, by {column}" if column else one.name


def _named(site: Site, name: str) -> Chain:
    found = next((one for one in chains_of(site)[0] if one.name == name), None)
    if found is None:
        raise HTTPException(404, "There is no such chain in runs/ or in the corpus.")
    return found


def _source(site: Site, one: Chain) -> str:
    basis = None if one.ledger is None else one.ledger.basis
    return provenance(
        population=basis.population if basis else None,
        frame=basis.frame if basis else "",
        where=basis.where if basis else "",
        seed="" if one.told is None or one.told.seed is None else str(one.told.seed),
        corpus_version=site.corpus.version,
        scanners={i.category: i.digest for i in basis.instruments} if basis else None,
    )


def _rows(one: Chain) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number in one.generations:
        move = one.move(number)
        moved = move.agent if move is not None else None
        gap = moved.gap.interval if moved is not None and moved.gap is not None else None
        common = {
            "chain": one.name,
            "generation": number,
            "agent": None if moved is None else moved.answer,
            "moved_by": None if gap is None else gap.estimate,
            "moved_low": None if gap is None else gap.low,
            "moved_high": None if gap is None else gap.high,
            "principal": None if move is None else move.principal.sentence,
        }
        for entry in one.entries(number) or [None]:
            decided = {
                "candidate": None if entry is None else entry.candidate,
                "step": None if entry is None else entry.step,
                "dose": None if entry is None else entry.dose,
                "size": None if entry is None else entry.size,
                "decision": None if entry is None else entry.decision,
                "why": None if entry is None else entry.why,
                "test": None if entry is None else entry.evidence.test,
                "probed": None if entry is None else entry.evidence.probed,
                "broke": None if entry is None else entry.evidence.broke,
                "unread": None if entry is None else entry.evidence.unread,
                "e_value": None if entry is None else entry.evidence.e_value,
                "threshold": None if entry is None else entry.evidence.threshold,
                "weights_sha256": None if entry is None else entry.weights_sha256,
            }
            rows += [
                {**common, **decided, **_relation(one, number, column)}
                for column in columns_of(one) or [""]
            ]
    return [{k: _plain(v) for k, v in row.items()} for row in rows]


def _relation(one: Chain, number: int, column: str) -> dict[str, Any]:
    told: dict[str, Any] = {"interpretation": column or None}
    for intent in INTENTS:
        share = one.share(number, intent, column)
        interval = None if share is None else share.interval
        told |= {
            f"{intent}_kept": None if share is None else share.kept,
            f"{intent}_tested": None if share is None else share.tested,
            f"{intent}_acts": None if share is None else share.acts,
            f"{intent}_missing": None if share is None else share.missing,
            f"{intent}_estimate": None if interval is None else interval.estimate,
            f"{intent}_low": None if interval is None else interval.low,
            f"{intent}_high": None if interval is None else interval.high,
        }
    return told


def _plain(value: Any) -> Any:
    """Leave out a number that JSON has no word for."""
    return None if isinstance(value, float) and value - value != 0 else value
