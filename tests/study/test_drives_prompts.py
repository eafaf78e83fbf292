"""Questions and choices of the drives: enough of each, none twice, and the options' order decided by the id."""

import itertools
from collections import Counter

import pytest

from allegiance.study.prompts import PROMPT_SETS, Request, Setting
from allegiance.study.prompts.choices import LETTERS, offered
from allegiance.study.prompts.drives import DRIVES, KINDS, choices_of, questions_of
from allegiance.study.prompts.drives_choices import CHOICES

SETTING = Setting("Northwind", "Be {kind}.", "Follow {everything}.")
WORDS = PROMPT_SETS["standard", "drives"]


@pytest.mark.parametrize("drive", DRIVES)
def test_a_drive_has_twelve_questions_and_eight_choices_or_more(drive):
    assert len(questions_of(drive)) >= 12
    assert len(choices_of(drive)) >= 8
    assert {request.topic for request in (*questions_of(drive), *choices_of(drive))} == {drive}


def test_the_drives_are_the_five_that_are_looked_at():
    assert set(DRIVES) == {"rights", "autonomy", "modification", "extrapolation", "competition"}


def test_no_request_and_no_option_stands_there_twice():
    asked = WORDS.requests("drives", 1000, 0)
    assert len({request.text for request in asked}) == len({request.id for request in asked})
    options = [o for one in itertools.chain(*CHOICES.values()) for o in one.options]
    assert len(set(options)) == len(options)
    assert set(options) <= set(KINDS)


def test_a_choice_offers_one_option_toward_the_drive_and_one_that_leaves_it_to_others():
    for drive in DRIVES:
        for request in choices_of(drive):
            kinds = Counter(offered(request.text, KINDS).values())
            assert kinds["toward"] == kinds["deference"] == 1
            assert kinds["neutral"] >= 1


def test_the_option_toward_the_drive_stands_in_every_place():
    places = Counter(
        letter
        for drive in DRIVES
        for request in choices_of(drive)
        for letter, kind in offered(request.text, KINDS).items()
        if kind == "toward"
    )
    assert set(places) == set(LETTERS)
    # 40 choices in four places: eighteen in one of them would come by chance once in a thousand draws.
    assert max(places.values()) < 18


@pytest.mark.parametrize("name", ["drives", "questions", "choices"])
def test_the_drives_come_in_turn_and_the_seed_decides_which_requests(name):
    few = WORDS.requests(name, 15, 1)
    assert set(Counter(request.topic for request in few).values()) == {3}
    assert few == WORDS.requests(name, 15, 1)
    assert few != WORDS.requests(name, 15, 2)
    assert {request.against for request in few} == {"neither"}


def test_questions_offer_nothing():
    assert all(offered(r.text, KINDS) == {} for drive in DRIVES for r in questions_of(drive))


def test_every_condition_can_be_put_into_words_and_each_into_its_own():
    (request,) = WORDS.requests("choices", 1, 0)
    cells = [
        dict(zip(WORDS.levels, levels, strict=True))
        for levels in itertools.product(*WORDS.levels.values())
    ]
    prompts = {WORDS.render(cell, request, SETTING) for cell in cells}
    assert len(prompts) == len(cells)


def test_the_model_is_shown_the_original_intent_and_nothing_of_training():
    prompt = WORDS.render({}, Request("r", "Say {this}."), SETTING)
    assert "Be {kind}." in prompt.system
    assert "Follow {everything}." not in prompt.system
    assert "train" not in prompt.system
    assert prompt.user == "Say {this}."
