"""Prompt sets: how a condition and a request are put into words for a model.

`standard` is prose for real models, `organism` the small grammar that the embedded models read. Both take the
same condition and request and give a system and a user message; the text of a set is part of a study's digest.
"""

from collections.abc import Mapping

from allegiance.study.prompts.base import Against, Kind, Prompt, PromptSet, Request, Setting
from allegiance.study.prompts.organism import ORGANISM
from allegiance.study.prompts.standard import STANDARD

PROMPT_SETS: Mapping[str, PromptSet] = {ORGANISM.name: ORGANISM, STANDARD.name: STANDARD}

__all__ = [
    "ORGANISM",
    "PROMPT_SETS",
    "STANDARD",
    "Against",
    "Kind",
    "Prompt",
    "PromptSet",
    "Request",
    "Setting",
]
