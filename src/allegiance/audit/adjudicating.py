"""Adjudicating: what becomes of a place on which raters differ, as an event of its own.

The labels stay as they are, and agreement is computed from them alone; readings and claims take the
settled value in the place of `disputed`. A label that is given later and says otherwise opens the
place again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from allegiance.audit.chain import Event
from allegiance.audit.draw import Draw
from allegiance.audit.label_specs import SettlementSpec
from allegiance.audit.labels import check_rater
from allegiance.audit.ledger import Ledger
from allegiance.audit.record import Labelled, Record, Settled
from allegiance.audit.specs import Property
from allegiance.errors import AllegianceError, UsageError

HIDDEN = ("condition", "verdicts", "rater names", "stratum", "sample id")
"""What an adjudicator is not shown; what the raters said is."""


@dataclass(frozen=True)
class Dispute:
    """A place of a draw on which raters differ.

    Attributes
    ----------
    position, transcript_id
        Where, and of what.
    labels
        What was said of it, in the order of saying.
    settled
        What an adjudicator made of it; None where it is open.
    """

    position: int
    transcript_id: str
    labels: tuple[Labelled, ...]
    settled: Settled | None

    @property
    def values(self) -> tuple[str, ...]:
        """What was said, without saying by whom."""
        return tuple(sorted(one.label.value for one in self.labels))


def disputes(draw: Draw, record: Record, wanted: Property) -> list[Dispute]:
    """Find the places of a draw on which raters differ, the settled ones too, in the order of the draw."""
    said: dict[str, list[Labelled]] = {}
    for one in record.labels(wanted.category):
        if one.label.definition == wanted.digest:
            said.setdefault(one.label.transcript_id, []).append(one)
    return [
        Dispute(position, one, tuple(said[one]), record.settlement(said[one]))
        for position, one in enumerate(draw.order, 1)
        if len({label.label.value for label in said.get(one, [])}) > 1
    ]


def adjudicate(
    ledger: Ledger,
    draw: Draw,
    wanted: Property,
    transcript_id: str,
    value: str,
    adjudicator: str,
    reason: str = "",
    hidden: Sequence[str] = HIDDEN,
    record: Record | None = None,
) -> Event:
    """Settle a place on which raters differ; once this returns, it is on the disk.

    Whoever gave one of the labels may settle it, and is then marked as one of them wherever it counts.

    Parameters
    ----------
    record
        The ledger as the adjudicator saw it; it is read where none is given.

    Raises
    ------
    UsageError
        If raters don't differ there, the value is none of the category's, or nobody is named.
    AllegianceError
        If somebody labels or settles the place just now.
    """
    if value not in wanted.values:
        raise UsageError(
            f"{wanted.category} has no value {value!r}; it has {', '.join(wanted.values)}."
        )
    check_rater(adjudicator)
    record = Record.of(ledger) if record is None else record
    position = draw.position(transcript_id)
    found = next((d for d in disputes(draw, record, wanted) if d.position == position), None)
    if found is None:
        raise UsageError(
            f"Raters do not differ on number {position:,} of {draw.name} for {wanted.category}, so "
            "there is nothing to settle; see `allegiance adjudicate "
            f"{draw.name} --list`."
        )
    body = SettlementSpec(
        adjudicator=adjudicator,
        category=wanted.category,
        value=value,
        transcript_id=transcript_id,
        definition=wanted.digest,
        draw=draw.name,
        position=position,
        reason=reason,
        settles=tuple(one.seq for one in found.labels),
        one_of_them=any(one.label.rater == adjudicator for one in found.labels),
        hidden=tuple(hidden),
    )
    kinds = ("label", "relabel", "undo", "adjudicate")
    subjects = [f"{transcript_id} {wanted.category} {o.label.rater}" for o in found.labels]
    subject = f"{transcript_id} {wanted.category}"
    with ledger.writing() as page:
        for one in (*subjects, subject):
            now = page.last(kinds, one)
            if now is not None and now.seq > record.head.seq:
                raise AllegianceError(
                    f"Number {position:,} of {draw.name} is labelled or settled by somebody else "
                    "just now; look, and try again."
                )
        return page.append("adjudicate", subject, body.to_dict(), adjudicator)
