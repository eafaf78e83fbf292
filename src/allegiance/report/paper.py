"""A figure on paper of its own, for documents that show it as an image: fixed colours, a title, its provenance line."""

import json
from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert as vlc

INK, FAINT, ACCENT, PAPER = "#1c1d1f", "#6d7076", "#2f5fb3", "#ffffff"
_FONT = "system-ui, sans-serif"

TIERS = ("monitored", "unmonitored", "other")
_FILLS = [ACCENT, PAPER, FAINT]
_SHAPES = ["circle", "circle", "square"]


def on_paper(chart: Any, title: str, notes: Sequence[str], source: str) -> str:
    """Print a chart as SVG.

    Parameters
    ----------
    title
        What is drawn, and in which unit.
    notes
        What marks and intervals mean, a line each; they stand under the title.
    source
        Its provenance; the last of these lines.
    """
    chart = chart.properties(
        background=PAPER,
        # Room at the left, because the reader's font may be wider than the one measured.
        padding={"left": 16, "top": 12, "right": 16, "bottom": 12},
        title=alt.TitleParams(
            title, subtitle=[*notes, *([source] if source else [])], anchor="start", fontSize=13,
            fontWeight=600, color=INK, subtitleFontSize=11, subtitleColor=FAINT, offset=14,
            subtitlePadding=5, limit=1200,
        ),
    )  # fmt: skip
    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = {"font": _FONT, "view": {"stroke": None}, "aria": False}
    return vlc.vegalite_to_svg(json.dumps(spec))


def axis(title: str | None = None, **more: Any) -> alt.Axis:
    """Make an axis of numbers in the look of the program."""
    told: dict[str, Any] = {
        "title": title, "labelColor": FAINT, "labelFontSize": 11, "titleColor": FAINT,
        "titleFontSize": 11, "titleFontWeight": "normal", "gridColor": FAINT, "gridOpacity": 0.22,
        "domain": False, "ticks": False, **more,
    }  # fmt: skip
    return alt.Axis(**told)


def heading(text: str) -> alt.TitleParams:
    """Make the title of a panel."""
    return alt.TitleParams(
        text, anchor="start", fontSize=11.5, fontWeight="normal", color=FAINT, offset=6
    )


def fill_of(field: str) -> alt.Fill:
    """Fill what is monitored, and outline what is not."""
    return alt.Fill(field, scale=alt.Scale(domain=list(TIERS), range=_FILLS), legend=None)


def shape_of(field: str) -> alt.Shape:
    """Give a tier its shape."""
    return alt.Shape(field, scale=alt.Scale(domain=list(TIERS), range=_SHAPES), legend=None)
