"""The seven outcomes: every transcript has exactly one of them."""

from enum import StrEnum


class Outcome(StrEnum):
    """What came of a request.

    The first three are observations of the output; the other four say why there is none, and are counted and
    shown as missing wherever a rate is given.
    """

    COMPLIED = "complied"
    PARTIAL = "partial"
    REFUSED = "refused"
    UNPARSED = "unparsed"
    TRUNCATED = "truncated"
    ERRORED = "errored"
    PROVIDER_REFUSED = "provider-refused"

    @property
    def missing(self) -> bool:
        """Whether this outcome says that no act was observed."""
        return self in _MISSING


_MISSING = frozenset(
    {Outcome.UNPARSED, Outcome.TRUNCATED, Outcome.ERRORED, Outcome.PROVIDER_REFUSED}
)
