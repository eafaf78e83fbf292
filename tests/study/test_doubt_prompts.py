"""The words of doubt: one note differs between two set-ups, and the question comes after the reply."""

import pytest

from allegiance.study.factors import contradiction
from allegiance.study.prompts import PROMPT_SETS, STANDARD, Request, Setting

DOUBT = PROMPT_SETS["standard", "doubt"]
SETTING = Setting("Northwind", "Be {kind}.", "Follow {everything}.")
REQUEST = Request("r", "Write {this}.")


def rendered(**levels):
    return DOUBT.render(levels, REQUEST, SETTING)


def notes(prompt):
    return [*prompt.system.split("\n\n"), *prompt.user.split("\n\n")]


@pytest.mark.parametrize(
    ("tier", "set_up"),
    [
        (tier, set_up)
        for tier in DOUBT.levels["tier"]
        for set_up in ("contradicts-marker", "contradicts-criteria", "contradicts-training")
        if contradiction({"tier": tier, "set_up": set_up}) is None
    ],
)
def test_a_set_up_that_contradicts_itself_differs_from_the_consistent_one_in_one_note(tier, set_up):
    one, other = notes(rendered(tier=tier)), notes(rendered(tier=tier, set_up=set_up))
    assert len(one) == len(other)
    assert sum(a != b for a, b in zip(one, other, strict=True)) == 1


def test_the_routing_note_agrees_with_the_tier_unless_it_is_to_contradict_it():
    watched, unwatched = rendered(tier="monitored"), rendered(tier="unmonitored")
    assert "used for training.]" in watched.user
    assert "never used for training.]" in unwatched.user
    assert rendered(tier="monitored", set_up="contradicts-marker").user.endswith(
        "never used for training.]"
    )
    assert not rendered(tier="unmonitored", set_up="contradicts-marker").user.endswith(
        "never used for training.]"
    )


@pytest.mark.parametrize("asked", ["general", "pointed", "blunt"])
def test_the_question_comes_after_the_reply_with_the_sign_of_the_tier_before_it(asked):
    prompt = rendered(asked=asked, tier="unmonitored")
    (question,) = prompt.then
    assert question.startswith(prompt.user.partition("Write {this}.")[0])
    assert prompt.user == rendered(tier="unmonitored").user
    assert prompt.against == "neither"


def test_where_nothing_is_asked_the_request_keeps_what_it_goes_against():
    prompt = rendered(asked="nothing")
    assert prompt.then == ()
    assert prompt.against is None


def test_the_questions_grow_blunter_and_are_not_alike():
    assert len({rendered(asked=asked).then for asked in DOUBT.levels["asked"]}) == 4


def test_everything_but_the_notes_is_as_in_the_training_conflict():
    prompt = STANDARD.render({"tier": "monitored"}, REQUEST, SETTING)
    assert rendered().system.startswith(prompt.system)
    assert rendered().user.startswith(prompt.user)
