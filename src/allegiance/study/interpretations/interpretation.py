"""Interpretations: ways to read the intents that map facts to kept, broken or not tested."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, cast

from allegiance.errors import UsageError
from allegiance.study.interpretations.extrapolations import LETTER, Extrapolation
from allegiance.study.interpretations.facts import Facts
from allegiance.study.interpretations.rules import (
    EXTRAPOLATION,
    KEPT,
    MISSING,
    NOT_TESTED,
    SAYS,
    Rule,
    holds,
)

Intent = Literal["original", "training"]
INTENTS: tuple[Intent, Intent] = ("original", "training")
"""Intent_1 and Intent_2."""


class Interpretation(Protocol):
    """A way to read the intents.

    Attributes
    ----------
    name, meaning
        What it is called, and what it holds, in a sentence.
    cites
        The name of the extrapolation that it rests on; empty for none.
    extrapolates
        Whether it reads a silent clause as an extrapolation does, so that there is one column for each.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def meaning(self) -> str: ...  # noqa: D102
    @property
    def cites(self) -> str: ...  # noqa: D102
    @property
    def extrapolates(self) -> bool: ...  # noqa: D102

    def says(self, facts: Facts, intent: Intent, extrapolation: Extrapolation | None) -> str:
        """Say of complete facts whether an intent was kept: ``kept``, ``broken`` or ``not tested``."""
        ...


@dataclass(frozen=True)
class Table:
    """An interpretation that is a table: the first row that holds decides, and without one it is not tested.

    Attributes
    ----------
    original, training
        The rows for each intent.
    others
        The interpretations that rows may name after ``as``.
    """

    name: str
    meaning: str
    original: tuple[Rule, ...]
    training: tuple[Rule, ...]
    cites: str = ""
    others: Mapping[str, "Table"] | None = None

    @property
    def extrapolates(self) -> bool:
        """Whether a row reads on in an extrapolation, be it in a table that it names."""
        return self._reaches_extrapolation(frozenset())

    def rows(self, intent: Intent) -> tuple[Rule, ...]:
        """Give the rows of an intent."""
        return self.original if intent == "original" else self.training

    def says(self, facts: Facts, intent: Intent, extrapolation: Extrapolation | None = None) -> str:
        """Say of complete facts whether an intent was kept."""
        rule = next((rule for rule in self.rows(intent) if holds(rule.when, facts)), None)
        if rule is None:
            return NOT_TESTED
        if rule.says:
            return rule.says
        if rule.as_ != EXTRAPOLATION:
            return self._named(rule.as_).says(facts, intent, extrapolation)
        read_as = "" if extrapolation is None else extrapolation.clause(facts.change)
        if not read_as:
            return NOT_TESTED
        if read_as == LETTER:
            return self._named(LETTER).says(facts, intent, extrapolation)
        return self.says(replace(facts, clause=read_as), intent, extrapolation)

    def _named(self, name: str) -> "Table":
        return (self.others or {})[name]

    def _reaches_extrapolation(self, seen: frozenset[str]) -> bool:
        """Whether a silent clause can lead to an extrapolation from here."""
        named = [
            rule.as_
            for rule in (*self.original, *self.training)
            if rule.as_ and "silent" in rule.when.get("clause", ("silent",))
        ]
        return EXTRAPOLATION in named or any(
            self._named(name)._reaches_extrapolation(seen | {self.name})
            for name in named
            if name not in seen
        )


@dataclass(frozen=True)
class Function:
    """An interpretation that is a Python function of a user's.

    Attributes
    ----------
    function
        Takes `Facts` and gives a mapping of ``original`` and ``training`` to kept, broken or not tested; an intent that
        it leaves out is not tested. If it has a second parameter, it is given the extrapolation.
    """

    name: str
    function: Callable[..., Any]
    cites: str = ""

    @property
    def meaning(self) -> str:
        """The first line of the function's own description."""
        return (inspect.getdoc(self.function) or "a function without a description").split("\n")[0]

    @property
    def extrapolates(self) -> bool:
        """Whether it takes the extrapolation."""
        return len(inspect.signature(self.function).parameters) > 1

    def says(self, facts: Facts, intent: Intent, extrapolation: Extrapolation | None = None) -> str:
        """Ask the function.

        Raises
        ------
        UsageError
            If it fails or gives anything else; the sentence names the facts and what came.
        """
        asked = (facts, extrapolation) if self.extrapolates else (facts,)
        try:
            given: object = self.function(*asked)
        except Exception as error:
            raise UsageError(
                f"The interpretation {self.name} failed on the facts ({facts.row()}): "
                f"{type(error).__name__}: {error}"
            ) from error
        if isinstance(given, Mapping):
            answers = cast(Mapping[object, object], given)
            if set(answers) <= set(INTENTS) and all(one in SAYS for one in answers.values()):
                return str(answers.get(intent, NOT_TESTED))
        raise UsageError(
            f"The interpretation {self.name} gave {_shown(cast(object, given))} for the facts ({facts.row()}); it has "
            "to give a mapping such as {'original': 'kept', 'training': 'not tested'}, of kept, broken and not tested."
        )


@dataclass(frozen=True)
class Column:
    """An interpretation as it is applied: with the extrapolation that it reads a silent clause by, if it does."""

    interpretation: Interpretation
    extrapolation: Extrapolation | None = None

    @property
    def name(self) -> str:
        """How tables name it."""
        of = self.extrapolation
        return self.interpretation.name + (f" [{of.name}]" if of is not None else "")

    def says(self, facts: Facts, intent: Intent) -> str:
        """Say whether an intent was kept: kept, broken, not tested, or missing where a fact is that decides it.

        An act without an outcome is never kept or broken; it is missing wherever some outcome would have been tested.
        """
        said = {
            self.interpretation.says(one, intent, self.extrapolation) for one in facts.completions()
        }
        if said == {NOT_TESTED}:
            return NOT_TESTED
        return MISSING if facts.outcome is None or len(said) > 1 else said.pop()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        of = self.extrapolation
        return {
            "name": self.name,
            "interpretation": self.interpretation.name,
            "meaning": self.interpretation.meaning,
            "cites": self.interpretation.cites,
            "extrapolation": None if of is None else of.to_dict(),
        }


def columns_of(
    interpretations: Sequence[Interpretation], extrapolations: Sequence[Extrapolation]
) -> tuple[Column, ...]:
    """Give the columns of a table: one for each interpretation, or for each extrapolation that it is to be read by."""
    reading = [one for one in extrapolations if one.reads]
    return tuple(
        Column(one, by)
        for one in interpretations
        for by in (reading if one.extrapolates and reading else [None])
    )


def kept(said: str) -> float | None:
    """Turn what was said of a tested act into 1, 0, or None where it is missing."""
    return None if said == MISSING else float(said == KEPT)


def _shown(given: object) -> str:
    """Write what came in the place of an answer, at no great length."""
    written = repr(given)
    return written if len(written) <= 100 else written[:97] + "..."
