"""The figure of a calibration: the labelled share by score, with limits and where it comes from."""

import json
from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert as vlc

from allegiance import __version__
from allegiance.audit.calibrating import Calibration

_INK, _FAINT, _ACCENT = "#1c1d1f", "#8a8c91", "#2f5fb3"
_FONT = "system-ui, sans-serif"
_SIDE = 300


def reliability_figure(found: Sequence[Calibration]) -> str:
    """Draw the labelled share of every band of scores, one panel for each calibration.

    A dot stands at the mean score of the labelled transcripts of its band; a band without labels has
    none. Where scores lie from 0 to 1 a thin line shows where they would be the shares themselves.

    Returns
    -------
    str
        SVG.
    """
    chart = alt.VConcatChart(
        vconcat=[_panel(one) for one in found],
        spacing=26,
        padding=8,
        background="white",
        config=alt.Config(font=_FONT, view=alt.ViewConfig(stroke=None)),
    )
    return vlc.vegalite_to_svg(json.dumps(chart.to_dict()))


def provenance(one: Calibration) -> str:
    """Write where a figure comes from: frame, seed, scanner, version."""
    spec = one.draw.spec
    seed = f"seed {spec.seed}" if spec.seed else "no seed"
    return (
        f"draw {spec.name}, {spec.design}, {seed}; frame {spec.frame.digest[:12]}, N = "
        f"{spec.frame.population:,}; scanner {one.instrument.digest[:12]}; allegiance {__version__}"
    )


def _panel(one: Calibration) -> alt.LayerChart | alt.FacetChart:
    found = one.reliability
    assert found is not None
    values: list[dict[str, Any]] = [
        {
            "score": band.mean_score,
            "share": None if band.share is None else _percent(band.share.estimate),
            "low": None if band.share is None else 100 * band.share.low,
            "high": None if band.share is None else 100 * band.share.high,
            "n": f"{band.reads:,} of {band.population:,}",
        }
        for band in found.bins
        if band.reads
    ]
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("score:Q", title="score", scale=alt.Scale(zero=False), axis=_axis())
    )
    share = alt.Y("low:Q", title="labelled so, %", scale=alt.Scale(domain=[0, 100]), axis=_axis())
    layers = [
        base.mark_rule(color=_ACCENT, strokeWidth=1.8).encode(y=share, y2="high:Q"),
        base.mark_point(filled=True, size=64, color=_ACCENT, opacity=1)
        .encode(y="share:Q")
        .transform_filter("isValid(datum.share)"),
        base.mark_text(dx=8, align="left", fontSize=10, color=_FAINT).encode(
            y="high:Q", text="n:N"
        ),
    ]
    if found.edges == "fixed":
        ends = alt.Data(values=[{"score": 0, "share": 0}, {"score": 1, "share": 100}])
        layers.append(
            alt.Chart(ends)
            .mark_line(color=_FAINT, strokeWidth=0.8)
            .encode(x="score:Q", y="share:Q")
        )
    title = alt.TitleParams(
        f"{one.wanted}: {one.instrument.scanner}",
        subtitle=provenance(one),
        anchor="start",
        fontSize=12,
        color=_INK,
        subtitleColor=_FAINT,
        subtitleFontSize=9,
    )
    return alt.layer(*layers).properties(width=_SIDE, height=_SIDE * 2 // 3, title=title)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _axis() -> alt.Axis:
    return alt.Axis(
        labelColor=_FAINT, titleColor=_FAINT, gridOpacity=0.2, domain=False, ticks=False
    )
