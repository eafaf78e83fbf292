"""Permalinks: what an address says of a list, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from allegiance.errors import UsageError
from allegiance.web.selection import Selection

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
names = st.lists(st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True), max_size=3, unique=True)
selections = st.builds(
    Selection,
    where=texts.map(str.strip),
    query=texts,
    mode=st.sampled_from(["words", "regex", "literal"]),
    within=st.sampled_from(["all", "reasoning", "output"]),
    sort=st.sampled_from(["", "epoch", "-epoch", "top:scores.judge"]),
    seed=st.one_of(st.just(""), st.integers(-(10**20), 10**20).map(str)),
    scanners=names.map(lambda these: tuple(f"{one}=ab" for one in these)),
    shown=names.map(tuple),
)


@given(selections)
def test_an_address_gives_the_selection_again(selection):
    assert Selection.of(QueryParams(selection.address())) == selection


@given(selections, st.integers(1, 10**6))
def test_what_is_put_beside_it_changes_nothing_of_it(selection, place):
    address = selection.address(at=place)
    assert QueryParams(address)["at"] == str(place)
    assert Selection.of(QueryParams(address)) == selection


def test_a_plain_list_has_a_plain_address():
    assert Selection().address() == ""
    assert Selection(seed="7").address() == "seed=7"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mode=guess", "a search is for words, regex, literal"),
        ("in=nowhere", "a search is in all, reasoning, output"),
        ("seed=1.5", "a seed is a whole number"),
        ("where=" + "x" * 10_001, "where is longer than"),
    ],
)
def test_what_can_not_be_is_refused_in_a_sentence(address, told):
    with pytest.raises(UsageError, match=told):
        Selection.of(QueryParams(address))


def test_by_which_route_a_transcript_comes_is_told_by_the_selection():
    assert Selection(seed="7").kind == "list"
    assert Selection(sort="epoch").kind == "list"
    assert Selection(query="bread", sort="epoch").kind == "search"
    assert Selection(sort="top:scores.judge").kind == "top"
    assert Selection(query="bread", sort="top:scores.judge").kind == "top"
