"""What a draw is after: a value of a category, from the codebook or with a definition of its own."""

from allegiance.audit.specs import Property
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Category, Codebook, check_name, codebook
from allegiance.study.outcomes import Outcome

_NO_ACT = frozenset(outcome.value for outcome in Outcome if outcome.missing)


def asked_for(text: str, define: str | None = None, book: Codebook | None = None) -> Property:
    """Read what is looked for: ``doubts``, or ``outcome=refused``.

    Parameters
    ----------
    text
        The name of a category, and the value that counts as a hit where that is not ``yes``.
    define
        The written definition of a yes-or-no category that the codebook does not have.
    book
        The codebook; the shipped one by default.

    Raises
    ------
    UsageError
        If there is no such category or value, the codebook defines the category already, or the
        name is an interpretation's.
    """
    name, _, value = text.strip().partition("=")
    name, value = name.strip().replace("_", "-"), value.strip() or "yes"
    book = codebook() if book is None else book
    if define is not None:
        if name in book.by_name:
            raise UsageError(
                f"{name} is defined in the codebook; give your definition another name."
            )
        check_name(name)
        if not define.strip():
            raise UsageError(f"{name}: the definition is empty; write what counts.")
        found = Category(name=name, definition=(" ".join(define.split()),), unit="whole")
    else:
        found = book.find(name)
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
        definition=found.text,
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
