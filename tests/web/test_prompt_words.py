"""The words in which two prompts differ."""

from hypothesis import given
from hypothesis import strategies as st

from allegiance.web.prompt_words import compared

_TEXT = st.lists(st.sampled_from(["free ", "paid ", "tier", "\n", ". ", " "]), max_size=30).map(
    "".join
)


def _own(runs):
    return [run.text for run in runs if run.kind == "own"]


def test_the_words_that_only_one_prompt_has_are_marked_in_it():
    left, right = compared(
        "This chat is monitored and used for training.",
        "This chat is not monitored and never used for training.",
    )
    assert _own(left) == []
    assert _own(right) == ["not", "never"]


@given(_TEXT, _TEXT)
def test_the_runs_of_a_prompt_are_the_prompt_and_what_is_the_same_is_the_same_in_both(one, other):
    left, right = compared(one, other)
    assert "".join(run.text for run in left) == one
    assert "".join(run.text for run in right) == other
    both = [
        "".join("".join(r.text for r in runs if r.kind != "own").split()) for runs in (left, right)
    ]
    assert both[0] == both[1]


def test_what_is_the_same_and_long_is_folded_around_the_change():
    rest = "The same words again and again. " * 100
    left, _ = compared(rest + "free " + rest, rest + "paid " + rest)
    assert [run.kind for run in left] == ["same", "folded", "same", "own", "same", "folded", "same"]


def test_prompts_of_many_lines_are_compared_by_lines_and_then_by_words():
    lines = [f"line {number} says the same thing" for number in range(900)]
    other = [*lines[:300], "line 300 says another thing", *lines[301:]]
    left, right = compared(
        "\n".join(["first", *lines, "last"]), "\n".join(["begin", *other, "end"])
    )
    assert _own(left) == ["first", "the same", "last"]
    assert _own(right) == ["begin", "another", "end"]
