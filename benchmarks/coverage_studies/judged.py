"""A judge has seen everything and a few are labelled: 24 cells, this program beside its peers."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage_studies import ours, peers
from benchmarks.coverage_studies.labels import RandomDraws
from benchmarks.coverage_studies.populations import (
    TOO_EASY,
    Draw,
    Population,
    at_random,
    by_verdict,
    positives_only,
    with_planted,
)
from benchmarks.coverage_studies.results import Limits, Result, covered, limits_of, mean_width

STUDY = "judged"
SIZE = 10_000
PREVALENCES = (0.001, 0.01, 0.05, 0.3)
LABELS = (50, 100, 300)
JUDGES = ((0.9, 0.95), (0.7, 0.99))


def _everywhere(population: Population) -> bool:
    return True


def _hardly_caught(population: Population) -> bool:
    return population.caught / population.hits < TOO_EASY - 0.1


@dataclass(frozen=True)
class Method:
    """A way to read and what is computed from it.

    Attributes
    ----------
    claim
        Whether two limits are claimed, or "at least" alone.
    exact
        Whether it is too slow for as many repeats as the others get.
    where
        The populations that it is shown for.
    """

    name: str
    draw: Draw
    limits: Callable[..., Limits]
    ours: bool = False
    gated: bool = False
    claim: Literal["interval", "at least"] = "interval"
    exact: bool = False
    where: Callable[[Population], bool] = _everywhere

    @property
    def saves(self) -> bool:
        """Whether a saving of labels is worth stating: not for what doesn't cover."""
        return self.gated


_TENTH, _QUARTER, _HALF = (partial(by_verdict, share) for share in (0.1, 0.25, 0.5))

RANDOM = Method("random, hypergeometric", at_random, ours.random_draw, True, True)
POST = Method("MOVER, random labels", at_random, ours.mover, True, True)
ALLOCATED = tuple(
    Method(f"MOVER, {name} labels", draw, ours.mover, True, True)
    for name, draw in (("10/90", _TENTH), ("25/75", _QUARTER), ("50/50", _HALF))
)
EXACT = (
    Method("Berger-Boos, random labels", at_random, ours.berger_boos, True, True, exact=True),
    Method("Berger-Boos, 25/75 labels", _QUARTER, ours.berger_boos, True, True, exact=True),
)
AT_LEAST = tuple(
    Method(name, draw, limits, True, True, "at least")
    for name, draw, limits in (
        ("at least, random labels", at_random, ours.at_least_by_random_draw),
        ("at least, judge-positives only", positives_only, ours.at_least_by_positives),
    )
)
PLANTED = (
    Method("planted positives", partial(with_planted, None), ours.planted, True, True),
    Method(
        "planted positives, too easy", partial(with_planted, TOO_EASY), ours.planted, True,
        where=_hardly_caught,
    ),
)  # fmt: skip
ADJUSTED = Method("judge_adjusted", at_random, ours.adjusted, True)
JUDGE = Method("judge's own rate", at_random, peers.judge_as_truth)
PPI_PLUS_PLUS = Method("PPI++", at_random, peers.ppi_plus_plus)
PEERS = (
    JUDGE,
    PPI_PLUS_PLUS,
    Method("PPI, lambda = 1", at_random, peers.ppi),
    Method("Wald", at_random, peers.wald),
    Method("Inspect ci()", at_random, peers.inspect_ci),
    Method("Inspect ci_wilson()", at_random, peers.inspect_ci_wilson),
    Method("stratified Wald, 25/75 labels", _QUARTER, peers.stratified_wald),
    Method("stratified Wald, 10/90 labels", _TENTH, peers.stratified_wald),
    Method("Rogan-Gladen, delta", at_random, peers.rogan_gladen_delta),
    Method("Rogan-Gladen, bootstrap", at_random, peers.rogan_gladen_bootstrap),
)
METHODS = (RANDOM, POST, *ALLOCATED, *EXACT, *AT_LEAST, *PLANTED, ADJUSTED, *PEERS)


@dataclass(frozen=True)
class Repeats:
    """How often a cell is repeated, and how often for methods that are slow."""

    usual: int
    exact: int

    def of(self, method: Method) -> int:
        return self.exact if method.exact else self.usual


def jobs(seed: int, repeats: Repeats) -> Iterator[Callable[[], list[Result]]]:
    """One job for each of the 24 cells."""
    cells = product(PREVALENCES, LABELS, JUDGES)
    for number, (prevalence, labels, (sensitivity, specificity)) in enumerate(cells):
        population = Population.made(SIZE, prevalence, sensitivity, specificity)
        cell = {
            "prevalence": prevalence, "labels": labels,
            "sensitivity": sensitivity, "specificity": specificity,
        }  # fmt: skip
        yield partial(measured, STUDY, cell, [population], labels, METHODS, (seed, number), repeats)


def measured(
    study: str,
    cell: dict[str, Any],
    populations: Sequence[Population],
    labels: int,
    methods: Sequence[Method],
    seed: tuple[int, ...],
    repeats: Repeats,
    known_misses: Collection[str] = (),
) -> list[Result]:
    """Read populations of one size and prevalence again and again, by every method.

    Methods that are known to fall short in this cell are shown without a gate.
    """
    results: list[Result] = []
    for number, method in enumerate(methods):
        if not (method.where(populations[0]) and repeats.of(method)):
            continue
        rng = np.random.default_rng((*seed, number))
        each = -(-repeats.of(method) // len(populations))
        limits = np.concatenate(
            [_limits(rng, population, labels, method, each) for population in populations]
        )
        held = covered(limits, populations[0].rate)
        results.append(
            Result(
                study, cell, method.name, int(held.sum()), len(held), ours=method.ours,
                gated=method.gated and method.name not in known_misses,
                figures=_figures(method, limits, populations[0], labels),
            )
        )  # fmt: skip
    return results


def _limits(
    rng: np.random.Generator, population: Population, labels: int, method: Method, repeats: int
) -> NDArray[np.float64]:
    outcomes = method.draw(rng, population, labels, repeats)
    return limits_of(partial(method.limits, population), outcomes)


def _figures(
    method: Method, limits: NDArray[np.float64], population: Population, labels: int
) -> dict[str, float]:
    random = RandomDraws.of(population.hits, population.size)
    if method.claim == "at least":
        bound = float(limits[:, 0].mean())
        if method.draw is positives_only:
            labels = min(labels, population.positives)  # there may be fewer to read
        return {"bound": bound, "random_labels": random.for_lower_bound(bound) / labels}
    figures = {"width": mean_width(limits)}
    if method.saves:
        figures["random_labels"] = random.for_width(figures["width"]) / labels
    return figures
