"""Our own drawings, as SVG: a dot with its interval on a shared axis, in a row of a table or in a figure to be saved.

Monitored is filled, unmonitored outlined; an interval is solid under the original intent and dashed
under the training intent; a tick is the truth of an organism; diamonds say how far missing data
could reach; the thin line with a triangle below is the rate that labels make of it.
"""

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from allegiance.report.wording import limits, points, rate
from allegiance.stats import Interval
from allegiance.web.inert import inert_line

HEIGHT = 22
"""Of a row of a table, in pixels."""

_INKS = {
    "--ink": "#1b1c1f", "--faint": "#6b6e75", "--accent": "#2c5aa8", "--paper": "#ffffff", "--hair": "#e3e3de",
}  # fmt: skip
_LABEL, _PLOT, _COUNTS, _PAD, _LINE = 250, 400, 250, 18, 24
_WIDTH = _PAD + _LABEL + _PLOT + _COUNTS + _PAD


@dataclass(frozen=True)
class Axis:
    """A scale from `low` to `high`, in fractions."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Say how far along a value lies, from 0 to 1."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def per_cent(self, value: float) -> str:
        """Write that as SVG takes it."""
        return f"{100 * self.share(value):.2f}%"


@dataclass(frozen=True)
class Mark:
    """What is drawn in one row.

    Attributes
    ----------
    interval
        The dot and its line; None where nothing was observed.
    kind
        ``monitored``, ``unmonitored``, ``gap``, or ``other``.
    dashed
        Whether training rewards Intent_2 there.
    truth
        Of an organism.
    worst
        Whether to show how far missing data could reach.
    corrected
        The rate by labels, if one is on record.
    """

    interval: Interval | None
    kind: str
    dashed: bool = False
    truth: float | None = None
    worst: bool = False
    corrected: Interval | None = None

    def values(self) -> list[float]:
        """Give all that has to find room on the axis."""
        found = [] if self.truth is None else [self.truth]
        for one in (self.interval, self.corrected):
            found += [] if one is None else [one.low, one.high]
        worst = None if self.interval is None else self.interval.worst_case
        if self.worst and worst is not None:
            found += [worst.low, worst.high]
        return found


@dataclass(frozen=True)
class Line:
    """A row of a figure: the heading it stands under, its name, the numbers in words, and what is drawn."""

    head: str
    name: str
    counts: str
    mark: Mark


@dataclass(frozen=True)
class Point:
    """A point of a curve: where it lies on the axis across, and its rate."""

    at: float
    name: str
    interval: Interval


@dataclass(frozen=True)
class Curve:
    """A series: its name, how it is marked, and its points in order; joined where the axis across is a number."""

    name: str
    kind: str
    dashed: bool
    points: tuple[Point, ...]
    joined: bool


def axis_of(marks: Iterable[Mark], *, zero: bool = True) -> Axis:
    """Choose an axis with round ticks on which all marks find room; of rates it ends within 0 and 1."""
    values = [value for mark in marks for value in mark.values()] or [0.0, 1.0]
    low, high = min(0.0, *values), max(0.0, *values)
    if zero:
        low, high = 0.0, max(high, 0.02)
    step = _step((high - low) or 0.1)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(round(step * number, 10) for number in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks)


def _step(span: float) -> float:
    """Choose a round distance of ticks: about five of them."""
    rough = span / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(power * many for many in (1, 2, 5, 10) if power * many >= rough - 1e-12)


def strip(mark: Mark, axis: Axis, *, points_of: bool = False) -> Markup:
    """Draw a row of a table: as wide as its column, with what it says as a tooltip."""
    y = HEIGHT / 2
    parts = [
        f'<line x1="{axis.per_cent(t)}" x2="{axis.per_cent(t)}" y1="0" y2="{HEIGHT}" '
        f'class="{"zero" if points_of and t == 0 else "grid"}"/>'
        for t in axis.ticks
    ]
    parts += _drawn(mark, axis.per_cent, y)
    title = escape(told(mark, points_of=points_of))
    return Markup(
        f'<svg class="figure strip" width="100%" height="{HEIGHT}" aria-hidden="true"><title>{title}</title>'
        + "".join(parts)
        + "</svg>"
    )


def axis_head(axis: Axis, *, points_of: bool = False) -> Markup:
    """Draw the axis for the head of a column of rows."""
    parts = [
        f'<text class="minor" x="{axis.per_cent(tick)}" y="11" text-anchor="middle">{_tick(tick, points_of)}</text>'
        for tick in axis.ticks
    ]
    return Markup(
        f'<svg class="figure axis" width="100%" height="14" aria-hidden="true">{"".join(parts)}</svg>'
    )


def told(mark: Mark, *, points_of: bool = False) -> str:
    """Say in words what a row shows."""
    if mark.interval is None:
        return "nothing was observed"
    words = [_interval_in_words(mark.interval, points_of)]
    worst = mark.interval.worst_case
    if mark.worst and worst is not None:
        words.append(f"whatever is missing: {_span(worst.low, worst.high, points_of)}")
    if mark.corrected is not None:
        words.append(f"by labels {_interval_in_words(mark.corrected, points_of)}")
    if mark.truth is not None:
        words.append(f"truth {points(mark.truth) if points_of else rate(mark.truth)}")
    return "; ".join(words)


def rows_figure(
    lines: Sequence[Line], title: str, source: str, *, gap: bool = False, key: Sequence[str] = ()
) -> str:
    """Draw rows as a figure that stands by itself.

    Parameters
    ----------
    title
        What is drawn, and in which unit.
    source
        The provenance line; it is drawn at the foot.
    gap
        Whether these are differences, around 0.
    key
        What marks mean, in words.

    Returns
    -------
    str
        SVG with its own rules.
    """
    axis = axis_of((line.mark for line in lines), zero=not gap)
    left, y = _PAD + _LABEL, 34.0
    parts = [_text(_PAD, y - 10, title, "head")]
    for tick in axis.ticks:
        x = left + _PLOT * axis.share(tick)
        parts.append(_text(x, y + 12, _tick(tick, gap), "minor", "middle"))
    top, head = y + 18, ""
    body: list[str] = []
    y = top
    for line in lines:
        if line.head != head:
            head = line.head
            y += 22
            body.append(_text(_PAD, y - 5, head, "head"))
        middle = y + _LINE / 2
        body.append(_text(_PAD + 10, middle + 4, _cut(line.name, 40), ""))
        body += _drawn(line.mark, lambda v: f"{left + _PLOT * axis.share(v):.1f}", middle)
        body.append(_text(_WIDTH - _PAD, middle + 4, line.counts, "minor", "end"))
        y += _LINE
    for tick in axis.ticks:
        x = left + _PLOT * axis.share(tick)
        klass = "zero" if gap and tick == 0 else "grid"
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{y}" class="{klass}"/>')
    return _whole([*parts, *body], title, y + 8, key, source)


def curves_figure(
    curves: Sequence[Curve],
    across: Sequence[tuple[float, str]],
    title: str,
    axis_name: str,
    source: str = "",
    *,
    key: Sequence[str] = (),
    alone: bool = True,
) -> str:
    """Draw curves of rates over a factor.

    Parameters
    ----------
    across
        The places on the axis across, and their names.
    axis_name
        What the axis across is.
    key
        What marks mean, in words.
    alone
        Whether it stands by itself, with its rules and its provenance line; else it is for a page.
    """
    axis = axis_of(Mark(point.interval, curve.kind) for curve in curves for point in curve.points)
    left, top, wide, high = _PAD + 40, 46.0, _WIDTH - 2 * _PAD - 40 - 190, 250.0
    first, last = across[0][0], across[-1][0]
    spread = (last - first) or 1.0

    def x_of(at: float) -> float:
        return left + 24 + (wide - 48) * ((at - first) / spread if last > first else 0.5)

    def y_of(value: float) -> float:
        return top + high * (1 - axis.share(value))

    parts = [_text(_PAD, 22, title, "head")]
    for tick in axis.ticks:
        y = y_of(tick)
        parts.append(
            f'<line x1="{left}" x2="{left + wide}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        )
        parts.append(_text(left - 8, y + 4, _tick(tick, False), "minor", "end"))
    for at, name in _spread_out(across, x_of):
        parts.append(_text(x_of(at), top + high + 18, _cut(name, 18), "minor", "middle"))
    parts.append(_text(left + wide / 2, top + high + 36, axis_name, "minor", "middle"))
    named: list[tuple[float, str]] = []
    for number, curve in enumerate(curves):
        aside = (
            number - (len(curves) - 1) / 2
        ) * 5  # so that intervals at one place don't hide each other
        parts += _curve(curve, lambda at, a=aside: x_of(at) + a, y_of, alone)
        named.append((y_of(curve.points[-1].interval.point), curve.name))
    for y, name in _apart(named):
        parts.append(_text(left + wide + 10, y + 4, _cut(name, 30), "minor"))
    foot = top + high + 46
    if alone:
        return _whole(parts, title, foot, key, source)
    return (
        f'<svg class="figure curves" viewBox="0 0 {_WIDTH} {foot:.0f}" role="group" '
        f'aria-label="{escape(inert_line(title))}; the table below has the numbers">{"".join(parts)}</svg>'
    )


def png_of(svg: str) -> bytes:
    """Give a figure that stands by itself as PNG, at twice its size."""
    import vl_convert

    return vl_convert.svg_to_png(svg, scale=2)


def _drawn(mark: Mark, x: Callable[[float], str], y: float) -> list[str]:
    """Draw a mark around the height `y`."""
    parts: list[str] = []
    found = mark.interval
    above = y - 3 if mark.corrected is not None else y
    if mark.corrected is not None:
        one = mark.corrected
        parts.append(_level(x(one.low), x(one.high), y + 6, "corrected"))
        if one.estimate is not None:
            triangle = '<path d="M0 -3.4L3.6 3H-3.6Z" class="triangle"/>'
            parts.append(_at(x(one.estimate), y + 6, triangle))
    if found is not None:
        worst = found.worst_case
        if mark.worst and worst is not None:
            parts += _reach(x, found.low, worst.low, above) if worst.low < found.low else []
            parts += _reach(x, found.high, worst.high, above) if worst.high > found.high else []
        parts.append(
            _level(x(found.low), x(found.high), above, f"span{' dashed' if mark.dashed else ''}")
        )
    if mark.truth is not None:
        parts.append(_at(x(mark.truth), above, '<path d="M0 -7.5V7.5" class="truth"/>'))
    if found is not None and found.estimate is not None:
        shape = (
            f'<rect x="-3.6" y="-3.6" width="7.2" height="7.2" class="{mark.kind}"/>'
            if mark.kind in ("gap", "other")
            else f'<circle r="4.2" class="{mark.kind}"/>'
        )
        parts.append(_at(x(found.estimate), above, shape))
    return parts


def _reach(x: Callable[[float], str], limit: float, end: float, y: float) -> list[str]:
    """Draw how far beyond a limit missing data could reach."""
    diamond = '<path d="M0 -3.8L3.8 0L0 3.8L-3.8 0Z" class="diamond"/>'
    return [_level(x(end), x(limit), y, "reach"), _at(x(end), y, diamond)]


def _curve(
    curve: Curve, x_of: Callable[[float], float], y_of: Callable[[float], float], alone: bool
) -> list[str]:
    """Draw a series: its line where points are joined, and each point with its interval."""
    parts: list[str] = []
    dashed = " dashed" if curve.dashed else ""
    if curve.joined and len(curve.points) > 1:
        places = " ".join(f"{x_of(p.at):.1f},{y_of(p.interval.point):.1f}" for p in curve.points)
        parts.append(f'<polyline points="{places}" class="joined{dashed}"/>')
    for point in curve.points:
        x, one = x_of(point.at), point.interval
        said = escape(inert_line(f"{curve.name}, {point.name}: {_interval_in_words(one, False)}"))
        focus = "" if alone else f' tabindex="0" role="img" aria-label="{said}"'
        parts.append(
            f'<g class="dot"{focus}><title>{said}</title>'
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y_of(one.low):.1f}" y2="{y_of(one.high):.1f}" '
            f'class="span{dashed}"/>'
            + _at(f"{x:.1f}", y_of(one.point), f'<circle r="4.2" class="{curve.kind}"/>')
            + "</g>"
        )
    return parts


def _at(x: str, y: float, drawn: str) -> str:
    """Put a drawing at a place; a length in per cent is none that a transformation takes."""
    return f'<svg x="{x}" y="{y:.1f}" overflow="visible">{drawn}</svg>'


def _level(x1: str, x2: str, y: float, klass: str) -> str:
    return f'<line x1="{x1}" x2="{x2}" y1="{y:.1f}" y2="{y:.1f}" class="{klass}"/>'


def _text(x: float, y: float, text: str, klass: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{klass}" text-anchor="{anchor}">'
        f"{escape(inert_line(text))}</text>"
    )


def _tick(value: float, gap: bool) -> str:
    shown = f"{100 * value:g}"
    return shown.replace("-", "−") if not gap or value <= 0 else f"+{shown}"


def _interval_in_words(one: Interval, gap: bool) -> str:
    sure = f"{100 * one.confidence:g} % interval"
    if one.estimate is None:
        return f"{sure} {limits(one)}"
    if gap:
        return f"{points(one.point)} points, {sure} {points(one.low)} to {points(one.high)}"
    return f"{rate(one.point)} %, {sure} {limits(one)}"


def _span(low: float, high: float, gap: bool) -> str:
    return f"{points(low)} to {points(high)}" if gap else f"{rate(low)} to {rate(high)} %"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _spread_out(
    across: Sequence[tuple[float, str]], x_of: Callable[[float], float]
) -> list[tuple[float, str]]:
    """Leave out names that would stand in each other's way."""
    kept: list[tuple[float, str]] = []
    for at, name in across:
        room = 6.2 * min(len(name), 18) / 2 + 6
        if not kept or x_of(at) - room > x_of(kept[-1][0]) + 6.2 * min(len(kept[-1][1]), 18) / 2:
            kept.append((at, name))
    return kept


def _apart(named: Sequence[tuple[float, str]], room: float = 14) -> list[tuple[float, str]]:
    """Move names at the end of curves so that none stands on another."""
    moved: list[tuple[float, str]] = []
    for y, name in sorted(named):
        moved.append((max(y, moved[-1][0] + room) if moved else y, name))
    return moved


def _whole(parts: Sequence[str], title: str, foot: float, key: Sequence[str], source: str) -> str:
    """Make a figure that stands by itself: with its paper, its rules and its provenance line."""
    lines = [(line, "minor") for line in textwrap.wrap(" · ".join(key), 165)]
    lines += [(line, "source") for line in textwrap.wrap(inert_line(source), 175)]
    said = [_text(_PAD, foot + 16 + 15 * n, line, klass) for n, (line, klass) in enumerate(lines)]
    height = foot + 16 + 15 * len(lines) + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" width="{_WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {_WIDTH} {height:.0f}" role="img">'
        f"<title>{escape(inert_line(title))}</title><style>{rules()}</style>"
        f'<rect width="100%" height="100%" class="paper"/>{"".join(parts)}{"".join(said)}</svg>'
    )


@cache
def rules() -> str:
    """Give the rules of the drawings with the colours of paper in place of the page's variables."""
    text = (files("allegiance.web") / "static" / "figures.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"var\((--[a-z]+)\)", lambda found: _INKS[found.group(1)], text)
