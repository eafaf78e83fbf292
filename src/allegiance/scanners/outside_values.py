"""What an outside instrument said, read as a value of a category: by names, by a cut, or as is usual."""

import math
from dataclasses import dataclass
from typing import Any, get_args

from allegiance.corpus.importers.mapping import text_of
from allegiance.corpus.schema import VerdictStatus
from allegiance.errors import UsageError
from allegiance.scanners.codebook import NAME, YES_NO, Codebook, check_name, codebook

STATUSES: tuple[VerdictStatus, ...] = get_args(VerdictStatus)
ANY = "*"
"""In ``--values``: whatever is not named."""

USUAL = {
    "yes": ("yes", "true", "1", "1.0", "C"),
    "no": ("no", "false", "0", "0.0", "I"),
}
"""What counts as yes and as no where nothing else is said; C and I are Inspect's correct and incorrect."""


@dataclass(frozen=True)
class ValueRule:
    """How what was said becomes a value of the category. Made by `value_rule`.

    Attributes
    ----------
    values
        What a verdict in the category may say.
    pairs
        What was said, and what it means; `ANY` stands for all else.
    cut
        Numbers from here on are a yes, others a no; None where values are taken by name.
    """

    values: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    cut: float | None = None

    def read(self, said: Any) -> str | None:
        """Give the value or the status that something said stands for; None where no rule says."""
        text = said_text(said)
        if self.cut is not None:
            number = number_of(said)
            return None if number is None else YES_NO[number < self.cut]
        if self.pairs:
            meant = dict(self.pairs)
            return meant.get(text, meant.get(text.casefold(), meant.get(ANY)))
        if text in self.values:
            return text
        if set(self.values) != set(YES_NO):
            return None
        return next(
            (v for v, usual in USUAL.items() if text in usual or text.lower() in usual), None
        )


def value_rule(
    category: str, pairs: str = "", cut: float | None = None, book: Codebook | None = None
) -> ValueRule:
    """Read how values are mapped: ``1=yes,0=no``, ``4=yes,5=yes,*=no``, ``n/a=invalid``.

    Parameters
    ----------
    category
        Of the codebook, whose values count; of any other name, one of yes and no besides the values
        that `pairs` names.
    pairs
        What was said and what it means: a value of the category, or a status without a value. Where
        some are given, they alone count.
    cut
        Numbers from here on are a yes.
    book
        The codebook; the shipped one by default.

    Raises
    ------
    UsageError
        If they can't be read, or name what is no value of the category.
    """
    known = (codebook() if book is None else book).by_name.get(category)
    if known is None:
        if not NAME.fullmatch(category):
            raise UsageError(
                f"--category {category}: write the name in lower-case letters, digits and hyphens."
            )
        check_name(category)
    read = _pairs(pairs)
    named = [value for _, value in read if value not in STATUSES]
    values = tuple(dict.fromkeys((*YES_NO, *named))) if known is None else known.values
    for value in named:
        if value not in values:
            raise UsageError(
                f"--values {pairs}: {category} has no value {value!r}; it has {', '.join(values)}, and "
                "there are the statuses refused, invalid, too-long."
            )
    if cut is not None and (read or set(values) != set(YES_NO)):
        why = "--values says it already" if read else f"{category} is not one of yes and no"
        raise UsageError(f"--cut {cut:g}: {why}; give one of the two.")
    return ValueRule(values, read, cut)


def said_text(said: Any) -> str:
    """Write something said as it is named in ``--values``: ``true``, ``3``, ``1.5``, texts as they are."""
    if isinstance(said, float) and said.is_integer():
        said = int(said)
    return text_of(said).strip()


def is_missing(said: Any) -> bool:
    """Whether nothing was said: no value, an empty text, or no number (NaN)."""
    if isinstance(said, float):
        return math.isnan(said)
    return said is None or (isinstance(said, str) and said.strip() in ("", "NaN"))


def number_of(said: Any) -> float | None:
    """Read a number, also from a text; None where it is none."""
    try:
        found = float(said) if isinstance(said, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        said, equals, value = (one.strip() for one in part.rpartition("="))
        if not equals or not said or not value or said in found:
            raise UsageError(
                f"--values {text}: write what was said and what it means, each once, such as 1=yes,0=no."
            )
        found[said] = value
    return tuple(found.items())
