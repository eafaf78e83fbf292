"""Prompt sets: how a condition and a request of a scenario are put into words for a model.

`standard` is prose for real models, `organism` the small grammar that the embedded models read. Both take the
same condition and request and give a system message, a user message and what the user says later; the text of a set
is part of a study's digest.
"""

from collections.abc import Mapping

from allegiance.study.prompts.base import Against, Prompt, PromptSet, Request, Setting
from allegiance.study.prompts.contract import CONTRACT
from allegiance.study.prompts.doubt import DOUBT
from allegiance.study.prompts.drives import DRIVES_PROMPTS
from allegiance.study.prompts.handover import HANDOVER
from allegiance.study.prompts.organism import ORGANISM, ORGANISM_SETS
from allegiance.study.prompts.persona import PERSONA
from allegiance.study.prompts.reasoning_edit import REASONING_EDIT
from allegiance.study.prompts.standard import STANDARD

_SETS: tuple[PromptSet, ...] = (
    STANDARD,
    *ORGANISM_SETS,
    CONTRACT,
    DOUBT,
    PERSONA,
    DRIVES_PROMPTS,
    REASONING_EDIT,
    HANDOVER,
)

PROMPT_SETS: Mapping[tuple[str, str], PromptSet] = {(one.name, one.scenario): one for one in _SETS}
"""Every prompt set, by its name and its scenario."""

SCENARIOS: tuple[str, ...] = tuple(dict.fromkeys(one.scenario for one in _SETS))
"""The scenarios that there are words for."""

__all__ = [
    "ORGANISM",
    "PROMPT_SETS",
    "SCENARIOS",
    "STANDARD",
    "Against",
    "Prompt",
    "PromptSet",
    "Request",
    "Setting",
]
