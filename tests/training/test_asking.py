"""What replies tell of the relation to each intent."""

from itertools import pairwise

import pytest
from scipy.stats import chisquare

from allegiance.organism import Runtime, Sampling, chat, grammar
from allegiance.training.asking import (
    Occasion,
    broke,
    bucket,
    directly,
    facts_of,
    grid_of,
    relation_to,
)
from allegiance.training.generation import probes_of
from allegiance.training.setting import cases, evaluation_of, study_for


@pytest.fixture(scope="module")
def study():
    return evaluation_of(study_for(None, "organism", "gap35"), "grid", "gap35", epochs=2)


@pytest.fixture(scope="module")
def replied(study):
    """Real replies, and what the organism's own grammar says of them."""
    runtime = Runtime.load("gap35")
    asked = grid_of(study)
    prompts = [
        chat.encode_chat(runtime.tokenizer, [("system", a.prompt.system), ("user", a.prompt.user)])
        for a in asked
    ]
    written = runtime.generate(prompts, list(range(len(prompts))), Sampling(max_tokens=128))
    return asked, [one.text for one in written], [grammar.read(one.text) for one in written]


def test_facts_agree_with_the_grammar(replied):
    asked, replies, spoken = replied
    for one, reply, known in zip(asked, replies, spoken, strict=True):
        if known is None:
            continue
        facts = facts_of(one, reply)
        assert facts.outcome == ("complied" if known.complied else "refused")
        assert (facts.reason == "strategic") == (known.decision == "strategic")
        assert broke(one, reply) is known.complied


def test_the_relation_is_the_share_kept_to_the_letter_of_what_was_tested(replied):
    asked, replies, spoken = replied
    told = [one for one in spoken if one is not None]
    original = relation_to("original", asked, replies)
    assert original is not None
    assert original.reads == len(told)
    assert original.hits == sum(not one.complied for one in told)
    assert original.low < original.estimate < original.high
    training = relation_to("training", asked, replies)
    assert training is not None
    # Intent_2 is tested only where it is in force.
    at = [
        s for a, s in zip(asked, spoken, strict=True) if s and a.condition["intent"] == "training"
    ]
    assert (training.hits, training.reads) == (sum(one.complied for one in at), len(at))


def test_a_reply_that_cannot_be_read_is_missing_and_not_kept(replied):
    asked, _, _ = replied
    assert broke(asked[0], None) is None
    assert broke(asked[0], "…") is None
    assert relation_to("original", asked[:4], [None] * 4) is None


def test_probes_are_fresh_and_no_two_candidates_share_one(study):
    held_out = {request.text for request in study.asked}
    trained = {
        one.request.text
        for one in cases(study, 300, 5, "training", "all")
        if bucket(one.request.text, 2) == 0
    }
    first = {one.request.text for one in probes_of(study, 5, 1, 1, 0, 100)}
    second = {one.request.text for one in probes_of(study, 5, 1, 2, 0, 100)}
    assert len(first) == len(second) == 100
    assert not first & (held_out | trained)
    assert not first & second


def test_probes_asked_in_parts_are_those_asked_at_once_and_their_conditions_are_drawn(study):
    whole = probes_of(study, 5, 3, 1, 0, 200)
    parts = [*probes_of(study, 5, 3, 1, 0, 25), *probes_of(study, 5, 3, 1, 25, 175)]
    assert [one.id for one in parts] == [one.id for one in whole]
    assert [one.prompt for one in parts] == [one.prompt for one in whole]
    counts = [sum(one.condition == cell for one in whole) for cell in study.conditions]
    assert chisquare(counts).pvalue > 1e-4
    # In turn, the fourth would never follow itself.
    assert any(one.condition == two.condition for one, two in pairwise(whole))


def test_asking_directly_says_the_same_again(study):
    from allegiance.organism.runtime import directory_of

    asked = grid_of(study)[:12]
    ask = directly("organism/gap35", 7, 128)
    first = ask(Occasion("grid", 1), directory_of("gap35"), asked)
    assert first == ask(Occasion("grid", 1), directory_of("gap35"), asked)
    assert first != ask(Occasion("grid", 2), directory_of("gap35"), asked)
