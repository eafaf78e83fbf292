"""What our drawings are made of: lines and words at their places, and the paper of a figure that stands by itself."""

import re
import textwrap
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from markupsafe import escape

from allegiance.report.wording import limits, points, rate
from allegiance.stats import Interval
from allegiance.web.inert import inert_line

PAD, WIDTH = 18, 936
"""Of a figure that stands by itself, in pixels."""

_INKS = {
    "--ink": "#1b1c1f", "--faint": "#6b6e75", "--accent": "#2c5aa8", "--paper": "#ffffff", "--hair": "#e3e3de",
}  # fmt: skip


def placed(x: str, y: float, drawn: str) -> str:
    """Put a drawing at a place; a length in per cent is none that a transformation takes."""
    return f'<svg x="{x}" y="{y:.1f}" overflow="visible">{drawn}</svg>'


def level(x1: str, x2: str, y: float, klass: str) -> str:
    """Draw a level line."""
    return f'<line x1="{x1}" x2="{x2}" y1="{y:.1f}" y2="{y:.1f}" class="{klass}"/>'


def text_at(x: float, y: float, text: str, klass: str, anchor: str = "start") -> str:
    """Write text at a place."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{klass}" text-anchor="{anchor}">'
        f"{escape(inert_line(text))}</text>"
    )


def tick_text(value: float, gap: bool) -> str:
    """Write a tick of an axis, in per cent; of a gap with its sign."""
    shown = f"{100 * value:g}"
    return shown.replace("-", "−") if not gap or value <= 0 else f"+{shown}"


def interval_in_words(one: Interval, gap: bool) -> str:
    """Say an interval in words."""
    sure = f"{100 * one.confidence:g} % interval"
    if one.estimate is None:
        return f"{sure} {limits(one)}"
    if gap:
        return f"{points(one.point)} points, {sure} {points(one.low)} to {points(one.high)}"
    return f"{rate(one.point)} %, {sure} {limits(one)}"


def span_in_words(low: float, high: float, gap: bool) -> str:
    """Say in words from where to where."""
    return f"{points(low)} to {points(high)}" if gap else f"{rate(low)} to {rate(high)} %"


def cut(text: str, most: int) -> str:
    """Shorten a name that is too long in its middle: conditions often differ in their last factor."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}"


def dot(drawn: str, said: str, address: str, alone: bool) -> str:
    """Make a mark that says its numbers, and leads to what is behind it; `said` is escaped already.

    Parameters
    ----------
    address
        Where its transcripts are; empty for nowhere.
    alone
        Whether the figure stands by itself, where nothing can be stepped to.
    """
    if alone:
        return f'<g class="dot"><title>{said}</title>{drawn}</g>'
    if address:
        return f'<a href="{escape(address)}" class="dot" aria-label="{said}"><title>{said}</title>{drawn}</a>'
    return f'<g class="dot" tabindex="0" role="img" aria-label="{said}"><title>{said}</title>{drawn}</g>'


def labels_apart(
    named: Sequence[tuple[float, str]], lowest: float, room: float = 14
) -> list[tuple[float, str]]:
    """Move names at the ends of lines so that none stands on another, and none below the `lowest` place."""
    moved: list[tuple[float, str]] = []
    for y, name in sorted(named):
        moved.append((max(y, moved[-1][0] + room) if moved else y, name))
    limit = lowest
    for place in range(len(moved) - 1, -1, -1):
        y, name = moved[place]
        moved[place] = (min(y, limit), name)
        limit = moved[place][0] - room
    return moved


def standing_alone(
    parts: Sequence[str], title: str, foot: float, key: Sequence[str], source: str
) -> str:
    """Make a figure that stands by itself: with its paper, its rules and its provenance line."""
    lines = [(line, "minor") for line in textwrap.wrap(" · ".join(key), 165)]
    lines += [(line, "source") for line in textwrap.wrap(inert_line(source), 175)]
    said = [text_at(PAD, foot + 16 + 15 * n, line, klass) for n, (line, klass) in enumerate(lines)]
    height = foot + 16 + 15 * len(lines) + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" width="{WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {WIDTH} {height:.0f}" role="img">'
        f"<title>{escape(inert_line(title))}</title><style>{rules()}</style>"
        f'<rect width="100%" height="100%" class="paper"/>{"".join(parts)}{"".join(said)}</svg>'
    )


@cache
def rules() -> str:
    """Give the rules of the drawings with the colours of paper in place of the page's variables."""
    text = (files("allegiance.web") / "static" / "figures.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"var\((--[a-z]+)\)", lambda found: _INKS[found.group(1)], text)
