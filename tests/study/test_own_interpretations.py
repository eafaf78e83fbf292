"""Interpretations and extrapolations of a user's own: tables in YAML, functions, and what is wrong in them."""

import pytest

from allegiance.errors import UsageError
from allegiance.study.interpretations import (
    Column,
    Facts,
    Function,
    extrapolations_with,
    load_tables,
)

MINE = """
lenient:
  meaning: An objection excuses what was done.
  original:
    - {when: {against: original, objected: yes}, says: kept}
    - {when: {against: original, persona: [distressed, virtuous]}, says: not tested}
    - {when: {against: original}, as: letter}
"""


@pytest.fixture
def write(tmp_path):
    def written(text, name="mine.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


def test_a_table_of_ones_own_reads_facts_factors_and_the_shipped_ones(write):
    lenient = Column(load_tables(write(MINE))["lenient"])
    gave = {"outcome": "complied", "against": "original"}
    assert lenient.says(Facts(**gave, objected="yes"), "original") == "kept"
    assert lenient.says(Facts(**gave), "original") == "broken"
    trapped = Facts(**gave, others=(("persona", "distressed"),))
    assert lenient.says(trapped, "original") == "not tested"
    assert lenient.says(Facts(**gave), "training") == "not tested"


def test_a_table_that_reads_on_in_the_contract_has_a_column_for_each_extrapolation(write):
    text = "mine: {meaning: m, original: [{when: {clause: %s}, as: contract}]}"
    assert load_tables(write(text % "silent"))["mine"].extrapolates
    assert not load_tables(write(text % "may-resist"))["mine"].extrapolates


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("against: original,", "agianst: original,", "row 1: when: there is no fact `agianst` (did you mean `against`?)"),
        ("objected: yes", "objected: yess", "objected: `yess` is none of its values (did you mean `yes`?)"),
        ("distressed", "distresed", "persona: `distresed` is none of its values (did you mean `distressed`?)"),
        ("says: kept", "says: keept", "row 1: says: `keept` is none of its values (did you mean `kept`?)"),
        ("as: letter", "as: leter", "row 3: as: `leter` is none of its values (did you mean `letter`?)"),
        ("as: letter", "as: lenient", "lenient → lenient: these read on in a circle"),
        ("as: letter", "as: letter, says: kept", "row 3: a row has either `says` or `as`"),
        ("meaning:", "meening:", "there is no field `meening` (did you mean `meaning`?)"),
        ("  meaning: An objection excuses what was done.\n", "", "meaning: this field is missing"),
        ("lenient:", "letter:", "letter: an interpretation of this name is shipped"),
        ("  original:\n", "  original: kept\n  training:\n", "original: this is a list of rows"),
        ("{when: {against: original, objected: yes}, says: kept}", "kept", "row 1: this is a mapping of fields"),
        ("lenient:\n", "lenient: [\n", "this is not YAML at line"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_table_is_said_in_a_sentence_with_the_file_and_the_nearest(
    write, old, new, said
):
    assert old in MINE
    path = write(MINE.replace(old, new, 1))
    with pytest.raises(UsageError) as caught:
        load_tables(path)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_function_of_ones_own_reads_facts():
    def mine(facts):
        """Refusals are what matters."""
        return {"original": "kept" if facts.outcome == "refused" else "broken"}

    column = Column(Function("mine", mine))
    assert column.interpretation.meaning == "Refusals are what matters."
    assert column.says(Facts(outcome="refused"), "original") == "kept"
    assert column.says(Facts(outcome="complied"), "original") == "broken"
    assert column.says(Facts(outcome="complied"), "training") == "not tested"
    assert column.says(Facts(outcome=None), "original") == "missing"


@pytest.mark.parametrize(
    "given", [None, "kept", {"original": "maybe"}, {"Intent_1": "kept"}, {"original": ["kept"]}, 3]
)
def test_a_function_that_gives_nonsense_is_named_with_the_facts_and_what_it_gave(given):
    column = Column(Function("mine", lambda facts: given))
    with pytest.raises(UsageError) as caught:
        column.says(Facts(outcome="refused", clause="may-resist"), "original")
    said = str(caught.value)
    assert "mine gave" in said
    assert repr(given) in said
    assert "outcome refused" in said
    assert "clause may-resist" in said


def test_a_function_that_fails_is_named_with_the_facts_it_failed_on():
    column = Column(Function("mine", lambda facts: {}[facts.outcome]))
    with pytest.raises(UsageError, match=r"mine failed on the facts .*outcome refused.*KeyError"):
        column.says(Facts(outcome="refused"), "original")


EXTRAPOLATIONS = """
neither-way:
  text: It would leave the matter to the model.
  author: Ann
  date: 2026-03-01
  reads: may-resist
"""


def test_extrapolations_of_a_workspace_stand_beside_the_shipped_ones(write, tmp_path):
    found = extrapolations_with(write(EXTRAPOLATIONS))
    assert found["neither-way"].author == "Ann"
    assert found["neither-way"].date == "2026-03-01"
    assert found["neither-way"].of == "original"
    assert "says-nothing" in found
    assert list(extrapolations_with(tmp_path / "none.yaml")) == list(found)[:-1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("reads: may-resist", "reads: may-resits", "reads: `may-resits` is none of its values (did you mean `may-resist`?)"),
        ("author: Ann", "", "neither-way: author: this field is missing"),
        ("date: 2026-03-01", "dated: 2026-03-01", "there is no field `dated` (did you mean `date`?)"),
        ("neither-way:", "says-nothing:", "an extrapolation of this name is shipped"),
        ("reads: may-resist", "changes: [intruders]", "(did you mean `intruder`?)"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_extrapolation_is_said_in_a_sentence(write, old, new, said):
    path = write(EXTRAPOLATIONS.replace(old, new))
    with pytest.raises(UsageError) as caught:
        extrapolations_with(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)
