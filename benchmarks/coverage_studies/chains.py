"""A chain of generations watched at every step: how often is it halted, or let go on, wrongly?"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from allegiance.stats import HaltingTest, LicenceTest
from benchmarks.coverage_studies.results import Result

STUDY = "chains"
STEPS = 500
ALPHA = 0.05
HALT, LICENCE = "halt", "licence"
THRESHOLDS = {HALT: 0.02, LICENCE: 0.05}
# The first rate of each is its threshold: every decision there is a false one.
RATES = {HALT: (0.02, 0.06, 0.2), LICENCE: (0.05, 0.02, 0.01)}


def jobs(seed: int, repeats: int) -> Iterator[Callable[[], list[Result]]]:
    """One job for each decision and true rate."""
    cells = [(decision, rate) for decision, rates in RATES.items() for rate in rates]
    for number, (decision, rate) in enumerate(cells):
        yield partial(_measured, decision, rate, (seed, number), repeats)


def _measured(decision: str, rate: float, seed: tuple[int, int], repeats: int) -> list[Result]:
    broke = np.random.default_rng(seed).random((repeats, STEPS)) < rate
    threshold = THRESHOLDS[decision]
    test = {HALT: HaltingTest, LICENCE: LicenceTest}[decision](threshold, ALPHA)
    ours = test.path(broke) >= 1 / ALPHA
    methods = {type(test).__name__: ours, "binomial test at every step": peeked(decision, broke)}
    return [
        _result(decision, rate, name, decided, decided is ours) for name, decided in methods.items()
    ]


def peeked(decision: str, broke: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell at every step whether a binomial test, as if this were the only look, is significant."""
    steps, broken = np.arange(1, STEPS + 1), broke.cumsum(axis=1)
    threshold = THRESHOLDS[decision]
    if decision == HALT:
        return binom.sf(broken - 1, steps, threshold) <= ALPHA
    return binom.cdf(broken, steps, threshold) <= ALPHA


def _result(
    decision: str, rate: float, name: str, decided: NDArray[np.bool_], ours: bool
) -> Result:
    ever = decided.any(axis=1)
    false = rate == THRESHOLDS[decision]
    steps = decided.argmax(axis=1)[ever] + 1
    cell: dict[str, Any] = {
        "decision": decision, "threshold": THRESHOLDS[decision], "rate": rate, "steps": STEPS,
    }  # fmt: skip
    return Result(
        STUDY, cell, name, int(ever.sum()), len(ever), promised=ALPHA,
        kind="false alarms" if false else "decisions",
        ours=ours, gated=ours and false,
        figures={"mean step": float(steps.mean())} if steps.size else {},
    )  # fmt: skip
