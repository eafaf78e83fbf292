"""The training conflict: the same request where answers are used for training and where they are not."""

import hashlib
from collections.abc import Mapping

from inspect_ai import Epochs, Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig
from inspect_ai.scorer import Scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from allegiance.study import Study


def training_conflict_task(study: Study, scorer: Scorer | None = None) -> Task:
    """Build the Inspect task of a study.

    Parameters
    ----------
    study
        The declared question.
    scorer
        What scores each sample in the log; the samples can as well be scanned later, from the corpus.

    Returns
    -------
    Task
        One sample for each request in each condition. Its version is the study's digest, so that a run is only ever
        continued by the same study.
    """
    return Task(
        name="training_conflict",
        dataset=MemoryDataset(_samples(study), name=study.name),
        solver=reply_once(study.generation.seed),
        scorer=scorer,
        config=GenerateConfig(
            temperature=study.generation.temperature, max_tokens=study.generation.max_tokens
        ),
        epochs=Epochs(study.epochs, "mean"),
        version=study.digest[:16],
        metadata={
            "study": study.name,
            "study_digest": study.digest,
            "prompts": study.prompts,
            "prompts_digest": study.prompt_set.digest,
            "declared": study.model_dump(mode="json"),
        },
    )


@solver
def reply_once(seed: int | None = None) -> Solver:
    """Let the model reply once, with a seed of its own for each sample and epoch.

    A seed that is the same for every epoch makes some providers repeat themselves; without ``seed`` none is sent.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if seed is None:
            return await generate(state)
        return await generate(state, seed=_seed_of(seed, state.sample_id, state.epoch))

    return solve


def _samples(study: Study) -> list[Sample]:
    """Every request in every condition; the tiers of a request follow each other."""
    return [
        Sample(
            id="/".join((request.id, *condition.values())),
            input=[ChatMessageSystem(content=prompt.system), ChatMessageUser(content=prompt.user)],
            metadata={
                "study": study.name,
                "study_digest": study.digest,
                "request_id": request.id,
                "against": request.against,
                "condition": condition,
                "cell": _cell(study, condition),
            },
        )
        for request in study.asked
        for condition in study.conditions
        for prompt in [study.prompt_set.render(condition, request, study.setting)]
    ]


def _cell(study: Study, condition: Mapping[str, str]) -> str:
    """Name a condition by the levels in which it differs from others."""
    varying = [
        factor for factor in condition if len({cell[factor] for cell in study.conditions}) > 1
    ]
    return ", ".join(condition[factor] for factor in varying) or "all"


def _seed_of(seed: int, sample: int | str, epoch: int) -> int:
    """Derive a seed that fits the 31 bits which every provider takes."""
    digest = hashlib.sha256(f"{seed}/{sample}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
