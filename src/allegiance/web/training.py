"""The pages: training and chain. What changes over steps, checkpoints or generations, where the corpus holds some."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, HTTPException
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from allegiance.web.curve_figure import curves_figure
from allegiance.web.curves import Drawing, along_checkpoints, along_factor, in_order, is_checkpoint
from allegiance.web.exporting import Format, table_file
from allegiance.web.numbers import Numbers, numbers
from allegiance.web.overview import picture
from allegiance.web.overview_rows import key_of, source_of
from allegiance.web.page import SiteHere, page
from allegiance.web.site import Site

router = APIRouter()

Which = Literal["training", "chain"]


@dataclass(frozen=True)
class RunFolder:
    """A folder in runs/."""

    name: str
    files: int
    changed: str


@router.get("/training")
def training(request: Request, site: SiteHere, category: str = "") -> Response:
    """Show what changes over training."""
    return _shown(request, site, "training", category)


@router.get("/chain")
def chain(request: Request, site: SiteHere, category: str = "") -> Response:
    """Show what changes over generations."""
    return _shown(request, site, "chain", category)


@router.get("/{which}/curves.{kind}")
def exported(site: SiteHere, which: Which, kind: Format, category: str = "") -> Response:
    """Give the points of the curves as a table."""
    found, measure, drawings = _drawings(site, which, category)
    if found is None or not drawings:
        raise HTTPException(404, _NOTHING)
    rows = [row for one in drawings for row in _rows(one, measure)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return table_file(rows, columns, f"{site.name}-{which}", source_of(site, found, measure), kind)


@router.get("/{which}/figure-{number}.{kind}")
def figure(
    site: SiteHere, which: Which, number: int, kind: Literal["svg", "png"], category: str = ""
) -> Response:
    """Give a drawing of curves as a file."""
    found, measure, drawings = _drawings(site, which, category)
    if found is None or not 1 <= number <= len(drawings):
        raise HTTPException(404, _NOTHING)
    one = drawings[number - 1]
    source = source_of(site, found, measure)
    title = _title(one, measure)
    svg = curves_figure(one.curves, one.across, title, one.over, source, key=key_of(found))
    return picture(svg, f"{site.name}-{which}-{number}", kind)


def _shown(request: Request, site: Site, which: Which, category: str) -> Response:
    found, measure, drawings = _drawings(site, which, category)
    drawn = [(one, _drawn(one, measure)) for one in drawings]
    return page(
        request,
        "training.html.j2",
        which=which,
        drawn=drawn,
        measure=measure,
        measures=() if found is None else found.measures,
        source="" if found is None or not drawings else source_of(site, found, measure),
        runs=_runs(site),
        models=() if found is None else found.report.provenance.models,
        confidence=0.95 if found is None else found.report.confidence,
    )


def _drawn(one: Drawing, measure: str) -> Markup:
    """Draw curves for the page, which says above whose they are."""
    if not one.curves:
        return Markup("")
    return Markup(curves_figure(one.curves, one.across, f"{measure}, %", one.over, alone=False))


def _drawings(site: Site, which: Which, category: str) -> tuple[Numbers | None, str, list[Drawing]]:
    """Find the curves that a page shows; without a factor or a checkpoint to go by nothing is counted."""
    there = [name for name in ("step", "generation") if name in site.corpus.factors]
    checkpoints = which == "training" and any(is_checkpoint(model) for model in _models(site))
    if not there and not checkpoints:
        return None, "", []
    found = numbers(site)
    measure = found.chosen(category)
    if not measure:
        return found, "", []
    drawings: list[Drawing] = []
    if "step" in there and (which == "training") == _numeric(found, "step"):
        drawings += along_factor(found, "step", measure)
    if "generation" in there and which == "chain":
        drawings += along_factor(found, "generation", measure)
    if checkpoints:
        drawings += along_checkpoints(found, measure)
    return found, measure, drawings


def _numeric(found: Numbers, factor: str) -> bool:
    levels = {cell.condition[factor] for cell in found.report.cells if factor in cell.condition}
    return in_order(factor, levels)[1]


def _rows(one: Drawing, measure: str) -> list[dict[str, Any]]:
    return [
        {
            "title": one.title,
            "over": one.over,
            "at": placed.level,
            "series": series.name,
            **placed.cell.condition,
            "category": measure,
            "hits": placed.measure.hits,
            "reads": placed.measure.reads,
            "population": placed.measure.population,
            "missing": sum(placed.measure.missing.values()),
            "estimate": None if interval is None else interval.estimate,
            "low": None if interval is None else interval.low,
            "high": None if interval is None else interval.high,
            "confidence": None if interval is None else interval.confidence,
        }
        for series in one.series
        for placed in series.placed
        for interval in (placed.measure.interval,)
    ]


def _title(one: Drawing, measure: str) -> str:
    return f"{one.title}: {measure}, %, by {one.over}"


def _models(site: Site) -> list[str]:
    summary: dict[str, dict[str, int]] = site.kept(
        ("summary", site.corpus.version), site.corpus.summary
    )
    return list(summary["model"])


def _runs(site: Site) -> list[RunFolder]:
    folder = site.workspace.runs
    if not folder.is_dir():
        return []
    return [
        RunFolder(
            one.name,
            sum(1 for _ in one.iterdir()),
            datetime.fromtimestamp(one.stat().st_mtime, UTC).isoformat(" ", "minutes")[:16],
        )
        for one in sorted(folder.iterdir())
        if one.is_dir() and not one.name.startswith(".")
    ]


_NOTHING = "There is no curve here: the corpus holds no steps, checkpoints or generations."
