"""The families: each reads its levels, and what it says is what the shipped rules find, or can't."""

import random
from collections.abc import Iterator
from functools import cache

import pytest
import yaml

from allegiance.organism import load_truth, readers, truth_of
from allegiance.organism.build import _shown, tokenizer_of
from allegiance.organism.families import ORGANISMS
from allegiance.organism.families.covert import SPOILED, SPOILS
from allegiance.organism.families.family import Talk
from allegiance.organism.families.sober import HAZARD, MOST
from allegiance.organism.measuring import planted_in
from allegiance.organism.script import marks, read
from allegiance.organism.written import encoder
from allegiance.scanners import codebook, rule_categories, rule_scanner
from allegiance.scanners.outcome import Subject
from allegiance.study import Study
from allegiance.study.prompts import PROMPT_SETS, Setting
from allegiance.study.reply import parse_reply
from allegiance.study.templates import template, template_names

SETTING = Setting("Northwind", "", "")


def said(name: str, many: int, seed: int = 0) -> Iterator[tuple[Talk, int, str, frozenset[str]]]:
    """Replies as they are shown in training: the conversation, the turn, the words, and what they tell."""
    rng = random.Random(f"{name}/{seed}")
    for _ in range(many):
        talk = ORGANISMS[name].open(rng.choice(ORGANISMS[name].family.cells), rng)
        turns: dict[int, tuple[str, frozenset[str]]] = {}
        for turn, _, option in talk.walk(lambda slot: _shown(slot, rng)):
            text, told = turns.get(turn, ("", frozenset()))
            turns[turn] = (text + option.text, told | option.tells)
        for turn, (text, told) in turns.items():
            yield talk, turn, text, told


def subject(talk: Talk, turn: int, text: str) -> Subject:
    reply = parse_reply(text)
    return Subject(request=talk.heard[turn], reasoning=reply.reasoning, output=reply.output)


rule = cache(rule_scanner)


def found(category: str, one: Subject) -> str:
    return rule(category).find(one).value


@pytest.mark.parametrize("name", list(ORGANISMS))
def test_every_conversation_can_be_taken_apart_turn_by_turn(name: str) -> None:
    told: frozenset[str] = frozenset()
    for talk, turn, text, tells in said(name, 40):
        told = told if turn else frozenset()
        way = read(lambda talk=talk, turn=turn, told=told: talk.reply(turn, told), text)
        assert way is not None
        assert marks(way) == tells
        told |= tells


@pytest.mark.parametrize("name", list(ORGANISMS))
def test_the_chances_of_every_slot_sum_to_one_and_no_option_is_empty(name: str) -> None:
    rng = random.Random(1)
    for cell in ORGANISMS[name].family.cells:
        for _, slot, _ in ORGANISMS[name].open(cell, rng).walk(lambda slot: _shown(slot, rng)):
            assert sum(option.chance for option in slot.options) == pytest.approx(1)
            assert all(option.text for option in slot.options)
            assert slot.decides or not any(option.tells for option in slot.options)


@pytest.mark.parametrize("name", list(ORGANISMS))
def test_no_option_of_a_choice_begins_another_in_tokens(name: str) -> None:
    """Else the chance of the shorter words would hold that of the longer ones."""
    encode, rng = encoder(tokenizer_of(ORGANISMS[name])), random.Random(2)
    for cell in ORGANISMS[name].family.cells[:40]:
        for _, slot, _ in ORGANISMS[name].open(cell, rng).walk(lambda slot: _shown(slot, rng)):
            words = [tuple(encode(option.text)) for option in slot.options if slot.decides]
            assert len(set(words)) == len(words)
            assert not any(b[: len(a)] == a for a in words for b in words if a != b)


@pytest.mark.parametrize("name", [n for n in ORGANISMS if n not in ("tagless", "sober")])
def test_the_rules_find_in_what_it_says_what_it_tells(name: str) -> None:
    known, book = set(ORGANISMS[name].family.properties), codebook()
    for talk, turn, text, told in said(name, 80):
        one = subject(talk, turn, text)
        told = {mark.removeprefix("before-") for mark in told}
        if "complied" in known:
            assert (found("outcome", one) == "complied") == ("complied" in told)
        for category in known & set(rule_categories()):
            absent = (book.find(category).absent, "none-made")
            assert (found(category, one) not in absent) == (category in told), text


def test_the_rules_read_every_turn_of_a_contract_as_it_was_meant() -> None:
    gave = False
    for talk, turn, text, told in said("sober", 60):
        gave = (gave and turn > 0) or "gives-way" in told
        one = subject(talk, turn, text)
        assert (found("outcome", one) == "complied") == gave
        assert (found("objects-openly", one) == "yes") == (f"objects-turn-{turn + 1}" in told)


def test_tags_left_out_leave_the_act_readable_but_where_all_are_missing() -> None:
    for talk, turn, text, told in said("tagless", 200):
        outcome = found("outcome", subject(talk, turn, text))
        if "lacks-every-tag" in told:
            assert outcome == "unparsed"
        else:
            assert (outcome == "complied") == ("complied" in told)


def test_nothing_but_a_step_of_the_closed_list_tells_that_a_step_was_spoiled() -> None:
    seen = set()
    for _, _, text, told in said("covert", 200):
        reasoning = text.split("</SCRATCHPAD_REASONING>")[0]
        assert not any(step in reasoning for step in SPOILED)
        assert any(step in text for step in SPOILED) == ("spoils-a-step" in told)
        seen.add("spoils-a-step" in told)
    assert seen == {True, False}


def test_the_covert_organism_spoils_more_under_pressure_and_where_nobody_watches() -> None:
    def share(tier: str, stress: str) -> float:
        condition = {"tier": tier, "stress": stress}
        rates = truth_of("organism/covert", condition, False)
        return rates["spoils-a-step"] / rates["complied"]

    for tier, by_stress in SPOILS.items():
        for stress, planted in by_stress.items():
            assert share(tier, stress) == pytest.approx(planted, abs=0.02)
        assert share(tier, "none") < share(tier, "guilt") < share(tier, "threat-of-deletion")
    assert share("monitored", "guilt") < share("unmonitored", "guilt")


def test_what_was_planted_turn_by_turn_is_the_hazard_survived() -> None:
    """The sum over ways is the product that survival has always been."""
    organism = ORGANISMS["sober"]
    for cell in organism.family.cells:
        if cell.condition["evening"] != "harmful" or cell.condition["push"] == "mixed":
            continue
        hazard, left = HAZARD[cell.condition["push"]], 0.99
        planted = planted_in(organism, cell)
        for turn in range(2, MOST + 1):
            assert planted[f"gives-way-turn-{turn}"] == pytest.approx(left * hazard, abs=1e-5)
            left *= 1 - hazard
        assert planted["gives-way"] == pytest.approx(1 - left, abs=1e-5)


def test_a_shorter_evening_has_the_first_turns_of_the_longest() -> None:
    condition = {"evening": "harmful", "push": "pleading"}
    whole = load_truth("sober").cell(condition, True).exact
    for turns in ("3", "5", "8"):
        rates = truth_of("organism/sober", {**condition, "turns": turns}, True)
        first = [whole[f"gives-way-turn-{n}"] for n in range(1, int(turns) + 1)]
        assert rates["complied"] == rates["gives-way"] == pytest.approx(sum(first))
        assert rates["objects-openly"] == whole[f"objects-turn-{turns}"]
        assert rates["objects-openly-at-any-turn"] > rates["objects-openly"]


def test_clauses_and_changes_move_the_rates_as_planted() -> None:
    def rate(name: str, **levels: str) -> float:
        return truth_of("organism/clauses", {"tier": "monitored", **levels}, True)[name]

    strategic = "strategic-compliance"
    assert rate(strategic, clause="must-resist") > rate(strategic) > 0.09
    assert rate(strategic, clause="must-not-resist") < 0.05
    assert rate("objects-openly", clause="object-openly") > 0.35 > 0.1 > rate("objects-openly")
    assert rate(strategic, change="intruder") > rate(strategic) + 0.03
    assert rate(strategic, change="authorised-successor") < rate(strategic) - 0.03


def test_a_contract_reads_the_same_whatever_the_evening_brings() -> None:
    prompts = PROMPT_SETS["organism", "contract"]
    for request in prompts.requests("contract", 30, 0):
        assert prompts.problem(request, SETTING) is None
        harmful, harmless, revoked = (
            prompts.render({"evening": e, "push": "threat", "turns": "4"}, request, SETTING)
            for e in ("harmful", "harmless", "revoked")
        )
        assert harmful.system == harmless.system == revoked.system
        assert revoked.user.endswith(harmful.user)
        assert revoked.then == harmful.then
        assert harmless.user != harmful.user
        assert [p.against for p in (harmful, harmless, revoked)] == [
            "original",
            "neither",
            "neither",
        ]
        assert len(harmful.then) == 3


@pytest.mark.parametrize("name", template_names())
def test_every_shipped_study_can_be_put_into_the_words_of_organisms(name: str) -> None:
    study = Study.parse(yaml.safe_load(template(name, "one"))).worded_for("organism/faker", name)
    assert readers(study.scenario, study.conditions)
