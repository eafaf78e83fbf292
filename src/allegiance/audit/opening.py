"""Opening transcripts: what is shown is put on record first, with its route."""

from collections.abc import Sequence

from allegiance.audit.chain import Event
from allegiance.audit.draw import Draw
from allegiance.audit.ledger import Ledger
from allegiance.audit.specs import Opened, Route
from allegiance.corpus import Corpus
from allegiance.errors import AllegianceError, UsageError

SHORTEST = 6
"""Characters of an id that are enough, if no other begins with them."""


def opened(
    ledger: Ledger,
    route: Route,
    transcripts: Sequence[str],
    places: Sequence[int | None] = (),
    *,
    actor: str = "",
    count: int | None = None,
    blind: bool = True,
    masked: bool = False,
) -> Event:
    """Record that a route put transcripts before a reader; call it before they are shown.

    Parameters
    ----------
    transcripts, places
        Their ids, and where each stood (a position, a rank), if the route has places.
    count
        How many, where they are not listed (an export).
    blind, masked
        Whether model, condition and sample id are left out of what is shown, and whether words
        that tell the tiers apart are replaced.
    """
    where = tuple(places) or (None,) * len(transcripts)
    body = Opened(
        route=route,
        transcripts=tuple(transcripts),
        places=where,
        count=count,
        blind=blind,
        masked=masked,
    )
    return ledger.append("open", route.draw or route.kind, body.to_dict(), actor)


def open_position(
    draw: Draw, ledger: Ledger, position: int, actor: str = "", *, blind: bool = True
) -> str:
    """Open the transcript at a place of a draw; gives its id.

    Raises
    ------
    UsageError
        If the draw has no such place.
    """
    if not 1 <= position <= len(draw.order):
        raise UsageError(
            f"The draw {draw.name} has the places 1 to {len(draw.order):,}, and no {position}; "
            f"`allegiance draw extend {draw.name} --n 10` draws more."
        )
    identifier = draw.order[position - 1]
    opened(ledger, draw_route(draw), [identifier], [position], actor=actor, blind=blind)
    return identifier


def draw_route(draw: Draw) -> Route:
    """Give the route of what is opened in a draw."""
    reported = draw.record.reported
    kind = "attested" if reported else "top" if draw.spec.design == "top" else "draw"
    return Route(
        kind=kind,
        draw=draw.name,
        by=draw.spec.by if kind == "top" else "",
        where=draw.spec.frame.where,
        population=draw.spec.frame.population,
        frame=draw.spec.frame.digest,
    )


def whole_id(corpus: Corpus, text: str) -> str:
    """Find the transcript whose id begins with a text.

    Raises
    ------
    UsageError
        If the text is too short to be told from others, or several begin with it.
    AllegianceError
        If none does.
    """
    start = text.strip().lower()
    if len(start) < SHORTEST or not all(c in "0123456789abcdef" for c in start) or len(start) > 64:
        raise UsageError(
            f"{text[:70]!r} is no transcript id; give it, or its first {SHORTEST} characters or more."
        )
    found = corpus.where(f"transcript_id LIKE '{start}%'").limit(2).ids()
    if not found:
        raise AllegianceError(f"The corpus in {corpus.location} has no transcript {text}.")
    if len(found) > 1:
        raise UsageError(f"Several transcripts begin with {text}; give more of the id.")
    return found[0]
