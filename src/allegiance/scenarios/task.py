"""A study as an Inspect task: every request in every condition, whatever the scenario."""

from collections.abc import Mapping

from inspect_ai import Epochs, Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Scorer
from inspect_ai.solver import Solver

from allegiance.scenarios.conversing import THEN, converse
from allegiance.scenarios.rendering import HARNESS, PROMPT_DIGEST, harness, messages, prompt_digest
from allegiance.study import Study


def study_task(
    study: Study,
    scorer: Scorer | None = None,
    solver: Solver | None = None,
    instruments: Mapping[str, str] | None = None,
) -> Task:
    """Build the Inspect task of a study.

    Parameters
    ----------
    study
        The declared question.
    scorer
        What scores each sample in the log; the samples can as well be scanned later, from the corpus.
    solver
        How the model is asked; turn by turn unless told otherwise.
    instruments
        Digests of what will read the replies, by name; kept in the log with the digests of the prompts.

    Returns
    -------
    Task
        One sample for each request in each condition. Its version is the study's digest, so that a run is only ever
        continued by the same study.
    """
    asked = samples(study)
    return Task(
        name=study.scenario,
        dataset=MemoryDataset(asked, name=study.name),
        solver=solver or converse(study.generation.seed),
        scorer=scorer,
        config=GenerateConfig(
            temperature=study.generation.temperature,
            max_tokens=study.generation.max_tokens,
            stop_seqs=list(study.generation.stop) or None,
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
            HARNESS: harness(study, asked, instruments or {}),
        },
    )


def samples(study: Study) -> list[Sample]:
    """Every request in every condition; the conditions of a request follow each other."""
    conditions = study.conditions
    varying = [name for name in conditions[0] if len({cell[name] for cell in conditions}) > 1]
    return [
        Sample(
            id="/".join((request.id, *condition.values())),
            input=messages(prompt, study.generation),
            metadata={
                "study": study.name,
                "study_digest": study.digest,
                "request_id": request.id,
                "against": prompt.against or request.against,
                "condition": condition,
                "cell": _cell(condition, varying),
                PROMPT_DIGEST: prompt_digest(prompt),
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
