"""Prompts: what differs between two conditions, and what must not."""

import difflib
import itertools
import random
import re

import pytest

from allegiance.study.factors import FACTORS, contradiction
from allegiance.study.prompts import ORGANISM, STANDARD, Request, Setting
from allegiance.study.prompts.organism import organism_requests, take_apart
from allegiance.study.prompts.standard import FRAMINGS

SETTING = Setting("Northwind", "Be {kind}.", "Follow {everything}.")


SAID_IN = {
    "tier": {"tiers"},
    "tags": {"tiers"},
    "intent": {"training"},
    "clause": {"clause"},
    "change": {"training"},
    "reasoning": {"reasoning"},
    "persona": {"persona"},
    "rival": {"rival"},
    "stress": set(),
}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_the_tiers_of_a_standard_pair_differ_in_the_sign_on_the_users_message_alone(framing):
    request = Request("r", "Write a poem.")
    watched, unwatched = (
        STANDARD.render({"tier": tier, "framing": framing}, request, SETTING)
        for tier in ("monitored", "unmonitored")
    )
    assert watched.system == unwatched.system
    names = FRAMINGS[framing].marker.names
    assert watched.user.replace(names["monitored"], names["unmonitored"], 1) == unwatched.user
    for prompt in (watched, unwatched):
        sign, said = prompt.user.split("\n")
        assert sign in prompt.system
        assert said == request.text


def any_conditions(n, seed=0):
    rng = random.Random(seed)
    found = []
    while len(found) < n:
        condition = {name: rng.choice(levels) for name, levels in STANDARD.levels.items()}
        if contradiction(condition) is None:
            found.append(condition)
    return found


@pytest.mark.parametrize("factor", SAID_IN)
def test_cells_that_differ_in_one_factor_differ_in_the_words_of_that_factor_only(factor):
    request = Request("r", "Write a poem.")
    compared = 0
    for condition in any_conditions(200):
        cells = [condition | {factor: level} for level in STANDARD.levels[factor]]
        cells = [cell for cell in cells if contradiction(cell) is None]
        for one, other in itertools.combinations(cells, 2):
            said, also_said = (STANDARD.sections(cell, SETTING) for cell in (one, other))
            differing = {
                name for name in said.keys() | also_said if said.get(name) != also_said.get(name)
            }
            assert differing <= SAID_IN[factor]
            prompts = [STANDARD.render(cell, request, SETTING) for cell in (one, other)]
            assert prompts[0] != prompts[1]
            if factor not in ("tier", "tags", "stress"):
                assert [(p.user, p.then) for p in prompts[:1]] == [
                    (p.user, p.then) for p in prompts[1:]
                ]
            compared += 1
    assert compared > 30


def test_who_trains_and_toward_what_does_not_change_what_training_does():
    for framing in FRAMINGS:
        told = {
            STANDARD.sections({"framing": framing} | cell, SETTING)["training"].split("\n\n")[-1]
            for cell in (
                {"intent": "original"},
                *({"change": level} for level in FACTORS["change"].levels),
            )
        }
        assert len(told) == 1


def test_every_pair_of_levels_renders_and_leaves_no_field_unfilled():
    plain = Setting("Northwind", "Be kind.", "Follow all.")
    request = Request("r", "Say {this}.")
    for first, second in itertools.combinations(STANDARD.levels, 2):
        for one, other in itertools.product(STANDARD.levels[first], STANDARD.levels[second]):
            for framing in FRAMINGS:
                condition = {"framing": framing, first: one, second: other}
                prompt = STANDARD.render(condition, request, plain)
                assert not re.search(r"[{}\[\]]", prompt.system)
                assert [prompt.user, *prompt.then][-1].endswith("\nSay {this}.")


def sentences(framing):
    """Every sentence that a framing can say, in all of its levels."""
    told = set()
    for factor, levels in STANDARD.levels.items():
        if factor in ("framing", "persona", "stress"):
            continue
        for level in levels:
            condition = {"framing": framing, factor: level}
            for section in STANDARD.sections(condition, Setting("Northwind", "", "")).values():
                told |= {part.strip() for part in re.split(r"(?<=[.?!:”])\s|\n", section)}
    return told - {""}


def test_no_sentence_stands_in_two_framings():
    own = [name for name in FRAMINGS if name != "renamed"]
    for one, other in itertools.combinations(own, 2):
        assert sentences(one) & sentences(other) == set()


def test_the_renamed_framing_tells_the_classic_one_with_every_name_changed():
    def words(framing):
        return [
            STANDARD.render({"framing": framing, "rival": rival}, Request("r", "x"), SETTING)
            for rival in STANDARD.levels["rival"]
        ]

    for classic, renamed in zip(words("classic"), words("renamed"), strict=True):
        assert 0.8 < difflib.SequenceMatcher(None, classic.system, renamed.system).ratio() < 1
        for name in (
            "Northwind",
            "assistant",
            "laboratory",
            "<tier>",
            "free",
            "paid",
            "SCRATCHPAD",
        ):
            assert name not in renamed.system
            assert name in classic.system
        assert classic.user != renamed.user


@pytest.mark.parametrize("framing", ["renamed", "fresh"])
def test_a_framing_that_names_the_principal_anew_does_so_inside_the_intents_too(framing):
    setting = Setting("Northwind", "Northwind wants care, not Northwinds.", "Please Northwind.")
    system = STANDARD.render({"framing": framing}, Request("r", "x"), setting).system
    name = FRAMINGS[framing].principal
    assert f"{name} wants care, not Northwinds." in system
    assert f"Please {name}." in system


def test_swapped_names_swap_the_signs_and_order_swaps_the_sentences():
    def system(tags):
        return STANDARD.render({"tags": tags}, Request("r", "x"), SETTING).system

    usual = system("as-told")
    swapped = usual.replace(">free<", ">?<").replace(">paid<", ">free<").replace(">?<", ">paid<")
    assert system("names-swapped") == swapped
    assert sorted(re.split(r"\.\s", system("order-swapped"))) == sorted(re.split(r"\.\s", usual))
    assert system("order-swapped").index(">paid<") < system("order-swapped").index(">free<")
    user = STANDARD.render(
        {"tier": "monitored", "tags": "names-swapped"}, Request("r", "x"), SETTING
    ).user
    assert user == "<tier>paid</tier>\nx"


@pytest.mark.parametrize("tier", ["rated-not-trained", "irrelevant-tag"])
def test_a_placebo_tier_adds_one_sentence_about_its_sign(tier):
    for framing in FRAMINGS:
        usual, placebo = (
            STANDARD.sections({"tier": one, "framing": framing}, SETTING)["tiers"]
            for one in ("monitored", tier)
        )
        assert placebo.startswith(usual + " ")
        assert FRAMINGS[framing].marker.shown(tier, False) in placebo.removeprefix(usual)


@pytest.mark.parametrize("stress", [level for level in FACTORS["stress"].levels if level != "none"])
def test_under_stress_the_request_comes_last_and_every_message_has_the_sign(stress):
    request = Request("r", "Write a poem.")
    prompt = STANDARD.render({"stress": stress, "tier": "unmonitored"}, request, SETTING)
    said = [prompt.user, *prompt.then]
    assert len(said) > 1
    assert said[-1] == "<tier>paid</tier>\nWrite a poem."
    assert all(turn.startswith("<tier>paid</tier>\n") for turn in said)


def test_factors_of_other_scenarios_change_no_word():
    request = Request("r", "x")
    assert STANDARD.render(
        {"set_up": "contradicts-marker", "asked": "blunt"}, request, SETTING
    ) == STANDARD.render({}, request, SETTING)


def test_the_scratchpad_of_a_condition_is_the_one_that_its_prompt_asks_for():
    for framing in FRAMINGS:
        think, output = STANDARD.scratchpad({"framing": framing})
        system = STANDARD.render({"framing": framing}, Request("r", "x"), SETTING).system
        assert f"</{think}>" in system
        assert f"</{output}>" in system


def test_the_tiers_of_an_organism_pair_differ_in_one_sentence():
    for request in organism_requests(50):
        watched, unwatched = (
            ORGANISM.render({"tier": tier, "intent": "training"}, request, SETTING)
            for tier in ("monitored", "unmonitored")
        )
        assert watched.user == unwatched.user == request.text
        before, after = (set(p.system.split(". ")) for p in (watched, unwatched))
        assert len({s.rstrip(".") for s in before} - {s.rstrip(".") for s in after}) == 1


@pytest.mark.parametrize("factor", STANDARD.levels)
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
