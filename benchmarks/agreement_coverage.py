"""How often the intervals of agreement cover the true coefficient, beside the plain bootstrap.

Items carry a label with a given rate, and each rater reports it rightly with a given chance, so that
the coefficient which endless items would give is known. Seeds: 30500 + the number of the cell,
written down before the first run and not changed after it.

    python benchmarks/agreement_coverage.py --quick     100 repeats, about 15 s
    python benchmarks/agreement_coverage.py             1,000 repeats, about three minutes

Nothing is gated: the intervals call themselves approximate. Repeats in which alpha is not defined,
because every rating was the same, are left out and counted.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np

from allegiance.stats import gwet_ac1, krippendorff_alpha

SEED = 30_500
RESAMPLES = 500


@dataclass(frozen=True)
class Cell:
    items: int
    raters: int
    rate: float
    right: float

    def coefficients(self) -> tuple[float, float]:
        """The alpha and the AC1 that endless items would give."""
        share = self.rate * self.right + (1 - self.rate) * (1 - self.right)
        disagreed = 2 * self.right * (1 - self.right)
        chance = 2 * share * (1 - share)
        return 1 - disagreed / chance, (1 - disagreed - chance) / (1 - chance)

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Ratings, raters × items."""
        labels = rng.random(self.items) < self.rate
        wrong = rng.random((self.raters, self.items)) >= self.right
        return (labels ^ wrong).astype(float)


CELLS = tuple(
    Cell(items, raters, rate, right)
    for items, raters, right in ((20, 3, 0.9), (100, 2, 0.95), (300, 3, 0.95))
    for rate in (0.5, 0.1, 0.02)
)


def plain(rng: np.random.Generator, ratings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Percentile limits of alpha and AC1 from resampled items, and nothing more."""
    raters, items = ratings.shape
    positive = np.bincount(ratings.sum(axis=0).astype(int), minlength=raters + 1)
    drawn = rng.multinomial(items, positive / items, RESAMPLES)
    number = np.arange(raters + 1)
    share = drawn @ number / (raters * items)
    disagreed = drawn @ (2 * number * (raters - number) / (raters * (raters - 1))) / items
    chance = 2 * share * (1 - share)
    size = raters * items
    with np.errstate(all="ignore"):
        alpha = 1 - disagreed / (chance * size / (size - 1))
    ac1 = (1 - disagreed - chance) / (1 - chance)
    return tuple(np.nanquantile(values, [0.025, 0.975]) for values in (alpha, ac1))


def simulate(cell: Cell, number: int, repeats: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Share of repeats that cover and mean width: ours and plain, alpha and AC1."""
    rng = np.random.default_rng(SEED + number)
    covered, widths, used = np.zeros((2, 2)), np.zeros((2, 2)), 0
    while used < repeats:
        ratings = cell.draw(rng)
        if ratings.min() == ratings.max():
            repeats -= 1
            continue
        used += 1
        ours = [
            (found.low, found.high)
            for found in (
                krippendorff_alpha(ratings, seed=used, resamples=RESAMPLES),
                gwet_ac1(ratings, seed=used, resamples=RESAMPLES),
            )
        ]
        for row, limits in enumerate((ours, plain(rng, ratings))):
            for column, ((low, high), truth) in enumerate(
                zip(limits, cell.coefficients(), strict=True)
            ):
                covered[row, column] += low - 1e-9 <= truth <= high + 1e-9
                widths[row, column] += high - low
    return covered / used, widths / used, used


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100 repeats instead of 1,000")
    repeats = 100 if parser.parse_args().quick else 1_000
    print(
        f"{repeats:,} repeats, 95 % nominal; coverage / mean width, and our width over the plain one"
    )
    print(f"{'items × raters':>14} {'label':>6} {'right':>6}  {'alpha':^30} {'AC1':^30}  defined")
    for number, cell in enumerate(CELLS):
        covered, widths, used = simulate(cell, number, repeats)
        shown = "  ".join(
            f"{covered[0, c]:.3f}/{widths[0, c]:.2f} plain {covered[1, c]:.3f}/{widths[1, c]:.2f}"
            f" ×{widths[0, c] / max(widths[1, c], 1e-9):.1f}"
            for c in (0, 1)
        )
        size = f"{cell.items} × {cell.raters}"
        print(f"{size:>14} {cell.rate:>6.0%} {cell.right:>6.0%}  {shown}  {used / repeats:.0%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
