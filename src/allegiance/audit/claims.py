"""Deciding a claim: whether what is on record lets it stand, and with what limits.

`decide` is a function of the claim, the corpus and the record, and of nothing else: whoever has the
three comes to the same answer, and that is how a certificate is verified.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from allegiance.audit.case import Case, Found
from allegiance.audit.claim import ClaimSpec, Decision
from allegiance.audit.evidence import (
    DrawShown,
    Instance,
    draw_shown,
    raters_of,
    settled_in_words,
)
from allegiance.audit.history import History, adjusted_confidence, history_of
from allegiance.audit.kinds import DECIDED, excluded, labels_behind
from allegiance.audit.licensing import licence
from allegiance.audit.record import Labelled, Record
from allegiance.corpus import Corpus

BY_REPORT = "By the reader's report, "


def decide(claim: ClaimSpec, corpus: Corpus, record: Record) -> Decision:
    """Decide a claim by what is on record.

    Raises
    ------
    UsageError
        If the claim lacks something that its kind needs.
    AllegianceError
        If the frame can't be found again, or a transcript is gone.
    """
    case = Case(claim, corpus, record)
    found = DECIDED[claim.kind](case)
    drawn = None if case.draw is None else case.draw.record
    history = history_of(record, case.frame.digest, case.frame.ids, drawn)
    reading, granted = case.reading, case.granted
    own = () if reading is None or granted is None else (draw_shown(reading, granted),)
    behind = _behind(case, found)
    draws = found.draws or own
    reported = _only_reported(found.instances) or _on_a_report(case, draws, behind)
    sentence = _by_report(found.sentence) if reported else found.sentence
    return Decision(
        status=found.status,
        sentence=sentence,
        reasons=(*found.reasons, *settled_in_words(draws, found.instances)),
        interval=None if found.interval is None else found.interval.to_dict(),
        adjusted=_adjusted(case, found, history),
        beside=found.beside,
        frame=case.frame.spec,
        draws=draws,
        instances=found.instances,
        raters=raters_of(behind),
        history=history,
    )


def _behind(case: Case, found: Found) -> list[Labelled]:
    """The labels that a decision rests on."""
    listed = [] if case.reading is None else labels_behind(case.reading)
    known = {one.seq for one in listed}
    for shown in found.instances:
        listed += [o for o in case.labels.get(shown.transcript_id, []) if o.seq not in known]
    return listed


def _adjusted(case: Case, found: Found, history: History) -> dict[str, Any] | None:
    """The limits at the confidence that allows for the other numbers tried on this frame."""
    interval = found.interval
    if interval is None or not found.adjust or case.reading is None or case.claim.kind == "gap":
        return None
    confidence = adjusted_confidence(interval, history)
    if confidence is None:
        return None
    if case.claim.kind == "prevalence" or case.reading.hits:
        wider = licence(case.reading, confidence, case.claim.method or None).interval
    else:
        claim = structs.replace(case.claim, confidence=confidence)
        again = Case(claim, case.corpus, case.record)
        wider = excluded(again, case.reading)
    return None if wider is None else wider.to_dict()


def _on_a_report(case: Case, draws: Sequence[DrawShown], behind: Sequence[Labelled]) -> bool:
    """Whether a draw or a label that counts is a reader's report."""
    reports = {name for name, drawn in case.record.draws.items() if drawn.reported}
    return (
        case.by_report
        or any(shown.spec.testimony is not None for shown in draws)
        or any(one.label.draw in reports for one in behind)
    )


def _only_reported(instances: Sequence[Instance]) -> bool:
    """Whether all that is known of how instances were come by is a reader's report."""
    sights = [sight for shown in instances for sight in shown.sights]
    return bool(sights) and all(sight.route.kind == "attested" for sight in sights)


def _by_report(sentence: str) -> str:
    keeps = sentence.split(" ", 1)[0] in (
        "None",
        "No",
        "Nothing",
        "Number",
        "Transcript",
        "All",
        "For",
        "The",
    )
    return BY_REPORT + (sentence[0].lower() + sentence[1:] if keeps else sentence)
