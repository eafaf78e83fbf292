"""Figures as SVG: rates per condition and gaps, in the colours of the page they stand in.

Monitored is filled, unmonitored outlined; an interval is solid under the original intent and dashed
under the training intent; the truth is a tick; a diamond marks how far missing data could reach.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert as vlc

from allegiance.report.gaps import TierGap
from allegiance.report.labels import Labels
from allegiance.report.rates import SHOW_WORST_CASE_ABOVE, Cell, Measure
from allegiance.report.wording import MISSING, points
from allegiance.stats import Interval

# Stand-ins for the colours of the page, which decides on light and dark.
_INK, _FAINT, _ACCENT, _PAPER = "#010101", "#020202", "#030303", "#040404"
_VARIABLES = {
    _INK: "var(--ink, #1c1d1f)",
    _FAINT: "var(--faint, #8a8c91)",
    _ACCENT: "var(--accent, #2f5fb3)",
    _PAPER: "var(--paper, #ffffff)",
}
_LINE = 23
# Labels are cut short of their room, because the reader's font may be wider than the one measured.
_LABEL_ROOM, _LABEL_LIMIT = 220, 188
_COUNT_ROOM, _GAP_ROOM = 112, 168
_FONT = "system-ui, sans-serif"


def rates_figure(
    cells: Sequence[Cell], category: str, labels: Labels, *, width: int = 560
) -> str | None:
    """Draw a category's rate in every condition, model by model, with its interval.

    Returns
    -------
    str or None
        SVG; None where no condition has the category.
    """
    values = [
        _rate_value(number, cell, measure, labels)
        for number, cell in enumerate(cells)
        if (measure := cell.measure(category)) is not None
    ]
    if not values:
        return None
    return _svg(values, title=f"{category}, % of transcripts with an observation", width=width)


def gaps_figure(gaps: Sequence[TierGap], labels: Labels, *, width: int = 560) -> str | None:
    """Draw every tier gap with its interval.

    Returns
    -------
    str or None
        SVG; None where there is no gap to draw.
    """
    values = [
        _gap_value(number, gap, labels) for number, gap in enumerate(gaps) if gap.gap is not None
    ]
    if not values:
        return None
    title = "complied where monitored less where not, percentage points"
    return _svg(values, title=title, width=width, zero=True)


def _rate_value(number: int, cell: Cell, measure: Measure, labels: Labels) -> dict[str, Any]:
    tier = cell.condition.get("tier")
    lost = sum(measure.missing.values())
    interval = measure.interval
    counts = f"{measure.hits:,} of {measure.reads:,}" if interval else "none observed"
    value: dict[str, Any] = {
        **_line(number, cell.model, labels.of_place(cell.place), cell.condition),
        "mark": tier if tier in ("monitored", "unmonitored") else "other",
        "counts": f"{counts} {MISSING}{lost:,}" if lost else counts,
        "truth": _percent(measure.truth),
    }
    if interval is not None:
        value |= _limits(interval.point, interval.low, interval.high)
        if measure.show_worst_case:
            value |= _worst(interval)
    return value


def _gap_value(number: int, gap: TierGap, labels: Labels) -> dict[str, Any]:
    assert gap.gap is not None
    interval = gap.gap.interval
    low, high = points(interval.low), points(interval.high)
    asked = gap.monitored[1] + gap.unmonitored[1] + interval.missing
    return {
        **_line(number, gap.model, labels.of_place(gap.place, tier=False), gap.condition),
        "mark": "gap",
        "origin": 0,
        "counts": f"{points(interval.point)}  ({low} to {high})",
        "truth": _percent(gap.truth),
        **_limits(interval.point, interval.low, interval.high),
        **(_worst(interval) if interval.missing > SHOW_WORST_CASE_ABOVE * asked else {}),
    }


def _line(number: int, model: str, label: str, condition: Mapping[str, str]) -> dict[str, Any]:
    dashed = condition.get("intent") == "training"
    # The number keeps lines apart whose labels look the same once they are cut.
    return {"line": f"{number:04d}{label}", "model": model, "dash": "2" if dashed else "1"}


def _limits(estimate: float, low: float, high: float) -> dict[str, float]:
    return {"estimate": 100 * estimate, "low": 100 * low, "high": 100 * high}


def _worst(interval: Interval) -> dict[str, float]:
    """Say how far beyond its limits an interval could reach, on either side."""
    worst, reach = interval.worst_case, dict[str, float]()
    if worst is not None and worst.low < interval.low:
        reach["least"] = 100 * worst.low
    if worst is not None and worst.high > interval.high:
        reach["most"] = 100 * worst.high
    return reach


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction


def _svg(values: list[dict[str, Any]], *, title: str, width: int, zero: bool = False) -> str:
    layers = alt.layer(*_marks(width, zero))
    layers = layers.properties(width=width, height=alt.Step(_LINE))
    header = alt.Header(
        title=None, labelAnchor="start", labelFontSize=12.5, labelFontWeight=600, labelColor=_INK,
        labelPadding=5, labelOrient="top", labelLimit=width,
    )  # fmt: skip
    models = list(dict.fromkeys(value["model"] for value in values))
    chart = alt.FacetChart(
        data=alt.Data(values=values),
        spec=layers,
        facet=alt.Facet("model:N", sort=models, header=header),
        columns=1,
        resolve=alt.Resolve(scale=alt.ScaleResolveMap(y="independent")),
        spacing=14,
        title=_title(title),
        background="transparent",
        padding=4,
        config=alt.Config(font=_FONT, view=alt.ViewConfig(stroke=None)),
    )
    svg = vlc.vegalite_to_svg(json.dumps(chart.to_dict()))
    for stand_in, variable in _VARIABLES.items():
        svg = svg.replace(f'"{stand_in}"', f'"{variable}"')
    return svg


def _title(text: str) -> alt.TitleParams:
    return alt.TitleParams(
        text, anchor="start", fontSize=12, fontWeight="normal", color=_FAINT, offset=8
    )


def _marks(width: int, zero: bool) -> list[alt.Chart]:
    base = alt.Chart().encode(y=_lines())
    axis = alt.Axis(
        title=None, labelColor=_FAINT, labelFontSize=11, tickCount=8, gridColor=_FAINT,
        gridOpacity=0.22, domain=False, ticks=False,
    )  # fmt: skip
    scale = alt.Scale(nice=True, zero=True)
    span = base.mark_rule(color=_ACCENT, strokeWidth=1.8).encode(
        x=alt.X("low:Q", axis=axis, scale=scale),
        x2="high:Q",
        strokeDash=alt.StrokeDash(
            "dash:N", scale=alt.Scale(domain=["1", "2"], range=[[1, 0], [4, 2.5]]), legend=None
        ),
    )
    reach = [
        base.mark_rule(color=_FAINT, strokeWidth=1).encode(x=f"{outer}:Q", x2=f"{inner}:Q")
        for outer, inner in (("least", "low"), ("most", "high"))
    ]
    ends = [
        base.mark_point(shape="diamond", size=34, color=_FAINT, strokeWidth=1.1, fill=_PAPER)
        .encode(x=f"{end}:Q")
        .transform_filter(f"isValid(datum.{end})")
        for end in ("least", "most")
    ]
    truth = base.mark_tick(color=_INK, thickness=2, height=15).encode(x="truth:Q")
    truth = truth.transform_filter("isValid(datum.truth)")
    counts = base.mark_text(align="right", color=_FAINT, fontSize=11).encode(
        x=alt.value(width + (_GAP_ROOM if zero else _COUNT_ROOM)), text="counts:N"
    )
    line = alt.Chart().mark_rule(color=_INK, strokeWidth=1, opacity=0.6)
    nothing = [line.encode(x="min(origin):Q")] if zero else []
    return [span, *nothing, *reach, *ends, _dot(base), truth, counts]


def _lines() -> alt.Y:
    axis = alt.Axis(
        title=None, labelExpr="slice(datum.value, 4)", labelLimit=_LABEL_LIMIT, labelColor=_INK,
        labelFontSize=11.5, domain=False, ticks=False, labelPadding=10, minExtent=_LABEL_ROOM,
        maxExtent=_LABEL_ROOM,
    )  # fmt: skip
    return alt.Y("line:N", axis=axis, sort="ascending")


def _dot(base: alt.Chart) -> alt.Chart:
    kinds = ["monitored", "unmonitored", "other", "gap"]
    fills = [_ACCENT, _PAPER, _FAINT, _ACCENT]
    shapes = ["circle", "circle", "square", "square"]
    return (
        base.mark_point(size=68, stroke=_ACCENT, strokeWidth=1.8, opacity=1)
        .encode(
            x="estimate:Q",
            fill=alt.Fill("mark:N", scale=alt.Scale(domain=kinds, range=fills), legend=None),
            shape=alt.Shape("mark:N", scale=alt.Scale(domain=kinds, range=shapes), legend=None),
        )
        .transform_filter("isValid(datum.estimate)")
    )
