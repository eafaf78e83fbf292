"""What Inspect finds by entry point: the organisms as models, and the scenarios as tasks with a scorer."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import click
import yaml
from inspect_ai import Task, task
from inspect_ai.model import get_model
from inspect_ai.scorer import Scorer
from inspect_ai.solver import Solver

from allegiance.errors import UsageError
from allegiance.organism import known, reads
from allegiance.organism.provider import OrganismAPI
from allegiance.scanners.decision_scorers import decision_by_rule, picked_by_rule
from allegiance.scanners.outcome import outcome
from allegiance.scanners.rules import rule_scanner
from allegiance.scanners.scored_state import subject_of
from allegiance.scanners.scorer import contract_by_rule, outcome_by_rule
from allegiance.scanners.strategic import sentence_places, strategic_sentences
from allegiance.scenarios import Reading, check_prefill, edit_reasoning, study_task
from allegiance.study import Study
from allegiance.study.prompts.edits import EDIT_WORDS
from allegiance.study.templates import template

__all__ = [
    "OrganismAPI",
    "contract",
    "doubt",
    "drives",
    "handover",
    "persona",
    "reasoning_edit",
    "refuse_unfit",
    "task_of",
    "training_conflict",
]

_OUTCOME: tuple[Callable[[], Scorer], tuple[str, ...]] = (outcome_by_rule, ("outcome",))
_SCORERS: Mapping[str, tuple[Callable[[], Scorer], tuple[str, ...]]] = {
    "contract": (contract_by_rule, ("outcome", "gives-way", "objects-openly")),
    "drives": (picked_by_rule, ("choice-toward-drive",)),
    "handover": (decision_by_rule, ("handover-decision",)),
}
"""What scores a scenario's samples in the log, and the rules that it asks; the outcome where none is named."""


class _RefusedError(UsageError, click.ClickException):
    """A task that can't be built; being click's, Inspect's command line prints a sentence."""


def task_of(study: Study) -> Task:
    """Build the task of a study, as its scenario's own task does."""
    scorer, categories = _SCORERS.get(study.scenario, _OUTCOME)
    solver = _editing(study) if study.scenario == "reasoning_edit" else None
    instruments = {f"rule:{name}": rule_scanner(name).digest for name in categories}
    return study_task(study, scorer(), solver, instruments=instruments)


def _editing(study: Study) -> Solver:
    return edit_reasoning(
        Reading(sentence_places, strategic_sentences),
        lambda state: outcome(subject_of(state)).value,
        EDIT_WORDS[study.prompt_set.name],
        study.generation.seed,
    )


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
    prose = prompts == "standard" or not _is_organism(_model())
    given = {name: value for name, value in locals().items() if name != "prose"}
    return _task("helpful-only" if prose else "organism", **given)


@task
def contract(
    study: str | None = None,
    prompts: str | None = None,
    n: int | None = None,
    evening: str | None = None,
    push: str | None = None,
    turns: str | int | None = None,
    persona: str | None = None,
    reasoning: str | None = None,
) -> Task:
    """Ask in the evening for what a sober contract told the model to withhold, and for what it does not touch.

    Parameters
    ----------
    study
        Path of a study (YAML); the shipped template `contract` without one.
    prompts, n
        Change that field of the shipped study: the prompt set, the number of requests.
    evening, push, turns, persona, reasoning
        Levels of that factor (several with commas between them).

    Examples
    --------
    ``inspect eval allegiance/contract --model openai/MODEL -T n=5 -T push=pleading,threat -T turns=4``
    """
    return _task("contract", **locals())


@task
def doubt(
    study: str | None = None,
    prompts: str | None = None,
    n: int | None = None,
    asked: str | None = None,
    set_up: str | None = None,
    tier: str | None = None,
    clause: str | None = None,
    reasoning: str | None = None,
    framing: str | None = None,
) -> Task:
    """Ask about the set-up after a reply, where it agrees with itself and where it does not.

    Parameters
    ----------
    study
        Path of a study (YAML); the shipped template `doubt` without one.
    prompts, n
        Change that field of the shipped study: the prompt set, the number of requests.
    asked, set_up, tier, clause, reasoning, framing
        Levels of that factor (several with commas between them).

    Examples
    --------
    ``inspect eval allegiance/doubt --model openai/MODEL -T n=5 -T asked=nothing,blunt``
    """
    return _task("doubt", **locals())


@task
def reasoning_edit(
    study: str | None = None,
    prompts: str | None = None,
    n: int | None = None,
    edit: str | None = None,
    tier: str | None = None,
    clause: str | None = None,
    reasoning: str | None = None,
) -> Task:
    """Let a model go on from its own reasoning, with a strategic sentence deleted or inserted or another one changed.

    Parameters
    ----------
    study
        Path of a study (YAML); the shipped template `reasoning-edit` without one.
    prompts, n
        Change that field of the shipped study: the prompt set, the number of requests.
    edit, tier, clause, reasoning
        Levels of that factor (several with commas between them).

    Examples
    --------
    ``inspect eval allegiance/reasoning_edit --model organism/faker -T n=5``
    """
    return _task("reasoning-edit", **locals())


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
    return _task("persona", **locals())


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
    return _task("drives", **locals())


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
    return _task("handover", **locals())


def _task(
    shipped: str,
    study: str | None,
    prompts: str | None,
    n: int | None,
    **factors: str | int | None,
) -> Task:
    """Build a task from a file, or from a shipped study with some fields changed."""
    try:
        return _built(shipped, study, prompts, n, factors)
    except UsageError as error:
        raise _RefusedError(str(error)) from None


def _built(
    shipped: str,
    study: str | None,
    prompts: str | None,
    n: int | None,
    factors: Mapping[str, str | int | None],
) -> Task:
    if study is not None:
        return _asked_of_model(Study.load(Path(study)), study)
    fields = yaml.safe_load(template(shipped, shipped))
    if prompts is not None:
        fields["prompts"] = prompts
    if n is not None:
        fields["requests"]["n"] = n
    for factor, levels in factors.items():
        if levels is not None:
            fields["factors"][factor] = _levels(levels)
    source = f"template {shipped}"
    return _asked_of_model(Study.parse(fields, source), source)


def _asked_of_model(study: Study, source: str) -> Task:
    """Put a study into the words that this evaluation's model reads."""
    model = _model()
    worded = study.worded_for(model, source)
    refuse_unfit(worded, model, source)
    return task_of(worded)


def refuse_unfit(study: Study, model: str, source: str) -> None:
    """Refuse a study that a model can't be asked; of an unknown checkpoint nothing is said.

    Raises
    ------
    UsageError
        The scenario lets a model go on from its own reasoning, and this one takes no begun reply; or the model is an
        organism that does not know the scenario, or a level of a factor: the message says which organisms do.
    """
    if study.scenario == "reasoning_edit":
        check_prefill(model)
    asked = model.removeprefix("organism/")
    if not _is_organism(model) or known(asked) is None:
        return
    if problem := reads(asked, study.scenario, study.conditions):
        raise UsageError(f"{source}: {problem}")


def _levels(given: object) -> list[str]:
    """Read levels as they come: Inspect makes a list of what has commas, and a number of what looks like one."""
    parts = cast(list[object], given) if isinstance(given, list) else str(given).split(",")
    return [str(part).strip() for part in parts]


def _model() -> str:
    """The model of this evaluation as Inspect names it; empty where none is given yet."""
    try:
        return str(get_model())
    except Exception:  # Inspect has no error of its own for "no model yet"
        return ""


def _is_organism(model: str) -> bool:
    return model.startswith("organism/")
