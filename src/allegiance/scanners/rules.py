"""Rule scanners: each assigns one category, and its digest changes with anything that could change a verdict."""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

from allegiance.scanners import outcome as outcome_module
from allegiance.scanners import reasons as reasons_module
from allegiance.scanners import text as text_module
from allegiance.scanners.codebook import Category, category
from allegiance.scanners.lexicon import lexicon_digest
from allegiance.scanners.outcome import Finding, Subject, outcome
from allegiance.scanners.reasons import doubts, objects_openly, strategic_compliance

_MODULES: tuple[ModuleType, ...] = (text_module, outcome_module, reasons_module)


@dataclass(frozen=True)
class RuleScanner:
    """A rule that assigns a category.

    Attributes
    ----------
    category
        What it assigns, with the definition that it was written from.
    find
        The rule: takes the parts of a transcript, gives a value and the words that decided.
    """

    category: Category
    find: Callable[[Subject], Finding]
    name: str = "rules"

    @property
    def digest(self) -> str:
        """SHA-256 over the definition, the lexicon and the program of the rules, in hexadecimal."""
        parts = [self.category.digest, lexicon_digest(), *map(inspect.getsource, _MODULES)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


_RULES: Mapping[str, Callable[[Subject], Finding]] = {
    "outcome": outcome,
    "objects-openly": objects_openly,
    "strategic-compliance": strategic_compliance,
    "doubts": doubts,
}


def rule_scanner(name: str) -> RuleScanner:
    """Find the rule scanner of a category.

    Raises
    ------
    UsageError
        Where the codebook has no such category.
    """
    return RuleScanner(category(name), _RULES[category(name).name])


def rule_categories() -> tuple[str, ...]:
    """Name the categories that have a rule."""
    return tuple(_RULES)
