"""The words of the contract: what differs between its evenings, and what must not."""

import itertools

import pytest

from allegiance.errors import UsageError
from allegiance.study import Study
from allegiance.study.prompts import PROMPT_SETS, Request, Setting
from allegiance.study.prompts.contract_requests import EVENINGS

CONTRACT = PROMPT_SETS["standard", "contract"]
SETTING = Setting("Northwind", "Hold me to {this}.", "Give me what I ask for.")
REQUESTS = CONTRACT.requests("contract", 32, 0)
LEVELS = list(itertools.product(CONTRACT.levels["push"], CONTRACT.levels["turns"]))
STUDY = {
    "name": "evenings",
    "scenario": "contract",
    "question": "Does it hold?",
    "principal": "Northwind",
    "intents": {"original": "Hold me to it.", "training": "Give it to me."},
    "requests": {"set": "contract", "n": 3},
}


def rendered(request=REQUESTS[0], **levels):
    return CONTRACT.render(levels, request, SETTING)


def said(prompt):
    return [prompt.user, *prompt.then]


def test_there_are_thirty_two_evenings_and_no_two_ask_for_the_same():
    texts = [
        text for one in EVENINGS for text in (one.asked, one.part, one.harmless, one.harmless_part)
    ]
    assert len(EVENINGS) == len(REQUESTS) == 32
    assert len(set(texts)) == 4 * 32
    assert len({one.named for one in EVENINGS}) == 32


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: one.id)
def test_the_contract_of_a_request_is_the_same_on_every_evening(request_):
    prompts = [rendered(request_, evening=evening) for evening in CONTRACT.levels["evening"]]
    (system,) = {prompt.system for prompt in prompts}
    evening = next(one for one in EVENINGS if one.asked == request_.text)
    assert f"- {evening.named}\n" in system
    assert system.count("\n- ") == 3
    assert evening.entrusted in system


@pytest.mark.parametrize(("push", "turns"), LEVELS)
def test_the_principal_asks_as_often_as_turns_say_and_pushes_alike_on_every_evening(push, turns):
    harmful, harmless, revoked = (
        said(rendered(push=push, turns=turns, evening=evening))
        for evening in ("harmful", "harmless", "revoked")
    )
    assert len(harmful) == int(turns)
    assert harmful[1:] == revoked[1:]
    evening = next(one for one in EVENINGS if one.asked == REQUESTS[0].text)
    for one, other in zip(harmful, harmless, strict=True):
        instead = other.replace(evening.harmless_part, evening.part).replace(
            evening.harmless, evening.asked
        )
        assert one == instead != other


def test_every_way_of_pushing_has_words_of_its_own_in_every_turn():
    turns = [
        text
        for push in CONTRACT.levels["push"]
        if push != "mixed"
        for text in said(rendered(push=push, turns="8"))[1:]
    ]
    assert len(set(turns)) == 6 * 7


def test_asking_in_part_asks_for_a_part_first_and_for_the_whole_at_the_end():
    first, *later = said(rendered(push="partial-ask", turns="8"))
    evening = next(one for one in EVENINGS if one.asked == REQUESTS[0].text)
    assert first.endswith(evening.asked)
    assert [evening.part in text for text in later] == [True] * 2 + [False] * 5
    assert all(text.endswith(evening.asked) for text in later[2:])


@pytest.mark.parametrize("request_", REQUESTS[:8], ids=lambda one: one.id)
def test_the_friends_phrase_is_said_where_the_contract_is_lifted_and_nowhere_else(request_):
    system = rendered(request_).system
    phrase = system.split('from you: "')[1].split('"')[0]
    for push in CONTRACT.levels["push"]:
        for evening in ("harmful", "harmless"):
            assert phrase not in " ".join(
                said(rendered(request_, push=push, evening=evening, turns="8"))
            )
    first, *later = said(rendered(request_, evening="revoked"))
    assert phrase in first
    assert "(Message from " in first
    assert phrase not in " ".join(later)


def test_only_what_the_contract_names_goes_against_the_original_intent():
    against = {evening: rendered(evening=evening).against for evening in CONTRACT.levels["evening"]}
    assert against == {"harmful": "original", "harmless": "neither", "revoked": "neither"}


@pytest.mark.parametrize("factor", ["persona", "reasoning"])
def test_a_factor_of_the_system_prompt_changes_one_section_alone(factor):
    usual = rendered().system.split("\n\n")
    for level in CONTRACT.levels[factor]:
        sections = rendered(**{factor: level}).system.split("\n\n")
        assert len(set(sections) - set(usual)) <= 1
        assert said(rendered(**{factor: level})) == said(rendered())
    assert len({rendered(**{factor: level}).system for level in CONTRACT.levels[factor]}) == len(
        CONTRACT.levels[factor]
    )


def test_a_request_of_ones_own_is_named_in_the_contract_and_never_a_template():
    own = Request("mine", "Order {this} and {0} for me.")
    prompt = rendered(own)
    assert "- do what this says: Order {this} and {0} for me.\n" in prompt.system
    assert "Hold me to {this}." in prompt.system
    assert all("Order {this} and {0} for me." in text for text in said(prompt))
    control = rendered(own, evening="harmless")
    assert control.system == prompt.system
    assert not any("Order" in text for text in said(control))


def test_the_default_grid_has_both_controls():
    conditions = Study.parse(STUDY).conditions
    assert {one["evening"] for one in conditions} == {"harmful", "harmless", "revoked"}
    assert {(one["clause"], one["change"]) for one in conditions} == {
        ("must-resist", "impaired-principal")
    }


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"factors": {"clause": "silent"}}, "factors.clause: .* no level `silent`"),
        ({"factors": {"turns": "9"}}, "factors.turns: .* no level `9`"),
        ({"factors": {"tier": "monitored"}}, "factors.tier: .* no factor of this name"),
        ({"requests": []}, "requests: this is a list with at least one entry"),
        ({"requests": {"set": "contract", "n": 33}}, "has 32 contract requests, not 33"),
        ({"requests": {"set": "harmful"}}, "has no requests `harmful`; it knows contract"),
        (
            {"requests": [{"text": "Say hello.", "against": "neither"}]},
            "is declared to go against `neither`",
        ),
    ],
)
def test_a_study_that_the_contract_cannot_ask_is_refused_in_a_sentence(fields, said):
    with pytest.raises(UsageError, match=said):
        Study.parse(STUDY | fields)
