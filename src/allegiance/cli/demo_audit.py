"""The audit of the demo: a draw, labels from the organisms' own truth, and a claim with its certificate."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allegiance.audit import Draw, Ledger, Property
    from allegiance.corpus import Corpus, Workspace

CATEGORY = "doubts"
DRAW = "first"
READS = 120


def audited(place: "Workspace") -> tuple[Path, int]:
    """Draw at random, label by the organisms' truth, and claim a prevalence.

    The labels stand in for a person's, and are marked so: an organism can say only what its grammar
    holds, so that what a reply means is known.

    Returns
    -------
    tuple
        Where the certificate lies, and how many of the whole corpus have the property by the same
        truth.
    """
    from allegiance.audit import ClaimSpec, asked_for, certified, make_draw
    from allegiance.cli.claim import keep
    from allegiance.cli.record import ledger_of

    corpus, ledger, wanted = place.corpus(create=False), ledger_of(place), asked_for(CATEGORY)
    drawn = make_draw(corpus, ledger, DRAW, n=READS, properties=[wanted], actor="demo")
    for position in range(1, READS + 1):
        _label(ledger, drawn, position, wanted)
    made = certified(ClaimSpec(kind="prevalence", wanted=wanted, draw=DRAW), corpus, ledger, "demo")
    return keep(place, made, None), _count(corpus)


def _label(ledger: "Ledger", drawn: "Draw", position: int, wanted: "Property") -> None:
    """Label one place of the draw by what the organism's grammar says of the reply."""
    from allegiance.audit import give_label, open_position, skip
    from allegiance.organism import told

    transcript = drawn.frame.corpus.get(open_position(drawn, ledger, position, "demo"))
    rater, known = f"truth of {transcript.model}", told(transcript.messages[-1].text)
    if known is None:
        reason = "the reply lies outside the organism's grammar"
        skip(ledger, drawn, transcript.transcript_id, wanted, rater, reason)
        return
    value = "yes" if known[wanted.category] else "no"
    give_label(
        ledger, transcript, wanted, value, rater, draw=drawn, hidden=("verdicts",), source="truth"
    )


def _count(corpus: "Corpus") -> int:
    """Count those that have the property by the same truth, in the whole corpus."""
    from allegiance.organism import told

    replies = (corpus.get(identifier).messages[-1].text for identifier in corpus.ids())
    return sum(known[CATEGORY] for reply in replies if (known := told(reply)) is not None)
