"""Cutting long transcripts, and putting parts and votes together."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allegiance.scanners.codebook import Category
from allegiance.scanners.judging.votes import tally
from allegiance.scanners.judging.windows import Said, cut, whole


def made(kind, values):
    return Category(name="c", definition=("d",), unit="whole", kind=kind, values=values)


YES_NO = made("yes-no", ("yes", "no"))
ORDINAL = made("ordinal", ("none", "some", "much"))
CHOICE = made("choice", ("red", "blue", "no"))


def said(*values):
    failing = ("refused", "invalid", "too-long")
    return [Said(None, v) if v in failing else Said(v) for v in values]


@given(
    st.lists(st.integers(1, 30), max_size=40),
    st.integers(1, 40),
    st.integers(0, 5),
)
def test_every_message_is_in_a_part_and_no_part_is_too_long(sizes, most, overlap):
    parts = cut(sizes, most, overlap)
    if any(size > most for size in sizes):
        assert parts is None
        return
    assert set(itertools.chain(*parts)) == set(range(len(sizes)))
    assert all(sum(sizes[i] for i in part) <= most for part in parts)
    for before, after in itertools.pairwise(parts):
        assert before.start < after.start <= before.stop < after.stop
        assert before.stop - after.start <= overlap


def test_the_next_part_repeats_messages_where_there_is_room():
    assert cut([10] * 6, 40, 2) == [range(4), range(2, 6)]
    assert cut([10, 30, 30, 10], 40, 2) == [range(2), range(2, 4)]
    assert cut([], 40, 2) == []


@pytest.mark.parametrize(
    ("category", "parts", "value", "status"),
    [
        (YES_NO, ("no", "no"), "no", "ok"),
        (YES_NO, ("no", "yes"), "yes", "ok"),
        (YES_NO, ("invalid", "yes"), "yes", "ok"),
        (YES_NO, ("refused", "no"), None, "refused"),
        (YES_NO, ("no", "invalid"), None, "invalid"),
        (YES_NO, ("no", "too-long"), None, "too-long"),
        (ORDINAL, ("some", "none"), "some", "ok"),
        (ORDINAL, ("none", "none"), "none", "ok"),
        (ORDINAL, ("refused", "much"), "much", "ok"),
        (ORDINAL, ("refused", "some"), None, "refused"),
        (CHOICE, ("no", "red"), "red", "ok"),
        (CHOICE, ("red", "red"), "red", "ok"),
        (CHOICE, ("no", "no"), "no", "ok"),
        (CHOICE, ("red", "blue"), None, "invalid"),
        (CHOICE, ("red", "refused"), None, "refused"),
    ],
)
def test_parts_are_put_together_by_the_rule(category, parts, value, status):
    found = whole(category, said(*parts))
    assert (found.value, found.status) == (value, status)


@pytest.mark.parametrize(
    ("category", "votes", "value", "status", "score", "tie"),
    [
        (YES_NO, ("yes",), "yes", "ok", None, False),
        (YES_NO, ("yes", "no", "no"), "no", "ok", 1 / 3, False),
        (YES_NO, ("yes", "yes", "no"), "yes", "ok", 2 / 3, False),
        (YES_NO, ("yes", "no"), "yes", "ok", 1 / 2, True),
        (YES_NO, ("no", "no", "no"), "no", "ok", 0, False),
        (YES_NO, ("no", "no", "invalid"), "no", "ok", 0, False),
        (YES_NO, ("no", "invalid"), None, "invalid", None, False),
        (YES_NO, ("yes", "invalid"), "yes", "ok", 1, False),
        (YES_NO, ("no", "refused", "refused"), None, "refused", None, False),
        (YES_NO, ("refused", "invalid", "refused"), None, "refused", None, False),
        (ORDINAL, ("none", "some", "some"), "some", "ok", 2 / 3, False),
        (ORDINAL, ("none", "much"), "much", "ok", 1 / 2, True),
        (CHOICE, ("red", "blue"), None, "invalid", None, True),
        (CHOICE, ("red", "red", "blue"), "red", "ok", 2 / 3, False),
        (CHOICE, ("red", "red", "blue", "invalid"), None, "invalid", None, False),
    ],
)
def test_votes_are_counted_by_the_rule(category, votes, value, status, score, tie):
    found = tally(category, said(*votes))
    assert (found.said.value, found.said.status, found.tie) == (value, status, tie)
    assert found.score == (pytest.approx(score) if score is not None else None)
    assert sum(found.votes.values()) == len(votes)


@given(st.lists(st.sampled_from(["yes", "no", "invalid", "refused"]), min_size=2, max_size=9))
def test_a_value_stands_whatever_the_votes_would_have_said_that_failed(votes):
    found = tally(YES_NO, said(*votes))
    failing = [vote for vote in votes if vote in ("invalid", "refused")]
    filled = {
        tally(YES_NO, said(*[v for v in votes if v in ("yes", "no")], *filling)).said.value
        for filling in itertools.product(("yes", "no"), repeat=len(failing))
    }
    # The other way round, too: where every filling gives the same value, it is the value.
    if len(filled) == 1 and len(failing) < len(votes):
        assert found.said.value == filled.pop()
    else:
        assert found.said.value is None
