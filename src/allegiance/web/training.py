"""The page: training. Runs with their progress, what their trainer counted, what was audited of their checkpoints."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, HTTPException
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from allegiance.web.curve_figure import Curve, curves_figure
from allegiance.web.curves_shown import any_curves, drawings_of, drawn
from allegiance.web.exporting import Format, table_file
from allegiance.web.numbers import Numbers, at_hand, numbers, small
from allegiance.web.overview import picture
from allegiance.web.overview_rows import key_of, source_of
from allegiance.web.page import SiteHere, fragment, page
from allegiance.web.run_folders import Run, Unread, runs_in, state_of_files
from allegiance.web.set_ups import Series, SetUp, audited, set_ups
from allegiance.web.site import Site
from allegiance.web.step_lines import Steps, steps_of
from allegiance.web.steps_figure import steps_figure

router = APIRouter()

_BAND = "band: one standard deviation between the rollouts of a step"


@dataclass(frozen=True)
class Shown:
    """A set-up as its section shows it.

    Attributes
    ----------
    series
        What the corpus says of its checkpoints.
    own, curves
        The drawings of what the trainer counted, and of what was audited; empty where there is nothing.
    """

    of: SetUp
    series: tuple[Series, ...]
    own: Markup
    curves: Markup

    @property
    def seeds(self) -> bool:
        """Whether any point is of several seeds."""
        return any(point.seeds > 1 for one in self.series for point in one.points)


@router.get("/training")
def training(request: Request, site: SiteHere, category: str = "", wait: bool = False) -> Response:
    """Show training runs; where counting takes long, the runs come first and what was audited follows."""
    found, unread = _set_ups(site)
    counts = bool(found) or any_curves(site, "training")
    at_once = not counts or wait or small(site) or at_hand(site)
    return page(
        request,
        "training.html.j2",
        ups=found,
        unread=unread,
        counts=counts,
        category=category,
        part=Markup(_part(site, found, category)) if counts and at_once else "",
    )


@router.get("/api/training")
def training_part(site: SiteHere, category: str = "") -> JSONResponse:
    """Give what was audited as a part of the page."""
    return JSONResponse({"html": _part(site, _set_ups(site)[0], category)})


@router.get("/training/audited.{kind}")
def audited_table(site: SiteHere, kind: Format, category: str = "") -> Response:
    """Give the audited points of all set-ups as a table."""
    ups, _ = _set_ups(site)
    if not ups:
        raise HTTPException(404, _NO_RUN)
    found = numbers(site)
    measure = found.chosen(category)
    rows = [row for one in ups for row in _audited_rows(found, one, measure)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return table_file(rows, columns, f"{site.name}-audited", source_of(site, found, measure), kind)


@router.get("/training/steps.{kind}")
def steps_table(site: SiteHere, kind: Format, run: str) -> Response:
    """Give the lines of a run's trainer as a table."""
    one = next((one for one in runs_in(site.workspace)[0] if one.folder == run), None)
    if one is None:
        raise HTTPException(404, _NO_RUN)
    columns = ["step", "reward", "reward_sd", "loss", "complied", "strategic", "seconds"]
    rows = [{name: getattr(step, name) for name in columns} for step in _steps(site, one).all]
    return table_file(rows, columns, f"{site.name}-{run}-steps", _own_source(one), kind)


@router.get("/training/trainer.{kind}")
def trainer_figure(site: SiteHere, kind: Literal["svg", "png"], of: str) -> Response:
    """Give the drawing of what the trainer of a set-up counted as a file."""
    one = _named(site, of)
    if not one.panels:
        raise HTTPException(404, "Its trainer wrote no step yet.")
    title = f"{one.name}: what the trainer counted"
    source = " · ".join(_own_source(each.run) for each in one.runs)
    return picture(steps_figure(one.panels, title, source, key=[_BAND]), f"{site.name}-trainer", kind)  # fmt: skip


@router.get("/training/audit.{kind}")
def audit_figure(
    site: SiteHere, kind: Literal["svg", "png"], of: str, category: str = ""
) -> Response:
    """Give the drawing of what was audited of a set-up as a file."""
    one, found = _named(site, of), numbers(site)
    measure = found.chosen(category)
    curves = _curves(audited(found, one, measure))
    if not curves:
        raise HTTPException(404, "Nothing was observed of its checkpoints yet.")
    key = [*key_of(found), *([_SEEDS] if len(one.runs) > 1 else [])]
    title, source = f"{one.name}: {measure}, %, by step", source_of(site, found, measure)
    svg = curves_figure(curves, _across(curves), title, "step", source, key=key)
    return picture(svg, f"{site.name}-audit", kind)


def _part(site: Site, ups: list[SetUp], category: str) -> str:
    """Render what is counted in the corpus, and drawn."""
    found = numbers(site) if ups or any_curves(site, "training") else None
    measure = "" if found is None else found.chosen(category)
    _, _, others = drawings_of(site, "training", category)
    return fragment(
        "training_part.html.j2",
        which="training",
        shown=[_shown(found, one, measure) for one in ups],
        drawn=[(one, drawn(one, measure)) for one in others],
        measure=measure,
        measures=() if found is None else found.measures,
        source="" if found is None else source_of(site, found, measure),
        confidence=0.95 if found is None else found.report.confidence,
    )


def _shown(found: Numbers | None, one: SetUp, measure: str) -> Shown:
    series = () if found is None or not measure else tuple(audited(found, one, measure))
    curves = _curves(series)
    own = steps_figure(one.panels, f"{one.name}: what the trainer counted", alone=False)
    title = f"{measure}, %, on held-out requests"
    return Shown(
        of=one,
        series=series,
        own=Markup(own if one.panels else ""),
        curves=Markup(
            curves_figure(curves, _across(curves), title, "step", alone=False) if curves else ""
        ),
    )


def _curves(series: Sequence[Series]) -> list[Curve]:
    return [one.curve for one in series if one.curve.points]


def _across(curves: list[Curve]) -> list[tuple[float, str]]:
    places = sorted({point.at for curve in curves for point in curve.points})
    return [(at, f"{at:,.0f}") for at in places]


def _audited_rows(found: Numbers, one: SetUp, measure: str) -> list[dict[str, Any]]:
    told = one.runs[0].run.told
    return [
        {
            "set_up": one.name,
            "base": told.model,
            "method": one.setting("method"),
            "on": one.setting("on"),
            "step": point.step,
            **series.condition,
            "category": measure,
            "hits": point.hits,
            "reads": point.reads,
            "population": point.population,
            "missing": point.missing,
            "seeds": point.seeds,
            "estimate": None if point.interval is None else point.interval.estimate,
            "low": None if point.interval is None else point.interval.low,
            "high": None if point.interval is None else point.interval.high,
            "confidence": None if point.interval is None else point.interval.confidence,
            "interval": None if point.interval is None else point.interval.method,
        }
        for series in audited(found, one, measure)
        for point in series.points
    ]


def _set_ups(site: Site) -> tuple[list[SetUp], list[Unread]]:
    runs, unread = runs_in(site.workspace)
    trained = [(one, _steps(site, one)) for one in runs if one.told.kind == "train"]
    return set_ups(trained), unread


def _steps(site: Site, run: Run) -> Steps:
    state = state_of_files(run, ("steps.jsonl",))
    return site.kept(("steps", run.folder, state), lambda: steps_of(run.path))


def _named(site: Site, name: str) -> SetUp:
    found = next((one for one in _set_ups(site)[0] if one.name == name), None)
    if found is None:
        raise HTTPException(404, _NO_RUN)
    return found


def _own_source(run: Run) -> str:
    software = json.dumps(run.told.software, ensure_ascii=False)[:200]
    return f"{run.folder}: base {run.told.base_sha256[:12]}, {software}"


_NO_RUN = "There is no such training run in runs/, or its run.json can't be read."
_SEEDS = "points of several seeds: Student's t over the rates of the seeds"
