"""How often the interval of `gap` covers the true gap, beside Student's t and the bootstrap.

Requests differ: each has its own rate, drawn from a beta distribution with the intraclass
correlation `rho`, and stands at the same quantile in both conditions. Seeds: 20240 + the number of
the cell, written down before the first run and not changed after it.

    python benchmarks/gap_coverage.py --quick     500 repeats, about 15 s
    python benchmarks/gap_coverage.py             4,000 repeats, about two minutes

Exits with 1 only if a gated cell falls below the 0.1 % quantile of Binomial(repeats, 0.95), shared
among the gated cells (Bonferroni). The cells that are not gated are harder than the method
promises; they are shown because a reader should know where it falls short.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from scipy import stats as scipy_stats

from allegiance.stats import gap
from allegiance.stats.difference import Pairs, difference, events_are_common
from allegiance.stats.requests import by_request

SEED = 20_240
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


def draw(rng: np.random.Generator, cell: Cell, rate: float, quantiles: np.ndarray) -> np.ndarray:
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="500 repeats instead of 4,000")
    repeats = 500 if parser.parse_args().quick else 4_000
    gated = sum(cell.gated for cell in CELLS)
    floor = int(scipy_stats.binom.ppf(0.001 / gated, repeats, 0.95))
    print(f"{repeats:,} repeats, 95 % nominal; gate {floor / repeats:.3f} over {gated} cells (*)")
    print(f"{'requests×epochs':>16} {'rates, %':>11} {'rho':>4}   coverage / mean width in points")
    print(
        f"{'':>16} {'':>11} {'':>4}   {'ours':>12} {'t(G−1)':>12} {'bootstrap':>12}   by t  ratio"
    )
    failed = False
    for number, cell in enumerate(CELLS):
        tallies, common = simulate(cell, number, repeats)
        shown = " ".join(
            f"{tally.covered / repeats:>6.3f}/{100 * tally.width / repeats:>5.1f}"
            for tally in tallies.values()
        )
        ratio = tallies["ours"].width / tallies["t"].width
        rates = f"{100 * cell.first:g} → {100 * cell.second:g}"
        mark = "*" if cell.gated else " "
        size = f"{cell.requests} × {cell.epochs}"
        print(f"{size:>16} {rates:>11} {cell.rho:>4} {mark} {shown}   {common:>4.0%}  {ratio:.2f}")
        failed |= cell.gated and tallies["ours"].covered < floor
    print("ratio: our mean width over that of t; by t: how often ours was t")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
