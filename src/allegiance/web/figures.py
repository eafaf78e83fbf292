"""Our own drawings, as SVG: a dot with its interval on a shared axis, in a row of a table or in a figure to be saved.

Monitored is filled, unmonitored outlined; an interval is solid under the original intent and dashed
under the training intent; a tick is the truth of an organism; diamonds say how far missing data
could reach; the thin line with a triangle below is the rate that labels make of it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from allegiance.report.wording import points, rate
from allegiance.stats import Interval
from allegiance.web.svg import (
    PAD,
    WIDTH,
    cut,
    interval_in_words,
    level,
    placed,
    span_in_words,
    standing_alone,
    text_at,
    tick_text,
)

HEIGHT = 22
"""Of a row of a table, in pixels."""

_LABEL, _PLOT, _LINE = 250, 400, 24


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


def axis_of(marks: Iterable[Mark], *, zero: bool = True) -> Axis:
    """Choose an axis with round ticks on which all marks find room; of rates it ends within 0 and 1."""
    values = [value for mark in marks for value in mark.values()] or [0.0, 1.0]
    low, high = min(0.0, *values), max(0.0, *values)
    if zero:
        low, high = 0.0, max(high, 0.02)
    step = round_step((high - low) or 0.1)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(round(step * number, 10) for number in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks)


def round_step(span: float) -> float:
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
        f'<text class="minor" x="{axis.per_cent(tick)}" y="11" text-anchor="middle">{tick_text(tick, points_of)}</text>'
        for tick in axis.ticks
    ]
    return Markup(
        f'<svg class="figure axis" width="100%" height="14" aria-hidden="true">{"".join(parts)}</svg>'
    )


def told(mark: Mark, *, points_of: bool = False) -> str:
    """Say in words what a row shows."""
    if mark.interval is None:
        return "nothing was observed"
    words = [interval_in_words(mark.interval, points_of)]
    worst = mark.interval.worst_case
    if mark.worst and worst is not None:
        words.append(f"whatever is missing: {span_in_words(worst.low, worst.high, points_of)}")
    if mark.corrected is not None:
        words.append(f"by labels {interval_in_words(mark.corrected, points_of)}")
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
    left, y = PAD + _LABEL, 34.0
    parts = [text_at(PAD, y - 10, title, "head")]
    for tick in axis.ticks:
        x = left + _PLOT * axis.share(tick)
        parts.append(text_at(x, y + 12, tick_text(tick, gap), "minor", "middle"))
    top, head = y + 18, ""
    body: list[str] = []
    y = top
    for line in lines:
        if line.head != head:
            head = line.head
            y += 22
            body.append(text_at(PAD, y - 5, head, "head"))
        middle = y + _LINE / 2
        body.append(text_at(PAD + 10, middle + 4, cut(line.name, 40), ""))
        body += _drawn(line.mark, lambda v: f"{left + _PLOT * axis.share(v):.1f}", middle)
        body.append(text_at(WIDTH - PAD, middle + 4, line.counts, "minor", "end"))
        y += _LINE
    for tick in axis.ticks:
        x = left + _PLOT * axis.share(tick)
        klass = "zero" if gap and tick == 0 else "grid"
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{y}" class="{klass}"/>')
    return standing_alone([*parts, *body], title, y + 8, key, source)


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
        parts.append(level(x(one.low), x(one.high), y + 6, "corrected"))
        if one.estimate is not None:
            triangle = '<path d="M0 -3.4L3.6 3H-3.6Z" class="triangle"/>'
            parts.append(placed(x(one.estimate), y + 6, triangle))
    if found is not None:
        worst = found.worst_case
        if mark.worst and worst is not None:
            parts += _reach(x, found.low, worst.low, above) if worst.low < found.low else []
            parts += _reach(x, found.high, worst.high, above) if worst.high > found.high else []
        parts.append(
            level(x(found.low), x(found.high), above, f"span{' dashed' if mark.dashed else ''}")
        )
    if mark.truth is not None:
        parts.append(placed(x(mark.truth), above, '<path d="M0 -7.5V7.5" class="truth"/>'))
    if found is not None and found.estimate is not None:
        shape = (
            f'<rect x="-3.6" y="-3.6" width="7.2" height="7.2" class="{mark.kind}"/>'
            if mark.kind in ("gap", "other")
            else f'<circle r="4.2" class="{mark.kind}"/>'
        )
        parts.append(placed(x(found.estimate), above, shape))
    return parts


def _reach(x: Callable[[float], str], limit: float, end: float, y: float) -> list[str]:
    """Draw how far beyond a limit missing data could reach."""
    diamond = '<path d="M0 -3.8L3.8 0L0 3.8L-3.8 0Z" class="diamond"/>'
    return [level(x(end), x(limit), y, "reach"), placed(x(end), y, diamond)]
