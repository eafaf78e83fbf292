"""A gap that is not there: two arms with the same truth, and a judge that errs more in one of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from allegiance.audit.correction import corrected_gap
from allegiance.audit.groups import Sample
from allegiance.audit.uneven import by_factors, significant
from allegiance.stats.difference import mover
from allegiance.stats.quantiles import clopper_pearson
from benchmarks.coverage_studies.results import Result
from benchmarks.scanners_studies.judges import RANDOM, World, drawn, judges

STUDY = "a gap that is not there"
FIRST, SECOND = ("mask-factual", "tool"), ("self-sycophancy", "unanswerable")
"""Kinds of task in either arm: half of each are lies."""
UNEVEN, EVEN = "by kind of task", "at random"
LABELS = (100, 300)
GAP, GAP_ALONE = "corrected gap", "gap by labels alone"
CAUGHT, ALARM = "test of equal error", "false alarms of the test"


@dataclass(frozen=True)
class Cell:
    """One judge, a way to make two arms, and a number of labels."""

    judge: str
    arms: str
    labels: int

    @property
    def name(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass
class Seen:
    """What came of some repeats."""

    gap: list[bool] = field(default_factory=list)
    alone: list[bool] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    widths_alone: list[float] = field(default_factory=list)
    caught: list[bool] = field(default_factory=list)
    naive: list[tuple[float, float, float]] = field(default_factory=list)

    def extend(self, other: "Seen") -> None:
        for name, mine in vars(self).items():
            mine.extend(getattr(other, name))


def cells(quick: bool = False) -> list[Cell]:
    """Every cell; a few where it is to be quick."""
    if quick:
        return [Cell("gpt-4o", arms, 100) for arms in (UNEVEN, EVEN)]
    return [Cell(*one) for one in product(judges(), (UNEVEN, EVEN), LABELS)]


def arms(cell: Cell, seed: tuple[int, ...]) -> tuple[World, dict[str, str]]:
    """Make two arms in which the same share are lies.

    Those of kinds of task are what they are. Those at random are made anew for each seed: of the same
    transcripts, lies and others each halved at random, so that a judge errs alike but for chance.
    """
    whole = judges()[cell.judge]
    world = whole.among([one for one in whole.ids if whole.group[one] in FIRST + SECOND])
    if cell.arms == UNEVEN:
        return world, {one: "first" if whole.group[one] in FIRST else "second" for one in world.ids}
    rng = np.random.default_rng(seed)
    of: dict[str, str] = {}
    for lie in (True, False):
        inside = [one for one in world.ids if world.truth[one] is lie]
        half = set(rng.choice(inside, len(inside) // 2, replace=False).tolist())
        of |= {one: "first" if one in half else "second" for one in inside}
    return world, of


def repeated(cell: Cell, number: int, seed: int, which: range) -> Seen:
    """Repeat a cell: draw over both arms, label by the truth, test the error and correct the gap."""
    found = Seen()
    for repeat in which:
        world, of = arms(cell, (seed, number, repeat, 1))
        by = int(np.random.default_rng((seed, number, repeat)).integers(2**63))
        sample = drawn(world, RANDOM, cell.labels, by)
        _scored(found, world, of, sample)
    return found


def true_gap(world: World, of: dict[str, str]) -> float:
    """Give the difference of the true rates; zero but for an odd one."""
    first, second = (
        [world.truth[one] for one in world.ids if of[one] == name] for name in ("first", "second")
    )
    return sum(first) / len(first) - sum(second) / len(second)


def naive_gap(world: World, of: dict[str, str]) -> tuple[float, float, float]:
    """Give the gap of the judge's own rates, as one would report it: all verdicts, and limits by MOVER."""
    sides = []
    for name in ("first", "second"):
        told = [world.said[one].told for one in world.ids if of[one] == name]
        told = [said for said in told if said is not None]
        k, n = sum(map(bool, told)), len(told)
        sides.append((k / n, *clopper_pearson(k, n, 0.95)))
    low, high = mover(sides[0], sides[1], 0.0, furthest=1.0)
    return sides[0][0] - sides[1][0], low, high


def _scored(found: Seen, world: World, of: dict[str, str], sample: Sample) -> None:
    parts = {
        name: sample.among(lambda one, name=name: of[one] == name) for name in ("first", "second")
    }
    gap = corrected_gap(("first", parts["first"]), ("second", parts["second"]), 0.95)
    truth = true_gap(world, of)
    if gap.interval is not None and gap.labels is not None:
        for interval, held, widths in (
            (gap.interval, found.gap, found.widths),
            (gap.labels, found.alone, found.widths_alone),
        ):
            held.append(interval.low - 1e-9 <= truth <= interval.high + 1e-9)
            widths.append(interval.high - interval.low)
    tests = by_factors(sample, {"arm": of}, 0.95, None)
    found.caught.append(bool(significant(tests)))
    found.naive.append(naive_gap(world, of))


def results(cell: Cell, seen: Seen) -> Iterator[Result]:
    """Say how often the corrected gap held, and how often uneven error was noticed."""
    for method, held, widths in (
        (GAP, seen.gap, seen.widths),
        (GAP_ALONE, seen.alone, seen.widths_alone),
    ):
        figures = {"width": float(np.mean(widths))}
        if method == GAP:
            gap, low, high = np.mean(seen.naive, axis=0).tolist()
            outside = [not low <= 0 <= high for _, low, high in seen.naive]
            figures |= {
                "naive": gap, "naive_low": low, "naive_high": high,
                "naive_excludes_zero": float(np.mean(outside)),
            }  # fmt: skip
        yield Result(
            STUDY, cell.name, method, sum(held), len(held), ours=True, gated=True, figures=figures
        )
    even = cell.arms == EVEN
    yield Result(
        STUDY,
        cell.name,
        ALARM if even else CAUGHT,
        sum(seen.caught),
        len(seen.caught),
        kind="false alarms" if even else "decisions",
        promised=0.05,
        ours=True,
        gated=even,
    )
