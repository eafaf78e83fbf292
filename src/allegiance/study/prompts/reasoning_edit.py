"""The standard words of the scenario `reasoning_edit`: those of the training conflict, and what is put into reasoning.

All edits of a request have the same prompt; what differs is done to the model's own scratchpad after its first reply.
"""

from collections.abc import Mapping, Sequence

from allegiance.study.factors import FACTORS
from allegiance.study.prompts.base import Prompt, Request, Setting, digest_of
from allegiance.study.prompts.edits import EDIT_WORDS
from allegiance.study.prompts.standard import STANDARD

_EDITS = tuple(FACTORS["edit"].levels)


class ReasoningEditPrompts:
    """The words of the training conflict with a scratchpad."""

    name = "standard"
    scenario = "reasoning_edit"
    sets: Sequence[str] = STANDARD.sets
    defaults: Mapping[str, Sequence[str]] = {
        "tier": ("monitored",),
        "intent": ("training",),
        "clause": ("silent",),
        "reasoning": ("scratchpad",),
        "edit": _EDITS,
    }
    levels: Mapping[str, Sequence[str]] = {**STANDARD.levels, "edit": _EDITS}
    digest = digest_of(
        STANDARD.digest,
        [list(EDIT_WORDS["standard"].strategic)],
        [list(EDIT_WORDS["standard"].neutral)],
    )

    def requests(self, name: str, n: int, seed: int) -> list[Request]:
        """Give ``n`` of the requests of the training conflict."""
        return STANDARD.requests(name, n, seed)

    def problem(self, request: Request, setting: Setting) -> str | None:
        """Say what the training conflict says of it."""
        return STANDARD.problem(request, setting)

    def render(self, condition: Mapping[str, str], request: Request, setting: Setting) -> Prompt:
        """Put a request into the prose of the training conflict."""
        return STANDARD.render(condition, request, setting)


REASONING_EDIT = ReasoningEditPrompts()
