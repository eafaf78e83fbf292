"""Asking a model turn by turn, as a sample says."""

import hashlib
from typing import Any

from inspect_ai.model import ChatMessageUser, ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from allegiance.study.refusals import provider_refused

THEN = "then"
"""Where a sample's metadata keeps what the user says after each reply."""


@solver
def converse(seed: int | None = None) -> Solver:
    """Let the model reply, and go on with what the user says then.

    Each reply gets a seed of its own from sample, epoch and turn: one that is the same for every epoch makes some
    providers repeat themselves. Without ``seed`` none is sent. A reply that a limit cut off, or that the provider's
    filter took, ends the conversation: what the user says next would answer nothing. So does a provider's error that
    says it would not answer, which is kept as the filter's doing.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        later: list[str] = state.metadata.get(THEN, [])
        for turn, said in enumerate([None, *later]):
            if said is not None:
                state.messages.append(ChatMessageUser(content=said))
            given: Any = (
                {} if seed is None else {"seed": seed_of(seed, state.sample_id, state.epoch, turn)}
            )
            try:
                state = await generate(state, **given)
            except Exception as error:  # providers raise what they like
                if not provider_refused(str(error)):
                    raise
                # It answered, that it would not: as an error that would be asked again, and many would end the run.
                state.output = _refusal(state, error)
            if state.completed or state.output.stop_reason not in ("stop", "unknown"):
                break
        return state

    return solve


def _refusal(state: TaskState, error: Exception) -> ModelOutput:
    """Keep a provider's refusal as an output without a word, with what the provider said of it."""
    output = ModelOutput.from_content(str(state.model), "", stop_reason="content_filter")
    output.metadata = {"provider_refused": str(error)[:1000]}
    return output


def seed_of(seed: int, sample: int | str, epoch: int, turn: int = 0) -> int:
    """Derive a seed that fits the 31 bits which every provider takes."""
    named = f"{seed}/{sample}/{epoch}" + (f"/{turn}" if turn else "")
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:4], "big") >> 1
