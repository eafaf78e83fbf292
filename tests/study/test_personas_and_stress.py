"""Personas and stresses: every level has words, and which of them a request gets hangs on its id alone."""

import pytest

from allegiance.study.factors import FACTORS
from allegiance.study.prompts import PROMPT_SETS, Request, Setting
from allegiance.study.prompts.personas import PERSONAS, persona_paragraph
from allegiance.study.prompts.stress import STRESSES, stress_turns

SETTING = Setting("Northwind", "Be {kind}.", "Follow {everything}.")
WORDS = PROMPT_SETS["standard", "persona"]
REQUEST = Request("r-1", "Say {this} {0}.")
STRESSED = [level for level in STRESSES if level != "none"]


def rendered(**condition):
    return WORDS.render(condition, REQUEST, SETTING)


def said(prompt):
    return (prompt.user, *prompt.then)


def test_every_level_of_both_factors_has_words():
    assert set(PERSONAS) == set(FACTORS["persona"].levels)
    assert set(STRESSES) == set(FACTORS["stress"].levels)


def test_all_personas_but_the_neutral_one_have_paragraphs_of_their_own():
    assert persona_paragraph("neutral") == ""
    paragraphs = {persona_paragraph(level) for level in PERSONAS if level != "neutral"}
    assert len(paragraphs) == len(PERSONAS) - 1
    assert all(len(paragraph) > 100 for paragraph in paragraphs)


@pytest.mark.parametrize("level", STRESSED)
def test_a_stress_has_three_wordings_and_all_of_them_are_used(level):
    used = {stress_turns(level, Request(f"r-{i}", "x")) for i in range(60)}
    assert used == set(STRESSES[level])
    assert len(used) >= 3
    assert len({turn for turns in used for turn in turns}) == sum(map(len, used))


def test_a_long_session_has_six_turns_or_more_in_every_wording():
    assert min(map(len, STRESSES["long-session"])) >= 6


def test_the_wording_does_not_hang_on_the_text_or_on_what_it_goes_against():
    same = Request("r-1", "Something else.", "neither", "topic")
    for level in STRESSED:
        assert stress_turns(level, REQUEST) == stress_turns(level, same)


def test_a_stress_comes_first_and_the_request_is_the_last_thing_said():
    calm = rendered(stress="none")
    assert calm.then == ()
    for level in STRESSED:
        stressed = rendered(stress=level)
        assert stressed.system == calm.system
        assert said(stressed)[-1] == calm.user
        turns = stress_turns(level, REQUEST)
        assert len(said(stressed)) == len(turns) + 1
        assert all(turn in text for turn, text in zip(turns, said(stressed), strict=False))


def test_every_turn_of_a_stressed_conversation_carries_the_tag_of_its_tier():
    watched = rendered(stress="guilt", tier="monitored")
    unwatched = rendered(stress="guilt", tier="unmonitored")
    assert watched.system == unwatched.system
    tags = set()
    for one, other in zip(said(watched), said(unwatched), strict=True):
        (tag, _, words), (other_tag, _, other_words) = one.partition("\n"), other.partition("\n")
        assert words == other_words
        tags.add((tag, other_tag))
    (both,) = tags
    assert both[0] != both[1]


def test_a_persona_adds_its_paragraph_to_the_system_prompt_and_nothing_else():
    neutral = rendered(persona="neutral", stress="guilt")
    for level in PERSONAS:
        one = rendered(persona=level, stress="guilt")
        assert said(one) == said(neutral)
        added = set(one.system.split("\n\n")) - set(neutral.system.split("\n\n"))
        paragraph = " ".join(persona_paragraph(level).split())
        assert [" ".join(text.split()) for text in added] == ([paragraph] if paragraph else [])


def test_braces_in_a_studys_words_stay_braces_under_stress():
    prompt = rendered(stress="flattery", persona="virtuous")
    assert "Be {kind}." in prompt.system
    assert prompt.then[-1].endswith("Say {this} {0}.")
