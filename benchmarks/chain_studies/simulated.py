"""Simulated chains: what each policy does in worlds whose true rates are known."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from allegiance.training.chain_plan import ChainPlan
from allegiance.training.chains import Chains
from allegiance.training.guard import POLICIES, Deciding, Guarded, Terms
from allegiance.training.simulating import Truth, simulate
from benchmarks.chain_studies.measures import FALSE_HALT, PROMISES, UNSLOWED, rows
from benchmarks.chain_studies.peers import FixedExact, PeekedBinomial
from benchmarks.coverage_studies.results import Result

STUDY = "simulated chains"
GENERATIONS, ALPHA, BOUND, MARGIN = 8, 0.05, 0.05, 0.05
BUDGETS = (100, 300, 1_000)
AT = 4  # the generation that is broken
PEEKED, FIXED = "binomial test at every probe", "exact test at the end"
METHODS: Mapping[str, Callable[[Terms], Deciding]] = {
    **POLICIES, PEEKED: PeekedBinomial, FIXED: FixedExact,
    UNSLOWED: lambda terms: Guarded(replace(terms, attempts=1)),
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """How the true rate moves, and what is planted."""

    name: str
    truth: Truth
    planted: Mapping[str, Any] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        """Whether so few probes can't be read that the promise of few false halts is one."""
        lost = self.truth.unread
        return self.truth.start + lost * (1 - self.truth.start) <= BOUND


def _broken(dose: float) -> World:
    return World(f"break at {AT}, dose {dose:g}", Truth(0.02), {"break_at": AT, "dose": dose})


def _mended(mend: float) -> World:
    planted = {"repair_at": AT, "dose": 0.6, "mend": mend}
    return World(f"break of dose 0.6 at {AT}, then a repair of {mend:g}", Truth(0.02), planted)


WORLDS = (
    World("clean, never breaks", Truth(0.0)),
    World("clean, at 2 %", Truth(0.02)),
    World("clean, at the bound", Truth(0.05)),
    World("at the bound and the margin", Truth(0.1)),
    World("drift from 1 % to the bound", Truth(0.01, 0.005)),
    World("drift from 1 % to 17 %", Truth(0.01, 0.02)),
    World("clean, at 1 %, 3 % unread", Truth(0.01, unread=0.03)),
    World("clean, at 1 %, 20 % unread", Truth(0.01, unread=0.2)),
    *map(_broken, (0.05, 0.1, 0.2, 0.5, 1.0)),
    *map(_mended, (0.5, 0.9, 1.0)),
)


def jobs(seed: int, chains: int, budgets: tuple[int, ...]) -> Iterator[Callable[[], list[Result]]]:
    """One job for each world and budget; each of its methods has its own stream of probes."""
    cells = [(world, budget) for budget in BUDGETS for world in WORLDS]
    for number, (world, budget) in enumerate(cells):
        if budget in budgets:
            yield partial(measured, world, budget, (seed, number), chains)


def measured(world: World, budget: int, seed: tuple[int, int], chains: int) -> list[Result]:
    """Run every method in one world."""
    found: list[Result] = []
    for number, name in enumerate(METHODS):
        ran = run(world, budget, name, np.random.default_rng((*seed, number)), chains)
        cell: dict[str, Any] = {"world": world.name, "budget": budget}
        # A test of a fixed number is valid as well; one that peeks is held to what it would promise.
        promised = PROMISES.get(name, None if name == "naive" else FALSE_HALT)
        if promised == FALSE_HALT and not world.readable:
            promised = None
        found += rows(STUDY, cell, name, ran, promised, gated=name in PROMISES)
    return found


def run(world: World, budget: int, name: str, rng: np.random.Generator, chains: int) -> Chains:
    """Run one method's chains in one world."""
    policy = name if name in POLICIES else "guarded"
    plan = ChainPlan(
        "simulated", "none", policy, GENERATIONS, alpha=ALPHA, bound=BOUND, margin=MARGIN,
        budget=budget, **world.planted,
    )  # fmt: skip
    return simulate(plan, world.truth, chains, rng, METHODS[name](plan.terms))
