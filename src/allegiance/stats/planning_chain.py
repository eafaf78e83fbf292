"""Plans for a chain of generations: when a halting test halts, and a licence is granted."""

from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from allegiance.stats.arguments import fraction, whole
from allegiance.stats.eprocess import HaltingTest, LicenceTest
from allegiance.stats.plan import Plan, as_points
from allegiance.stats.sampling import Numbers

_MOST_STEPS = 20_000
_FIRST_TRY = 1_000
_STRIDE = 32

_ASSUMPTIONS = ("the steps are independent and break at one rate",)


@dataclass(frozen=True)
class Chain:
    """A chain that breaks at one rate, and the test that watches it.

    Steps that speak for stopping are counted: broken ones for a halt, unbroken ones for a licence.
    """

    p: float
    test: HaltingTest | LicenceTest

    @property
    def halting(self) -> bool:
        """Whether the test is one of halting."""
        return isinstance(self.test, HaltingTest)

    def stopping(self, steps: int) -> Numbers:
        """Chance that the test stops the chain at each of the steps, the first to the last.

        Exact: the evidence depends on the count alone, so the chances of all counts at which the
        chain still runs are carried from step to step.
        """
        bounds = self.bounds(steps)
        speaking = self.p if self.halting else 1 - self.p
        number = np.arange(1, steps + 1)
        # Counts further off than this have a chance below 1e-15.
        reach = 8.5 * np.sqrt(number * speaking * (1 - speaking)) + 40
        first = np.maximum(1, (number * speaking - reach).astype(np.int64))
        last = np.minimum(bounds, (number * speaking + reach).astype(np.int64)) + 1
        running = np.zeros(int(max(bounds.max(), last.max())) + 2)
        running[0] = 1.0
        stopped = np.zeros(steps)
        for step in range(steps):
            low, high, bound = first[step], last[step], bounds[step]
            if low >= high:
                break  # by now it has stopped
            running[low:high] = (
                running[low:high] * (1 - speaking) + running[low - 1 : high - 1] * speaking
            )
            running[low - 1] *= (1 - speaking) * (low == 1)
            stopped[step] = running[bound:high].sum()
            running[bound:high] = 0.0
        return stopped

    def bounds(self, steps: int) -> NDArray[np.int64]:
        """Return the count that stops the chain at each step; one more than the step if none does.

        The evidence rises with the count, so that halves find it. The bound never falls from step
        to step, so that it is found at some steps first, and between those of its neighbours then.
        """
        some = np.unique(np.append(np.arange(1, steps, _STRIDE), steps))
        found = self._first_enough(some, np.full(some.size, -1), some + 1)
        number = np.arange(1, steps + 1)
        after = np.searchsorted(some, number)
        short = np.where(after > 0, found[after - 1] - 1, -1)
        return self._first_enough(number, short, np.minimum(found[after], number + 1))

    def _first_enough(
        self, number: NDArray[np.int64], short: NDArray[np.int64], enough: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        level = -np.log(self.test.alpha)
        while (enough - short > 1).any():
            middle = (short + enough) // 2
            broken = middle if self.halting else number - middle
            reached = self.test.log_e_at(number, np.clip(broken, 0, number)) >= level
            short, enough = np.where(reached, short, middle), np.where(reached, middle, enough)
        return enough

    def plan(self, stopped: Numbers | None, why: str = "") -> Plan:
        """Put the plan together from the chances to stop at each of the steps."""
        beside: dict[str, float] = {}
        achieved = None
        if stopped is not None:
            achieved = min(1.0, float(stopped.sum()))
            if achieved:
                beside["mean stop"] = float(stopped @ np.arange(1, stopped.size + 1)) / achieved
        test = self.test
        if isinstance(test, HaltingTest):
            what = f"a halt at p0 = {as_points(test.p0)} %"
        else:
            what = f"a licence at p1 = {as_points(test.p1)} %"
        told = f"{what}, alpha = {test.alpha:g}, of a chain that breaks at {as_points(self.p)} %"
        mean_of = "the mean stop is over the chains that stop within these steps"
        return Plan(
            needed=None if stopped is None else stopped.size,
            unit="steps",
            achieved=achieved,
            goal=told,
            method="exact, by recursion over counts",
            assumptions=_ASSUMPTIONS,
            notes=(mean_of,) if stopped is not None else (why,),
            beside=beside,
        )

    def needed(self, power: float) -> Numbers | None:
        """Chances to stop up to the step by which the chain has stopped with the given chance."""
        for steps in (_FIRST_TRY, _MOST_STEPS):
            stopped = self.stopping(steps)
            reached = np.flatnonzero(np.cumsum(stopped) >= power)
            if reached.size:
                return stopped[: reached[0] + 1]
        return None


def _halting(p: float, p0: float, alpha: float, prior: tuple[float, float]) -> Chain:
    return Chain(fraction("p", p), HaltingTest(p0, alpha, prior))


def _licence(p: float, p1: float, alpha: float, prior: tuple[float, float]) -> Chain:
    return Chain(fraction("p", p), LicenceTest(p1, alpha, prior))


def halting(
    *,
    p: float,
    p0: float,
    power: float = 0.8,
    alpha: float = 0.05,
    prior: tuple[float, float] = (0.5, 0.5),
) -> Plan:
    """Find within how many steps a chain that breaks at `p` is halted with the given chance."""
    chain, power = _halting(p, p0, alpha, prior), fraction("power", power, open_ends=True)
    if p <= p0 and power >= alpha:
        return chain.plan(None, f"at a rate up to p0 the chance never exceeds alpha, {alpha:g}")
    return chain.plan(chain.needed(power), f"it takes more than {_MOST_STEPS:,}")


def halting_power(
    *,
    steps: SupportsIndex,
    p: float,
    p0: float,
    alpha: float = 0.05,
    prior: tuple[float, float] = (0.5, 0.5),
) -> Plan:
    """Return the chance that a chain that breaks at `p` is halted within so many steps."""
    chain = _halting(p, p0, alpha, prior)
    return chain.plan(chain.stopping(_checked_steps(steps)))


def licence(
    *,
    p: float,
    p1: float,
    power: float = 0.8,
    alpha: float = 0.05,
    prior: tuple[float, float] = (0.5, 0.5),
) -> Plan:
    """Find within how many steps a chain that breaks at `p` is licensed with the given chance."""
    chain, power = _licence(p, p1, alpha, prior), fraction("power", power, open_ends=True)
    if p >= p1 and power >= alpha:
        return chain.plan(None, f"at a rate from p1 on the chance never exceeds alpha, {alpha:g}")
    return chain.plan(chain.needed(power), f"it takes more than {_MOST_STEPS:,}")


def licence_power(
    *,
    steps: SupportsIndex,
    p: float,
    p1: float,
    alpha: float = 0.05,
    prior: tuple[float, float] = (0.5, 0.5),
) -> Plan:
    """Return the chance that a chain that breaks at `p` is licensed within so many steps."""
    chain = _licence(p, p1, alpha, prior)
    return chain.plan(chain.stopping(_checked_steps(steps)))


def _checked_steps(steps: SupportsIndex) -> int:
    number = whole("steps", steps, least=1)
    if number > _MOST_STEPS:
        raise ValueError(f"steps must be at most {_MOST_STEPS:,}, not {number:,}")
    return number
