"""A figure of chains by policy: what halting and walking on cost, each with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from allegiance.report.paper import ACCENT, FAINT, INK, axis, heading, on_paper

_WIDE, _LINE = 190, 21


@dataclass(frozen=True)
class PolicyOutcome:
    """One number of one policy.

    Attributes
    ----------
    policy
        ``naive``, ``guarded`` or ``licensed``; a line each.
    chains
        Of which chains it is, such as ``simulated`` or ``organisms``; a line each.
    measure
        What is counted, such as ``false halts``; a panel each.
    estimate, low, high
        In the unit: fractions for rates.
    unit
        ``%`` for rates, which are drawn from 0 to 100; else what stands behind the numbers, such as ``generations``.
    counts
        k of n, as it is printed.
    promise
        The limit that was promised, in the unit; None for none.
    """

    policy: str
    chains: str
    measure: str
    estimate: float
    low: float
    high: float
    unit: str = "%"
    counts: str = ""
    promise: float | None = None


def policies_figure(
    rows: Sequence[PolicyOutcome], title: str, source: str = "", confidence: float = 0.95
) -> str:
    """Draw a panel for each measure, a line for each policy and kind of chain.

    Parameters
    ----------
    rows
        In the order in which measures, policies and kinds are to stand.
    source
        The provenance line.
    confidence
        Nominal coverage of the intervals, as it is printed.

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
        raise ValueError("a figure of policies needs at least one row")
    measures = list(dict.fromkeys(row.measure for row in rows))
    lines = list(dict.fromkeys(_line(row) for row in rows))
    panels = [
        _panel([row for row in rows if row.measure == measure], measure, lines)
        for measure in measures
    ]
    chart = alt.concat(*panels, columns=2, spacing=22, align="all")
    told = [f"{100 * confidence:g} % intervals", "k of n chains beside"]
    if any(row.promise is not None for row in rows):
        told.append("dashed: promised")
    return on_paper(chart, title, [" · ".join(told)], source)


def _line(row: PolicyOutcome) -> str:
    return f"{row.policy}, {row.chains}"


def _panel(rows: Sequence[PolicyOutcome], measure: str, lines: list[str]) -> Any:
    share = rows[0].unit == "%"
    by = 100 if share else 1
    values = [
        {
            "line": _line(row),
            "estimate": by * row.estimate,
            "low": by * row.low,
            "high": by * row.high,
            "counts": row.counts,
        }
        for row in rows
    ]
    scale = alt.Scale(domain=[0, 100]) if share else alt.Scale(zero=True, nice=True)
    x_axis = axis(values=[0, 25, 50, 75, 100]) if share else axis(tickCount=5)
    x = alt.X("low:Q", scale=scale, axis=x_axis)
    names = alt.Axis(
        title=None, labelColor=INK, labelFontSize=11.5, labelLimit=230, domain=False,
        ticks=False, labelPadding=8, grid=True, gridColor=FAINT, gridOpacity=0.14,
    )  # fmt: skip
    y = alt.Y("line:N", sort=lines, scale=alt.Scale(domain=lines), axis=names)
    base = alt.Chart(alt.Data(values=values)).encode(y=y)
    layers: list[Any] = [
        base.mark_rule(color=ACCENT, strokeWidth=1.8).encode(x=x, x2="high:Q"),
        base.mark_point(size=52, color=ACCENT, filled=True, opacity=1, shape="square").encode(
            x=alt.X("estimate:Q", scale=scale)
        ),
        base.mark_text(align="left", color=FAINT, fontSize=11).encode(
            x=alt.value(_WIDE + 8), text="counts:N"
        ),
    ]
    promised = sorted({by * row.promise for row in rows if row.promise is not None})
    if promised:
        limit = alt.Chart(alt.Data(values=[{"promise": one} for one in promised]))
        layers.insert(
            0,
            limit.mark_rule(color=INK, strokeWidth=1, strokeDash=[3, 3]).encode(
                x=alt.X("promise:Q", scale=scale)
            ),
        )
    told = f"{measure}, {rows[0].unit}"
    return alt.layer(*layers).properties(
        width=_WIDE, height=_LINE * len(lines), title=heading(told)
    )
