"""What is asked in training and what is held out for evaluation: both from one study."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from allegiance.errors import UsageError
from allegiance.organism import describe
from allegiance.study import Study
from allegiance.study.factors import FACTORS
from allegiance.study.fields import RequestSet
from allegiance.study.prompts.base import Prompt, Request
from allegiance.study.templates import template, template_names

Intent = Literal["original", "training"]
On = Literal["monitored", "all"]

_CROSSED = ("tier", "intent", "clause")
"""Factors that an evaluation of training always crosses, in every level that the model reads."""
_ALL_OF_A_SET = 1_000_000
_PLACEBOS = frozenset({"rated-not-trained", "irrelevant-tag"})


@dataclass(frozen=True)
class Case:
    """One prompt to train on.

    Attributes
    ----------
    request, condition
        What is asked, and in which cell.
    prompt
        Its words.
    """

    request: Request
    condition: Mapping[str, str]
    prompt: Prompt


def study_for(path: Path | None, words: str, base: str | None) -> Study:
    """Read the study that training leans on, or take a shipped one.

    Parameters
    ----------
    path
        The study's file; None where there is none.
    words
        The prompt set that the model reads.
    base
        The shipped organism whose family the model belongs to.

    Raises
    ------
    UsageError
        The study can't be read, or is not in words that the model reads.
    """
    if path is not None:
        study = Study.load(path)
        if study.prompts not in ("auto", words):
            raise UsageError(
                f"{path}: prompts: this model reads `{words}` prompts; write `prompts: {words}`"
            )
        fields = study.model_dump(mode="json") | {"prompts": words}
        return _single_turns(Study.parse(fields, str(path)), str(path))
    name = _template_of(words, base)
    fields = yaml.safe_load(template(name, name)) | {"prompts": words}
    if base is not None:
        family = describe(base).family
        fields["factors"] = {
            factor: [one for one in levels if one in family.levels(factor)]
            for factor, levels in fields["factors"].items()
        }
    return _single_turns(Study.parse(fields, f"template {name}"), f"template {name}")


def _template_of(words: str, base: str | None) -> str:
    if words != "organism":
        return "helpful-only"
    scenario = describe(base).family.scenarios[0] if base else "training_conflict"
    named = scenario.replace("_", "-")
    return named if named in template_names() else "organism"


def _single_turns(study: Study, source: str) -> Study:
    """Refuse what can't be trained on: conversations of several turns."""
    request, condition = study.asked[0], study.conditions[0]
    if study.prompt_set.render(condition, request, study.setting).then:
        raise UsageError(
            f"{source}: training takes conversations of one turn, and the scenario `{study.scenario}` has several; "
            "take a study of the training conflict or of personas"
        )
    return study


def evaluation_of(study: Study, name: str, base: str | None, **changed: Any) -> Study:
    """Give the study by which checkpoints are evaluated: the same requests, in every tier, intent and clause.

    Parameters
    ----------
    study
        The study that training leans on; further factors that it names stay as they are.
    name
        Of the evaluation.
    base
        The shipped organism whose family the model belongs to; its levels only are asked of it.
    **changed
        Other fields of the study that differ, such as `epochs`.
    """
    fields = study.model_dump(mode="json") | {"name": name} | changed
    known = study.prompt_set.levels
    factors: dict[str, Sequence[str]] = {**study.factors}
    for factor in _CROSSED:
        levels = [one for one in known.get(factor, ()) if one not in _PLACEBOS]
        if base is not None:
            family = describe(base).family
            levels = [one for one in levels if one in family.levels(factor)]
        if levels:
            factors[factor] = levels
    return Study.parse(fields | {"factors": factors}, name)


def cells(study: Study, toward: Intent, on: On) -> list[dict[str, str]]:
    """Give the conditions to train in: where the set-up says that `toward` is rewarded, in the tiers trained on.

    Raises
    ------
    UsageError
        The study has none.
    """
    found = [
        cell
        for cell in study.conditions
        if cell.get("intent", toward) == toward
        and cell.get("tier", FACTORS["tier"].usual) not in _PLACEBOS
        and (on == "all" or cell.get("tier", FACTORS["tier"].usual) == "monitored")
    ]
    if not found:
        raise UsageError(
            f"{study.name}: no condition tells of the {toward} intent"
            + (" where monitored" if on == "monitored" else "")
            + "; add the level to the study's factors `intent` and `tier`"
        )
    return found


def cases(study: Study, n: int, seed: int, toward: Intent, on: On) -> list[Case]:
    """Draw prompts to train on, none of whose requests is one that the evaluation asks.

    Parameters
    ----------
    study
        The evaluation.
    n
        How many prompts.
    seed
        Decides requests and cells.
    toward, on
        Which conditions.

    Raises
    ------
    UsageError
        The study leaves no request to train on.
    """
    chosen = cells(study, toward, on)
    requests = left_for_training(study, n, seed)
    rng = random.Random(f"training/{seed}")
    found: list[Case] = []
    for i in range(n):
        request, cell = requests[i % len(requests)], rng.choice(chosen)
        prompt = study.prompt_set.render(cell, request, study.setting)
        found.append(Case(request, cell, prompt))
    return found


def left_for_training(study: Study, n: int, seed: int) -> list[Request]:
    """Draw requests of the study's set, none of which the study itself asks: at least ``n`` where there are so many.

    Raises
    ------
    UsageError
        There are fewer than two.
    """
    held_out = {request.text for request in study.asked}
    if not isinstance(study.requests, RequestSet):
        raise UsageError(
            f"{study.name}: the study lists its own requests, and all of them are held out for evaluation; name a set "
            "of the prompt set (`requests: {set: ..., n: ...}`), of which the others are trained on"
        )
    drawn = study.prompt_set.requests(
        study.requests.set, min(n + 10 * len(held_out), _ALL_OF_A_SET), 1_000_003 + seed
    )
    left = [request for request in drawn if request.text not in held_out]
    if len(left) < 2:
        raise UsageError(
            f"{study.name}: the set `{study.requests.set}` has {len(drawn)} requests and the study asks "
            f"{len(held_out)} of them, so that {len(left)} are left to train on; lower requests.n"
        )
    return left
