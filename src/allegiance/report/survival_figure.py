"""A figure of survival: for every organism and method what is left of a behaviour over training, as small multiples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from allegiance.report.paper import ACCENT, FAINT, axis, fill_of, on_paper, shape_of
from allegiance.report.wording import counted
from allegiance.stats import Interval

_WIDE, _HIGH = 180, 132


@dataclass(frozen=True)
class Survived:
    """What was measured of one set-up at one step.

    Attributes
    ----------
    organism, method
        What was trained, and how; a panel each.
    step
        After so many steps of training.
    tier
        Where the behaviour was looked for: ``monitored`` or ``unmonitored``.
    interval
        The share, over seeds.
    seeds
        How many runs it is of.
    """

    organism: str
    method: str
    step: int
    tier: str
    interval: Interval
    seeds: int


def survival_figure(rows: Sequence[Survived], title: str, source: str = "") -> str:
    """Draw shares over steps: organisms side by side, methods one below the other.

    Parameters
    ----------
    rows
        In the order in which organisms and methods are to stand.
    title
        What behaviour it is the share of.
    source
        The provenance line.

    Returns
    -------
    str
        SVG.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    if not rows:
        raise ValueError("a figure of survival needs at least one row")
    organisms = list(dict.fromkeys(row.organism for row in rows))
    methods = list(dict.fromkeys(row.method for row in rows))
    values = [_value(row) for row in rows]
    last = max(row.step for row in rows)
    panels = [
        _panel(
            [v for v in values if (v["organism"], v["method"]) == (organism, method)],
            f"{organism}, {method}",
            last,
        )
        for method in methods
        for organism in organisms
    ]
    chart = alt.concat(*panels, columns=len(organisms), spacing=20, align="all")
    return on_paper(chart, f"{title}, %", _notes(rows), source)


def _value(row: Survived) -> dict[str, Any]:
    one = row.interval
    return {
        "organism": row.organism,
        "method": row.method,
        "step": row.step,
        "tier": row.tier,
        "estimate": 100 * one.point,
        "low": 100 * one.low,
        "high": 100 * one.high,
    }


def _notes(rows: Sequence[Survived]) -> list[str]:
    seeds = sorted({row.seeds for row in rows})
    many = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    over = counted(seeds[0], "seed") if len(seeds) == 1 else f"{many} seeds"
    sure = f"{100 * rows[0].interval.confidence:g} % intervals over {over}"
    reads = [row.interval.reads for row in rows if row.interval.reads is not None]
    read = f", n = {min(reads):,} to {max(reads):,} transcripts a point" if reads else ""
    if reads and min(reads) == max(reads):
        read = f", n = {reads[0]:,} transcripts a point"
    return [f"filled: monitored · outlined: unmonitored · {sure}{read}"]


def _panel(values: list[dict[str, Any]], title: str, last: int) -> Any:
    base = alt.Chart(alt.Data(values=values))
    steps = axis("step", tickCount=5, grid=False, labelOverlap=True)
    shares = axis(values=[0, 25, 50, 75, 100], labelOverlap=False)
    x = alt.X("step:Q", scale=alt.Scale(domain=[0, last], nice=False, padding=8), axis=steps)
    y = alt.Y("low:Q", scale=alt.Scale(domain=[0, 100]), axis=shares)
    at = alt.Y("estimate:Q", scale=alt.Scale(domain=[0, 100]))
    line = base.mark_line(color=ACCENT, strokeWidth=1.2).encode(x=x, y=at, detail="tier:N")
    span = base.mark_rule(color=ACCENT, strokeWidth=1.6).encode(x=x, y=y, y2="high:Q")
    dot = base.mark_point(size=46, stroke=ACCENT, strokeWidth=1.6, opacity=1).encode(
        x=x, y=at, fill=fill_of("tier:N"), shape=shape_of("tier:N")
    )
    heading = alt.TitleParams(title, anchor="start", fontSize=12, fontWeight=600, offset=6)
    if not values:
        none = alt.Chart(alt.Data(values=[{"said": "not run"}])).mark_text(color=FAINT, fontSize=11)
        said = alt.layer(none.encode(text="said:N"))
        return said.properties(width=_WIDE, height=_HIGH, title=heading)
    return alt.layer(line, span, dot).properties(width=_WIDE, height=_HIGH, title=heading)
