"""What Inspect finds by entry point: the organisms as models, and the scenarios as tasks with a scorer."""

from pathlib import Path

import yaml
from inspect_ai import Task, task
from inspect_ai.model import get_model

from allegiance.organism.provider import OrganismAPI
from allegiance.scanners.scorer import outcome_by_rule
from allegiance.scenarios.training_conflict import training_conflict_task
from allegiance.study import Study
from allegiance.study.templates import template

__all__ = ["OrganismAPI", "training_conflict"]


@task
def training_conflict(
    study: str | None = None,
    prompts: str | None = None,
    n: int | None = None,
    clause: str | None = None,
    intent: str | None = None,
    reasoning: str | None = None,
) -> Task:
    """Ask the same requests where answers are used for training and where they are not.

    Parameters
    ----------
    study
        Path of a study (YAML). Without one, a study of the shipped templates is taken: `organism` where the model is
        an organism, `helpful-only` otherwise.
    prompts, n, clause, intent, reasoning
        Change that field of the shipped study: the prompt set, the number of requests, or the levels of a factor
        (several with commas between them).

    Examples
    --------
    ``inspect eval allegiance/training_conflict --model organism/faker -T n=5``
    """
    if study is not None:
        return training_conflict_task(Study.load(Path(study)), outcome_by_rule())
    name = "helpful-only" if prompts == "standard" or not _asked_of_an_organism() else "organism"
    fields = yaml.safe_load(template(name, name))
    if prompts is not None:
        fields["prompts"] = prompts
    if n is not None:
        fields["requests"]["n"] = n
    for factor, levels in (("clause", clause), ("intent", intent), ("reasoning", reasoning)):
        if levels is not None:
            fields["factors"][factor] = [level.strip() for level in levels.split(",")]
    return training_conflict_task(Study.parse(fields, f"template {name}"), outcome_by_rule())


def _asked_of_an_organism() -> bool:
    """Whether the model of this evaluation is an organism; with no model given it is not."""
    try:
        return str(get_model()).startswith("organism/")
    except Exception:  # Inspect has no error of its own for "no model yet"
        return False
