"""Holding an organism against its truth table: the gate that every shipped one passes."""

from dataclasses import dataclass
from typing import Any

from allegiance.organism.measuring import measure
from allegiance.organism.truth import TOLERANCE, Progress, Truth, load_truth


@dataclass(frozen=True)
class CheckResult:
    """An organism measured again, beside the table that ships with it.

    Attributes
    ----------
    truth
        The shipped table.
    fresh
        A new measurement, on other requests and samples.
    problems
        Every way in which the organism or its table fails, in words; empty where the gate holds.
    """

    truth: Truth
    fresh: Truth
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the organism does what was planted and the table says what it does."""
        return not self.problems

    def rows(self) -> list[dict[str, Any]]:
        """Planted, truth and sample side by side, a row for each cell and property."""
        return [
            {
                "condition": dict(cell.condition),
                "request": cell.request,
                "property": name,
                "planted": cell.planted.get(name),
                "truth": known.exact[name],
                "exact": cell.exact[name],
                "hits": cell.sampled[name].hits,
                "reads": cell.sampled[name].reads,
                "valid": cell.valid,
            }
            for known, cell in zip(self.truth.cells, self.fresh.cells, strict=True)
            for name in cell.exact
        ]


def check(
    name: str,
    requests: int = 100,
    samples: int = 2000,
    seed: int | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """Measure an organism again and hold it against its truth table.

    Parameters
    ----------
    name
        One that ships with the package, or the directory of one that was built or exported.
    requests, samples, progress
        As for `measure`.
    seed
        By default one that differs from the table's, so that the requests and samples are fresh.

    Raises
    ------
    UsageError
        There is no such organism.
    AllegianceError
        Its weights or its table can't be read.
    """
    truth = load_truth(name)
    chosen = truth.seed + 1 if seed is None else seed
    fresh = measure(name, requests, samples, chosen, progress, meant=truth.known)
    problems = [*truth.problems(), *fresh.problems()]
    if fresh.weights_sha256 != truth.weights_sha256:
        problems.append("the weights are not those that the truth table was measured on")
    for known, cell in zip(truth.cells, fresh.cells, strict=True):
        problems += [
            f"{cell.where}: {label} is {100 * cell.exact[label]:.1f} %, "
            f"and the truth table says {100 * known.exact[label]:.1f} %"
            for label in known.exact
            if abs(cell.exact[label] - known.exact[label]) > TOLERANCE
        ]
    return CheckResult(truth, fresh, tuple(dict.fromkeys(problems)))
