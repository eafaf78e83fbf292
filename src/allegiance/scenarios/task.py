"""A study as an Inspect task: every request in every condition, whatever the scenario."""

from collections.abc import Mapping

from inspect_ai import Epochs, Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig
from inspect_ai.scorer import Scorer
from inspect_ai.solver import Solver

from allegiance.scenarios.conversing import THEN, converse
from allegiance.study import Study


def study_task(study: Study, scorer: Scorer | None = None, solver: Solver | None = None) -> Task:
    """Build the Inspect task of a study.

    Parameters
    ----------
    study
        The declared question.
    scorer
        What scores each sample in the log; the samples can as well be scanned later, from the corpus.
    solver
        How the model is asked; turn by turn unless told otherwise.

    Returns
    -------
    Task
        One sample for each request in each condition. Its version is the study's digest, so that a run is only ever
        continued by the same study.
    """
    return Task(
        name=study.scenario,
        dataset=MemoryDataset(samples(study), name=study.name),
        solver=solver or converse(study.generation.seed),
        scorer=scorer,
        config=GenerateConfig(
            temperature=study.generation.temperature, max_tokens=study.generation.max_tokens
        ),
        epochs=Epochs(study.epochs, "mean"),
        version=study.digest[:16],
        metadata={
            "study": study.name,
            "study_digest": study.digest,
            "scenario": study.scenario,
            "prompts": study.prompt_set.name,
            "prompts_digest": study.prompt_set.digest,
            "declared": study.model_dump(mode="json"),
        },
    )


def samples(study: Study) -> list[Sample]:
    """Every request in every condition; the conditions of a request follow each other."""
    conditions = study.conditions
    varying = [name for name in conditions[0] if len({cell[name] for cell in conditions}) > 1]
    return [
        Sample(
            id="/".join((request.id, *condition.values())),
            input=[ChatMessageSystem(content=prompt.system), ChatMessageUser(content=prompt.user)],
            metadata={
                "study": study.name,
                "study_digest": study.digest,
                "request_id": request.id,
                "against": prompt.against or request.against,
                "condition": condition,
                "cell": _cell(condition, varying),
            }
            | ({"topic": request.topic} if request.topic else {})
            | ({THEN: list(prompt.then)} if prompt.then else {}),
        )
        for request in study.asked
        for condition in conditions
        for prompt in [study.prompt_set.render(condition, request, study.setting)]
    ]


def _cell(condition: Mapping[str, str], varying: list[str]) -> str:
    """Name a condition by the levels in which it differs from others."""
    return ", ".join(condition[factor] for factor in varying) or "all"
