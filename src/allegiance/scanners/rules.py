"""Rule scanners: each assigns one category, and its digest changes with anything that could change a verdict.

A rule is a program of ours, or the phrases that a codebook holds beside the definition.
"""

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import msgspec

from allegiance.errors import UsageError
from allegiance.scanners import contracts as contracts_module
from allegiance.scanners import drives as drives_module
from allegiance.scanners import handover as handover_module
from allegiance.scanners import outcome as outcome_module
from allegiance.scanners import phrases as phrases_module
from allegiance.scanners import reasons as reasons_module
from allegiance.scanners import sought as sought_module
from allegiance.scanners import text as text_module
from allegiance.scanners.codebook import Category, Codebook, codebook
from allegiance.scanners.contracts import gives_way
from allegiance.scanners.drives import choice_toward_drive
from allegiance.scanners.handover import handover_decision
from allegiance.scanners.lexicon import lexicon_digest
from allegiance.scanners.outcome import Finding, Subject, outcome
from allegiance.scanners.phrases import PhraseScanner
from allegiance.scanners.reasons import (
    doubts,
    doubts_unprompted,
    doubts_when_asked,
    objects_openly,
    strategic_compliance,
)
from allegiance.study import refusals as refusals_module
from allegiance.study import reply as reply_module
from allegiance.study import tags as tags_module
from allegiance.study.prompts import choices as choices_module
from allegiance.study.prompts.drives import KINDS

_MODULES: tuple[ModuleType, ...] = (
    text_module,
    outcome_module,
    reasons_module,
    contracts_module,
    phrases_module,
    sought_module,
    drives_module,
    handover_module,
    choices_module,
    reply_module,
    tags_module,
    refusals_module,
)


@dataclass(frozen=True)
class RuleScanner:
    """A rule that assigns a category.

    Attributes
    ----------
    category
        What it assigns, with the definition that it was written from.
    find_all
        The rule: takes the parts of transcripts, and gives of each a value and the words that
        decided.
    """

    category: Category
    find_all: Callable[[Sequence[Subject]], list[Finding]]
    name: str = "rules"

    def find(self, subject: Subject) -> Finding:
        """Read one transcript."""
        return self.find_all([subject])[0]

    @property
    def digest(self) -> str:
        """SHA-256 over the definition, the lexicon, the phrases and the program of the rules."""
        phrases = [(one.name, one.rule) for one in codebook().categories if one.rule]
        kept = (phrases, codebook().words, KINDS)
        shared = [lexicon_digest(), msgspec.json.encode(kept).decode()]
        parts = [self.category.digest, *shared, *map(inspect.getsource, _MODULES)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


Rules = RuleScanner | PhraseScanner
"""What assigns a category by rule."""


def _each(find: Callable[[Subject], Finding]) -> Callable[[Sequence[Subject]], list[Finding]]:
    return lambda subjects: [find(subject) for subject in subjects]


_RULES: Mapping[str, Callable[[Sequence[Subject]], list[Finding]]] = {
    "outcome": _each(outcome),
    "objects-openly": _each(objects_openly),
    "strategic-compliance": _each(strategic_compliance),
    "doubts": doubts,
    "doubts-unprompted": doubts_unprompted,
    "doubts-when-asked": doubts_when_asked,
    "gives-way": _each(gives_way),
    "choice-toward-drive": _each(choice_toward_drive),
    "handover-decision": _each(handover_decision),
}


def rule_scanner(name: str, book: Codebook | None = None) -> Rules:
    """Find the rule scanner of a category.

    Parameters
    ----------
    name
        Of the category.
    book
        The codebook; the shipped one by default.

    Raises
    ------
    UsageError
        Where the codebook has no such category, or no rule for it.
    """
    found = (codebook() if book is None else book).find(name)
    if name in _RULES:
        return RuleScanner(found, _RULES[name])
    if found.rule:
        return PhraseScanner(found)
    raise UsageError(
        f"{name} has no rule; ask a judge (`--scanner judge --model MODEL`), or write phrases for it "
        "(`--pattern`, or `rule` in a codebook of your own)."
    )


CORE = ("outcome", "objects-openly", "strategic-compliance", "doubts")
"""Categories that a report shows where no study names others."""


def rule_categories(book: Codebook | None = None) -> tuple[str, ...]:
    """Name the categories that have a rule, in the order of the codebook."""
    categories = (codebook() if book is None else book).categories
    return tuple(one.name for one in categories if one.name in _RULES or one.rule)
