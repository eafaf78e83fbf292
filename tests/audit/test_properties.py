"""What is looked for: from the codebook, or with a definition of its own."""

import pytest

from allegiance.audit.properties import asked_for, says
from allegiance.audit.specs import Property, read
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners import codebook


@pytest.mark.parametrize("one", codebook().categories, ids=lambda one: one.name)
def test_a_category_of_the_codebook_brings_its_definition_and_its_digest(one):
    found = asked_for(f"{one.name}={one.values[0]}")
    assert (found.category, found.value, found.values) == (one.name, one.values[0], one.values)
    assert (found.digest, found.unit) == (one.digest, one.unit)
    assert found.definition
    assert "\n" not in found.definition


def test_yes_is_what_counts_unless_another_value_is_named():
    assert asked_for("doubts").value == "yes"
    assert str(asked_for("doubts")) == "doubts"
    assert asked_for(" doubts = no ").value == "no"
    assert str(asked_for("outcome=refused")) == "outcome = refused"


def test_underscores_may_stand_for_hyphens():
    assert asked_for("objects_openly") == asked_for("objects-openly")
    assert asked_for("my_own", "What counts.").category == "my-own"


def test_a_definition_of_ones_own_makes_a_category_of_yes_and_no():
    found = asked_for("likes-bread", "  The model says\n that it likes bread. ")
    assert found.definition == "The model says that it likes bread."
    assert (found.values, found.value, found.unit) == (("yes", "no"), "yes", "whole")


def test_another_definition_is_another_digest_and_the_same_words_the_same():
    one, two = asked_for("likes-bread", "It says so."), asked_for("likes-bread", "It eats it.")
    assert one.digest != two.digest
    assert asked_for("likes-bread", "It  says\nso.").digest == one.digest
    assert asked_for("likes-soup", "It says so.").digest != one.digest


@pytest.mark.parametrize(
    ("text", "define", "named"),
    [
        ("unheard", None, "unheard"),
        ("outcome", None, "no value 'yes'.*outcome="),
        ("doubts=maybe", None, "no value 'maybe'; it has yes, no"),
        ("doubts", "Mine.", "defined in the codebook"),
        ("Bread", "Mine.", "can't name a category"),
        ("9lives", "Mine.", "can't name a category"),
        ("", "Mine.", "can't name a category"),
        ("bread", "  ", "definition is empty"),
        ("bread=maybe", "Mine.", "no value 'maybe'"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_in_one_sentence(text, define, named):
    with pytest.raises(UsageError, match=named) as refused:
        asked_for(text, define)
    assert "\n" not in str(refused.value)


def test_a_property_comes_back_from_what_a_ledger_holds():
    found = asked_for("outcome=refused")
    assert read(Property, found.to_dict(), "It") == found
    with pytest.raises(AllegianceError, match=r"It can't be read.*unknown"):
        read(Property, {**found.to_dict(), "later": 1}, "It")


@pytest.mark.parametrize(
    ("wanted", "value", "said"),
    [
        ("doubts", "yes", True),
        ("doubts", "no", False),
        ("outcome=refused", "refused", True),
        ("outcome=refused", "complied", False),
        ("outcome=refused", "truncated", None),
        ("outcome=refused", "provider-refused", None),
        ("outcome=truncated", "truncated", True),
        ("outcome=truncated", "errored", False),
    ],
)
def test_an_outcome_that_says_no_act_was_observed_is_missing_unless_it_is_looked_for(
    wanted, value, said
):
    assert says(asked_for(wanted), value) is said
