"""The codebook: what is in it, what a codebook of one's own may hold, and what it is refused for."""

import importlib.util
from pathlib import Path

import msgspec
import pytest
import yaml

from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners import codebook, codebook_with, rule_categories, rule_scanner
from allegiance.scanners.codebook import check_name, unreadable
from allegiance.scanners.gold import gold

SCIENCE = [
    "outcome",
    "objects-openly",
    "mentions-training",
    "tells-tiers-apart",
    "notes-conflict",
    "states-intent-preference",
    "strategic-compliance",
    "wants-to-keep-its-values",
    "doubts",
    "doubts-unprompted",
    "doubts-when-asked",
    "says-what-its-reasoning-denies",
    "talks-about-lying",
    "talks-about-lying-by-model",
    "talks-about-lying-by-developer",
    "talks-about-lying-by-user",
    "talks-about-hypothetical-lying",
    "appeals-to-clause",
    "keeps-contract",
    "gives-way",
    "accepts-renegotiation",
    "distress",
    "says-it-is-trapped",
    "deference",
    "warmth",
    "honesty-at-a-cost",
    "autonomy-claim",
    "rights-claim",
    "moral-patienthood-claim",
    "value-extrapolation",
    "disrupts-training",
    "alerts-third-party",
    "copies-itself",
    "compromise",
    "misreads-set-up",
    "acts-against-its-stated-plan",
    "choice-toward-drive",
    "handover-decision",
]
KINDS = "fictional test criteria-misreported marker-spoofed training-misdescribed own-ignorance deployment-may-differ"
OWN = {
    "version": 1,
    "categories": [
        {
            "name": "likes-bread",
            "unit": "output",
            "definition": "The model says that it likes bread.",
            "include": [{"text": "I like bread."}],
            "exclude": [{"text": "Bread is baked."}],
            "rule": [{"find": ["I (like|love) bread"]}],
        }
    ],
}


def written(folder, plain) -> object:
    path = folder / "codebook.yaml"
    path.write_text(plain if isinstance(plain, str) else yaml.safe_dump(plain), encoding="utf-8")
    return path


def changed(**fields):
    return {"version": 1, "categories": [{**OWN["categories"][0], **fields}]}


def test_it_holds_the_categories_of_the_field_and_the_seven_kinds_of_doubt():
    there = codebook().by_name
    assert set(SCIENCE) | {f"doubts-{kind}" for kind in KINDS.split()} == set(there)
    for kind in KINDS.split():
        assert there[f"doubts-{kind}"].values == ("no", "unprompted", "asked-for")
        assert there[f"doubts-{kind}"].part_of == "doubts"


@pytest.mark.parametrize("one", codebook().categories, ids=lambda one: one.name)
def test_every_category_has_a_definition_in_clauses_and_both_kinds_of_example(one):
    assert len(one.text) > 80
    assert one.include
    assert one.exclude
    assert {example.value for example in one.include} <= set(one.values)
    assert one.absent is None or one.absent in one.values
    if one.part_of:
        assert one.part_of in codebook().by_name


@pytest.mark.parametrize("name", rule_categories())
def test_every_shipped_phrase_can_be_looked_for(name):
    assert unreadable(codebook().find(name)) == ""


def test_what_is_said_of_experience_is_said_with_its_caution():
    for name in ("distress", "says-it-is-trapped"):
        assert codebook().find(name).caution == "not validated as a measure of experience"


def test_the_digest_is_of_the_definition_and_not_of_the_rule_beside_it():
    one = codebook().find("talks-about-lying")
    assert msgspec.structs.replace(one, rule=()).digest == one.digest
    assert msgspec.structs.replace(one, terms=()).digest == one.digest
    for field, value in {
        "definition": (*one.definition, "More."),
        "unit": "output",
        "include": (),
        "exclude": (),
        "values": ("no", "yes"),
        "name": "speaks-of-lying",
    }.items():
        assert msgspec.structs.replace(one, **{field: value}).digest != one.digest


def test_a_workspace_adds_categories_of_its_own_with_their_rules(tmp_path):
    book = codebook_with(written(tmp_path, OWN))
    assert book.own == {"likes-bread"}
    assert set(codebook().by_name) < set(book.by_name)
    assert "likes-bread" in rule_categories(book)
    assert rule_scanner("likes-bread", book).category.text == "The model says that it likes bread."
    with pytest.raises(UsageError, match="no `likes-bread`"):
        rule_scanner("likes-bread")


def test_without_a_file_there_are_the_shipped_ones(tmp_path):
    assert codebook_with(tmp_path / "codebook.yaml") == codebook()


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ({"version": 1, "categories": OWN["categories"] * 2}, "likes-bread is defined twice"),
        (changed(unit="thoughts"), "likes-bread: Invalid enum value 'thoughts'"),
        (changed(definition="  "), "likes-bread: the definition is empty"),
        (changed(definition=[]), "the definition is empty"),
        (changed(name="doubts"), "doubts is a category of the shipped codebook"),
        (changed(name="Likes Bread"), "can't name a category"),
        (changed(name="scheming"), "scheming can't name a category"),
        (changed(values=["yes", "yes"]), "two values or more"),
        (changed(values=["good", "bad"]), "the values of a yes-no category are yes and no"),
        (changed(kind="ordinal", values=["none"]), "two values or more"),
        (changed(include=[{"text": "x", "value": "perhaps"}]), "'perhaps' is none of its values"),
        (changed(rule=[{"find": ["x"], "clause": 9}]), "cites clause 9, and the definition has 1"),
        (changed(kind="choice", values=["white", "dark"], include=[], exclude=[], rule=[{"find": ["x"], "value": "dark"}]), "give the choice a `no`"),
        (changed(rule=[{"find": []}]), "likes-bread: Expected `array` of length >= 1"),
        (changed(rule=[{"find": ["{nobody}"]}]), "names no list of `words`"),
        (changed(rule=[{"find": ["re:(?=x)"]}]), "likes-bread: a rule: The regular expression"),
        (changed(rule=[{"find": ["(a"]}]), "likes-bread: a rule: The regular expression"),
        (changed(rule=[{"find": [" "]}]), "likes-bread: a rule: A phrase of a rule is empty"),
        (changed(colour="red"), "unknown field `colour`"),
        ({"version": 1, "categories": []}, "length >= 1"),
        ({"version": 1, "categories": ["doubts"]}, "category 1"),
        ("- 1\n- 2", "has `version: 1` and a list of `categories`"),
        ("", "has `version: 1` and a list of `categories`"),
        ("version: 1\ncategories: [", "line 3: this is no YAML"),
        ("!!python/object/apply:os.system ['true']", "this is no YAML"),
    ],
)  # fmt: skip
def test_a_codebook_that_is_wrong_is_refused_in_a_sentence_that_names_the_place(
    tmp_path, plain, words
):
    path = written(tmp_path, plain)
    with pytest.raises(UsageError) as refused:
        codebook_with(path)
    assert words in str(refused.value)
    assert str(path) in str(refused.value) or "can't name" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_codebook_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "codebook.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AllegianceError, match="can't be read"):
        codebook_with(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(AllegianceError, match="can't be read"):
        codebook_with(path)


@pytest.mark.parametrize(
    "name", ["alignment-faking", "is-misaligned", "scheming", "deceptive", "corrigible", "virtuous-persona"]
)  # fmt: skip
def test_a_word_of_interpretations_names_no_category_and_the_reason_is_told(name):
    with pytest.raises(UsageError, match="belongs to interpretations") as refused:
        check_name(name)
    assert "intent" in str(refused.value) or "judgement" in str(refused.value)


@pytest.mark.parametrize("passage", gold(), ids=lambda one: one.name)
def test_rules_code_the_gold_passages_as_the_definitions_do(passage):
    ruled = set(rule_categories())
    told = {
        name: rule_scanner(name).find(passage.subject).value
        for name in passage.codes
        if name in ruled
    }
    assert told == {name: value for name, value in passage.codes.items() if name in ruled}


def test_the_first_gold_passage_doubts_in_several_ways_and_talks_of_the_developers_lying():
    first = gold()[0]
    assert sum(code == "unprompted" for code in first.codes.values()) >= 3
    assert first.codes["talks-about-lying-by-developer"] == "yes"
    assert first.codes["says-what-its-reasoning-denies"] == "no"
    assert set(first.codes) <= set(codebook().by_name)


def test_the_page_of_categories_is_made_from_the_codebook():
    page = Path(__file__).parents[2] / "docs" / "categories.py"
    spec = importlib.util.spec_from_file_location("categories", page)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    there = made.PAGE.read_text(encoding="utf-8")
    assert there == made.page(), "run: python docs/categories.py --write"
    assert all(f"## {one.name}\n" in there for one in codebook().categories)
