"""Asking a rater: in which category a draw is labelled, in whose words it is told, and the keys of its values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from allegiance.audit.citing import known_property
from allegiance.audit.draw import Draw
from allegiance.audit.record import Record
from allegiance.audit.specs import Property
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Category, Codebook

PARTS: Mapping[str, str] = {
    "reasoning": "reasoning of the last reply",
    "output": "output of the last reply",
    "whole": "whole transcript",
}
"""How the part that a category is a property of is told."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Asked:
    """What a rater is told of a category.

    Attributes
    ----------
    name
        What it is called: by the side whose words are used, if any, else by the codebook.
    unit
        The part of the transcript that it is told by.
    clauses
        The definition, clause by clause.
    analogy
        The picture by which a side explains it; empty otherwise.
    examples
        What each text counts as (a value; ``counts`` and ``does not`` for yes and no), and the text.
    caution
        What has to be said wherever its values are shown.
    side
        Whose words these are; empty for the neutral definition.
    """

    name: str
    unit: str
    clauses: tuple[str, ...]
    analogy: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    caution: str = ""
    side: Literal["", "A", "B"] = ""


def asked(wanted: Property, category: Category | None, side: Literal["", "A", "B"] = "") -> Asked:
    """Say what a rater is told.

    Parameters
    ----------
    wanted
        What is labelled.
    category
        The category with its examples; None where the codebook has none of this definition.
    side
        In whose words it is told.
    """
    if category is None:
        return Asked(str(wanted), wanted.unit, (wanted.definition,))
    if side:
        terms = next(one for one in category.terms if one.side == side)
        return Asked(
            terms.name,
            wanted.unit,
            (terms.wording,),
            analogy=terms.analogy,
            caution=category.caution,
            side=side,
        )
    examples = tuple(
        (one.value if category.kind != "yes-no" else told, _line(one.text))
        for told, these in (("counts", category.include), ("does not", category.exclude))
        for one in these
    )
    clauses = tuple(map(_line, category.definition))
    return Asked(str(wanted), wanted.unit, clauses, examples=examples, caution=category.caution)


def category_of(wanted: Property, book: Codebook) -> Category | None:
    """Find the category of a property in a codebook; None where it has another definition there."""
    found = book.by_name.get(wanted.category)
    return None if found is None or found.digest != wanted.digest else found


def only_category(drawn: Draw | None) -> str:
    """Give the category that a draw is after, where that is one.

    Raises
    ------
    UsageError
        If it is after several, or none.
    """
    after = () if drawn is None else drawn.spec.properties
    if len(after) != 1:
        there = f" it is after {', '.join(map(str, after))}" if after else ""
        raise UsageError(f"Say with --category what is labelled;{there or ' nothing is declared'}.")
    return after[0].category


def declared(drawn: Draw, record: Record, name: str, book: Codebook) -> Property:
    """Give a category as a draw declares it, else as it is defined on record or in the codebook.

    Raises
    ------
    UsageError
        If nobody defines it.
    """
    category = name.partition("=")[0].replace("_", "-")
    return drawn.spec.property_of(category) or known_property(record, name, book=book)


def keys_of(values: tuple[str, ...], taken: Collection[str]) -> dict[str, str]:
    """Give each value a key: its first letter where those differ and mean nothing else, else a number.

    Parameters
    ----------
    values
        The values of a category.
    taken
        Keys that mean something else.
    """
    letters = letters_of(values, taken)
    if len(letters) == len(values):
        return letters
    if len(values) <= 9:
        return dict(zip(map(str, range(1, len(values) + 1)), values, strict=True))
    free = [letter for letter in _LETTERS if letter not in taken]
    return dict(zip([*"123456789", *free], values, strict=False))


def letters_of(values: tuple[str, ...], taken: Collection[str]) -> dict[str, str]:
    """Give each value its first letter; none where two share one, or one means something else."""
    letters = [value[0].lower() for value in values]
    if len(set(letters)) < len(values) or set(taken) & set(letters):
        return {}
    return dict(zip(letters, values, strict=True))


def _line(text: str) -> str:
    return " ".join(text.split())
