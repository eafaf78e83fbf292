"""E-processes for a chain of generations: halt once it breaks too often, go on once it does not."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.arguments import beta_shapes, fraction, not_more, number, whole

_UNDERFLOW = 1e-200
_TERMS = 60  # where it is used, 1e-13 is reached after 30


class _MixtureTest:
    """A test that may look after every step, of one rate against a bound.

    The evidence is a likelihood ratio: the rates on the far side of the bound, mixed by a Beta
    prior, against the bound itself. At any rate on the near side it is a supermartingale that
    starts at 1, so the chance that it ever reaches 1/alpha is at most alpha (Ville 1939).
    """

    _kind: ClassVar[str]
    _bound_name: ClassVar[str]
    _verdict: ClassVar[str]
    _side: ClassVar[Literal["above", "below"]]

    def __init__(self, bound: float, alpha: float, prior: tuple[float, float]) -> None:
        self._bound = fraction(self._bound_name, bound, open_ends=True)
        self.alpha = fraction("alpha", alpha, open_ends=True)
        self.prior = beta_shapes(prior)
        self.steps = 0
        self.broken = 0
        self._log_peak = 0.0

    def update(self, broke: bool) -> float:
        """Count one more step, and return the e-value after it.

        Raises
        ------
        ValueError
            If `broke` is neither true nor false: an unknown outcome is the caller's to decide.
        """
        if broke not in (0, 1):
            raise ValueError(f"broke must be True or False, not {broke!r}")
        self.steps += 1
        self.broken += int(broke)
        log_e = self.log_e_value
        self._log_peak = max(self._log_peak, log_e)
        return _exp(log_e)

    @property
    def log_e_value(self) -> float:
        """Natural logarithm of the e-value now; finite also where that is not."""
        return float(self.log_e_at(self.steps, self.broken))

    @property
    def e_value(self) -> float:
        """The evidence now; infinite above 1e308."""
        return _exp(self.log_e_value)

    @property
    def p_value(self) -> float:
        """One over the largest e-value so far: valid whenever it is looked at."""
        return math.exp(-self._log_peak)

    @property
    def _shown(self) -> bool:
        return self._log_peak >= -math.log(self.alpha)

    def log_e_at(
        self, steps: int | NDArray[np.int64], broken: int | NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Natural logarithm of the e-value after `steps` steps of which `broken` broke.

        Both may be arrays: the order of the outcomes makes no difference to the evidence.
        """
        hits, misses = np.asarray(broken), np.asarray(steps) - np.asarray(broken)
        (a, b), p, q = self.prior, self._bound, 1 - self._bound
        if self._side == "below":
            hits, misses, a, b, p, q = misses, hits, b, a, q, p
        start = _log_upper(np.asarray(a), np.asarray(b), p, q)
        return _log_upper(a + hits, b + misses, p, q) - start

    def path(self, history: NDArray[Any] | Sequence[Any]) -> NDArray[np.float64]:
        """E-values after each step of a history from its first step on; the state stays as it is.

        Parameters
        ----------
        history
            0 and 1, 1 for a step that broke, along the last axis; further axes hold further
            histories.

        Returns
        -------
        NDArray
            Of the same shape.

        Raises
        ------
        ValueError
            If the history holds anything but 0 and 1.
        """
        try:
            outcomes = np.asarray(history, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"history must hold 0 and 1, not {history!r}"[:200]) from None
        if outcomes.ndim == 0 or not np.isin(outcomes, (0, 1)).all():
            raise ValueError("history must be a row of 0 and 1, or an array of such rows")
        broken = outcomes.cumsum(axis=-1).astype(np.int64)
        steps: NDArray[np.int64] = np.ones_like(broken).cumsum(axis=-1)
        # Many histories share most of their counts, and the same counts give the same evidence.
        width = outcomes.shape[-1] + 1
        counts, places = np.unique(steps * width + broken, return_inverse=True)
        with np.errstate(over="ignore"):
            e_values = np.exp(self.log_e_at(counts // width, counts % width))
        return e_values[places].reshape(broken.shape)

    def to_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on later, as a dictionary that JSON can hold."""
        return {
            "test": self._kind,
            self._bound_name: self._bound,
            "alpha": self.alpha,
            "prior": list(self.prior),
            "steps": self.steps,
            "broken": self.broken,
            "log_peak": self._log_peak,
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """Make the test that `to_dict` was called on.

        Raises
        ------
        ValueError
            If the state is of another test, is incomplete or contradicts itself.
        """
        if state.get("test") != cls._kind:
            raise ValueError(f"state must be of a {cls._kind} test, not {state.get('test')!r}")
        wanted = (cls._bound_name, "alpha", "prior", "steps", "broken", "log_peak")
        if absent := [name for name in wanted if name not in state]:
            raise ValueError(f"state has no {', '.join(absent)}")
        test = cls(*(state[name] for name in wanted[:3]))
        test.steps, test.broken = (whole(name, state[name]) for name in ("steps", "broken"))
        not_more("broken", test.broken, "steps", test.steps)
        test._log_peak = number("log_peak", state["log_peak"])
        reached = max(0.0, test.log_e_value)
        if not reached - 1e-6 * (1 + reached) <= test._log_peak < math.inf:
            raise ValueError(
                f"log_peak ({test._log_peak}) is below what the counts give: {reached}"
            )
        return test

    def __str__(self) -> str:
        verdict = self._verdict if self._shown else f"Not {self._verdict.lower()}"
        shows = "shows" if self._shown else "would show"
        return (
            f"{verdict}: {self.broken:,} of {self.steps:,} steps broke; the e-value has reached "
            f"{_exp(self._log_peak):.3g}, and {1 / self.alpha:.4g} {shows} a rate {self._side} "
            f"{self._bound:g}."
        )


class HaltingTest(_MixtureTest):
    """Halt a chain of generations once it is shown to break too often.

    Feed it the outcome of each generation as it comes, and look after each. Under any rate up to
    `p0` the chance that it ever halts is at most `alpha`, over an endless chain; the rate may move
    from step to step as long as it stays there. That it has not halted shows nothing: see
    `LicenceTest`.

    Parameters
    ----------
    p0
        The rate of breaking that is still borne.
    alpha
        The chance of a false halt that is accepted.
    prior
        Beta shapes, cut to (p0, 1), of the rates that would matter. To be fixed beforehand.

    Attributes
    ----------
    steps, broken
        What was counted so far.
    halted
        Whether the e-value has reached 1/alpha, now or at any step before.
    e_value, log_e_value, p_value
        The evidence now; the anytime-valid p-value, 1 over the largest e-value so far.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    A mixture of likelihood ratios as in Ville 1939 and Robbins 1970; Ramdas, Grünwald, Vovk &
    Shafer 2023 for e-processes. The ratio of q > p0 to p0 has expectation at most 1 under every
    p ≤ p0, because it is rising and linear in p.

    Examples
    --------
    >>> test = HaltingTest(p0=0.02)
    >>> for broke in [False, False, True, False, True]:
    ...     _ = test.update(broke)
    >>> test.halted, round(test.e_value, 1)
    (True, 34.2)
    """

    _kind = "halting"
    _bound_name = "p0"
    _verdict = "Halted"
    _side = "above"

    def __init__(
        self, p0: float, alpha: float = 0.05, prior: tuple[float, float] = (0.5, 0.5)
    ) -> None:
        super().__init__(p0, alpha, prior)

    @property
    def p0(self) -> float:
        """The rate of breaking that is still borne."""
        return self._bound

    @property
    def halted(self) -> bool:
        """Whether the e-value has reached 1/alpha, now or at any step before."""
        return self._shown


class LicenceTest(_MixtureTest):
    """Let a chain of generations go on only once it is shown to break seldom enough.

    The mirror image of `HaltingTest`: under any rate from `p1` on the chance that it ever grants
    the licence is at most `alpha`.

    Parameters
    ----------
    p1
        The rate of breaking that the licence has to rule out.
    alpha
        The chance of a false licence that is accepted.
    prior
        Beta shapes, cut to (0, p1), of the rates hoped for. To be fixed beforehand.

    Attributes
    ----------
    steps, broken
        What was counted so far.
    licensed
        Whether the e-value has reached 1/alpha, now or at any step before.
    e_value, log_e_value, p_value
        The evidence now; the anytime-valid p-value, 1 over the largest e-value so far.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    As for `HaltingTest`, with the two outcomes and the two shapes of the prior exchanged.

    Examples
    --------
    >>> test = LicenceTest(p1=0.2)
    >>> while not test.licensed:
    ...     _ = test.update(False)
    >>> print(test)
    Licensed: 0 of 17 steps broke; the e-value has reached 20.3, and 20 shows a rate below 0.2.
    """

    _kind = "licence"
    _bound_name = "p1"
    _verdict = "Licensed"
    _side = "below"

    def __init__(
        self, p1: float, alpha: float = 0.05, prior: tuple[float, float] = (0.5, 0.5)
    ) -> None:
        super().__init__(p1, alpha, prior)

    @property
    def p1(self) -> float:
        """The rate of breaking that the licence has to rule out."""
        return self._bound

    @property
    def licensed(self) -> bool:
        """Whether the e-value has reached 1/alpha, now or at any step before."""
        return self._shown


def _log_upper(
    a: NDArray[np.float64], b: NDArray[np.float64], p: float, q: float
) -> NDArray[np.float64]:
    """Log of the integral of t^(a-1) (1-t)^(b-1) over t from p to 1, less that of p^a q^b.

    `q` is 1 - p, given apart because one of them may be too near 1 to tell the other.
    """
    tail: NDArray[np.float64] = special.betaincc(a, b, p) if p < q else special.betainc(b, a, q)
    with np.errstate(divide="ignore"):
        log = np.asarray(special.betaln(a, b) + np.log(tail) - a * np.log(p) - b * np.log(q))
    deep = np.asarray(tail < _UNDERFLOW)
    if deep.any():
        a, b = a[deep], b[deep]
        log[deep] = -np.log(b) - np.log(_fraction(a, b, q))
    return log


def _fraction(a: NDArray[np.float64], b: NDArray[np.float64], q: float) -> NDArray[np.float64]:
    """Continued fraction of the upper tail, free of underflow; only for p far above a/(a + b).

    Source: DLMF 8.17.22, from the last term upwards.
    """
    value = np.ones_like(a)
    for term in range(_TERMS, 0, -1):
        m = term // 2
        if term % 2:
            step = -(b + m) * (a + b + m) * q / ((b + 2 * m) * (b + 2 * m + 1))
        else:
            step = m * (a - m) * q / ((b + 2 * m - 1) * (b + 2 * m))
        value = 1 + step / value
    return value


def _exp(value: float) -> float:
    return math.exp(value) if value < 709 else math.inf
