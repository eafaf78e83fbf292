"""Curves of what the corpus holds by itself: over a factor, or over models that are named as checkpoints."""

from collections.abc import Callable, Collection
from typing import Any, Literal

from fastapi import APIRouter, HTTPException
from markupsafe import Markup
from starlette.responses import Response

from allegiance.audit.generations import GENERATION
from allegiance.web.curve_figure import curves_figure
from allegiance.web.curves import (
    Drawing,
    along_checkpoints,
    along_factor,
    base_of,
    in_order,
    is_checkpoint,
)
from allegiance.web.exporting import Format, table_file
from allegiance.web.numbers import Numbers, numbers
from allegiance.web.overview import picture
from allegiance.web.overview_rows import key_of, source_of
from allegiance.web.page import SiteHere
from allegiance.web.run_folders import runs_in
from allegiance.web.site import Site

router = APIRouter()

Which = Literal["training", "chain"]


@router.get("/{which}/curves.{kind}")
def exported(site: SiteHere, which: Which, kind: Format, category: str = "") -> Response:
    """Give the points of the curves as a table."""
    found, measure, drawings = drawings_of(site, which, category)
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
    found, measure, drawings = drawings_of(site, which, category)
    if found is None or not 1 <= number <= len(drawings):
        raise HTTPException(404, _NOTHING)
    one = drawings[number - 1]
    source = source_of(site, found, measure)
    title = f"{one.title}: {measure}, %, by {one.over}"
    svg = curves_figure(one.curves, one.across, title, one.over, source, key=key_of(found))
    return picture(svg, f"{site.name}-{which}-{number}", kind)


def drawn(one: Drawing, measure: str) -> Markup:
    """Draw curves for the page, which says above whose they are."""
    if not one.curves:
        return Markup("")
    return Markup(curves_figure(one.curves, one.across, f"{measure}, %", one.over, alone=False))


def drawings_of(
    site: Site, which: Which, category: str
) -> tuple[Numbers | None, str, list[Drawing]]:
    """Find the curves that a page shows beside its runs; where nothing stands to go by, nothing is counted."""
    if not any_curves(site, which):
        return None, "", []
    found = numbers(site)
    measure = found.chosen(category)
    if not measure:
        return found, "", []
    there = site.corpus.factors
    drawings: list[Drawing] = []
    if "step" in there and (which == "training") == _numeric(found, "step"):
        drawings += along_factor(found, "step", measure)
    if GENERATION in there and which == "chain":
        drawings += along_factor(found, GENERATION, measure)
    if which == "training":
        drawings += along_checkpoints(found, measure)
    known = _known(site)
    return found, measure, [one for one in drawings if not known(one.title)]


def any_curves(site: Site, which: Which) -> bool:
    """Whether the corpus holds something to go by, before anything is counted."""
    there = {"step", GENERATION} & set(site.corpus.factors)
    return bool(there) or (which == "training" and any(map(is_checkpoint, models_of(site))))


def models_of(site: Site) -> Collection[str]:
    """Name the models of the corpus."""
    summary: dict[str, dict[str, int]] = site.kept(
        ("summary", site.corpus.version), site.corpus.summary
    )
    return list(summary["model"])


def _known(site: Site) -> Callable[[str], bool]:
    """Say of which models runs have folders, and so a place of their own on the page."""
    runs, _ = runs_in(site.workspace)
    trained = {base_of(model) for one in runs if one.told.kind == "train" for model in one.models}
    chained = {one.folder for one in runs if one.told.kind == "chain"}
    return lambda model: model in trained or model.rpartition("/")[2] in chained


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


_NOTHING = "There is no curve here: the corpus holds no steps, checkpoints or generations."
