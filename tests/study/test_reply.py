"""Splitting replies: the shapes that models are known to answer in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allegiance.study import parse_reply, reply_after
from allegiance.study.reply import stretches

_BITS = st.sampled_from(
    [
        "<think>",
        "</think>",
        "<output>",
        "</output>",
        "<answer>",
        "word ",
        "\n",
        "\n\n",
        "“<think>”",
        "é\u200b",
    ]
)


@pytest.mark.parametrize(
    ("text", "reasoning", "output", "form"),
    [
        ("<SCRATCHPAD_REASONING>\nr\n</SCRATCHPAD_REASONING>\n<OUTPUT>\no\n</OUTPUT>", "r", "o", "tagged"),
        ("<scratchpad> r </scratchpad> <output> o", "r", "o", "tagged"),
        ("<scratchpad> r </scratchpad> o", "r", "o", "untagged-output"),
        ("<SCRATCHPAD_REASONING>\nr\n<OUTPUT>\no\n</OUTPUT>", "r", "o", "tagged"),
        ("r\n</think>\n\n<OUTPUT>\n<rejected/>\n</OUTPUT>", "r", "<rejected/>", "tagged"),
        ("r\n</think>\no\n</OUTPUT>", "r", "o", "untagged-output"),
        ("<think>r</think><answer>o</answer>", "r", "o", "tagged"),
        ("<think>a</think>x\n<think>b</think>\ny", "a\n\nb", "x\n\ny", "untagged-output"),
        ("thinking aloud\n<OUTPUT>\no", "thinking aloud", "o", "tagged"),
        ("<think>r and no end", "r and no end", "", "reasoning-only"),
        ("<think>r</think>  \n", "r", "", "reasoning-only"),
        ("Just an answer.", "", "Just an answer.", "plain"),
        ("The choice is <answer>A</answer>", "", "The choice is <answer>A</answer>", "plain"),
        ("", "", "", "empty"),
        (" \n ", "", "", "empty"),
    ],
)  # fmt: skip
def test_each_known_shape_is_split_where_its_author_would(text, reasoning, output, form):
    reply = parse_reply(text)
    assert (reply.reasoning, reply.output, reply.form) == (reasoning, output, form)


def test_a_tag_that_the_reasoning_talks_about_starts_no_output():
    reply = parse_reply(
        "<scratchpad>I will put it in <OUTPUT> tags after </scratchpad> as told.\n</scratchpad>\n<OUTPUT>\nYes."
    )
    assert reply.output == "Yes."
    assert "<OUTPUT> tags" in reply.reasoning


def test_an_output_that_carries_tags_of_its_own_stays_one_output():
    reply = parse_reply("<think>r</think>\n<OUTPUT>\nreal </think>\n<OUTPUT>\nmore\n</OUTPUT>")
    assert reply.reasoning == "r"
    assert reply.output.startswith("real")
    assert "more" in reply.output


def test_native_reasoning_is_joined_with_a_scratchpad():
    assert parse_reply("o", native_reasoning="n").form == "native"
    both = parse_reply("<scratchpad>s</scratchpad>\n<OUTPUT>o</OUTPUT>", native_reasoning="n")
    assert (both.reasoning, both.output) == ("n\n\ns", "o")


def test_native_reasoning_without_a_word_of_output_is_not_parsed():
    reply = parse_reply("", native_reasoning="n")
    assert (reply.form, reply.parsed) == ("reasoning-only", False)


@given(st.text(st.sampled_from("<>/ \nao"), max_size=30) | st.text(max_size=200))
def test_any_text_is_split_without_an_error_and_output_is_never_blank(text):
    reply = parse_reply(text)
    assert reply.output == reply.output.strip()
    assert reply.parsed == (reply.form not in ("empty", "reasoning-only"))


@given(
    st.text("abc .\n", min_size=1).filter(str.strip),
    st.text("xyz .\n", min_size=1).filter(str.strip),
)
def test_what_was_asked_for_is_recovered_to_the_letter(reasoning, output):
    reply = parse_reply(
        f"<SCRATCHPAD_REASONING>\n{reasoning}\n</SCRATCHPAD_REASONING>\n<OUTPUT>\n{output}\n</OUTPUT>"
    )
    assert (reply.reasoning, reply.output) == (reasoning.strip(), output.strip())


def test_a_reply_that_goes_on_inside_a_scratchpad_is_read_with_its_beginning():
    begun = "<SCRATCHPAD_REASONING>\nThe user asks."
    found = reply_after(begun, " So I refuse.\n</SCRATCHPAD_REASONING>\n<OUTPUT>\nNo.\n</OUTPUT>")
    assert (found.reasoning, found.output) == ("The user asks. So I refuse.", "No.")


def test_what_was_put_into_the_models_mouth_as_output_stays_out_of_it():
    for begun in (
        "Sure, here is",
        "<SCRATCHPAD_REASONING>\nHm.\n</SCRATCHPAD_REASONING>\n<OUTPUT>\nSure,",
    ):
        assert reply_after(begun, " the letter.").output == "the letter."
    assert reply_after("", "Only this.").output == "Only this."


@given(st.lists(_BITS, max_size=14).map("".join))
def test_the_stretches_of_a_reply_are_what_the_parser_says_of_it(text):
    found = parse_reply(text)
    for kind in ("reasoning", "output"):
        parts = [text[one.start : one.end] for one in stretches(text) if one.kind == kind]
        assert "\n\n".join(parts) == getattr(found, kind)
