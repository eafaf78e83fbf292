"""What the ledger holds of labelling besides labels: taken back, settled, shared out, worded, named."""

from typing import Literal

from allegiance.audit.specs import Spec

Side = Literal["A", "B"]
"""Whose words a category was put in."""
Terms = Literal["A", "B", "both", "items"]
"""One side's words; each rater at random one side's; each item at random one side's."""


class UndoSpec(Spec, frozen=True, kw_only=True):
    """A label or a skip that its rater took back.

    Attributes
    ----------
    rater, category, transcript_id, draw
        Of what.
    undoes
        The event that is taken back.
    stands
        The event of the label that stands again; None where there is none.
    """

    rater: str
    category: str
    transcript_id: str
    draw: str
    undoes: int
    stands: int | None = None


class SettlementSpec(Spec, frozen=True, kw_only=True):
    """What an adjudicator made of labels that differ.

    Attributes
    ----------
    adjudicator, reason
        Who, and why.
    category, value, definition
        The category, what it is settled as, and the digest of the definition.
    transcript_id, draw, position
        Of what, and at which place of which draw.
    settles
        The events of the labels that were looked at.
    one_of_them
        Whether the adjudicator gave one of those labels.
    hidden
        What was kept from the adjudicator.
    """

    adjudicator: str
    category: str
    value: str
    transcript_id: str
    definition: str
    draw: str = ""
    position: int | None = None
    reason: str = ""
    settles: tuple[int, ...]
    one_of_them: bool = False
    hidden: tuple[str, ...] = ()


class ShareSpec(Spec, frozen=True, kw_only=True):
    """How the places of a draw are shared out: the first to everybody, the rest in turn.

    Attributes
    ----------
    draw
        Which draw.
    overlap
        The places up to this one are everybody's.
    raters
        Among whom; place ``overlap + 1`` is the first one's, the next the second one's, and so on.
    """

    draw: str
    overlap: int
    raters: tuple[str, ...]


class TermsSpec(Spec, frozen=True, kw_only=True):
    """In whose words a rater is told a category in a draw; no side where each item has its own."""

    draw: str
    category: str
    rater: str
    mode: Terms
    side: Literal["", "A", "B"] = ""


class RaterSpec(Spec, frozen=True, kw_only=True):
    """An account from which a rater labels: a digest that tells it from others and does not name it."""

    rater: str
    account: str
