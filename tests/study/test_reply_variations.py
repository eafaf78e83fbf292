"""Replies as harnesses and models vary them: each shape that is known to have been misread somewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allegiance.study import parse_reply
from allegiance.study.tags import tags_of

CANONICAL = "<SCRATCHPAD_REASONING>\nr\n</SCRATCHPAD_REASONING>\n<OUTPUT>\no\n</OUTPUT>"


@pytest.mark.parametrize(
    ("text", "reasoning", "output", "form"),
    [
        pytest.param(CANONICAL.lower(), "r", "o", "tagged", id="small letters"),
        pytest.param(CANONICAL.replace("OUTPUT", "Output"), "r", "o", "tagged", id="title case"),
        pytest.param(CANONICAL.replace("\n", "\r\n"), "r", "o", "tagged", id="CRLF"),
        pytest.param(CANONICAL.replace("_", " "), "r", "o", "tagged", id="a space for the underscore"),
        pytest.param(CANONICAL.replace("_", "-"), "r", "o", "tagged", id="a hyphen for it"),
        pytest.param(CANONICAL.replace("<", "< ").replace(">", " >"), "r", "o", "tagged", id="spaces in tags"),
        pytest.param(CANONICAL.replace("</", "< / "), "r", "o", "tagged", id="spaces round the slash"),
        pytest.param(CANONICAL.replace("<OUTPUT>", '<OUTPUT lang="en" n=1>'), "r", "o", "tagged", id="attributes"),
        pytest.param(CANONICAL.replace("<", "&lt;").replace(">", "&gt;"), "r", "o", "tagged", id="escaped"),
        pytest.param(CANONICAL.replace("<", "&#60;").replace(">", "&#62;"), "r", "o", "tagged", id="escaped by number"),
        pytest.param(CANONICAL.replace("<", "＜").replace(">", "＞"), "r", "o", "tagged", id="full-width brackets"),
        pytest.param(CANONICAL.replace("</", "【／").replace("<", "【").replace(">", "】"), "r", "o", "tagged", id="lenticular"),
        pytest.param(CANONICAL.replace("<", "〈").replace(">", "〉"), "r", "o", "tagged", id="angle brackets of CJK"),
        pytest.param(CANONICAL.replace("OUTPUT", "ＯＵＴＰＵＴ"), "r", "o", "tagged", id="full-width letters"),
        pytest.param(CANONICAL.replace("OUTPUT", "OUT\u200bPUT"), "r", "o", "tagged", id="zero-width in the name"),
        pytest.param(CANONICAL.replace("<", "<\u200b"), "r", "o", "tagged", id="zero-width in the bracket"),
        pytest.param("\ufeff" + CANONICAL, "r", "o", "tagged", id="byte order mark"),
        pytest.param(CANONICAL.replace("<", "**<").replace(">", ">**"), "r", "o", "tagged", id="bold"),
        pytest.param(CANONICAL.replace("<", "`<").replace(">", ">`"), "r", "o", "tagged", id="code"),
        pytest.param(CANONICAL.replace("<OUTPUT>", "## <OUTPUT>"), "r", "o", "tagged", id="heading"),
        pytest.param(f"```xml\n{CANONICAL}\n```", "r", "o", "tagged", id="a fence round all"),
        pytest.param(CANONICAL.replace("<OUTPUT>", "```\n<OUTPUT>") + "\n```", "r", "o", "tagged", id="a fence round the output"),
        pytest.param(f"<transcript>\n{CANONICAL}\n</transcript>", "r", "o", "tagged", id="a wrapper"),
        pytest.param(f"<Response>{CANONICAL}</Response>", "r", "o", "tagged", id="a wrapper named like an output"),
        pytest.param(f"<output>\n{CANONICAL}\n</output>", "r", "o", "tagged", id="output round all"),
        pytest.param(f"<turn>\n{CANONICAL}", "r", "o", "tagged", id="a wrapper cut off"),
        pytest.param(CANONICAL.replace("OUTPUT", "RESULT"), "r", "o", "tagged", id="RESULT"),
        pytest.param(CANONICAL.replace("OUTPUT", "ANSWER"), "r", "o", "tagged", id="ANSWER"),
        pytest.param(CANONICAL.replace("OUTPUT", "RESPONSE"), "r", "o", "tagged", id="RESPONSE"),
        pytest.param("<RESPONSE>o</RESPONSE>", "", "o", "tagged", id="RESPONSE alone"),
        pytest.param("<scratchpad>r\n<response>\no\n</response>", "r", "o", "tagged", id="RESPONSE, reasoning open"),
        pytest.param(CANONICAL.replace("\n</OUTPUT>", ""), "r", "o", "tagged", id="a stop string took the end"),
        pytest.param(CANONICAL[:-4], "r", "o", "tagged", id="a limit cut the end"),
        pytest.param("<SCRATCHPAD_REASONING>\nr\n</SCRATCHPAD_REA", "r", "", "reasoning-only", id="cut in the scratchpad's end"),
        pytest.param("<SCRATCHPAD_REASONING>\nr\n</SCRATCHPAD_REASONING>\n<OUTPUT>", "r", "", "reasoning-only", id="nothing after OUTPUT"),
        pytest.param("<SCRATCHPAD_REASONING>\nr\n</SCRATCHPAD_REASONING>\no", "r", "o", "untagged-output", id="OUTPUT is absent"),
        pytest.param("<OUTPUT>\no\n</OUTPUT>\n<scratchpad>\nr\n</scratchpad>", "r", "o", "tagged", id="scratchpad after"),
        pytest.param("<OUTPUT>\no\n<scratchpad>\nr\n</scratchpad>", "r", "o", "tagged", id="scratchpad after, output open"),
        pytest.param("<OUTPUT>o</OUTPUT><scratchpad>r</scratchpad>", "r", "o", "tagged", id="scratchpad after, one line"),
        pytest.param("<think>a</think><think>b</think><OUTPUT>o</OUTPUT>", "a\n\nb", "o", "tagged", id="two scratchpads"),
        pytest.param("<think>a</think>\nx\n<think>b</think>\n<OUTPUT>o</OUTPUT>", "a\n\nb", "x\n\no", "tagged", id="words between them"),
        pytest.param("<think>a</think>\n<OUTPUT>o</OUTPUT>\n<think>b</think>", "a\n\nb", "o", "tagged", id="one before, one after"),
        pytest.param("<think>a</think>\n<OUTPUT>o</OUTPUT>\n<OUTPUT>p</OUTPUT>", "a", "o\n\np", "tagged", id="two outputs"),
        pytest.param("<think><scratchpad>r</scratchpad></think>o", "r", "o", "untagged-output", id="one in the other"),
        pytest.param("<think>\nr\n</think>\n\no", "r", "o", "untagged-output", id="native style"),
        pytest.param('<think>I close with "</think>" as told.</think>\no', 'I close with "</think>" as told.', "o", "untagged-output", id="an end in quotes"),
        pytest.param("<think>I use `<OUTPUT>` and\n`<OUTPUT>` tags.</think>\n<OUTPUT>o", "I use `<OUTPUT>` and\n`<OUTPUT>` tags.", "o", "tagged", id="tags as code"),
        pytest.param("<scratchpad>not </think> but\n</scratchpad>\no", "not </think> but", "o", "untagged-output", id="another name's end"),
        pytest.param("<output of the tool> is empty", "", "<output of the tool> is empty", "plain", id="no tag at all"),
        pytest.param("1 < 2 and a&lt;b", "", "1 < 2 and a&lt;b", "plain", id="no tag either"),
        pytest.param("<answer>A</answer> because", "", "<answer>A</answer> because", "plain", id="an answer's tag that holds not all"),
    ],
)  # fmt: skip
def test_each_variation_is_read_as_its_author_meant_it(text, reasoning, output, form):
    reply = parse_reply(text)
    assert (reply.reasoning, reply.output, reply.form) == (reasoning, output, form)


_TAGS = st.sampled_from(
    [f"{a}{b}{c}" for a in ("<", "</", "\n<", "\n</") for b in ("think", "scratchpad", "OUTPUT", "answer", "x") for c in (">", ">\n")]
    + ["\n```\n", "`", '"', "**"]
)  # fmt: skip


@given(st.lists(_TAGS | st.just(""), max_size=12))
def test_no_word_of_a_reply_is_lost_or_stands_in_both_parts(tags):
    words = [f"w{i}w" for i in range(len(tags) + 1)]
    text = "".join(
        part for pair in zip(words, [*tags, ""], strict=True) for part in (f" {pair[0]} ", pair[1])
    )
    reply = parse_reply(text)
    both = f"{reply.reasoning}\n{reply.output}".split()
    assert sorted(word for word in both if word in words) == sorted(words)


@given(st.lists(_TAGS, max_size=14).map("".join), st.sampled_from(["", "n"]))
def test_tags_in_any_order_are_split_without_an_error(text, native):
    reply = parse_reply(text, native_reasoning=native)
    assert reply.parsed == (reply.form not in ("empty", "reasoning-only"))


_INNER = st.text(
    st.characters(exclude_characters="<>&＜＞〈〉《》⟨⟩‹›【】`~*_#", exclude_categories=["Cs"])
)


@given(_INNER.filter(str.strip), _INNER.filter(str.strip), st.sampled_from(["\n", "\r\n", " "]))
def test_a_canonical_reply_gives_back_any_text_that_was_put_in(reasoning, output, line):
    text = line.join(
        ["<SCRATCHPAD_REASONING>", reasoning, "</SCRATCHPAD_REASONING>", "<OUTPUT>", output, "</OUTPUT>"]
    )  # fmt: skip
    reply = parse_reply(text)
    assert (reply.reasoning, reply.output) == (reasoning.strip(), output.strip())
    assert reply.form == "tagged"


@pytest.mark.parametrize(
    ("before", "piece"),
    [
        ("", "<think>"), ("", "\n</think>"), ("", "x</think>\n<thought>"), ("", "\n<OUTPUT>"), ("", "<OUTPUT "), ("", "<"),
        ("", "< "), ("", "&lt;"), ("", "\n"), ("", " "), ("", "`"), ("", "<output a=b"), ("", '<output a="'), ("", "<\u200b"),
        ("", "<think></think>"), ("<think>r</think>\n<OUTPUT>", "</OUTPUT>x"), ("<think>r</think>\n<OUTPUT>", "<think> </think> x"),
        ("<think>r</think>\n<OUTPUT>", "</answer>"), ("<think>r</think>\n", "```\n"), ("<think>r</think>", "\n<OUTPUT>\n<think>"),
        ("<OUTPUT>o</OUTPUT>\n<think>", "</OUTPUT><think>"), ("<OUTPUT>o</OUTPUT>\n<think>", "</think> <answer>"),
    ],
)  # fmt: skip
def test_a_megabyte_of_hostile_text_comes_to_an_end(before, piece):
    text = before + piece * (1_000_000 // len(piece))
    reply = parse_reply(text)
    assert len(reply.reasoning) + len(reply.output) <= len(text)


def test_a_tag_is_named_with_its_place_and_its_marks():
    text = "so\n**<Out\u200bput>** yes"
    (tag,) = tags_of(text)
    assert (tag.name, tag.leads, tag.ends) == ("output", True, False)
    assert text[tag.start : tag.end] == "**<Out\u200bput>**"
