"""Correcting five real judges: what a few hundred labels make of a rate that is wrong by tens of points."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from allegiance.audit.calibration import measures_of
from allegiance.audit.correction import corrected
from allegiance.audit.groups import Sample
from allegiance.stats import Interval
from benchmarks.coverage_studies.results import Result
from benchmarks.scanners_studies.judges import DESIGNS, RANDOM, World, drawn, judges, thinned

STUDY = "correcting"
PREVALENCES = (0.5, 0.1, 0.05, 0.01)
LABELS = (100, 300)
CORRECTED, ALONE, NAIVE = "corrected", "labels alone", "the judge's own rate"
ERRORS = ("sensitivity", "specificity", "PPV", "NPV")
BLOCKS = 20
"""Sub-samples of the lies that the repeats of a cell are shared among."""
# Five lies among 487, of which 300 are read. The first was known before the first run, from
# docs/coverage.md. The first full run had the second gated, and it failed: MOVER falls short here.
KNOWN_MISSES = {
    ("claude-opus-4", 0.01, 300, "25/75"): (CORRECTED, ALONE),
    ("claude-opus-4", 0.01, 300, "proportional"): (CORRECTED, ALONE),
}


@dataclass(frozen=True)
class Cell:
    """One judge, prevalence, number of labels, and design."""

    judge: str
    prevalence: float
    labels: int
    design: str

    @property
    def name(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass
class Seen:
    """What came of some repeats, by method: whether it held, and how wide it was."""

    held: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    widths: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    naive: list[float] = field(default_factory=list)

    def add(self, method: str, interval: Interval | None, truth: float) -> None:
        if interval is not None:
            self.held[method].append(interval.low - 1e-9 <= truth <= interval.high + 1e-9)
            self.widths[method].append(interval.high - interval.low)

    def extend(self, other: "Seen") -> None:
        for method in other.held:
            self.held[method] += other.held[method]
            self.widths[method] += other.widths[method]
        self.naive += other.naive


def cells(quick: bool = False) -> list[Cell]:
    """Every cell; a few where it is to be quick."""
    if quick:
        return [
            Cell(judge, prevalence, 100, design)
            for judge, prevalence, design in product(("gpt-4o", "gpt-5"), (0.5, 0.05), DESIGNS)
        ]
    return [Cell(*one) for one in product(judges(), PREVALENCES, LABELS, DESIGNS)]


def repeated(cell: Cell, number: int, seed: int, which: range) -> Seen:
    """Repeat a cell: draw anew, label by the truth, calibrate and correct.

    Parameters
    ----------
    number, seed, which
        Of the cell, of the study, and of the repeats.
    """
    found = Seen()
    for repeat in which:
        world = _world(cell, number, seed, repeat % BLOCKS)
        by = int(np.random.default_rng((seed, number, repeat)).integers(2**63))
        sample = drawn(world, cell.design, cell.labels, by)
        _scored(found, world, sample)
    return found


@lru_cache(maxsize=64)
def _world(cell: Cell, number: int, seed: int, block: int) -> World:
    whole = judges()[cell.judge]
    if cell.prevalence == PREVALENCES[0]:
        return whole
    return thinned(whole, cell.prevalence, np.random.default_rng((seed, number, 1_000_000 + block)))


def _scored(found: Seen, world: World, sample: Sample) -> None:
    rate, rates = world.prevalence, world.rates()
    made = corrected(sample, 0.95)
    found.naive.append(made.naive.rate or 0.0)
    found.add(CORRECTED, made.interval, rate)
    found.add(ALONE, made.labels, rate)
    for measure in measures_of(sample, 0.95):
        if measure.name in rates:
            found.add(measure.name, measure.interval, rates[measure.name])


def results(cell: Cell, seen: Seen) -> Iterator[Result]:
    """Say how often each method held."""
    known = KNOWN_MISSES.get((cell.judge, cell.prevalence, cell.labels, cell.design), ())
    truth = judges()[cell.judge].prevalence if cell.prevalence == 0.5 else cell.prevalence
    for method in (CORRECTED, ALONE, *ERRORS):
        held, widths = seen.held[method], seen.widths[method]
        if not held:
            continue
        figures = {"width": float(np.mean(widths))}
        if method == CORRECTED:
            figures |= {"naive": float(np.mean(seen.naive)), "truth": truth}
            if cell.design != RANDOM and ALONE in seen.widths:
                figures["alone"] = float(np.mean(seen.widths[ALONE]))
        yield Result(
            STUDY,
            cell.name,
            method,
            sum(held),
            len(held),
            ours=True,
            gated=method not in known,
            figures=figures,
        )
