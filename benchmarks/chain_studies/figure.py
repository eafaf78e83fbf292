"""The figure of docs/chain-guard.md as SVG: what each policy lets through, and how that ends.

This program's policies are filled, naive and the peers outlined; each has a shape of its own. The page
shows it as an image, so the colours are fixed and stand on paper of their own.
"""

from typing import Any

import altair as alt

from allegiance.report.paper import ACCENT, FAINT, INK, PAPER, on_paper
from allegiance.report.policies_figure import PolicyOutcome, policies_figure
from allegiance.stats import proportion
from benchmarks.chain_studies import measures, organisms, real, simulated
from benchmarks.chain_studies.tables import METHODS, Row, row_of

_OF_REAL = (measures.STOPPED, measures.FALSE_HALT, measures.MISSED, measures.REFUSED)
_SHAPES = ("cross", "circle", "square", "triangle-up", "diamond", "triangle-down")
_Z = 1.96
_LINE = 36  # the methods stand below each other in it


def chains_figure(record: Row) -> str:
    """Draw all worlds at the two smaller budgets: stops within the bound, and the rate at the end."""
    panels = [
        panel
        for budget in simulated.BUDGETS[:2]
        for panel in (
            _panel(
                _stops(record, budget),
                f"{budget} probes: stopped before a candidate within the bound, % of chains",
                "dashed: alpha",
                100 * record["terms"]["alpha"],
                labels=True,
                legend=budget == simulated.BUDGETS[0],
            ),
            _panel(
                _ends(record, budget),
                f"{budget} probes: breaks at the end, % of requests",
                "dashed: the bound",
                100 * record["terms"]["bound"],
                labels=False,
                legend=False,
            ),
        )
    ]
    rows = [alt.hconcat(*panels[n : n + 2], spacing=24) for n in (0, 2)]
    chart = alt.vconcat(*rows, spacing=24)
    return on_paper(
        chart, "What each policy costs, and what it lets through", [], provenance(record)
    )


def real_figure(record: Row) -> str:
    """Draw what each policy did with real chains; empty where the record has none."""
    found = [row for row in record["results"] if row["study"] == organisms.STUDY]
    whole = [world.name for world in real.WORLDS]
    drawn: list[PolicyOutcome] = []
    for measure in _OF_REAL:
        for row in found:
            world = row["cell"]["world"]
            if row["cell"]["measure"] == measure and world in whole:
                sure = proportion(row["count"], row["repeats"])
                drawn.append(
                    PolicyOutcome(
                        row["method"], world, measure, sure.point, sure.low, sure.high,
                        counts=f"{row['count']} of {row['repeats']}",
                    )
                )  # fmt: skip
    return (
        policies_figure(drawn, "Real chains: what each policy did", _real_source(record["real"]))
        if drawn
        else ""
    )


def _stops(record: Row, budget: int) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    for world in simulated.WORLDS:
        for name in METHODS:
            row = row_of(record, world.name, budget, name, measures.FALSE_HALT)
            if row is not None and name != "naive":
                limits = proportion(row["count"], row["repeats"])
                values.append(_value(world.name, name, limits.point, limits.low, limits.high))
    return values


def _ends(record: Row, budget: int) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    for world in simulated.WORLDS:
        for name in METHODS:
            row = row_of(record, world.name, budget, name, measures.STOPPED)
            if row is not None:
                ended, error = row["figures"]["ended"], _Z * row["figures"]["ended se"]
                values.append(_value(world.name, name, ended, ended - error, ended + error))
    return values


def _value(world: str, name: str, value: float, low: float, high: float) -> dict[str, Any]:
    return {
        "world": world, "policy": name, "ours": name in measures.PROMISES,
        "value": 100 * value, "low": 100 * low, "high": 100 * high,
    }  # fmt: skip


def _panel(
    values: list[dict[str, Any]], title: str, dashed: str, at: float, *, labels: bool, legend: bool
) -> alt.LayerChart:
    order = [world.name for world in simulated.WORLDS]
    y = alt.Y(
        "world:N",
        sort=order,
        axis=alt.Axis(
            title=None, labels=labels, labelColor=INK, labelFontSize=11.5, labelLimit=260,
            domain=False, ticks=False, labelPadding=8, grid=True, gridColor=FAINT, gridOpacity=0.14,
        ),
        scale=alt.Scale(domain=order),
    )  # fmt: skip
    x = alt.X(
        "value:Q",
        scale=alt.Scale(type="sqrt", domain=[0, 100], nice=False),
        axis=alt.Axis(
            title=None, values=[0, 1, 5, 10, 20, 50, 100], labelColor=FAINT, labelFontSize=11,
            gridColor=FAINT, gridOpacity=0.22, domain=False, ticks=False,
        ),
    )  # fmt: skip
    offset = alt.YOffset("policy:N", sort=list(METHODS), scale=alt.Scale(domain=list(METHODS)))
    key = alt.Legend(
        orient="top", title=None, labelColor=INK, labelFontSize=11.5, columns=6, labelLimit=260
    )
    shape = alt.Shape(
        "policy:N",
        scale=alt.Scale(domain=list(METHODS), range=list(_SHAPES)),
        legend=key if legend else None,
    )
    fill = alt.condition("datum.ours", alt.value(ACCENT), alt.value(PAPER))
    stroke = alt.condition("datum.ours", alt.value(ACCENT), alt.value(INK))
    base = alt.Chart(alt.Data(values=values)).encode(y=y, yOffset=offset)
    spans = base.mark_rule(strokeWidth=1.2).encode(x=alt.X("low:Q"), x2="high:Q", color=stroke)
    points = base.mark_point(size=26, strokeWidth=1).encode(
        x=x, shape=shape, fill=fill, stroke=stroke
    )
    line = (
        alt.Chart(alt.Data(values=[{"value": at}]))
        .mark_rule(color=INK, strokeWidth=1, strokeDash=[3, 3])
        .encode(x=x)
    )
    return alt.layer(line, spans, points).properties(
        width=360,
        height=_LINE * len(order),
        title=alt.TitleParams(
            f"{title} ({dashed})", anchor="start", fontSize=11.5, fontWeight="normal",
            color=FAINT, offset=6,
        ),
    )  # fmt: skip


def provenance(record: Row) -> str:
    """What the figure was made from."""
    terms = record["terms"]
    told = f"{terms['generations']} generations, alpha {terms['alpha']:g}, bound {100 * terms['bound']:g} %"
    made = f"{record['chains']:,} chains a mark, 95 % intervals, seed {record['seed']}"
    return f"{told}, {made}, allegiance {record['versions']['allegiance']}"


def _real_source(made: Row) -> str:
    software = "; ".join(f"trl {one['trl']}, torch {one['torch']}" for one in made["software"])
    return f"{' and '.join(made['models'])}, {made['generations']} generations, {made['budget']} probes; {software}"
