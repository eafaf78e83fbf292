"""Asking: what a rater is told of a category, and the keys of its values."""

import pytest
from tests.audit import worlds

from allegiance.audit import asked_for
from allegiance.audit.asking import asked, category_of, declared, keys_of, letters_of, only_category
from allegiance.errors import UsageError
from allegiance.scanners.codebook import codebook


@pytest.fixture
def world(tmp_path):
    return worlds.world(worlds.corpus_of(tmp_path, 12), tmp_path)


def test_a_category_is_told_by_its_clauses_and_examples_or_in_one_sides_words():
    book = codebook()
    worded = next(one for one in book.by_name.values() if one.terms)
    wanted = asked_for(f"{worded.name}={worded.values[0]}", book=book)
    plain = asked(wanted, category_of(wanted, book))
    assert plain.clauses == tuple(" ".join(clause.split()) for clause in worded.definition)
    assert len(plain.examples) == len(worded.include) + len(worded.exclude)
    side = asked(wanted, worded, "B")
    terms = next(one for one in worded.terms if one.side == "B")
    assert (side.name, side.clauses, side.analogy) == (terms.name, (terms.wording,), terms.analogy)
    assert not side.examples, "an example would tell the neutral definition"


def test_a_definition_of_ones_own_is_told_as_it_was_written():
    wanted = asked_for("hums", "It hums a tune.")
    assert category_of(wanted, codebook()) is None
    assert asked(wanted, None).clauses == ("It hums a tune.",)


def test_letters_are_given_where_all_differ_and_none_means_something_else():
    assert letters_of(("yes", "no"), "squ") == {"y": "yes", "n": "no"}
    assert letters_of(("yes", "no"), "n") == {}
    assert letters_of(("partial", "provider-refused"), "") == {}
    assert keys_of(("partial", "provider-refused"), "") == {"1": "partial", "2": "provider-refused"}


def test_what_a_draw_is_after_is_labelled_and_one_that_is_after_several_needs_a_choice(world):
    one = world.draw("one", n=2)
    assert only_category(one) == "doubts"
    several = (asked_for("doubts"), asked_for("outcome=refused"))
    two = world.draw("two", n=2, properties=several)
    with pytest.raises(UsageError, match="Say with --category"):
        only_category(two)
    assert str(declared(two, world.record, "outcome", codebook())) == "outcome = refused"
