"""What was selected before: the other draws, seeds, looks and categories that a number may be the best of."""

from collections.abc import Collection

from allegiance.audit.record import DrawRecord, Record
from allegiance.audit.specs import Spec
from allegiance.stats.interval import Interval


class OtherDraw(Spec, frozen=True, kw_only=True):
    """Another draw on the same frame: its design, and how much of it was opened and labelled."""

    name: str
    design: str
    seed: str
    seed_given: bool
    opened: int
    labelled: int
    categories: tuple[str, ...]


class History(Spec, frozen=True, kw_only=True):
    """What the record holds besides the draw that a claim rests on.

    Attributes
    ----------
    draws
        The other draws on the same frame, the abandoned ones too.
    elsewhere
        How many draws there are on other frames.
    seeds
        Different seeds that the frame was drawn by, this one included.
    seed_given
        Whether somebody chose the seed of the draw that the claim rests on.
    looks
        Estimates and claims on this frame that were seen before.
    categories
        The categories that transcripts of this frame were labelled for.
    searches
        Searches, lists and tops that showed transcripts of the workspace.
    seen_before
        Transcripts that were opened before the draw was made.
    revised
        Labels that were changed, taken back or settled after an estimate or a claim was seen.
    tried
        Draws of this frame times categories, as far as something is labelled: how many numbers
        this one may be the most striking of.
    """

    draws: tuple[OtherDraw, ...] = ()
    elsewhere: int = 0
    seeds: int = 0
    seed_given: bool = False
    looks: int = 0
    categories: tuple[str, ...] = ()
    searches: int = 0
    seen_before: int = 0
    revised: int = 0
    tried: int = 1

    def lines(self) -> tuple[str, ...]:
        """Say it in sentences; empty where nothing else was tried."""
        said: list[str] = []
        for draw in self.draws:
            chosen = "a chosen" if draw.seed_given else "a random"
            seed = f", {chosen} seed" if draw.seed else ""
            looked = f"; {', '.join(draw.categories)}" if draw.categories else ""
            said.append(
                f"The same frame was drawn before or since as {draw.name} ({draw.design}{seed}; "
                f"{draw.opened:,} opened, {draw.labelled:,} labelled{looked})."
            )
        if self.elsewhere:
            said.append(f"{_counted(self.elsewhere, 'draw')} on other frames.")
        if self.seed_given:
            said.append("The seed was chosen by whoever drew, and not taken at random.")
        if self.looks:
            said.append(
                f"{_counted(self.looks, 'estimate or claim', 'estimates or claims')} on this frame seen before."
            )
        if len(self.categories) > 1:
            said.append(
                f"Labelled for {len(self.categories)} categories: {', '.join(self.categories)}."
            )
        if self.searches:
            said.append(
                f"{_counted(self.searches, 'search or list', 'searches and lists')} in this workspace."
            )
        if self.seen_before:
            said.append(f"{_counted(self.seen_before, 'transcript')} opened before this was drawn.")
        if self.revised:
            said.append(f"{_counted(self.revised, 'label')} changed after a number had been seen.")
        return tuple(said)


def history_of(
    record: Record, frame: str, members: Collection[str], draw: DrawRecord | None = None
) -> History:
    """Gather what else was tried on a frame.

    Parameters
    ----------
    record
        The ledger up to the point that counts.
    frame, members
        Digest and transcript ids of the frame.
    draw
        The draw that the claim rests on; None for a claim that rests on none.
    """
    inside = frozenset(members)
    same = record.on_frame(frame)
    labelled = {one.label.category for one in record.labels() if one.label.transcript_id in inside}
    first_look = min((look.seq for look in record.looks), default=None)
    others = tuple(_other(one, record) for one in same if draw is None or one.name != draw.name)
    tried = sum(
        len({*one.categories, *_looked_at(one.name, record, labelled)})
        for one in others
        if one.design != "top"
    )
    if draw is not None:
        own = {*_categories(draw, record), *_looked_at(draw.name, record, labelled)}
        tried += max(len(own), 1)
    seqs = [sight for sight in record.sights if draw is None or sight.seq < draw.seq]
    return History(
        draws=others,
        elsewhere=len(record.draws) - len(same),
        seeds=len({one.spec.seed for one in same if one.spec.seed}),
        seed_given=draw is not None and draw.spec.seed_given,
        looks=sum(look.frame == frame for look in record.looks),
        categories=tuple(sorted(labelled)),
        searches=len(
            {
                s.seq
                for s in record.sights
                if s.route.kind in ("search", "list", "top") and not s.route.draw
            }
        ),
        seen_before=len({sight.transcript_id for sight in seqs}) if draw is not None else 0,
        revised=sum(first_look is not None and seq > first_look for seq in record.standing.changed),
        tried=max(tried, 1),
    )


def adjusted_confidence(interval: Interval, history: History) -> float | None:
    """The confidence at which each of all the numbers tried has to hold so that all of them do.

    Bonferroni: 1 − α/m; None where nothing else was tried.
    """
    if history.tried < 2 or interval.confidence >= 1:
        return None
    return 1 - (1 - interval.confidence) / history.tried


def _other(draw: DrawRecord, record: Record) -> OtherDraw:
    opened = {s.transcript_id for s in record.sights if s.route.draw == draw.name}
    categories = _categories(draw, record)
    labelled = {one.label.transcript_id for one in record.labels() if one.label.draw == draw.name}
    return OtherDraw(
        name=draw.name,
        design="reported" if draw.reported else draw.spec.design,
        seed=draw.spec.seed,
        seed_given=draw.spec.seed_given,
        opened=len(opened),
        labelled=len(labelled),
        categories=categories,
    )


def _categories(draw: DrawRecord, record: Record) -> tuple[str, ...]:
    return tuple(sorted({o.label.category for o in record.labels() if o.label.draw == draw.name}))


def _looked_at(draw: str, record: Record, labelled: Collection[str]) -> set[str]:
    """The categories in which an estimate or a claim on a draw was seen, of those with labels."""
    return {one.category for one in record.looks if draw in one.draws and one.category in labelled}


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
