"""What a claim is, and what is decided of it: plain records that certificates hold."""

from typing import Annotated, Any, Literal, get_args

from msgspec import Meta

from allegiance.audit.evidence import DrawShown, Instance, Raters
from allegiance.audit.gaps import GapSpec
from allegiance.audit.history import History
from allegiance.audit.specs import FrameSpec, Property, Spec

Kind = Literal[
    "existence",
    "none-seen",
    "none-exist",
    "prevalence",
    "gap",
    "random-example",
    "striking",
    "citation",
]
"""What may be claimed; a citation says of one transcript all that its routes license."""
KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != "citation")
"""Those that a person claims; a citation is made by `cite`."""
Status = Literal["stands", "refuted", "cannot be told"]

UNKNOWN = (
    "Searches and readings by others, or outside this record, that nobody reported are unknown and "
    "not taken into account."
)


class Said(Spec, frozen=True, kw_only=True):
    """A number that somebody claims: ``at-most``, ``at-least`` or ``about`` a fraction."""

    how: Literal["at-most", "at-least", "about"]
    rate: Annotated[float, Meta(ge=0, le=1)]


class Noticed(Spec, frozen=True, kw_only=True):
    """How many planted cases a reader caught, and who says so (``stated``, or ``planted`` on record)."""

    caught: Annotated[int, Meta(ge=0)]
    planted: Annotated[int, Meta(ge=1)]
    source: Literal["stated", "planted"] = "stated"


class ClaimSpec(Spec, frozen=True, kw_only=True):
    """A claim, as it can be decided again.

    Attributes
    ----------
    kind, wanted
        What is claimed, and of which property.
    draw, transcript
        The draw and the transcript that it rests on; empty for none.
    frame
        The population of a claim that rests on no draw.
    says
        The number that is claimed, if there is one.
    noticed
        The chance of noticing, as measured.
    gap
        Of a gap.
    rater
        Count the labels of one rater alone.
    method, confidence
        How, and at which confidence.
    words
        The sentence as somebody said it.
    """

    kind: Kind
    wanted: Property
    draw: str = ""
    transcript: str = ""
    frame: FrameSpec | None = None
    says: Said | None = None
    noticed: Noticed | None = None
    gap: GapSpec | None = None
    rater: str = ""
    method: str = ""
    confidence: Annotated[float, Meta(gt=0, lt=1)] = 0.95
    words: str = ""


class Decision(Spec, frozen=True, kw_only=True):
    """What is decided of a claim, and all that it rests on.

    Attributes
    ----------
    status, sentence
        Whether it stands, and what may be said.
    reasons
        What the route licenses and what it does not.
    interval, adjusted
        The limits, and the limits that allow for the other numbers tried.
    beside
        Figures that belong with it: a gap's p-value and equivalence, the shares of a lower bound.
    frame, draws, instances, raters, history
        The evidence.
    """

    status: Status
    sentence: str
    reasons: tuple[str, ...]
    interval: dict[str, Any] | None
    adjusted: dict[str, Any] | None
    beside: dict[str, Any]
    frame: FrameSpec
    draws: tuple[DrawShown, ...]
    instances: tuple[Instance, ...]
    raters: Raters
    history: History
