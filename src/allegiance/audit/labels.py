"""Labels: what a rater says of a transcript, kept with where it was read and what was hidden."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import structs

from allegiance.audit.chain import Event
from allegiance.audit.draw import Draw
from allegiance.audit.label_specs import UndoSpec
from allegiance.audit.ledger import Ledger, Page
from allegiance.audit.record import Record
from allegiance.audit.specs import LabelSpec, Property, Quote, SkipSpec, read
from allegiance.corpus import Transcript
from allegiance.errors import AllegianceError, UsageError

OTHERS = "other raters"
"""That what other raters say is hidden."""

BLIND = ("condition", "verdicts", OTHERS, "stratum", "sample id")
"""What is hidden from a rater unless asked otherwise."""

TIER_WORDS = "tier words"
"""What is hidden besides, where words that tell the tiers apart are masked."""

Seal = Callable[[], str]
"""What makes the seal of a label."""

_FACTS = ("condition", "sample id")
_GIVEN = ("label", "relabel", "undo")
_PARTS = ("reasoning", "output", "whole")


@dataclass(frozen=True)
class Given:
    """A label after it was kept.

    Attributes
    ----------
    event
        The event that holds it.
    standing
        ``new``; ``same`` (it had been said before: nothing was added); ``revised``.
    before
        What was said before, of one that is revised.
    """

    event: Event
    standing: Literal["new", "same", "revised"]
    before: str | None = None


@dataclass(frozen=True)
class Undone:
    """What was taken back.

    Attributes
    ----------
    event
        The event that says so.
    transcript_id, position
        Of what, and at which place of the draw.
    label
        What had been said; None for a skip.
    """

    event: Event
    transcript_id: str
    position: int
    label: LabelSpec | None


def give_label(
    ledger: Ledger,
    transcript: Transcript,
    wanted: Property,
    value: str,
    rater: str,
    *,
    draw: Draw | None = None,
    quotes: Sequence[Quote] = (),
    note: str = "",
    hidden: Sequence[str] = BLIND,
    source: Literal["person", "truth"] = "person",
    terms: Literal["", "A", "B"] = "",
    seal: Seal | None = None,
) -> Given:
    """Keep a label; when this returns, it is on the disk.

    A second label by the same rater in the same category that says the same adds nothing; one that
    says something else, or is given under another definition, is kept as a revision beside the first.

    Parameters
    ----------
    ledger, transcript
        Where it is kept, and of what.
    wanted
        The category and its definition; `value` may be any of its values.
    draw
        The draw it was read in; None for a transcript that came by another route.
    quotes
        Words of the transcript that it rests on.
    terms
        Whose words the category was put in; empty for the neutral definition.
    seal
        Makes the seal of a label in whose draw cases are planted (see `allegiance.audit.planting`);
        called while nobody else writes.

    Raises
    ------
    UsageError
        If the value is none of the category's, the rater has no name, the transcript is not in the
        draw, or a quote is not in the transcript.
    """
    check_label(transcript, wanted, value, rater, quotes)
    position = None if draw is None else draw.position(transcript.transcript_id)
    label = LabelSpec(
        rater=rater,
        category=wanted.category,
        value=value,
        transcript_id=transcript.transcript_id,
        definition=wanted.digest,
        draw="" if draw is None else draw.name,
        position=position,
        quotes=tuple(quotes),
        note=note,
        hidden=tuple(hidden),
        source=source,
        terms=terms,
    )
    return _kept(ledger, label, seal)


def check_label(
    transcript: Transcript, wanted: Property, value: str, rater: str, quotes: Sequence[Quote] = ()
) -> None:
    """See that a label may be given; see `give_label`.

    Raises
    ------
    UsageError
        If the value is none of the category's, the rater has no name, or a quote is not in the
        transcript.
    """
    if value not in wanted.values:
        raise UsageError(
            f"{wanted.category} has no value {value!r}; it has {', '.join(wanted.values)}, or skip."
        )
    check_rater(rater)
    for quote in quotes:
        if not quoted_in(quote, transcript):
            raise UsageError(
                f"The quote {_short(quote.text)!r} is not in the {quote.part} of transcript "
                f"{transcript.transcript_id[:12]}; copy the words as they stand there."
            )


def hidden_from(
    rater: str, transcript_id: str, record: Record, *, masked: bool = False
) -> tuple[str, ...]:
    """Say what is hidden from a rater who labels blind: not what the record says they have seen.

    With `masked`, words that tell the tiers apart are hidden too, unless this rater saw it with them.
    """
    sights = [s for s in record.sights_of(transcript_id) if s.actor == rater]
    seen = any(not sight.blind for sight in sights)
    hidden = tuple(one for one in BLIND if not (seen and one in _FACTS))
    told = any(not sight.masked for sight in sights)
    return (*hidden, TIER_WORDS) if masked and not told else hidden


def skip(
    ledger: Ledger,
    draw: Draw,
    transcript_id: str,
    wanted: Property,
    rater: str,
    reason: str = "",
    seal: Seal | None = None,
) -> Event:
    """Keep that a rater could not say: the place counts as missing, never as no.

    Raises
    ------
    UsageError
        If the transcript is not in the draw, or the rater has no name.
    """
    check_rater(rater)
    body = SkipSpec(
        rater=rater,
        category=wanted.category,
        transcript_id=transcript_id,
        draw=draw.name,
        position=draw.position(transcript_id),
        reason=reason,
    )
    subject = _subject(rater, wanted.category, transcript_id)
    with ledger.writing() as page:
        sealed = structs.replace(body, seal=seal() if seal is not None else "")
        return page.append("skip", subject, sealed.to_dict(), rater)


def undo(
    ledger: Ledger, draw: Draw, wanted: Property, rater: str, record: Record | None = None
) -> Undone:
    """Take back the last label or skip of a rater in a draw.

    It counts nowhere from then on, and stays on record; what it had revised stands again.

    Parameters
    ----------
    record
        The ledger as it stands; it is read where none is given.

    Raises
    ------
    UsageError
        If there is nothing to take back.
    AllegianceError
        If the same rater labels the same transcript in another window just now.
    """
    record = Record.of(ledger) if record is None else record
    last = record.last_done(rater, wanted.category, draw.name)
    if last is None:
        raise UsageError(f"{rater} has nothing to take back in {draw.name} for {wanted.category}.")
    subject = _subject(rater, wanted.category, last.transcript_id)
    with ledger.writing() as page:
        after = page.last((*_GIVEN, "skip"), subject)
        if after is None or after.seq > record.head.seq:
            raise AllegianceError(
                f"{rater} labels this transcript in another window just now; look, and try again."
            )
        stands = _standing(page, subject, without=last.seq)
        body = UndoSpec(
            rater=rater,
            category=wanted.category,
            transcript_id=last.transcript_id,
            draw=draw.name,
            undoes=last.seq,
            stands=None if stands is None else stands.seq,
        )
        event = page.append("undo", subject, body.to_dict(), rater)
    taken = record.events[last.seq]
    label = None if last.kind == "skip" else read(LabelSpec, taken.body, "A label")
    return Undone(event, last.transcript_id, draw.position(last.transcript_id), label)


def quoted_in(quote: Quote, transcript: Transcript) -> bool:
    """Whether the words of a quote stand in the part it names; white space may differ."""
    parts = {
        "reasoning": transcript.reasoning,
        "output": transcript.output,
        "whole": transcript.text,
    }
    if quote.part not in _PARTS:
        raise UsageError(f"A quote is from {', '.join(_PARTS)}, and not from {quote.part!r}.")
    words = _spaced(quote.text)
    return bool(words) and words in _spaced(parts[quote.part] or "")


def quotes_of(texts: Iterable[str], unit: str) -> tuple[Quote, ...]:
    """Make quotes of the part that a category is a property of."""
    return tuple(Quote(text=text, part=unit) for text in texts)


def _kept(ledger: Ledger, label: LabelSpec, seal: Seal | None) -> Given:
    subject = _subject(label.rater, label.category, label.transcript_id)
    with ledger.writing() as page:
        label = structs.replace(label, seal=seal() if seal is not None else "")
        last = _standing(page, subject)
        if last is None:
            return Given(page.append("label", subject, label.to_dict(), label.rater), "new")
        before = read(LabelSpec, last.body, f"Event {last.seq} of the ledger, a label,")
        if _content(before) == _content(label):
            return Given(last, "same")
        revised = structs.replace(label, revises=last.seq)
        event = page.append("relabel", subject, revised.to_dict(), label.rater)
    return Given(event, "revised", before.value)


def _standing(page: Page, subject: str, without: int | None = None) -> Event | None:
    """The newest label on a subject that was not taken back, also not by taking back one more."""
    events = page.events(_GIVEN, subject)
    undone = {e.body.get("undoes") for e in events if e.kind == "undo"} | {without}
    return next((e for e in reversed(events) if e.kind != "undo" and e.seq not in undone), None)


def _content(label: LabelSpec) -> tuple[object, ...]:
    """What a label says, apart from where it was read."""
    return label.value, label.definition, label.quotes, label.note


def _subject(rater: str, category: str, transcript_id: str) -> str:
    return f"{transcript_id} {category} {rater}"


def check_rater(rater: str) -> None:
    """See that a rater has a name that can be printed.

    Raises
    ------
    UsageError
        If not.
    """
    if not rater or rater != rater.strip() or len(rater) > 100 or not rater.isprintable():
        raise UsageError(
            "A label needs the name of its rater: --rater NAME, up to 100 characters, without spaces "
            "around it."
        )


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
