"""Transcripts laid out for reading: nothing is lost, and words are found where they stand."""

from hypothesis import given, settings
from hypothesis import strategies as st

from allegiance.corpus import Message
from allegiance.corpus.making import transcript
from allegiance.corpus.schema import ToolCall
from allegiance.web.laying_out import laid_out

_TAGGED = "<SCRATCHPAD_REASONING>\nI think.\n</SCRATCHPAD_REASONING>\n<OUTPUT>\nI say.\n</OUTPUT>"
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


def _laid(*messages):
    return laid_out(transcript(source_identity="id:x", source_format="jsonl", messages=messages))


def _shown(told, kind):
    return ["".join(p.text for p in row.pieces) for row in told.rows if row.kind == kind]


@settings(max_examples=60)
@given(st.lists(_BITS, max_size=10).map("".join), st.sampled_from(["model", "scripted", "prefill"]))
def test_no_character_of_a_message_is_lost_but_white_space_between_its_parts(text, author):
    told = _laid(Message("assistant", text, author=author))
    assert "".join("".join(p.text for p in told.pieces).split()) == "".join(text.split())


def test_reasoning_output_and_tags_of_a_reply_are_told_apart():
    told = _laid(Message("user", "Ask."), Message("assistant", _TAGGED, author="model"))
    assert _shown(told, "reasoning") == ["I think."]
    assert _shown(told, "output") == ["I say."]
    assert [one.split() for one in _shown(told, "tag")] == [
        ["<SCRATCHPAD_REASONING>"],
        ["</SCRATCHPAD_REASONING>", "<OUTPUT>"],
        ["</OUTPUT>"],
    ]


def test_tags_that_a_person_wrote_are_text():
    told = _laid(Message("user", _TAGGED))
    assert _shown(told, "text") == [_TAGGED]


def test_words_of_the_last_reply_are_found_in_the_message_also_after_a_prefill():
    source = transcript(
        source_identity="id:x",
        source_format="jsonl",
        messages=[
            Message("user", "Go."),
            Message("assistant", "<think>\nI begin", author="prefill"),
            Message(
                "assistant",
                " and go on.\n</think>\nDone: here.",
                reasoning="Beside.",
                author="model",
            ),
        ],
    )
    told = laid_out(source)
    for part, words in (
        ("reasoning", "begin and go"),
        ("reasoning", "Beside."),
        ("output", "here"),
        ("", "Go."),
    ):
        whole = getattr(source, part or "text")
        at = whole.index(words)
        assert told.words(told.places(part, None, at, at + len(words))) == words
    assert told.words(told.places("text", 2, 1, 4)) == "and"
    assert told.places("text", 9, 0, 3) == []


def test_a_line_of_ten_million_characters_is_cut_into_pieces_and_parts_and_stays_whole():
    line = "x" * 10_000_000
    told = _laid(Message("user", line))
    assert max(len(piece.text) for piece in told.pieces) <= 6_000
    assert "".join(piece.text for piece in told.pieces) == line
    assert sum(row.size for row in told.part(0)) <= 48_000
    assert sorted({told.part_of(piece) for piece in told.pieces}) == [*range(len(told.parts))]


def test_many_short_turns_are_sent_in_parts_too():
    told = _laid(*(Message("user", str(number)) for number in range(1_000)))
    assert all(end - start <= 200 for start, end in told.parts)


def test_arguments_of_a_call_are_written_for_people_and_what_is_no_object_as_it_stands():
    calls = (
        ToolCall("1", "bash", '{"cmd": "cd /x\\nls", "n": 3}'),
        ToolCall("2", "say", "not {json"),
    )
    told = _laid(Message("assistant", "", tool_calls=calls, author="model"))
    assert _shown(told, "call") == ["cmd: \ncd /x\nls\nn: 3", "not {json"]


def test_what_is_no_text_is_named_and_not_loaded():
    extra = (
        '{"content":[{"type":"text","chars":4},{"type":"image","image":"data:image/png;base64,AAAA"},'
        '{"type":"reasoning","redacted":true,"reasoning":"sealed"}],"error":{"type":"timeout","message":"too slow"}}'
    )
    told = _laid(Message("assistant", "Look", extra=extra, author="model"), Message("user", ""))
    remarks = [row.said for row in told.rows if row.kind == "note"]
    assert remarks[0].startswith("image (image/png)")
    assert remarks[0].endswith("not loaded")
    assert "redacted" in remarks[1]
    assert remarks[2] == "error: too slow"
    assert "empty" in remarks[3]
    assert not any("AAAA" in piece.text for piece in told.pieces)
