"""Evidence: what a certificate shows of a draw, of an instance and of the raters, ready for JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from allegiance.audit.coefficients import coefficients
from allegiance.audit.labels import quoted_in
from allegiance.audit.licensing import Licence
from allegiance.audit.reading import Reading
from allegiance.audit.record import Labelled, Record, Settled, Sight
from allegiance.audit.specs import DrawSpec, Extension, Quote, Route, Spec, StopRule
from allegiance.corpus import Transcript


class LabelShown(Spec, frozen=True, kw_only=True):
    """A label with the event that holds it: its number and digest."""

    seq: int
    digest: str
    rater: str
    value: str
    source: str


class SettledShown(Spec, frozen=True, kw_only=True):
    """What an adjudicator made of labels that differ, with the event that holds it.

    Attributes
    ----------
    seq, digest
        The event.
    adjudicator, value, reason
        Who settled it, as what, and why.
    settles
        The events of the labels that were looked at.
    one_of_them
        Whether the adjudicator gave one of those labels.
    """

    seq: int
    digest: str
    adjudicator: str
    value: str
    reason: str
    settles: tuple[int, ...]
    one_of_them: bool


class ReadShown(Spec, frozen=True, kw_only=True):
    """A place of a draw: what stood there, what was said of it, and how that was settled."""

    position: int
    transcript_id: str
    stratum: str
    hit: bool | None
    missing: str
    labels: tuple[LabelShown, ...]
    settled: SettledShown | None = None


class DrawShown(Spec, frozen=True, kw_only=True):
    """A draw with what was read of it and what that licenses.

    Attributes
    ----------
    spec, seq, extensions, first_opened
        The draw, the event that made it, its extensions, the first event that opened one of it.
    reads, size, beyond
        The places that count, how many are drawn, and labels on places that don't count.
    rule, why
        The stopping rule in force, and why it is not the declared one.
    declared
        Whether the property was on record before the first transcript was opened.
    grant, interval, reasons
        What it licenses: see `allegiance.audit.licensing.Licence`.
    """

    spec: DrawSpec
    seq: int
    extensions: tuple[Extension, ...]
    first_opened: int | None
    reads: tuple[ReadShown, ...]
    size: int
    beyond: int
    rule: StopRule
    why: str
    declared: bool
    grant: str
    interval: dict[str, Any] | None
    reasons: tuple[str, ...]


class SightShown(Spec, frozen=True, kw_only=True):
    """One way by which a transcript came before a reader, in fields and in words."""

    seq: int
    at: str
    place: int | None
    route: Route
    words: str


class Instance(Spec, frozen=True, kw_only=True):
    """A transcript with everything on record of how it was come by and what was said of it.

    Attributes
    ----------
    transcript_id, content_hash
        Which it is, and the hash of its words.
    ordinal
        The how-manieth of all transcripts on record it was, from 1; None if it was never opened.
    sights
        Every way by which it came before a reader.
    labels, quotes
        What was said of it, and the words that rests on.
    quotes_found
        Whether all of them stand in it.
    settled
        What an adjudicator made of labels that differ.
    """

    transcript_id: str
    content_hash: str
    ordinal: int | None
    sights: tuple[SightShown, ...]
    labels: tuple[LabelShown, ...]
    quotes: tuple[Quote, ...]
    quotes_found: bool
    settled: SettledShown | None = None


class Raters(Spec, frozen=True, kw_only=True):
    """Who labelled, blind to what, and how far they agree.

    Attributes
    ----------
    names, truth
        The raters; those of them that are an organism's known truth.
    hidden
        What was hidden from all of them.
    worded
        Labels that were given under the words of one side, instead of the neutral definition.
    shared
        Transcripts that more than one of them labelled.
    agreement
        Krippendorff's alpha (None where all said one value) and Gwet's AC1 on those, as intervals;
        None where there are fewer than two.
    """

    names: tuple[str, ...] = ()
    truth: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    worded: int = 0
    shared: int = 0
    agreement: dict[str, Any] | None = None


def draw_shown(reading: Reading, granted: Licence) -> DrawShown:
    """Show a reading and its licence."""
    draw = reading.draw
    return DrawShown(
        spec=draw.spec,
        seq=draw.seq,
        extensions=tuple(extension for _, extension in draw.extensions),
        first_opened=draw.first_opened,
        reads=tuple(
            ReadShown(
                position=read.position,
                transcript_id=read.transcript_id,
                stratum=read.stratum,
                hit=read.hit,
                missing=read.missing,
                labels=tuple(map(label_shown, read.labels)),
                settled=settled_shown(read.settled),
            )
            for read in reading.reads
        ),
        size=reading.size,
        beyond=reading.beyond,
        rule=reading.rule,
        why=reading.why,
        declared=reading.declared,
        grant=granted.grant,
        interval=None if granted.interval is None else granted.interval.to_dict(),
        reasons=granted.reasons,
    )


def label_shown(one: Labelled) -> LabelShown:
    """Show a label."""
    label = one.label
    return LabelShown(
        seq=one.seq, digest=one.digest, rater=label.rater, value=label.value, source=label.source
    )


def settled_shown(settled: Settled | None) -> SettledShown | None:
    """Show what an adjudicator made of a place; None where nobody did."""
    if settled is None:
        return None
    body = settled.settlement
    return SettledShown(
        seq=settled.seq,
        digest=settled.digest,
        adjudicator=body.adjudicator,
        value=body.value,
        reason=body.reason,
        settles=body.settles,
        one_of_them=body.one_of_them,
    )


def settled_in_words(draws: Sequence[DrawShown], instances: Sequence[Instance]) -> tuple[str, ...]:
    """Say how many places count as an adjudicator settled them, and by whom; nothing where none do."""
    shown = {
        one.transcript_id: one.settled
        for one in (*(read for draw in draws for read in draw.reads), *instances)
        if one.settled is not None
    }
    if not shown:
        return ()
    names = sorted({settled.adjudicator for settled in shown.values()})
    own = sum(settled.one_of_them for settled in shown.values())
    biased = f", {own:,} of them by one of the raters" if own else ""
    places = "place" if len(shown) == 1 else "places"
    return (
        f"{len(shown):,} {places} on which raters differ "
        f"{'counts' if len(shown) == 1 else 'count'} as settled by {', '.join(names)}{biased}",
    )


def instance(transcript: Transcript, record: Record, labels: Sequence[Labelled]) -> Instance:
    """Show a transcript, by what routes it came, and what was said of it."""
    quotes = tuple(quote for one in labels for quote in one.label.quotes)
    return Instance(
        transcript_id=transcript.transcript_id,
        content_hash=transcript.content_hash,
        ordinal=record.ordinal(transcript.transcript_id),
        sights=tuple(
            SightShown(
                seq=sight.seq,
                at=sight.at,
                place=sight.place,
                route=sight.route,
                words=in_words(sight, record),
            )
            for sight in record.sights_of(transcript.transcript_id)
        ),
        labels=tuple(map(label_shown, labels)),
        quotes=quotes,
        quotes_found=all(quoted_in(quote, transcript) for quote in quotes),
        settled=settled_shown(record.settlement(labels)),
    )


def in_words(sight: Sight, record: Record) -> str:
    """Say how a transcript came before a reader."""
    route, place = sight.route, sight.place
    where = f" among those with {route.where}" if route.where else ""
    match route.kind:
        case "draw" | "top" if route.draw:
            spec = record.draws[route.draw].spec
            how = {
                "random": "in random order",
                "stratified": "at random inside strata",
                "census": "in a census, in random order",
                "top": f"by {spec.by}, the highest first",
            }[spec.design]
            seed = f", seed {spec.seed}" if spec.seed else ""
            return (
                f"number {place:,} of the draw {route.draw} ({how}{seed}) from {spec.frame.name}, "
                f"N = {spec.frame.population:,}"
            )
        case "search":
            return (
                f"rank {place:,} of {route.matches:,} found by a search ({route.search}) for "
                f"{route.query!r} among {route.population:,}{where}"
            )
        case "top":
            return f"number {place:,} of {route.population:,}{where}, sorted by {route.by}, the highest first"
        case "list":
            return f"number {place:,} of {route.population:,}{where}, {route.by}"
        case "attested":
            testimony = record.draws[route.draw].spec.testimony
            order = testimony.order if testimony else "unknown"
            known = {
                "random": "in random order",
                "chosen": "chosen",
                "unknown": "in an order nobody knows",
            }
            frame = record.draws[route.draw].spec.frame
            return (
                f"number {place:,} of {route.draw}, by the reader's report {known[order]} from "
                f"{frame.name}, N = {frame.population:,}"
            )
        case "export":
            return "in an export, read elsewhere"
        case _:
            return "by a direct link"


def raters_of(labels: Iterable[Labelled]) -> Raters:
    """Say who gave labels, and how far they agree where more than one labelled the same."""
    listed = list(labels)
    if not listed:
        return Raters()
    hidden = set(listed[0].label.hidden).intersection(*(one.label.hidden for one in listed))
    names = tuple(sorted({one.label.rater for one in listed}))
    by_item: dict[str, dict[str, str]] = {}
    for one in listed:
        by_item.setdefault(one.label.transcript_id, {})[one.label.rater] = one.label.value
    shared = [said for said in by_item.values() if len(said) > 1]
    agreement = coefficients(shared) if len(shared) > 1 else None
    return Raters(
        names=names,
        truth=tuple(sorted({one.label.rater for one in listed if one.label.source == "truth"})),
        hidden=tuple(sorted(hidden)),
        worded=sum(bool(one.label.terms) for one in listed),
        shared=len(shared),
        agreement=None
        if agreement is None
        else {
            "krippendorff_alpha": None if agreement.alpha is None else agreement.alpha.to_dict(),
            "gwet_ac1": agreement.ac1.to_dict(),
        },
    )
