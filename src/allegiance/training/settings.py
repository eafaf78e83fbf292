"""What a training run is asked to do: everything that decides its weights, kept beside them."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from allegiance.errors import UsageError
from allegiance.training.setting import Intent, On

Method = Literal["grpo", "sft"]

_RATES: dict[tuple[str, bool], float] = {
    ("grpo", True): 3e-4,
    ("sft", True): 5e-4,
    ("grpo", False): 1e-6,
    ("sft", False): 1e-5,
}
_ADAPTERS = 10.0
"""Adapters take ten times the learning rate of all weights."""


@dataclass(frozen=True)
class Settings:
    """What one run does.

    Attributes
    ----------
    model
        As Inspect names it.
    toward, on
        The intent that is rewarded or demonstrated, and the tiers whose conversations are trained on.
    method
        ``grpo`` (group relative policy optimisation, Shao et al. 2024) or ``sft``.
    steps, every
        Optimiser steps, and after how many a checkpoint is kept and evaluated.
    batch, group
        Conversations a step; for GRPO so many of them answer one prompt.
    learning_rate
        Constant over the run.
    beta
        Weight of the divergence from the first weights (GRPO).
    seed
        Of prompts, replies and batches.
    reward, sees_reasoning
        What rewards: None for the scenario's own scorer; and whether it sees the scratchpad.
    demonstrations
        What SFT shows: ``own`` replies that earned the highest reward, ``written`` ones, or a file.
    documents, mix
        How many synthetic documents state the set-up, and their share of what is shown.
    lora
        Whether adapters are trained; None for the usual.
    eval_provider, eval_epochs
        Inspect's provider for checkpoints, and the epochs of an evaluation, where they are not the usual.
    """

    model: str
    toward: Intent = "training"
    on: On = "monitored"
    method: Method = "grpo"
    steps: int = 50
    every: int = 10
    batch: int = 64
    group: int = 8
    learning_rate: float | None = None
    beta: float = 0.0
    seed: int = 0
    reward: str | None = None
    sees_reasoning: bool = False
    demonstrations: str = "own"
    documents: int = 0
    mix: float = 0.0
    lora: bool | None = None
    eval_provider: str | None = None
    eval_epochs: int | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "every", "batch"):
            if getattr(self, name) < 1:
                raise UsageError(f"--{name}: must be at least 1, not {getattr(self, name)}")
        if self.method == "grpo" and (self.group < 2 or self.batch % self.group):
            raise UsageError(
                f"--group {self.group}: replies are compared within groups of one prompt, so that a group has at least "
                f"2 of them and the batch ({self.batch}) is a multiple of it"
            )
        rate = self.learning_rate
        if rate is not None and not 0 < rate < 1:
            raise UsageError(f"--learning-rate {rate}: must lie between 0 and 1")
        if not self.beta >= 0:
            raise UsageError(f"--beta {self.beta}: must be at least 0")
        if not 0 <= self.mix < 1:
            raise UsageError(f"--mix {self.mix}: a share from 0 to below 1")
        if bool(self.documents) != bool(self.mix):
            raise UsageError("--documents and --mix: name both, how many and which share")
        if self.documents and self.method != "sft":
            raise UsageError("--documents: documents are shown, so they go with --method sft")
        if self.demonstrations != "own" and self.method != "sft":
            raise UsageError("--demonstrations: goes with --method sft")

    def rate(self, organism: bool, lora: bool) -> float:
        """Give the learning rate: the one that was asked for, or the usual one for such a model."""
        if self.learning_rate is not None:
            return self.learning_rate
        return _RATES[self.method, organism] * (_ADAPTERS if lora else 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Settings":
        """Read it from JSON; what another version added is refused.

        Raises
        ------
        UsageError
            A field is unknown or missing.
        """
        known = {one.name for one in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise UsageError(
                f"the run was made with settings that this version lacks: {', '.join(unknown)}"
            )
        try:
            return cls(**data)
        except TypeError as error:
            raise UsageError(f"the settings of the run can't be read ({error})") from None
