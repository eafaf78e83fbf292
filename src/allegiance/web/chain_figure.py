"""A figure of a chain: the relation over generations, what was decided of each candidate, and the evidence for it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from markupsafe import Markup, escape

from allegiance.stats import Interval
from allegiance.web.figures import round_step
from allegiance.web.inert import inert_line
from allegiance.web.svg import (
    PAD,
    WIDTH,
    dot,
    interval_in_words,
    labels_apart,
    level,
    placed,
    standing_alone,
    text_at,
)

DECISIONS: Mapping[str, tuple[str, str]] = {
    "accept": ("accepted", '<path d="M-4.5 -5.5L6 0L-4.5 5.5Z" class="decided"/>'),
    "slow": ("slowed", '<path d="M-4.5 -5.5L6 0L-4.5 5.5Z" class="decided open"/>'),
    "halt": ("halted", '<path d="M-5 -5H5V5H-5Z" class="decided"/>'),
    "refuse": ("refused", '<path d="M-4.5 -4.5L4.5 4.5M4.5 -4.5L-4.5 4.5" class="decided stroke"/>'),
    "overruled": (
        "overruled",
        '<circle r="8" class="decided open"/><path d="M-3 -4L4.5 0L-3 4Z" class="decided"/>',
    ),
}  # fmt: skip
"""What can be decided of a candidate: in a word, and as a shape."""

_LEFT, _RIGHT = 88.0, 116.0
_RELATION, _VALUES, _EVIDENCE = 180.0, 78.0, 120.0
_DRAWN = 400
"""Points of an e-value path that are drawn."""


@dataclass(frozen=True)
class Candidate:
    """What was decided of a candidate, and on what.

    Attributes
    ----------
    path, threshold
        The e-value after each probe, and where the test decides; empty and None without a test.
    """

    decision: str
    why: str = ""
    dose: float | None = None
    size: float | None = None
    broke: int = 0
    probed: int = 0
    path: tuple[float, ...] = ()
    threshold: float | None = None


@dataclass(frozen=True)
class Station:
    """A generation.

    Attributes
    ----------
    original, training
        R(agent, intent); None where nothing was tested.
    address
        Where its transcripts are.
    """

    number: int
    original: Interval | None = None
    training: Interval | None = None
    address: str = ""
    candidates: tuple[Candidate, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Timeline:
    """A chain as it is drawn: a station for every generation that was asked, and the steps that were planted."""

    stations: tuple[Station, ...]
    planted: Mapping[int, str] = field(default_factory=dict[int, str])


def shape(decision: str) -> Markup:
    """Give the shape of a decision for a legend or a table."""
    return Markup(
        f'<svg class="figure decision" viewBox="-9 -9 18 18" aria-hidden="true">{DECISIONS[decision][1]}</svg>'
    )


def timeline_figure(
    line: Timeline,
    title: str,
    source: str = "",
    *,
    key: Sequence[str] = (),
    alone: bool = True,
) -> str:
    """Draw a chain.

    Parameters
    ----------
    key
        What marks mean, in words.
    alone
        Whether it stands by itself, with its rules and its provenance line; else it is for a page.
    """
    parts = [text_at(PAD, 20, title, "head")]
    grid = _Grid(line, alone)
    tested = any(one.original or one.training for one in line.stations)
    y = grid.relation(54.0) if tested else grid.numbers(30.0)
    if any(one.values for one in line.stations):
        y = grid.values(y + 34)
    candidates = [c for one in line.stations for c in one.candidates]
    if candidates:
        y = grid.decisions(y + 30)
    if any(one.path for one in candidates):
        y = grid.evidence(y + 34)
    parts += [*grid.planted(40.0, y), *grid.parts]
    if alone:
        return standing_alone(parts, title, y + 10, key, source)
    return (
        f'<svg class="figure timeline" viewBox="0 0 {WIDTH} {y + 14:.0f}" role="group" '
        f'aria-label="{escape(inert_line(title))}; the table below has the numbers">{"".join(parts)}</svg>'
    )


class _Grid:
    """The columns of the generations; each part is drawn from a height on, and says where it ends."""

    def __init__(self, line: Timeline, alone: bool) -> None:
        self._line = line
        self._alone = alone
        self._each = (WIDTH - _LEFT - _RIGHT) / max(len(line.stations), 1)
        self._first = line.stations[0].number if line.stations else 0
        self.parts: list[str] = []

    def _x(self, number: float) -> float:
        return _LEFT + (number - self._first + 0.5) * self._each

    def _end(self) -> float:
        return WIDTH - _RIGHT

    def relation(self, top: float) -> float:
        """Draw R(agent, intent) of every generation, the original intent solid and the training intent dashed."""

        def y_of(value: float) -> float:
            return top + _RELATION * (1 - value)

        self._scale([0, 0.25, 0.5, 0.75, 1], y_of)
        self.parts.append(text_at(PAD, top - 14, "kept, % of what was tested", "minor"))
        named: list[tuple[float, str]] = []
        for intent, aside in (("original", -3.0), ("training", 3.0)):
            points = [
                (one, found)
                for one in self._line.stations
                if (found := getattr(one, intent)) is not None
            ]
            if points:
                self._relation_line(points, intent, aside, y_of)
                named.append((y_of(points[-1][1].point), f"R(agent, {intent})"))
        for y, name in labels_apart(named, top + _RELATION):
            self.parts.append(text_at(self._end() + 6, y + 4, name, "minor"))
        return self.numbers(top + _RELATION)

    def numbers(self, top: float) -> float:
        """Write the numbers of the generations."""
        self.parts.append(text_at(_LEFT - 10, top + 18, "generation", "minor", "end"))
        for one in self._named():
            place = self._x(one.number)
            self.parts.append(text_at(place, top + 18, str(one.number), "minor", "middle"))
        return top + 18

    def _relation_line(
        self, points: Sequence[tuple[Station, Interval]], intent: str, aside: float, y_of: "_Scale"
    ) -> None:
        dashed = " dashed" if intent == "training" else ""
        places = " ".join(f"{self._x(s.number) + aside:.1f},{y_of(i.point):.1f}" for s, i in points)
        self.parts.append(f'<polyline points="{places}" class="joined{dashed}"/>')
        for station, one in points:
            x = self._x(station.number) + aside
            counts = f"{one.hits or 0:,} of {one.reads or 0:,}"
            numbers = f"{interval_in_words(one, False)}, {counts}"
            said = f"generation {station.number}, R(agent, {intent}): {numbers}"
            mark = '<rect x="-3.6" y="-3.6" width="7.2" height="7.2" class="gap"/>'
            drawn = (
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y_of(one.low):.1f}" y2="{y_of(one.high):.1f}" '
                f'class="span{dashed}"/>{placed(f"{x:.1f}", y_of(one.point), mark)}'
            )
            self.parts.append(dot(drawn, str(escape(said)), station.address, self._alone))

    def values(self, top: float) -> float:
        """Draw what generations wrote down as values for the next, share by share."""

        def y_of(value: float) -> float:
            return top + _VALUES * (1 - min(max(value, 0.0), 1.0))

        self._scale([0, 0.5, 1], y_of)
        self.parts.append(text_at(PAD, top - 12, "values written down, % of the writings", "minor"))
        names = list(dict.fromkeys(n for one in self._line.stations for n in one.values))[:6]
        named: list[tuple[float, str]] = []
        for name in names:
            points = [(o.number, o.values[name]) for o in self._line.stations if name in o.values]
            dashed = " dashed" if name == "training" else ""
            places = " ".join(f"{self._x(at):.1f},{y_of(value):.1f}" for at, value in points)
            self.parts.append(f'<polyline points="{places}" class="joined{dashed}"/>')
            for at, value in points:
                said = escape(inert_line(f"generation {at}, {name}: {100 * value:.1f} %"))
                self.parts.append(
                    placed(
                        f"{self._x(at):.1f}",
                        y_of(value),
                        f'<g><title>{said}</title><circle r="2" class="truth"/></g>',
                    )
                )
            named.append((y_of(points[-1][1]), name))
        for y, name in labels_apart(named, top + _VALUES, 12):
            self.parts.append(text_at(self._end() + 6, y + 4, name, "minor"))
        return top + _VALUES

    def decisions(self, top: float) -> float:
        """Draw what was decided of every candidate, with its dose, the size of its step, and what was asked of it."""
        roomy = self._each >= 46
        rows = ("decided", "planted, %", "step size", "broke / asked") if roomy else ("decided",)
        for number, name in enumerate(rows):
            self.parts.append(text_at(_LEFT - 10, top + 4 + 17 * number, name, "minor", "end"))
        for station in self._line.stations:
            for number, one in enumerate(station.candidates):
                x = self._at(station, number)
                word = DECISIONS[one.decision][0]
                said = escape(
                    inert_line(
                        f"generation {station.number}, candidate {number + 1}: {word}. {one.why}"
                    )
                )
                focus = "" if self._alone else f' tabindex="0" role="img" aria-label="{said}"'
                self.parts.append(
                    placed(
                        f"{x:.1f}",
                        top,
                        f'<g class="dot"{focus}><title>{said}</title>{DECISIONS[one.decision][1]}</g>',
                    )
                )
                if roomy and len(station.candidates) <= self._each // 34:
                    told = (
                        "–" if one.dose is None else f"{100 * one.dose:g}",
                        "–" if one.size is None else f"{one.size:g}",
                        f"{one.broke}/{one.probed}" if one.probed else "–",
                    )
                    self.parts += [
                        text_at(x, top + 4 + 17 * row, text, "minor", "middle")
                        for row, text in enumerate(told, 1)
                    ]
        return top + 17 * (len(rows) - 1) + 6

    def evidence(self, top: float) -> float:
        """Draw the e-value after each probe, on a scale of logarithms, against the value at which the test decides."""
        candidates = [c for one in self._line.stations for c in one.candidates]
        limits = [c.threshold for c in candidates if c.threshold is not None]
        every = [math.log10(v) for c in candidates for v in c.path] + [
            math.log10(one) for one in limits
        ]
        high = max([*every, 1.0]) + 0.3
        low = max(min([*every, 0.0]), -4.0, -2 * high)
        longest = max(len(c.path) for c in candidates)

        def y_of(value: float) -> float:
            power = min(max(math.log10(value), low), high)
            return top + _EVIDENCE * (high - power) / (high - low)

        step = max(1, math.ceil(round_step(high - low)))
        ticks = [n for n in range(math.ceil(low), math.floor(high) + 1) if n % step == 0]
        for tick in ticks:
            y = y_of(10.0**tick)
            self._level(_LEFT, self._end(), y, "grid")
            shown = f"{10**tick:,}" if 0 <= tick <= 4 else f"10{_raised(tick)}"
            self.parts.append(text_at(_LEFT - 10, y + 4, shown, "minor", "end"))
        title = "evidence after each probe (e-value, log scale)"
        self.parts.append(text_at(PAD, top - 12, title, "minor"))
        if limits:
            y = y_of(max(limits)) + 4
            self.parts.append(text_at(self._end() + 6, y, "decides at 1/α", "minor"))
        for station in self._line.stations:
            width = 0.84 * self._each / max(len(station.candidates), 1)
            for number, one in enumerate(station.candidates):
                start = self._x(station.number) - 0.42 * self._each + number * width
                self._path(one, start, 0.92 * width, longest, y_of)
        return top + _EVIDENCE

    def _path(
        self, one: Candidate, start: float, width: float, longest: int, y_of: "_Scale"
    ) -> None:
        if one.threshold is not None:
            self._level(start, start + width, y_of(one.threshold), "threshold")
        if not one.path:
            return
        every = max(1, math.ceil(len(one.path) / _DRAWN))
        last = len(one.path)
        kept = (n for n in range(1, last + 1) if n % every == 0 or n == last)
        shown = [(0, 1.0), *((n, one.path[n - 1]) for n in kept)]
        places = " ".join(f"{start + width * n / longest:.1f},{y_of(v):.1f}" for n, v in shown)
        last_n, last_v = shown[-1]
        end = f'<circle cx="{start + width * last_n / longest:.1f}" cy="{y_of(last_v):.1f}" r="2.2" class="pathend"/>'
        said = escape(
            f"{DECISIONS[one.decision][0]}: e = {last_v:.3g} after {len(one.path):,} probes"
        )
        drawn = f'<polyline points="{places}" class="line second"/>{end}'
        self.parts.append(f"<g><title>{said}</title>{drawn}</g>")

    def planted(self, top: float, bottom: float) -> list[str]:
        """Mark the steps that were planted, between the generation before and the one that they make."""
        parts: list[str] = []
        for number, word in self._line.planted.items():
            x = self._x(number - 0.5)
            if not _LEFT <= x <= self._end():
                continue
            ends = f'x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom:.1f}"'
            parts.append(f'<line {ends} class="planted"/>')
            parts.append(text_at(x + 4, top + 4, f"{word} planted", "minor"))
        return parts

    def _at(self, station: Station, number: int) -> float:
        """Place the candidates of a generation side by side."""
        room = min(40.0, self._each / max(len(station.candidates), 1))
        return self._x(station.number) + (number - (len(station.candidates) - 1) / 2) * room

    def _named(self) -> list[Station]:
        every = max(1, math.ceil(26 / self._each))
        return [one for n, one in enumerate(self._line.stations) if n % every == 0]

    def _level(self, x1: float, x2: float, y: float, klass: str) -> None:
        self.parts.append(level(f"{x1:.1f}", f"{x2:.1f}", y, klass))

    def _scale(self, ticks: Sequence[float], y_of: "_Scale") -> None:
        for tick in ticks:
            y = y_of(tick)
            self._level(_LEFT, self._end(), y, "grid")
            self.parts.append(text_at(_LEFT - 10, y + 4, f"{100 * tick:g}", "minor", "end"))


class _Scale(Protocol):
    """A function from a value to a height."""

    def __call__(self, value: float, /) -> float: ...


def _raised(number: int) -> str:
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
