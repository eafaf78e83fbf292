"""Prompt sets: how a condition and a request are put into words for a model.

`standard` is prose for real models, `organism` the small grammar that the embedded models read. Both take the
same condition and request and give a system and a user message; the text of a set is part of a study's digest.
"""

from allegiance.study.prompts.base import Prompt, PromptSet, Request
from allegiance.study.prompts.organism import ORGANISM

__all__ = ["ORGANISM", "Prompt", "PromptSet", "Request"]
