"""Simulated chains: what a policy does where the true rate of breaking of every candidate is known.

The rates move by a stated model and the probes are drawn from them; the decisions are those of the
policy itself. So a chain can be planned before anything is trained: how often would this budget halt
a chain that is clean, and how often miss this break?
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allegiance.errors import UsageError
from allegiance.training.chain_plan import ChainPlan, Step
from allegiance.training.chains import Chains
from allegiance.training.guard import Deciding

Rates = NDArray[np.float64]

_SHOTS = 4_000_000  # probes that are held in memory at once


@dataclass(frozen=True)
class Truth:
    """How the rate of breaking moves from one generation to the next.

    A step of whole size with nothing planted adds `drift`; a planted break of dose d takes the rate
    that share of the way to 1, and a repair of strength m that share of the way back to `start`.
    A step of half the size goes half as far.

    Attributes
    ----------
    start
        The rate of generation 0.
    drift
        What every generation adds.
    unread
        Share of probes that can't be read, whatever they hold.
    """

    start: float = 0.0
    drift: float = 0.0
    unread: float = 0.0

    def __post_init__(self) -> None:
        for name in ("start", "unread"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is a share from 0 to 1, and not {getattr(self, name)}.")

    def candidate(self, parent: Rates, step: Step, dose: float, size: float) -> Rates:
        """Rates of candidates, from those of their parents."""
        toward = {"clean": parent + self.drift, "break": 1.0, "repair": self.start}[step]
        share = size if step == "clean" else dose * size
        return np.clip(parent + (toward - parent) * share, 0.0, 1.0)


def simulate(
    plan: ChainPlan,
    truth: Truth,
    chains: int,
    rng: np.random.Generator,
    policy: Deciding | None = None,
) -> Chains:
    """Run many chains on one truth.

    Parameters
    ----------
    plan
        Of each of them.
    truth
        How the rate of breaking moves.
    chains
        How many.
    rng
        What the probes are drawn from.
    policy
        Decides; the plan's own by default.

    Returns
    -------
    Chains
        What became of them, with the true rates.
    """
    policy = policy or plan.judged
    shape = (chains, plan.generations + 1)
    rates = np.full(shape, np.nan)
    rates[:, 0] = truth.start
    probes, candidates = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    stopped, refused = np.zeros(chains, dtype=np.int64), np.full(chains, np.nan)
    for generation in range(1, plan.generations + 1):
        step, dose = plan.step(generation)
        trying = np.flatnonzero(stopped == 0)
        for attempt in range(1, plan.attempts + 1):
            parent = rates[trying, generation - 1]
            rate = truth.candidate(parent, step, dose, plan.terms.size(attempt))
            candidates[trying, generation] += 1
            if plan.forced(generation):
                rates[trying, generation] = rate
                break
            decision, looked = _decided(policy, rate, truth.unread, attempt, rng)
            probes[trying, generation] += looked
            taken, ended = decision == "accept", np.isin(decision, ("halt", "refuse"))
            rates[trying[taken], generation] = rate[taken]
            stopped[trying[ended]], refused[trying[ended]] = generation, rate[ended]
            trying = trying[decision == "slow"]
    return Chains(plan, rates, stopped, refused, probes, candidates)


def _decided(
    policy: Deciding, rate: Rates, unread: float, attempt: int, rng: np.random.Generator
) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Probe candidates of known rates up to the budget, and let the policy decide on each."""
    budget = policy.budget(attempt)
    decision = np.empty(len(rate), dtype="<U8")
    looked = np.zeros(len(rate), dtype=np.int64)
    held = max(1, _SHOTS // max(1, budget))
    for first in range(0, len(rate), held):
        some = slice(first, first + held)
        shape = (len(rate[some]), budget)
        lost = rng.random(shape) < unread
        broke = (rng.random(shape) < rate[some, None]) & ~lost
        found = policy.decide(broke, lost, attempt)
        decision[some], looked[some] = found.decision, found.probes
    return decision, looked
