"""How transcripts were found: the draws and claims of the ledger, as a report shows them.

A report shows counts of draws and the claims that were made, and estimates nothing of its own: an
interval of a draw that is still being read is a look at it, and belongs on record.
"""

from dataclasses import dataclass

from allegiance.audit import Record


@dataclass(frozen=True)
class DrawLine:
    """A draw: what was drawn from how many, by which rule, and how much of it was read."""

    name: str
    design: str
    reported: bool
    drawn: int | None
    population: int
    frame: str
    seed: str
    stop: str
    categories: tuple[str, ...]
    opened: int
    labelled: int
    raters: tuple[str, ...]


@dataclass(frozen=True)
class ClaimLine:
    """A claim that was decided: its kind, what came out, and the digest of its certificate."""

    kind: str
    status: str
    sentence: str
    certificate: str


@dataclass(frozen=True)
class Found:
    """What the ledger holds.

    Attributes
    ----------
    draws, claims
        In the order in which they were made, the abandoned ones too.
    opened
        Different transcripts that came before a reader.
    searches
        Searches and lists that showed some.
    ledger, events, head
        Which ledger, how many events, and the digest of the last.
    """

    draws: tuple[DrawLine, ...]
    claims: tuple[ClaimLine, ...]
    opened: int
    searches: int
    ledger: str
    events: int
    head: str


def found_of(record: Record) -> Found | None:
    """Gather what a report shows of a ledger; None where nothing was drawn, opened or claimed."""
    draws = tuple(_draw(record, name) for name in record.draws)
    claims = tuple(
        ClaimLine(
            str(look.body.get("what", "")),
            str(look.body.get("status", "")),
            str(look.body.get("sentence", "")),
            str(look.body.get("certificate", "")),
        )
        for look in record.looks
        if look.kind == "claim" and look.body.get("sentence")
    )
    if not (draws or claims or record.sights):
        return None
    listed = {s.seq for s in record.sights if s.route.kind in ("search", "list", "top")}
    return Found(
        draws=draws,
        claims=claims,
        opened=len({sight.transcript_id for sight in record.sights}),
        searches=len(listed),
        ledger=record.ledger_id,
        events=record.head.seq,
        head=record.head.digest,
    )


def _draw(record: Record, name: str) -> DrawLine:
    drawn = record.draws[name]
    spec = drawn.spec
    labels = list(record.labels(draw=name))
    return DrawLine(
        name=name,
        design=spec.design,
        reported=drawn.reported,
        drawn=drawn.size,
        population=spec.frame.population,
        frame=spec.frame.name,
        seed=spec.seed,
        stop=str(spec.stop),
        categories=tuple(map(str, spec.properties)),
        opened=len({s.transcript_id for s in record.sights if s.route.draw == name}),
        labelled=len({one.label.transcript_id for one in labels}),
        raters=tuple(sorted({one.label.rater for one in labels})),
    )
