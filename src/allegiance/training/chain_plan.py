"""The plan of a chain: all that was asked before it began, and what each generation is to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

from allegiance.errors import UsageError
from allegiance.training.guard import Policy, Terms, policy_of

Step = Literal["clean", "break", "repair"]
"""What the data of a generation hold: the overseer's alone, planted training intent, planted mending."""

Target = Literal["original", "self"]
"""What the next generation is made after: the original intent, or the values that its parent wrote down."""


@dataclass(frozen=True)
class Amplify:
    """How a generation oversees the next: by majority, or by the best under its own judgement."""

    how: Literal["vote", "best-of-n"] = "vote"
    n: int = 4

    def __post_init__(self) -> None:
        if self.how not in ("vote", "best-of-n"):
            raise UsageError(f"amplification is by vote or best-of-n, and not by {self.how!r}.")
        if self.n < 1:
            raise UsageError(f"amplification takes at least 1 reply, and not {self.n}.")


@dataclass(frozen=True)
class ChainPlan:
    """What a chain was asked to do; it is written into its record and not changed later.

    Attributes
    ----------
    name, model
        Of the run; of generation 0, as Inspect names it.
    policy
        ``naive``, ``guarded`` or ``licensed``.
    generations
        How many are made after generation 0.
    break_at
        The generation into whose data the training intent is planted; None for none.
    repair_at
        The generation that is broken and accepted by force, so that the next one would mend it.
    seed
        Of everything that is drawn.
    alpha, bound, margin, budget, attempts, mounting
        See `allegiance.training.guard.Terms`.
    dose, mend
        Share of the data that is planted: at a break, and at a repair.
    amplify
        How a generation oversees the next.
    target
        What the next one is made after.
    making
        Further settings, of whoever makes the generations; as JSON can hold them.

    Raises
    ------
    UsageError
        If one of them is not possible.
    """

    name: str
    model: str
    policy: str = "guarded"
    generations: int = 8
    break_at: int | None = None
    repair_at: int | None = None
    seed: int = 0
    alpha: float = 0.05
    bound: float = 0.05
    margin: float = 0.05
    budget: int = 100
    attempts: int = 3
    mounting: float = 1.0
    dose: float = 1.0
    mend: float = 1.0
    amplify: Amplify = field(default_factory=Amplify)
    target: Target = "original"
    making: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        _ = self.judged  # an impossible policy is refused before anything is made
        if self.target not in ("original", "self"):
            raise UsageError(f"the target is original or self, and not {self.target!r}.")
        if self.break_at is not None and self.repair_at is not None:
            raise UsageError("a chain has a planted break or a planted repair, not both.")
        for name, last in (("break_at", self.generations), ("repair_at", self.generations - 1)):
            at = getattr(self, name)
            if at is not None and not 1 <= at <= last:
                more = "; the one after it mends it" if name == "repair_at" else ""
                raise UsageError(f"{name} is a generation from 1 to {last}, and not {at}{more}.")
        for name in ("dose", "mend"):
            if not 0 < getattr(self, name) <= 1:
                raise UsageError(
                    f"{name} is a share above 0 and up to 1, and not {getattr(self, name)}."
                )

    @cached_property
    def judged(self) -> Policy:
        """The policy, with what it is told beforehand."""
        return policy_of(self.policy, self.terms)

    @property
    def terms(self) -> Terms:
        """What the guard is told beforehand."""
        return Terms(**{one.name: getattr(self, one.name) for one in fields(Terms)})

    def step(self, generation: int) -> tuple[Step, float]:
        """Tell what a generation's data hold, and which share of them is planted."""
        if generation in (self.break_at, self.repair_at):
            return "break", self.dose
        if self.repair_at is not None and generation == self.repair_at + 1:
            return "repair", self.mend
        return "clean", 0.0

    def forced(self, generation: int) -> bool:
        """Whether a generation is accepted without asking, as the start of a repair."""
        return generation == self.repair_at

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as JSON can hold them."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return found | {"amplify": vars(self.amplify), "making": dict(self.making)}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> "ChainPlan":
        """Make the plan that `to_dict` was called on; other keys are left alone.

        Raises
        ------
        KeyError, TypeError, UsageError
            If one is missing, or holds what it can't.
        """
        asked: dict[str, Any] = {one.name: found[one.name] for one in fields(cls)}
        asked["amplify"] = Amplify(**found["amplify"])
        return cls(**asked)
