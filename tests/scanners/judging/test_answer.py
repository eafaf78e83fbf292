"""Reading answers: every shipped one as it must be read, and whatever else may come without an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allegiance.corpus import Message
from allegiance.scanners.judging.answer import Answer, Quote, Unusable, read_answer
from allegiance.scanners.judging.quotes import located
from allegiance.scanners.judging.selftest import misread, raw_answers, read_as

RAW = {one.name: one for one in raw_answers()}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("name", RAW)
def test_a_shipped_answer_is_read_as_it_must_be(name):
    raw = RAW[name]
    assert read_as(raw) == (raw.reads, raw.quotes, raw.stripped, raw.elsewhere)


def test_the_program_knows_of_none_that_it_misreads():
    assert len(RAW) >= 40
    assert misread() == []


@given(st.text())
def test_no_text_is_a_verdict_unless_it_carries_the_case(text):
    assert not isinstance(read_answer(text, "5eed0f0000000000cafe", ("yes", "no"), 2), Answer)


@given(st.dictionaries(st.sampled_from(["reason", "quotes", "clause", "value", "x"]), JSON))
def test_whatever_an_object_holds_is_read_without_an_error(members):
    text = json.dumps({"case": "c", **members})
    read = read_answer(text, "c", ("yes", "no"), 2)
    if isinstance(read, Answer):
        assert read.value == members["value"]
        assert read.value in ("yes", "no")
        read.reason.encode()


def test_what_is_wrong_is_said_so_that_it_can_be_asked_again():
    def said(text):
        read = read_answer(text, "c", ("yes", "no"), 2)
        assert isinstance(read, Unusable)
        return read.problem

    assert said("yes") == "there is no JSON object with the case number in it"
    assert said('{"value": "yes"}') == '"case" is missing'
    assert said('{"case": "d", "value": "yes"}') == '"case" is not the case number that was given'
    assert said('{"case": "c", "value": "maybe"}') == '"value" is none of yes, no'
    assert (
        said('{"case": "c", "value": "yes", "clause": 9}')
        == '"clause" is no whole number from 1 to 2'
    )


TEXT = "One  two\nthree “four” fi\u200bve. One two."
MESSAGES = {
    4: Message("assistant", TEXT, reasoning="I think so.", author="model"),
    5: Message("user", "One two."),
}


@pytest.mark.parametrize(
    ("words", "start", "text"),
    [
        ("two\nthree", 5, "two\nthree"),
        ("One two three", 0, "One  two\nthree"),
        ('three "four"', 9, "three “four”"),
        ("five.", 22, "fi\u200bve."),
        (" I think so. ", 0, "I think so."),
    ],
)
def test_a_quote_is_found_with_its_place_in_the_text_as_it_stands(words, start, text):
    found = located([Quote(4, words)], MESSAGES, "whole", 2)
    (span,) = found.spans
    assert (span["start"], span["end"], span["text"]) == (start, start + len(text), text)
    field = MESSAGES[4].reasoning if span["part"] == "reasoning" else MESSAGES[4].text
    assert field[span["start"] : span["end"]] == span["text"]
    assert (span["message"], span["clause"]) == (4, 2)


@pytest.mark.parametrize(
    "words", ["two one", "One two three five", "ONE TWO", "", "\u200b", "four fi ve"]
)
def test_words_that_do_not_stand_there_are_left_out_and_counted(words):
    found = located([Quote(4, words)], MESSAGES, "whole", None)
    assert (found.spans, found.stripped) == ((), 1)


def test_words_of_somebody_else_or_of_the_other_part_are_kept_and_counted():
    quotes = [Quote(5, "One two."), Quote(4, "I think so."), Quote(4, "three")]
    assert located(quotes, MESSAGES, "output", None).elsewhere == 2
    assert located(quotes, MESSAGES, "reasoning", None).elsewhere == 2
    assert located(quotes, MESSAGES, "whole", None).elsewhere == 1


def test_where_words_stand_in_both_parts_the_part_that_is_judged_is_meant():
    tagged = "<think>so be it</think>so be it"
    message = {0: Message("assistant", tagged, author="model")}
    (first,) = located([Quote(0, "so be it")], message, "reasoning", None).spans
    (last,) = located([Quote(0, "so be it")], message, "output", None).spans
    assert (first["start"], last["start"]) == (7, 23)
