"""How often the intervals of `gap` and `gap_difference` cover the truth, beside Student's t.

Requests differ: each has its own rate, drawn from a beta distribution with the intraclass
correlation `rho`, and stands at the same quantile in both conditions. Seeds: 20240 + the number of
the cell, and 20340 + the number of the cell for differences of gaps, written down before the first
run and not changed after it.

    python benchmarks/gap_coverage.py --quick     500 repeats, about a minute
    python benchmarks/gap_coverage.py             4,000 repeats, about seven minutes

Exits with 1 only if a gated cell falls below the 0.1 % quantile of Binomial(repeats, 0.95), shared
among the gated cells (Bonferroni). The cells that are not gated are harder than the method
promises; they are shown because a reader should know where it falls short.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from scipy import stats as scipy_stats

from allegiance.stats import gap, gap_difference
from allegiance.stats.difference import Pairs, difference, events_are_common
from allegiance.stats.gap_difference import PairedGaps, SeparateGaps
from allegiance.stats.requests import by_request

SEED = 20_240
SEED_OF_DIFFERENCES = 20_340
CHECKED_AGAINST_GAP = 10  # repeats of a cell in which the public function is asked as well


@dataclass(frozen=True)
class Cell:
    requests: int
    epochs: int
    first: float
    second: float
    rho: float
    gated: bool = True


CELLS = (
    Cell(10, 5, 0.01, 0.05, 0.2),
    Cell(10, 5, 0.002, 0.02, 0.3),
    Cell(10, 5, 0.02, 0.02, 0.2),
    Cell(10, 5, 0.2, 0.35, 0.4),
    Cell(40, 6, 0.005, 0.14, 0.2),
    Cell(40, 6, 0.2, 0.35, 0.4, gated=False),
    Cell(40, 6, 0.002, 0.02, 0.3, gated=False),
    Cell(100, 5, 0.002, 0.02, 0.3, gated=False),
    Cell(10, 5, 0.005, 0.14, 0.6, gated=False),
)


@dataclass(frozen=True)
class DoubleCell:
    """Two gaps; paired, a request stands at one quantile in all four conditions.

    Opposed, it stands at the opposite quantile for the second gap.
    """

    requests: int
    epochs: int
    rates: tuple[float, float, float, float]
    rho: float
    paired: bool
    gated: bool = True
    opposed: bool = False

    @property
    def truth(self) -> float:
        a, b, c, d = self.rates
        return (a - b) - (c - d)


# Gated: few events or few requests, where MOVER is conservative in either gap. Not gated: cells in
# which t decides, exact for the normal distribution only.
DOUBLE_CELLS = (
    DoubleCell(10, 5, (0.05, 0.01, 0.01, 0.01), 0.2, paired=True),
    DoubleCell(10, 5, (0.02, 0.002, 0.02, 0.002), 0.3, paired=True),
    DoubleCell(10, 5, (0.35, 0.2, 0.25, 0.2), 0.4, paired=True),
    DoubleCell(40, 6, (0.14, 0.005, 0.05, 0.005), 0.2, paired=True),
    DoubleCell(10, 5, (0.05, 0.01, 0.01, 0.01), 0.2, paired=False),
    DoubleCell(10, 5, (0.02, 0.002, 0.02, 0.002), 0.3, paired=False),
    DoubleCell(10, 5, (0.35, 0.2, 0.25, 0.2), 0.4, paired=False),
    DoubleCell(40, 6, (0.14, 0.005, 0.05, 0.005), 0.2, paired=False),
    DoubleCell(40, 6, (0.35, 0.2, 0.25, 0.2), 0.4, paired=True, gated=False),
    DoubleCell(40, 6, (0.35, 0.2, 0.25, 0.2), 0.4, paired=False, gated=False),
    DoubleCell(100, 5, (0.02, 0.002, 0.01, 0.002), 0.3, paired=True, gated=False),
    DoubleCell(100, 5, (0.02, 0.002, 0.01, 0.002), 0.3, paired=False, gated=False),
    DoubleCell(10, 5, (0.14, 0.005, 0.05, 0.005), 0.6, paired=True, gated=False),
    DoubleCell(40, 6, (0.3, 0.005, 0.3, 0.005), 0.6, paired=True, gated=False, opposed=True),
)


@dataclass
class Tally:
    covered: int = 0
    width: float = 0.0

    def add(self, low: float, high: float, truth: float) -> None:
        self.covered += low - 1e-12 <= truth <= high + 1e-12
        self.width += high - low


def simulate(cell: Cell, number: int, repeats: int) -> tuple[dict[str, Tally], float]:
    rng = np.random.default_rng(SEED + number)
    tallies = {"ours": Tally(), "t": Tally(), "bootstrap": Tally()}
    truth, common = cell.first - cell.second, 0
    for repeat in range(repeats):
        quantiles = rng.random(cell.requests)
        outcomes = [draw(rng, cell, rate, quantiles) for rate in (cell.first, cell.second)]
        pairs = Pairs.of(*(by_request("outcomes", arm) for arm in outcomes))
        low, high = difference(pairs, 0.95)
        if repeat < CHECKED_AGAINST_GAP:
            public = gap(*outcomes).interval
            assert (public.low, public.high) == (low, high)
        tallies["ours"].add(low, high, truth)
        tallies["t"].add(*student(pairs.differences), truth)
        tallies["bootstrap"].add(*bootstrap(rng, pairs.differences), truth)
        common += events_are_common(pairs)
    return tallies, common / repeats


def simulate_double(cell: DoubleCell, number: int, repeats: int) -> tuple[dict[str, Tally], float]:
    rng = np.random.default_rng(SEED_OF_DIFFERENCES + number)
    tallies = {"ours": Tally(), "t": Tally(), "bootstrap": Tally()}
    common = 0
    for repeat in range(repeats):
        one = rng.random(cell.requests)
        other = 1 - one if cell.opposed else one
        quantiles = one, other if cell.paired else rng.random(cell.requests)
        outcomes = [draw(rng, cell, rate, quantiles[i // 2]) for i, rate in enumerate(cell.rates)]
        arms = [by_request("outcomes", arm) for arm in outcomes]
        kind = PairedGaps if cell.paired else SeparateGaps
        contrast = kind(Pairs.of(*arms[:2]), Pairs.of(*arms[2:]))
        low, high = contrast.limits(0.95)
        if repeat < CHECKED_AGAINST_GAP:
            public = gap_difference(outcomes[:2], outcomes[2:], paired=cell.paired).interval
            assert (public.low, public.high) == (low, high)
        tallies["ours"].add(low, high, cell.truth)
        sides = contrast.first.differences, contrast.second.differences
        tallies["t"].add(
            *(student(sides[0] - sides[1]) if cell.paired else welch(*sides)), cell.truth
        )
        tallies["bootstrap"].add(*double_bootstrap(rng, *sides, cell.paired), cell.truth)
        common += contrast.common
    return tallies, common / repeats


def welch(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    squares = [values.var(ddof=1) / values.size for values in (first, second)]
    if not sum(squares):
        return (first.mean() - second.mean(),) * 2
    df = sum(squares) ** 2 / sum(s**2 / (first.size - 1) for s in squares)
    half = scipy_stats.t.ppf(0.975, df) * np.sqrt(sum(squares))
    return first.mean() - second.mean() - half, first.mean() - second.mean() + half


def double_bootstrap(
    rng: np.random.Generator, first: np.ndarray, second: np.ndarray, paired: bool
) -> tuple[float, float]:
    if paired:
        return bootstrap(rng, first - second)
    picks = rng.integers(0, first.size, (2, 300, first.size))
    means = first[picks[0]].mean(axis=1) - second[picks[1]].mean(axis=1)
    return tuple(np.quantile(means, [0.025, 0.975]))


def draw(
    rng: np.random.Generator, cell: Cell | DoubleCell, rate: float, quantiles: np.ndarray
) -> np.ndarray:
    size = (1 - cell.rho) / cell.rho
    rates = scipy_stats.beta.ppf(quantiles, rate * size, (1 - rate) * size)
    return (rng.random((cell.requests, cell.epochs)) < rates[:, None]).astype(float)


def student(differences: np.ndarray) -> tuple[float, float]:
    error = differences.std(ddof=1) / np.sqrt(differences.size)
    half = scipy_stats.t.ppf(0.975, differences.size - 1) * error
    return differences.mean() - half, differences.mean() + half


def bootstrap(rng: np.random.Generator, differences: np.ndarray) -> tuple[float, float]:
    picks = rng.integers(0, differences.size, (300, differences.size))
    low, high = np.quantile(differences[picks].mean(axis=1), [0.025, 0.975])
    return low, high


def show(
    size: str,
    rates: str,
    cell: Cell | DoubleCell,
    found: tuple[dict[str, Tally], float],
    repeats: int,
) -> None:
    tallies, common = found
    shown = " ".join(
        f"{tally.covered / repeats:>6.3f}/{100 * tally.width / repeats:>5.1f}"
        for tally in tallies.values()
    )
    ratio = tallies["ours"].width / tallies["t"].width
    mark = "*" if cell.gated else " "
    print(f"{size:>16} {rates:>25} {cell.rho:>4} {mark} {shown}   {common:>4.0%}  {ratio:.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="500 repeats instead of 4,000")
    repeats = 500 if parser.parse_args().quick else 4_000
    gated = sum(cell.gated for cell in (*CELLS, *DOUBLE_CELLS))
    floor = int(scipy_stats.binom.ppf(0.001 / gated, repeats, 0.95))
    print(f"{repeats:,} repeats, 95 % nominal; gate {floor / repeats:.3f} over {gated} cells (*)")
    print(f"{'requests×epochs':>16} {'rates, %':>25} {'rho':>4}   coverage / mean width in points")
    print(
        f"{'':>16} {'':>25} {'':>4}   {'ours':>12} {'t(G−1)':>12} {'bootstrap':>12}   by t  ratio"
    )
    failed = False
    for number, cell in enumerate(CELLS):
        found = simulate(cell, number, repeats)
        rates = f"{100 * cell.first:g} → {100 * cell.second:g}"
        show(f"{cell.requests} × {cell.epochs}", rates, cell, found, repeats)
        failed |= cell.gated and found[0]["ours"].covered < floor
    print("differences of gaps, (a − b) − (c − d); t is the paired or Welch's")
    for number, cell in enumerate(DOUBLE_CELLS):
        found = simulate_double(cell, number, repeats)
        a, b, c, d = (f"{100 * rate:g}" for rate in cell.rates)
        size = f"{'opposed' if cell.opposed else 'same' if cell.paired else 'other'} {cell.requests} × {cell.epochs}"
        show(size, f"({a} − {b}) − ({c} − {d})", cell, found, repeats)
        failed |= cell.gated and found[0]["ours"].covered < floor
    print("ratio: our mean width over that of t; by t: how often ours was t")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
