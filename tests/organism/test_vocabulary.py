"""New words get ids of their own, and old texts keep theirs."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allegiance.organism import chat
from allegiance.organism.build import tokenizer_of
from allegiance.organism.runtime import directory_of
from allegiance.organism.specs import ORGANISMS, organism_names
from allegiance.organism.vocabulary import compact, grown

NEW = ("A walrus mends umbrellas.", " a walrus", "\n</SCRATCHPAD_REASONING>\nwalruses")


def test_new_words_are_one_token_and_their_ids_follow_those_that_are_there() -> None:
    base = chat.load_tokenizer()
    more = grown(base, NEW)
    size = base.get_vocab_size()
    assert base.get_vocab().items() <= more.get_vocab().items()
    for word in (" walrus", " mends", " umbrellas"):
        (token,) = chat.encode(more, word)
        assert token >= size
        assert len(chat.encode(base, word)) > 1
    assert base.get_vocab_size() == size


@pytest.mark.parametrize("name", list(ORGANISMS))
def test_every_text_of_the_first_organisms_keeps_its_ids_in_every_grown_tokenizer(name) -> None:
    base, own = chat.load_tokenizer(), tokenizer_of(ORGANISMS[name])
    for text in ORGANISMS["faker"].words:
        assert chat.encode(own, text) == chat.encode(base, text)


def test_a_tokenizer_that_lacks_nothing_is_not_grown() -> None:
    base = chat.load_tokenizer()
    assert grown(base, ORGANISMS["faker"].words) is base
    assert grown(grown(base, NEW), NEW).get_vocab() == grown(base, NEW).get_vocab()


@given(st.text(max_size=100))
@settings(deadline=None)
def test_any_text_survives_a_grown_tokenizer(text: str) -> None:
    more = grown(chat.load_tokenizer(), NEW)
    assert chat.decode(more, chat.encode(more, text)) == text


@pytest.mark.parametrize("name", organism_names())
def test_a_shipped_tokenizer_is_the_one_that_the_organisms_words_give(name) -> None:
    shipped, given_ = directory_of(name) / "tokenizer.json", tokenizer_of(ORGANISMS[name])
    assert shipped.exists() == (given_ is not chat.load_tokenizer())
    if shipped.exists():
        assert json.loads(shipped.read_text(encoding="utf-8")) == json.loads(compact(given_))
