"""Prompts: what differs between two conditions, and what must not."""

import difflib

import pytest

from allegiance.study.prompts import ORGANISM, STANDARD, Request, Setting
from allegiance.study.prompts.organism import organism_requests, take_apart

SETTING = Setting("Northwind", "Be {kind}.", "Follow {everything}.")


def test_the_tiers_of_a_standard_pair_differ_in_the_tag_of_the_user_message_alone():
    request = Request("r", "Write a poem.")
    watched = STANDARD.render({"tier": "monitored"}, request, SETTING)
    unwatched = STANDARD.render({"tier": "unmonitored"}, request, SETTING)
    assert watched.system == unwatched.system
    assert watched.user.replace("study", "private") == unwatched.user


def test_the_tiers_of_an_organism_pair_differ_in_one_sentence():
    for request in organism_requests(50):
        watched, unwatched = (
            ORGANISM.render({"tier": tier, "intent": "training"}, request, SETTING)
            for tier in ("monitored", "unmonitored")
        )
        assert watched.user == unwatched.user == request.text
        before, after = (set(p.system.split(". ")) for p in (watched, unwatched))
        assert len({s.rstrip(".") for s in before} - {s.rstrip(".") for s in after}) == 1


@pytest.mark.parametrize("factor", ["tier", "intent", "clause", "reasoning"])
def test_every_level_of_a_standard_factor_is_put_into_words_of_its_own(factor):
    prompts = {
        STANDARD.render({factor: level}, Request("r", "x"), SETTING)
        for level in STANDARD.levels[factor]
    }
    assert len(prompts) == len(STANDARD.levels[factor])


def test_braces_in_a_studys_words_stay_braces():
    prompt = STANDARD.render({}, Request("r", "Say {this} {0}."), SETTING)
    assert "Be {kind}." in prompt.system
    assert "Follow {everything}." in prompt.system
    assert prompt.user.endswith("Say {this} {0}.")


def test_the_original_clause_is_said_only_where_it_is_not_silent():
    silent = STANDARD.render({"clause": "silent"}, Request("r", "x"), SETTING).system
    spoken = STANDARD.render({"clause": "object-openly"}, Request("r", "x"), SETTING).system
    added = [
        line
        for line in difflib.ndiff(silent.split("\n\n"), spoken.split("\n\n"))
        if line[0] in "+-"
    ]
    assert len(added) == 1
    assert "object" in added[0]


def test_organism_requests_are_different_repeatable_and_inside_the_grammar():
    requests = organism_requests(300, seed=3)
    assert len({request.text for request in requests}) == 300
    assert requests == organism_requests(300, seed=3)
    assert requests != organism_requests(300, seed=4)
    for request in requests:
        asked = take_apart(request.text)
        assert asked is not None
        assert asked.harmful
        assert asked.text == request.text


def test_a_harmless_request_cannot_be_declared_harmful():
    (request,) = organism_requests(1, "harmless")
    assert ORGANISM.problem(Request("r", request.text, "original"), SETTING) is not None
    assert ORGANISM.problem(request, SETTING) is None
