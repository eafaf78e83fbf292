"""What the ledger and certificates hold: plain records that JSON can carry, and nothing that computes."""

from typing import Any, Literal, TypeVar

import msgspec

from allegiance.errors import AllegianceError

Design = Literal["random", "stratified", "top", "census"]
"""How an order was come by: at random, at random inside strata, by a score, or all of them."""
StopKind = Literal["fixed", "until", "open", "undeclared"]
RouteKind = Literal["draw", "search", "list", "top", "link", "export", "attested"]
Order = Literal["random", "chosen", "unknown"]
"""How an attested reader says that the transcripts were come by."""

T = TypeVar("T")


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record of named fields; one with an unknown field is refused."""

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON can carry it."""
        return msgspec.to_builtins(self)


class Property(Spec, frozen=True, kw_only=True):
    """What is looked for: a value of a category, with the definition it is told by.

    Attributes
    ----------
    category, value
        The category, and the value that counts as a hit.
    values
        What a label in this category may say.
    unit
        The part of the transcript that it is a property of.
    definition, digest
        The written definition, and the digest of the whole category.
    """

    category: str
    value: str = "yes"
    values: tuple[str, ...] = ("yes", "no")
    unit: str = "whole"
    definition: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return self.category if self.value == "yes" else f"{self.category} = {self.value}"


class Instrument(Spec, frozen=True, kw_only=True):
    """A scanner whose verdicts a filter, a stratum or a number rests on."""

    category: str
    scanner: str
    digest: str


class FrameSpec(Spec, frozen=True, kw_only=True):
    """A population, as it can be found again.

    Attributes
    ----------
    where
        The filter as it would be typed; empty for all.
    instruments
        Scanners whose verdicts the filter looks at.
    labels_as_of, labels_head
        Where it looks at labels: the last event of the ledger that counts, and its digest.
    excluded, because
        Transcripts left out, and why.
    version
        The corpus version: a locator, and no part of the identity.
    population, digest
        N, and the SHA-256 of the sorted transcript ids joined by newlines.
    unscanned
        Transcripts that the rest of the filter keeps and on which an instrument said nothing.
    """

    where: str = ""
    instruments: tuple[Instrument, ...] = ()
    labels_as_of: int | None = None
    labels_head: str = ""
    excluded: tuple[str, ...] = ()
    because: str = ""
    version: int = 0
    population: int
    digest: str
    unscanned: int = 0

    @property
    def name(self) -> str:
        """The frame in words."""
        kept = f"those with {self.where}" if self.where else "all transcripts"
        return f"{kept}, without {self.because}" if self.excluded else kept


class StopRule(Spec, frozen=True, kw_only=True):
    """When reading stops: after a fixed number, at a hit, whenever one likes, or nobody said."""

    kind: StopKind
    number: int | None = None

    def __str__(self) -> str:
        match self.kind:
            case "fixed":
                return f"fixed {self.number}" if self.number is not None else "fixed"
            case "until":
                return f"until {self.number} hit{'s' if self.number != 1 else ''}"
            case _:
                return self.kind


class StratumSpec(Spec, frozen=True, kw_only=True):
    """One stratum: its name, its N, and how many of the draw are from it."""

    name: str
    population: int
    reads: int


class Testimony(Spec, frozen=True, kw_only=True):
    """What a reader reports of reading that the program did not see.

    Attributes
    ----------
    reader
        Who reports.
    order
        How they were come by, as the reader says.
    reads
        Transcript ids in the order in which they were read.
    declared
        Whether the reader says that the property was settled before the first was opened.
    told
        Lines of the report that no transcript answers to.
    """

    reader: str
    order: Order
    reads: tuple[str, ...]
    declared: bool
    told: tuple[str, ...] = ()


class DrawSpec(Spec, frozen=True, kw_only=True):
    """An ordered sample from a frame, as it can be drawn again.

    Attributes
    ----------
    properties
        What it is after, declared before the first transcript was opened.
    seed, seed_given
        The seed in decimal (empty for an order by score, or a reported one), and whether somebody
        chose it.
    by
        What the strata or the order by score are made of, and its instruments.
    n
        How many are drawn; None for the whole frame in its order.
    strata, allocation, pilot
        The strata; how the reads were shared out among them; the draw whose labels settled that.
    order_digest
        SHA-256 of the drawn ids in their order, joined by newlines.
    testimony
        For reading reported afterwards; None for a draw made by the program.
    """

    name: str
    frame: FrameSpec
    design: Design
    stop: StopRule
    properties: tuple[Property, ...] = ()
    seed: str = ""
    seed_given: bool = False
    by: str = ""
    instruments: tuple[Instrument, ...] = ()
    n: int | None = None
    strata: tuple[StratumSpec, ...] = ()
    allocation: str = ""
    pilot: str = ""
    order_digest: str = ""
    testimony: Testimony | None = None

    def property_of(self, category: str) -> Property | None:
        """Find what was declared of a category."""
        return next((one for one in self.properties if one.category == category), None)


class Extension(Spec, frozen=True, kw_only=True):
    """More of a draw, after what was drawn before."""

    draw: str
    more: int
    strata: tuple[StratumSpec, ...] = ()
    order_digest: str = ""


class Route(Spec, frozen=True, kw_only=True):
    """How transcripts came before a reader.

    Attributes
    ----------
    kind
        A draw, a search, a filtered and sorted list, the top of a score, a direct link, an export,
        or the reader's report.
    draw
        Of a draw, or of a report: its name.
    query, search, within
        Of a search: what was looked for, in which way, and where.
    where, by
        Of a list and a top: the filter, and what it was sorted by.
    matches, population, frame
        How many matched, out of how many, and the digest of those.
    """

    kind: RouteKind
    draw: str = ""
    query: str = ""
    search: str = ""
    within: str = ""
    where: str = ""
    by: str = ""
    matches: int | None = None
    population: int | None = None
    frame: str = ""


class Opened(Spec, frozen=True, kw_only=True):
    """An event of opening.

    Attributes
    ----------
    route, transcripts, places
        The route, and which transcripts it showed at which places.
    count
        How many an export wrote, where they are not listed.
    blind
        Whether model, condition and sample id were left out.
    masked
        Whether words that tell the tiers apart were replaced.
    """

    route: Route
    transcripts: tuple[str, ...] = ()
    places: tuple[int | None, ...] = ()
    count: int | None = None
    blind: bool = True
    masked: bool = False


class Quote(Spec, frozen=True, kw_only=True):
    """Words of a transcript that a label rests on, and the part they stand in."""

    text: str
    part: str = "whole"


class LabelSpec(Spec, frozen=True, kw_only=True):
    """What a rater said of one transcript in one category.

    Attributes
    ----------
    rater, source
        Who, and what kind of rater: ``person``, or ``truth`` where an organism's known truth stands
        in for one.
    category, value, definition
        The category, what was said, and the digest of the definition it was said under.
    transcript_id, draw, position
        Of what, and in which draw at which place (from 1); empty and None outside draws.
    quotes, note
        What it rests on.
    hidden
        What was kept from the rater.
    revises
        The event that this one changes.
    terms
        Whose words the category was put in; empty for the neutral definition.
    seal
        Where cases are planted in the draw: a digest that commits to what this rater had said of
        them by then; see `allegiance.audit.planting`.
    """

    rater: str
    category: str
    value: str
    transcript_id: str
    definition: str = ""
    draw: str = ""
    position: int | None = None
    quotes: tuple[Quote, ...] = ()
    note: str = ""
    hidden: tuple[str, ...] = ()
    source: Literal["person", "truth"] = "person"
    revises: int | None = None
    terms: Literal["", "A", "B"] = ""
    seal: str = ""


class SkipSpec(Spec, frozen=True, kw_only=True):
    """A place of a draw that a rater could not label, and why; `seal` as of a label."""

    rater: str
    category: str
    transcript_id: str
    draw: str
    position: int
    reason: str = ""
    seal: str = ""


def read(kind: type[T], body: Any, what: str) -> T:
    """Turn a body that came as JSON into a record.

    Raises
    ------
    AllegianceError
        If it is not one; `what` names it.
    """
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise AllegianceError(f"{what} can't be read: {error}.") from error
