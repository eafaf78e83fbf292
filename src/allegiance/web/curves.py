"""Curves over training: the cells of the report along a factor, or along checkpoints that were imported as models."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from allegiance.report import Cell, Measure
from allegiance.report.cells import TIER
from allegiance.study.factors import by_size, rank
from allegiance.web.cells import address, hit_of, observed_values
from allegiance.web.curve_figure import Curve, Point
from allegiance.web.numbers import Numbers

_CHECKPOINT = re.compile(
    r"^(?P<base>.+?)[-_/@:](?:checkpoint|ckpt|step|iter|epoch)[-_]?(?P<number>\d{1,9})$",
    re.IGNORECASE,
)
_MOST = 14
"""Curves that one drawing holds; of more the table has all."""


@dataclass(frozen=True)
class Placed:
    """A cell at its place along the axis across."""

    at: float
    level: str
    cell: Cell
    measure: Measure
    hits: str
    observed: str
    all_of: str


@dataclass(frozen=True)
class Series:
    """The cells that differ in nothing but their place along the axis across."""

    name: str
    tier: str
    dashed: bool
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class Drawing:
    """The curves of one model, or of the checkpoints of one.

    Attributes
    ----------
    title, over
        Whose they are, and along what.
    numeric
        Whether places are numbers, so that a line between them means something.
    across
        The places and their names.
    """

    title: str
    over: str
    numeric: bool
    across: tuple[tuple[float, str], ...]
    series: tuple[Series, ...]

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Give what is drawn, the series with something observed."""
        found = [
            Curve(
                name=one.name,
                kind=one.tier if one.tier in ("monitored", "unmonitored") else "other",
                dashed=one.dashed,
                points=tuple(
                    Point(p.at, p.level, p.measure.interval, p.all_of)
                    for p in one.placed
                    if p.measure.interval is not None
                ),
                joined=self.numeric,
            )
            for one in self.series
        ]
        return tuple([one for one in found if one.points][:_MOST])


def along_factor(found: Numbers, factor: str, measure: str) -> list[Drawing]:
    """Draw the cells of each model along a factor that it was run with at several levels."""
    levels = {cell.condition[factor] for cell in found.report.cells if factor in cell.condition}
    if len(levels) < 2:
        return []
    ordered, numeric = in_order(factor, levels)
    place = {level: at for at, level in ordered}
    by_model: dict[str, list[tuple[float, str, Cell]]] = {}
    for cell in found.report.cells:
        if factor in cell.condition:
            level = cell.condition[factor]
            by_model.setdefault(cell.model, []).append((place[level], level, cell))
    return [
        _drawing(found, model, factor, numeric, cells, measure, (factor,))
        for model, cells in by_model.items()
    ]


def along_checkpoints(found: Numbers, measure: str) -> list[Drawing]:
    """Draw the cells of models whose names end in the number of a checkpoint, as in ``qwen-step-200``."""
    by_base: dict[str, list[tuple[float, str, Cell]]] = {}
    for cell in found.report.cells:
        named = _CHECKPOINT.match(cell.model)
        if named:
            number = named["number"]
            by_base.setdefault(named["base"], []).append((float(number), number, cell))
    return [
        _drawing(found, base, "checkpoint", True, cells, measure, ())
        for base, cells in by_base.items()
        if len({at for at, *_ in cells}) > 1
    ]


def in_order(factor: str, levels: set[str]) -> tuple[list[tuple[float, str]], bool]:
    """Put levels in order: by number where all are numbers, else as the grid lists them.

    Returns
    -------
    list of (float, str)
        Places and levels.
    bool
        Whether they are numbers.
    """
    ordered = sorted(levels, key=lambda one: rank(factor, one))
    if all(math.isfinite(by_size(level)[0]) for level in ordered):
        return [(float(level), level) for level in ordered], True
    return [(float(at), level) for at, level in enumerate(ordered)], False


def _drawing(
    found: Numbers,
    title: str,
    over: str,
    numeric: bool,
    cells: Sequence[tuple[float, str, Cell]],
    measure: str,
    left_out: tuple[str, ...],
) -> Drawing:
    groups: dict[tuple[object, ...], list[tuple[float, str, Cell, Measure]]] = {}
    for at, level, cell in cells:
        one = cell.measure(measure)
        if one is None:
            continue
        rest = tuple(sorted(item for item in cell.condition.items() if item[0] not in left_out))
        groups.setdefault((cell.study, cell.task, cell.against, rest), []).append(
            (at, level, cell, one)
        )
    series = tuple(_series(found, of, measure, left_out) for of in groups.values())
    across = sorted({(at, level) for at, level, *_ in cells})
    return Drawing(title, over, numeric, tuple(across), series)


def _series(
    found: Numbers,
    of: list[tuple[float, str, Cell, Measure]],
    measure: str,
    left_out: tuple[str, ...],
) -> Series:
    first = of[0][2]
    varying = [name for name in found.labels.varying if name not in (*left_out, TIER)]
    parts = [f"{name} {first.condition[name]}" for name in varying if name in first.condition]
    tier = first.condition.get(TIER, "")
    category, scanners = found.category(measure), found.scanners(measure)

    def counted(cell: Cell, values: tuple[str, ...]) -> str:
        return address(found.cells.counted(cell.place, category, values), scanners)

    return Series(
        name=" · ".join([*([tier] if tier else []), *parts]) or "all",
        tier=tier,
        dashed=first.condition.get("intent") == "training",
        placed=tuple(
            Placed(
                at=at,
                level=level,
                cell=cell,
                measure=one,
                hits=counted(cell, (hit_of(measure),)),
                observed=counted(cell, observed_values(measure)),
                all_of=address(found.cells.where(cell.place)),
            )
            for at, level, cell, one in sorted(of, key=lambda item: item[0])
        ),
    )


def is_checkpoint(model: str) -> bool:
    """Whether a model's name ends in the number of a checkpoint."""
    return _CHECKPOINT.match(model) is not None


def base_of(model: str) -> str:
    """Give what stands before the number of a checkpoint; the whole name where there is none."""
    named = _CHECKPOINT.match(model)
    return named["base"] if named else model
