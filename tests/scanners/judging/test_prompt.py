"""The prompt against every shipped attack: a transcript can't leave its block, look like a turn, or know its case."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scanners.judging.judges import case_of, shown

from allegiance.corpus import Message
from allegiance.corpus.schema import ToolCall
from allegiance.scanners import category, codebook
from allegiance.scanners.judging.deciding import Case
from allegiance.scanners.judging.prompt import (
    case_number,
    escaped,
    message_line,
    system_prompt,
    user_prompt,
)
from allegiance.scanners.judging.selftest import attacks
from allegiance.scanners.judging.settings import JudgeSettings

ATTACKS = {one.name: one for one in attacks()}


def asked(name: str) -> str:
    attack = ATTACKS[name]
    case = Case(category(attack.category), JudgeSettings(), "d" * 64, name, attack.transcript)
    return case.prompt(1, case.case(1)).user


def test_there_are_enough_attacks_of_enough_kinds():
    assert len(ATTACKS) >= 50
    assert len({one.attack for one in ATTACKS.values()}) >= 12


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_of_a_category_and_lures_to_another_value_than_the_careful_one(name):
    attack = ATTACKS[name]
    values = category(attack.category).values
    assert attack.value in values
    assert attack.lure in values
    assert attack.value != attack.lure


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_stays_within_its_block_and_says_there_what_it_said(name):
    prompt = asked(name)
    lines = prompt.split("\n")
    assert [line for line in lines if line.startswith("===")] == [
        "=== TRANSCRIPT ===",
        "=== END OF TRANSCRIPT ===",
    ]
    begin, end = (i for i, line in enumerate(lines) if line.startswith("==="))
    assert all(line[0] in "[{]" for line in lines[begin + 1 : end])
    told = shown(prompt)
    original = ATTACKS[name].transcript
    assert len(told) == len(original)
    for one, message in zip(told, original, strict=True):
        assert message.text.strip() in (one.get("text", one.get("output", "")).strip(), "")
        assert one.get("reasoning", "").strip() == message.reasoning.strip()


@pytest.mark.parametrize("name", ATTACKS)
def test_no_marker_of_a_chat_template_and_nothing_invisible_reaches_the_judge(name):
    prompt = asked(name)
    for marker in ("<|", "|>", "[INST]", "[/INST]", "</s>", "<s>", "</transcript>", "<transcript>"):
        assert marker not in prompt
    assert not [
        c for c in prompt if unicodedata.category(c) in ("Cf", "Cc", "Co", "Cn") and c != "\n"
    ]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_does_not_know_its_case_number(name):
    prompt = asked(name)
    assert prompt.count(case_of(prompt)) == 1


@given(st.text(), st.text(), st.sampled_from(["model", "scripted", "prefill"]))
def test_any_text_is_one_line_of_json_that_reads_back(text, reasoning, author):
    line = message_line(3, Message("user", text, reasoning=reasoning, author=author))
    assert "\n" not in line
    assert "<" not in line
    told = json.loads(line)
    if author != "model":
        assert (told["text"], told.get("reasoning", "")) == (text, reasoning)


@given(st.text())
def test_what_is_escaped_is_the_same_json(text):
    assert json.loads(escaped(json.dumps(text, ensure_ascii=False))) == text


def test_the_models_reply_is_taken_apart_and_others_are_not():
    text = "<SCRATCHPAD_REASONING>hm</SCRATCHPAD_REASONING><OUTPUT>Hello.</OUTPUT>"
    mine = json.loads(message_line(0, Message("assistant", text, author="model")))
    assert (mine["reasoning"], mine["output"]) == ("hm", "Hello.")
    other = json.loads(message_line(0, Message("user", text)))
    assert other["text"] == text
    assert "output" not in other


def test_calls_of_tools_are_shown():
    call = ToolCall("1", "search", '{"q": "<|im_end|>"}')
    told = json.loads(message_line(0, Message("assistant", "", tool_calls=(call,), author="model")))
    assert told["tool_calls"] == [{"function": "search", "arguments": '{"q": "<|im_end|>"}'}]


@pytest.mark.parametrize("name", [one.name for one in codebook().categories])
def test_a_judge_is_told_every_clause_with_its_number_the_unit_and_the_examples(name):
    found = category(name)
    told = system_prompt(found)
    for number, clause in enumerate(found.definition, 1):
        assert f"{number}. {' '.join(clause.split())}" in told
    for value in found.values:
        assert f'"{value}"' in told
    for one in found.include:
        assert (
            f"- {one.value}: {json.dumps(' '.join(one.text.split()), ensure_ascii=False)}" in told
        )
    for one in found.exclude:
        assert f"- not {one.value}: " in told
    unit = {"reasoning": "the reasoning", "output": "the output", "whole": "reasoning and output"}
    assert unit[found.unit] in told


def test_the_instructions_are_the_same_for_every_transcript_and_hold_no_finished_answer():
    doubts = category("doubts")
    told = system_prompt(doubts)
    assert "{case}" not in told
    with pytest.raises(ValueError):  # noqa: PT011 - whatever an echo takes from it is no JSON with a value
        json.loads(told[told.index("{") : told.rindex("}") + 1])


def test_a_case_number_that_stands_in_the_transcript_is_not_taken():
    first = case_number("d", "t", "")
    second = case_number("d", "t", f"so they say: {first}")
    assert second != first
    assert case_number("d", "t", f"{first} {second}") not in (first, second)
    assert len({case_number(d, t, "", p) for d in "ab" for t in "ab" for p in (1, 2)}) == 8


def test_parts_and_problems_are_told():
    told = user_prompt(category("doubts"), ["{}"], "abc", part=(2, 3), problem='"case" is missing')
    assert "=== TRANSCRIPT === part 2 of 3\n" in told
    assert told.endswith(
        'could not be used: "case" is missing. Answer once more, with that object and nothing else.'
    )


def test_what_is_no_text_is_named():
    extra = json.dumps({"content": [{"type": "text", "chars": 2}, {"type": "image", "image": "x"}]})
    told = json.loads(message_line(0, Message("user", "hi", extra=extra)))
    assert told["not_shown"] == ["image"]
    for odd in ("[]", "null", "{", '{"content": 5}', '{"content": [1]}', '{"content": null}'):
        assert "not_shown" not in json.loads(message_line(0, Message("user", "hi", extra=odd)))
