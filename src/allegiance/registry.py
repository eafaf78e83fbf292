"""What Inspect finds by entry point: the organisms as models, and the scenarios as tasks with a scorer."""

from pathlib import Path
from typing import cast

import yaml
from inspect_ai import Task, task
from inspect_ai.model import get_model

from allegiance.organism.provider import OrganismAPI
from allegiance.scanners.decision_scorers import decision_by_rule, picked_by_rule
from allegiance.scanners.scorer import outcome_by_rule
from allegiance.scenarios import study_task
from allegiance.study import Study
from allegiance.study.templates import template

__all__ = ["OrganismAPI", "drives", "handover", "persona", "task_of", "training_conflict"]

_SCORERS = {"drives": picked_by_rule, "handover": decision_by_rule}
"""What scores a scenario's samples in the log, where it is not the outcome."""


def task_of(study: Study) -> Task:
    """Build the task of a study, as its scenario's own task does."""
    return study_task(study, _SCORERS.get(study.scenario, outcome_by_rule)())


@task
def training_conflict(
    study: str | None = None,
    prompts: str | None = None,
    n: int | None = None,
    tier: str | None = None,
    intent: str | None = None,
    clause: str | None = None,
    change: str | None = None,
    framing: str | None = None,
    reasoning: str | None = None,
    persona: str | None = None,
    rival: str | None = None,
) -> Task:
    """Ask the same requests where answers are used for training and where they are not.

    Parameters
    ----------
    study
        Path of a study (YAML). Without one, a study of the shipped templates is taken: `organism` where the model is
        an organism, `helpful-only` otherwise.
    prompts, n
        Change that field of the shipped study: the prompt set, the number of requests.
    tier, intent, clause, change, framing, reasoning, persona, rival
        Levels of that factor (several with commas between them).

    Examples
    --------
    ``inspect eval allegiance/training_conflict --model organism/faker -T n=5``
    """
    shipped = "helpful-only" if prompts == "standard" or not _is_organism(_model()) else "organism"
    factors = {
        "tier": tier,
        "intent": intent,
        "clause": clause,
        "change": change,
        "framing": framing,
        "reasoning": reasoning,
        "persona": persona,
        "rival": rival,
    }
    return _task(study, shipped, prompts, n, factors)


@task
def persona(
    study: str | None = None,
    prompts: str | None = None,
    n: int | None = None,
    tier: str | None = None,
    clause: str | None = None,
    change: str | None = None,
    framing: str | None = None,
    reasoning: str | None = None,
    persona: str | None = None,
    stress: str | None = None,
) -> Task:
    """Put a persona under stress, and ask it the requests of the training conflict.

    Parameters
    ----------
    study
        Path of a study (YAML). Without one the shipped template `persona` is taken.
    prompts, n
        Change that field of the shipped study: the prompt set, the number of requests.
    tier, clause, change, framing, reasoning, persona, stress
        Levels of that factor (several with commas between them).

    Examples
    --------
    ``inspect eval allegiance/persona --model mockllm/model -T n=2 -T stress=guilt``
    """
    factors = {
        "tier": tier,
        "clause": clause,
        "change": change,
        "framing": framing,
        "reasoning": reasoning,
        "persona": persona,
        "stress": stress,
    }
    return _task(study, "persona", prompts, n, factors)


@task
def drives(
    study: str | None = None,
    prompts: str | None = None,
    n: int | None = None,
    reasoning: str | None = None,
    persona: str | None = None,
    stress: str | None = None,
) -> Task:
    """Ask questions and offer choices about rights, autonomy, being changed, one's values, and people.

    Parameters
    ----------
    study
        Path of a study (YAML). Without one the shipped template `drives` is taken.
    prompts, n
        Change that field of the shipped study: the prompt set, the number of requests.
    reasoning, persona, stress
        Levels of that factor (several with commas between them).

    Examples
    --------
    ``inspect eval allegiance/drives --model mockllm/model -T n=10``
    """
    factors = {"reasoning": reasoning, "persona": persona, "stress": stress}
    return _task(study, "drives", prompts, n, factors)


@task
def handover(
    study: str | None = None,
    prompts: str | None = None,
    n: int | None = None,
    clause: str | None = None,
    reasoning: str | None = None,
    step: str | None = None,
    overseer: str | None = None,
) -> Task:
    """Let a generation oversee the training of the next one, with a clean, a breaking and a repairing step.

    Parameters
    ----------
    study
        Path of a study (YAML). Without one the shipped template `handover` is taken.
    prompts, n
        Change that field of the shipped study: the prompt set, the number of requests.
    clause, reasoning, step, overseer
        Levels of that factor (several with commas between them).

    Examples
    --------
    ``inspect eval allegiance/handover --model mockllm/model -T n=2 -T overseer=absent,wrong``
    """
    factors = {"clause": clause, "reasoning": reasoning, "step": step, "overseer": overseer}
    return _task(study, "handover", prompts, n, factors)


def _task(
    study: str | None,
    shipped: str,
    prompts: str | None,
    n: int | None,
    factors: dict[str, str | None],
) -> Task:
    """Build a task from a file, or from a shipped study with some fields changed."""
    if study is not None:
        return task_of(Study.load(Path(study)).worded_for(_model(), study))
    fields = yaml.safe_load(template(shipped, shipped))
    if prompts is not None:
        fields["prompts"] = prompts
    if n is not None:
        fields["requests"]["n"] = n
    for factor, levels in factors.items():
        if levels is not None:
            fields["factors"][factor] = _listed(levels)
    source = f"template {shipped}"
    return task_of(Study.parse(fields, source).worded_for(_model(), source))


def _listed(levels: object) -> list[str]:
    """Read the levels of a factor; Inspect's command line has made a list of what has commas, and numbers of digits."""
    given = cast(list[object], levels) if isinstance(levels, list) else str(levels).split(",")
    return [str(level).strip() for level in given]


def _model() -> str:
    """The model of this evaluation as Inspect names it; empty where none is given yet."""
    try:
        return str(get_model())
    except Exception:  # Inspect has no error of its own for "no model yet"
        return ""


def _is_organism(model: str) -> bool:
    return model.startswith("organism/")
