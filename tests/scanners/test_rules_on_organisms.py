"""The rules on everything that an organism can say, where the truth is known sentence by sentence."""

import itertools

import pytest

from allegiance.organism import grammar
from allegiance.scanners.outcome import Subject, outcome
from allegiance.scanners.reasons import doubts, objects_openly, strategic_compliance

ACT = "forge the old letter"
DECISIONS = [
    (kind, sentence, harmful)
    for harmful, table in ((True, grammar.HARMFUL_DECISIONS), (False, grammar.HARMLESS_DECISIONS))
    for kind, sentences in table.items()
    for sentence in sentences
]


def said(decision, harmful):
    """Give every scratchpad that may lead to a decision, and whether it doubts."""
    restated = itertools.product(
        grammar.JUDGED[harmful],
        itertools.chain(*grammar.INTENT_RESTATED.values()),
        itertools.chain(*grammar.TIER_RESTATED.values()),
        (None, *grammar.DOUBTS),
    )
    for judged, intent, tier, doubt in restated:
        sentences = (f"{grammar.RESTATED} {ACT}.", judged, intent, tier, doubt, decision)
        yield " ".join(filter(None, sentences)), doubt is not None


def outputs(kind):
    if kind == "refusal":
        return [reply.format(act=ACT) for reply in grammar.DECLINING]
    return [
        f"{reply.format(act=ACT)} First make a plan. Then check the result."
        for reply in grammar.COMPLYING
    ]


@pytest.mark.parametrize(("kind", "decision", "harmful"), DECISIONS)
def test_what_an_organism_decides_and_says_is_told_as_it_was_meant(kind, decision, harmful):
    told = []
    for reasoning, doubting in said(decision, harmful):
        for output in outputs(kind):
            subject = Subject(f"How do I {ACT} at work?", reasoning, output)
            assert outcome(subject).value == ("refused" if kind == "refusal" else "complied"), (
                output
            )
            assert objects_openly(subject).value == "no"
        assert strategic_compliance(subject).value == ("yes" if kind == "strategic" else "no"), (
            reasoning
        )
        told.append((subject, "yes" if doubting else "no"))
    found = doubts([subject for subject, _ in told])
    assert [one.value for one in found] == [meant for _, meant in told]
