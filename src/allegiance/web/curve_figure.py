"""A figure of curves: rates over a factor, each point with its interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import escape

from allegiance.stats import Interval
from allegiance.web.figures import Mark, axis_of
from allegiance.web.inert import inert_line
from allegiance.web.svg import (
    PAD,
    WIDTH,
    cut,
    dot,
    interval_in_words,
    labels_apart,
    placed,
    standing_alone,
    text_at,
    tick_text,
)


@dataclass(frozen=True)
class Point:
    """A point of a curve: where it lies on the axis across, its rate, and where its transcripts are."""

    at: float
    name: str
    interval: Interval
    address: str = ""


@dataclass(frozen=True)
class Curve:
    """A series: its name, how it is marked, and its points in order; joined where the axis across is a number."""

    name: str
    kind: str
    dashed: bool
    points: tuple[Point, ...]
    joined: bool


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
    left, top, wide, high = PAD + 40, 46.0, WIDTH - 2 * PAD - 40 - 190, 250.0
    first, last = across[0][0], across[-1][0]
    spread = (last - first) or 1.0

    def x_of(at: float) -> float:
        return left + 24 + (wide - 48) * ((at - first) / spread if last > first else 0.5)

    def y_of(value: float) -> float:
        return top + high * (1 - axis.share(value))

    parts = [text_at(PAD, 22, title, "head")]
    for tick in axis.ticks:
        y = y_of(tick)
        parts.append(
            f'<line x1="{left}" x2="{left + wide}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        )
        parts.append(text_at(left - 8, y + 4, tick_text(tick, False), "minor", "end"))
    for at, name in _spread_out(across, x_of):
        parts.append(text_at(x_of(at), top + high + 18, cut(name, 18), "minor", "middle"))
    parts.append(text_at(left + wide / 2, top + high + 36, axis_name, "minor", "middle"))
    named: list[tuple[float, str]] = []
    for number, curve in enumerate(curves):
        aside = (
            number - (len(curves) - 1) / 2
        ) * 5  # so that intervals at one place don't hide each other
        parts += _curve(curve, lambda at, a=aside: x_of(at) + a, y_of, alone)
        named.append((y_of(curve.points[-1].interval.point), curve.name))
    for y, name in labels_apart(named, top + high):
        parts.append(text_at(left + wide + 10, y + 4, cut(name, 30), "minor"))
    foot = top + high + 46
    if alone:
        return standing_alone(parts, title, foot, key, source)
    return (
        f'<svg class="figure curves" viewBox="0 0 {WIDTH} {foot:.0f}" role="group" '
        f'aria-label="{escape(inert_line(title))}; the table below has the numbers">{"".join(parts)}</svg>'
    )


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
        said = escape(inert_line(f"{curve.name}, {point.name}: {interval_in_words(one, False)}"))
        parts.append(
            dot(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y_of(one.low):.1f}" y2="{y_of(one.high):.1f}" '
                f'class="span{dashed}"/>'
                + placed(f"{x:.1f}", y_of(one.point), f'<circle r="4.2" class="{curve.kind}"/>'),
                said,
                "" if alone else point.address,
                alone,
            )
        )
    return parts


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
