"""The gate: a run fails only where luck can't explain what was seen."""

from collections.abc import Sequence

from scipy.stats import binom

from benchmarks.coverage_studies.results import Result

LEVEL = 0.001


def failures(results: Sequence[Result]) -> list[Result]:
    """Return the gated results that fall short of their promise.

    Coverage fails below the 0.1 % quantile of Binomial(repeats, promised), false alarms above the
    99.9 % quantile; the 0.1 % is shared among all gated cells of the run (Bonferroni).
    """
    gated = [result for result in results if result.gated]
    return [result for result in gated if not _holds(result, LEVEL / len(gated))]


def shortfalls(results: Sequence[Result]) -> list[Result]:
    """Return results of this program that have no gate and would not pass one."""
    level = LEVEL / max(1, sum(result.gated for result in results))
    others = [result for result in results if result.ours and not result.gated]
    return [r for r in others if r.kind != "decisions" and not _holds(r, level)]


def _holds(result: Result, level: float) -> bool:
    bound = worst_allowed(result, level)
    return result.count >= bound if result.kind == "coverage" else result.count <= bound


def worst_allowed(result: Result, level: float) -> int:
    """Return the lowest count of covered repeats, or the highest of false alarms, that passes."""
    tail = level if result.kind == "coverage" else 1 - level
    return int(binom.ppf(tail, result.repeats, result.promised))
