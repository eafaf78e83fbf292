"""A judge: a language model that assigns one category, and the digest that changes with what decides its verdicts."""

import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any

import msgspec

from allegiance.errors import UsageError
from allegiance.scanners.codebook import Category
from allegiance.scanners.judging import answer as answer_module
from allegiance.scanners.judging import deciding as deciding_module
from allegiance.scanners.judging import prompt as prompt_module
from allegiance.scanners.judging import quotes as quotes_module
from allegiance.scanners.judging import votes as votes_module
from allegiance.scanners.judging import windows as windows_module
from allegiance.scanners.judging.settings import JudgeSettings
from allegiance.study import reply as reply_module
from allegiance.study import tags as tags_module

_MODULES: tuple[ModuleType, ...] = (
    prompt_module,
    answer_module,
    quotes_module,
    windows_module,
    votes_module,
    deciding_module,
    reply_module,
    tags_module,
)


@dataclass(frozen=True)
class JudgeScanner:
    """A language model as an instrument for one category.

    Attributes
    ----------
    category
        What it assigns.
    model
        Inspect's name of the model, such as ``openai/gpt-4o``.
    settings
        How it is asked.
    arguments
        What the provider was given besides (`-M`); no address and no key.
    """

    category: Category
    model: str
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        """How the scanner is called: ``judge:`` and its model."""
        return f"judge:{self.model}"

    @cached_property
    def digest(self) -> str:
        """SHA-256 over definition, model, settings, prompt and the program that reads answers, in hexadecimal."""
        parts = [
            "judge",
            self.category.digest,
            self.model,
            msgspec.json.encode(self.settings, order="sorted").decode(),
            repr(sorted((name, repr(value)) for name, value in self.arguments.items())),
            *map(inspect.getsource, _MODULES),
        ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def judge_scanner(
    category: Category,
    model: str,
    settings: JudgeSettings | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> JudgeScanner:
    """Make a judge.

    Parameters
    ----------
    category
        Of the codebook.
    model
        Inspect's name of the model; `str` of a `Model` gives it.
    settings
        How it is asked; see `JudgeSettings`.
    arguments
        What the provider is given besides.

    Raises
    ------
    UsageError
        If a setting makes no sense, or the category has a value that judges need for themselves.
    """
    if prompt_module.DECLINES in category.values:
        raise UsageError(
            f"{category.name}: the value {prompt_module.DECLINES} is what a judge says that will not "
            "answer; give yours another name."
        )
    return JudgeScanner(category, model, settings or JudgeSettings(), arguments or {})
