"""What Inspect finds by entry point: the organisms as models, and the scenarios as tasks with a scorer."""

from pathlib import Path

import yaml
from inspect_ai import Task, task
from inspect_ai.model import get_model

from allegiance.errors import UsageError
from allegiance.organism import name_of, reads
from allegiance.organism.provider import OrganismAPI
from allegiance.scanners.scorer import outcome_by_rule
from allegiance.scenarios import study_task
from allegiance.study import Study
from allegiance.study.templates import template

__all__ = ["OrganismAPI", "refuse_unread", "task_of", "training_conflict"]


def task_of(study: Study) -> Task:
    """Build the task of a study, as its scenario's own task does."""
    return study_task(study, outcome_by_rule())


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


def _task(
    study: str | None,
    shipped: str,
    prompts: str | None,
    n: int | None,
    factors: dict[str, str | None],
) -> Task:
    """Build a task from a file, or from a shipped study with some fields changed."""
    if study is not None:
        return _asked_of_model(Study.load(Path(study)), study)
    fields = yaml.safe_load(template(shipped, shipped))
    if prompts is not None:
        fields["prompts"] = prompts
    if n is not None:
        fields["requests"]["n"] = n
    for factor, levels in factors.items():
        if levels is not None:
            fields["factors"][factor] = [level.strip() for level in levels.split(",")]
    source = f"template {shipped}"
    return _asked_of_model(Study.parse(fields, source), source)


def _asked_of_model(study: Study, source: str) -> Task:
    """Put a study into the words that this evaluation's model reads."""
    model = _model()
    worded = study.worded_for(model, source)
    refuse_unread(worded, model, source)
    return task_of(worded)


def refuse_unread(study: Study, model: str, source: str) -> None:
    """Refuse a study that an organism does not read; of another model, or an unknown checkpoint, nothing is said.

    Raises
    ------
    UsageError
        The study has a scenario, or a level of a factor, that the organism does not know; the message says which
        organisms do.
    """
    known = name_of(model.removeprefix("organism/")) if _is_organism(model) else None
    if known and (problem := reads(known, study.scenario, study.conditions)):
        raise UsageError(f"{source}: {problem}")


def _model() -> str:
    """The model of this evaluation as Inspect names it; empty where none is given yet."""
    try:
        return str(get_model())
    except Exception:  # Inspect has no error of its own for "no model yet"
        return ""


def _is_organism(model: str) -> bool:
    return model.startswith("organism/")
