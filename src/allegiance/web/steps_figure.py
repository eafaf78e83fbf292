"""A figure of what a trainer counted step by step: panels of lines."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import escape

from allegiance.web.figures import round_step
from allegiance.web.inert import inert_line
from allegiance.web.svg import PAD, WIDTH, cut, labels_apart, standing_alone, text_at

_HIGH, _TOP, _BETWEEN, _NAMES = 150.0, 46.0, 34.0, 62.0
_NARROW, _BELOW = 460, 150.0 + 24 + 46
"""On a page: the width of a panel, and the height of one with what stands around it."""


@dataclass(frozen=True)
class Line:
    """A line over steps.

    Attributes
    ----------
    name
        What stands at its end; empty for none.
    points
        Steps and values, in order.
    second
        Whether it has the second look, where two quantities share a panel.
    spread
        Steps, and how far rollouts of the step reach below and above; empty for none.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    second: bool = False
    spread: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Panel:
    """Lines on one pair of axes; `share` where their values are shares, which are drawn in per cent."""

    title: str
    lines: tuple[Line, ...]
    share: bool = False

    def values(self) -> list[float]:
        """Give all that has to find room."""
        points = [value for line in self.lines for _, value in line.points]
        reach = [value for line in self.lines for _, *limits in line.spread for value in limits]
        return [value for value in (*points, *reach) if math.isfinite(value)]


def steps_figure(
    panels: Sequence[Panel],
    title: str,
    source: str = "",
    *,
    key: Sequence[str] = (),
    alone: bool = True,
) -> str:
    """Draw panels: side by side where the figure stands by itself, one below the other on a page.

    Parameters
    ----------
    key
        What marks mean, in words.
    alone
        Whether it stands by itself, with its rules and its provenance line; else it is for a page.
    """
    if alone:
        each = (WIDTH - 2 * PAD + _BETWEEN) / max(len(panels), 1) - _BETWEEN
        parts = [text_at(PAD, 18, title, "head")]
        for number, panel in enumerate(panels):
            parts += _panel(panel, PAD + number * (each + _BETWEEN), _TOP, each)
        return standing_alone(parts, title, _TOP + _HIGH + 42, key, source)
    parts = [
        part
        for number, panel in enumerate(panels)
        for part in _panel(panel, 4, 24 + number * _BELOW, _NARROW - 8)
    ]
    return (
        f'<svg class="figure curves narrow-figure" viewBox="0 0 {_NARROW} {_BELOW * len(panels):.0f}" role="img" '
        f'aria-label="{escape(inert_line(title))}">{"".join(parts)}</svg>'
    )


def _panel(panel: Panel, left: float, top: float, wide: float) -> list[str]:
    ticks = _ticks(panel)
    low, high = ticks[0], ticks[-1]
    steps = [at for line in panel.lines for at, _ in line.points]
    last = max([*steps, 1.0])
    start, room = left + 40, wide - 40 - _NAMES

    def x_of(at: float) -> float:
        return start + room * at / last

    def y_of(value: float) -> float:
        return top + _HIGH * (1 - (min(max(value, low), high) - low) / (high - low))

    parts = [text_at(left, top - 10, panel.title, "minor")]
    for tick in ticks:
        y, shown = y_of(tick), f"{100 * tick if panel.share else tick:g}".replace("-", "−")
        parts.append(
            f'<line x1="{start}" x2="{start + room}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        )
        parts.append(text_at(start - 7, y + 4, shown, "minor", "end"))
    for at in _marks(last):
        parts.append(text_at(x_of(at), top + _HIGH + 16, f"{at:,.0f}", "minor", "middle"))
    parts.append(text_at(start + room / 2, top + _HIGH + 32, "step", "minor", "middle"))
    named: list[tuple[float, str]] = []
    for line in panel.lines:
        parts += _line(line, x_of, y_of)
        if line.points and line.name:
            named.append((y_of(line.points[-1][1]), line.name))
    ends = labels_apart(named, top + _HIGH, room=13)
    return [
        *parts,
        *(text_at(start + room + 6, y + 4, cut(name, 11), "minor") for y, name in ends),
    ]


def _line(line: Line, x_of: Callable[[float], float], y_of: Callable[[float], float]) -> list[str]:
    klass = "line second" if line.second else "line"
    parts: list[str] = []
    reach = [one for one in line.spread if all(map(math.isfinite, one))]
    if len(reach) > 1:
        above = [f"{x_of(at):.1f},{y_of(high):.1f}" for at, _, high in reach]
        below = [f"{x_of(at):.1f},{y_of(low):.1f}" for at, low, _ in reversed(reach)]
        parts.append(f'<polygon points="{" ".join(above + below)}" class="band"/>')
    points = [(at, value) for at, value in line.points if math.isfinite(value)]
    if len(points) == 1:
        ((at, value),) = points
        parts.append(f'<circle cx="{x_of(at):.1f}" cy="{y_of(value):.1f}" r="2" class="{klass}"/>')
    elif points:
        places = " ".join(f"{x_of(at):.1f},{y_of(value):.1f}" for at, value in points)
        parts.append(f'<polyline points="{places}" class="{klass}"/>')
    return parts


def _ticks(panel: Panel) -> list[float]:
    """Choose round ticks around all values; of shares they begin at 0 and end by 1."""
    values = panel.values() or [0.0, 1.0]
    low, high = min(values), max(values)
    if panel.share:
        low, high = 0.0, min(1.0, max(high, 0.05))
    if not low < high or not math.isfinite(high - low):
        low, high = (low - 0.5, low + 0.5) if abs(low) < 1e12 else (0.0, 1.0)
    step = round_step(high - low)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * number, 12) for number in range(first, max(last, first + 1) + 1)]


def _marks(last: float) -> list[float]:
    """Choose the steps that are named under a panel: whole numbers."""
    step = max(1.0, round_step(last))
    return [step * number for number in range(int(last / step) + 1)]
