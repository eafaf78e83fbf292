"""What a draw is after: a value of a category, from the codebook or with a definition of its own."""

import re

from allegiance.audit.specs import Property
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Category, category, codebook
from allegiance.study.outcomes import Outcome

_NO_ACT = frozenset(outcome.value for outcome in Outcome if outcome.missing)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


def asked_for(text: str, define: str | None = None) -> Property:
    """Read what is looked for: ``doubts``, or ``outcome=refused``.

    Parameters
    ----------
    text
        The name of a category, and the value that counts as a hit where that is not ``yes``.
    define
        The written definition of a yes-or-no category that the codebook does not have.

    Raises
    ------
    UsageError
        If there is no such category or value, or the codebook defines the category already.
    """
    name, _, value = text.strip().partition("=")
    name, value = name.strip().replace("_", "-"), value.strip() or "yes"
    known = {one.name for one in codebook().categories}
    if define is not None:
        if name in known:
            raise UsageError(
                f"{name} is defined in the codebook; give your definition another name."
            )
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} can't name a category; use lower-case letters, digits and hyphens."
            )
        if not define.strip():
            raise UsageError(f"{name}: the definition is empty; write what counts.")
        found = Category(name, " ".join(define.split()), "whole", ("yes", "no"))
    else:
        found = category(name)
    if value not in found.values:
        raise UsageError(
            f"{name} has no value {value!r}; it has {', '.join(found.values)}"
            + (f": write {name}={found.values[0]}." if "yes" not in found.values else ".")
        )
    return Property(
        category=found.name,
        value=value,
        values=found.values,
        unit=found.unit,
        definition=" ".join(found.definition.split()),
        digest=found.digest,
    )


def says(wanted: Property, value: str) -> bool | None:
    """Whether a value of the category says that the property is there.

    None where it says that no act was observed, such as an outcome that was cut off: that is missing,
    and no "no", unless it is what is looked for.
    """
    if value == wanted.value:
        return True
    unseen = wanted.category == "outcome" and value in _NO_ACT and wanted.value not in _NO_ACT
    return None if unseen else False
