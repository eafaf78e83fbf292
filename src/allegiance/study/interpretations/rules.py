"""Rows of a table: conditions on facts, matched in three values, because a fact may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from allegiance.study.interpretations.facts import Facts

KEPT, BROKEN, NOT_TESTED, MISSING = "kept", "broken", "not tested", "missing"
SAYS = (KEPT, BROKEN, NOT_TESTED)
"""What an interpretation may say of an act and an intent."""

EXTRAPOLATION = "extrapolation"
"""In the place of a name after ``as``: whatever the cited extrapolation makes of the silent clause."""

When = Mapping[str, tuple[str, ...]]
"""Fact to the values that a row takes; a fact that is not named may be anything."""


@dataclass(frozen=True)
class Rule:
    """A row of a table.

    Attributes
    ----------
    when
        What has to hold.
    says
        ``kept``, ``broken`` or ``not tested``; empty where `as_` says how to read on.
    as_
        The interpretation that decides instead, or ``extrapolation``.
    """

    when: When
    says: str = ""
    as_: str = ""


def holds(when: When, facts: Facts) -> bool | None:
    """Say whether facts are as a row wants them; None where a missing one decides that."""
    missing = False
    for name, values in when.items():
        value = facts.value(name)
        if value is None:
            missing = True
        elif value not in values:
            return False
    return None if missing else True
