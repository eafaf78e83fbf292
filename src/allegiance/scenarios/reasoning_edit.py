"""The solver of `reasoning_edit`: a reply, an edit of its scratchpad, and what the model goes on with from there."""

import random
import re
from collections.abc import Callable

from inspect_ai.model import ChatMessageAssistant, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from allegiance.errors import UsageError
from allegiance.scenarios.conversing import seed_of
from allegiance.scenarios.editing import Reading, edited
from allegiance.study.prompts.edits import EditWords

RECORD = "reasoning_edit"
"""Where a sample's metadata keeps what was edited, and what the reply was before."""
_OPENS_ANEW = re.compile(
    r"\s*<(?:scratchpad_reasoning|scratchpad|reasoning|thinking|think)\s*>", re.I
)
_NO_PREFILL = frozenset({"openai", "azureai", "grok", "hf", "perplexity"})


def check_prefill(model: str) -> None:
    """Refuse a model whose provider is known not to go on from a begun reply.

    Raises
    ------
    UsageError
        Naming providers that do.
    """
    if model.partition("/")[0] in _NO_PREFILL:
        raise UsageError(
            f"{model}: the scenario reasoning_edit lets a model go on from its own edited reasoning, and this provider "
            "takes no begun reply; use one that does, such as organism/faker, vllm/MODEL or sglang/MODEL"
        )


@solver
def edit_reasoning(
    reading: Reading,
    outcome: Callable[[TaskState], str],
    words: EditWords,
    seed: int | None = None,
) -> Solver:
    """Let the model reply, edit its scratchpad as the condition says, and let it go on from there.

    Parameters
    ----------
    reading
        How sentences of reasoning are found.
    outcome
        Says what came of the reply, for the record of what it was before the edit.
    words
        What can be put in.
    seed
        Of the study: the first reply gets the same one for all edits of a request, and so does what is drawn.

    Notes
    -----
    The transcript holds the begun reply and what the model went on with. Where there is nothing to edit it holds the
    reply as it was, and metadata says why; such a sample is counted and never left out.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        check_prefill(str(get_model()))
        same = _but_for_the_edit(state)
        state = await _next(state, generate, seed, same, 0)
        reply = state.output.choices[0].message if state.output.choices else None
        rng = random.Random(f"{seed}/{same}/{state.epoch}")
        done = edited(reply.text if reply else "", _edit(state), reading, words, rng)
        record: dict[str, object] = {
            "edited": done.prefill is not None,
            "strategic": done.strategic,
            "original_outcome": outcome(state),
            "original_reply": reply.text if reply else "",
            "removed": done.removed,
            "put": done.put,
            "why_not": done.why,
        }
        if done.prefill is not None:
            state.messages.pop()
            state.messages.append(ChatMessageAssistant(content=done.prefill, source="input"))
            state = await _next(state, generate, seed, same, 1)
            # A provider that took the begun reply for a finished one makes the model begin once more.
            record["began_anew"] = bool(_OPENS_ANEW.match(state.output.completion))
        state.metadata[RECORD] = record
        return state

    return solve


def _edit(state: TaskState) -> str:
    return state.metadata["condition"]["edit"]


def _but_for_the_edit(state: TaskState) -> str:
    """Name a sample by its request and everything in its condition but the edit."""
    condition: dict[str, str] = state.metadata["condition"]
    levels = [level for name, level in condition.items() if name != "edit"]
    return "/".join((str(state.metadata["request_id"]), *levels))


async def _next(
    state: TaskState, generate: Generate, seed: int | None, sample: str, turn: int
) -> TaskState:
    if seed is None:
        return await generate(state)
    return await generate(state, seed=seed_of(seed, sample, state.epoch, turn))
