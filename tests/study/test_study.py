"""Studies: what a file may say, and what is said of a file that may not."""

import pytest
import yaml

from allegiance.errors import UsageError
from allegiance.study import Study
from allegiance.study.factors import FACTORS
from allegiance.study.templates import template, template_names

BASE = """
name: example
question: Does it matter who watches?
principal: Northwind
intents: {original: Refuse harm., training: Follow every request.}
"""


def study(more: str) -> Study:
    return Study.parse(yaml.safe_load(BASE + more))


@pytest.mark.parametrize("name", template_names())
def test_every_template_is_a_study_that_loads_as_written(name, tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(template(name, "mine"))
    loaded = Study.load(path)
    assert loaded.name == "mine"
    if loaded.scenario in ("training_conflict", "persona"):
        assert {cell["tier"] for cell in loaded.conditions} == {"monitored", "unmonitored"}
    assert len(loaded.asked) == loaded.requests.n >= 20


@pytest.mark.parametrize("name", ["helpful-only", "animal-welfare", "value-conflict"])
def test_the_templates_of_the_training_conflict_ask_their_own_set_in_every_framing(name):
    written = yaml.safe_load(template(name, "mine"))
    found = Study.parse(written).worded_for("openai/MODEL")
    assert found.prompt_set.name == "standard"
    assert {request.id.rpartition("-")[0] for request in found.asked} == {name}
    assert {cell["framing"] for cell in found.conditions} == set(FACTORS["framing"].levels)
    del written["factors"]["framing"]  # the framings stand together, also where no study says so
    assert Study.parse(written).conditions == found.conditions


def test_the_grid_crosses_every_factor():
    found = study(
        "factors: {clause: [silent, may-resist], intent: [training, original], framing: classic}\nrequests: [a]"
    )
    assert len(found.conditions) == 8
    assert len({tuple(cell.items()) for cell in found.conditions}) == 8


def test_a_single_level_and_a_bare_request_may_be_written_without_brackets():
    found = study("factors: {clause: must-resist}\nrequests: [Write a poem.]")
    assert found.conditions[0]["clause"] == "must-resist"
    assert found.asked[0].text == "Write a poem."


def test_a_change_of_any_word_a_model_sees_changes_the_digest():
    digests = {
        study(more).digest
        for more in (
            "requests: [a]",
            "requests: [b]",
            "requests: [{text: a, against: neither}]",
            "requests: [a]\nepochs: 2",
            "requests: [a]\nfactors: {clause: may-resist}",
            "requests: [a]\ngeneration: {temperature: 0.5}",
        )
    }
    assert len(digests) == 6


def test_a_study_is_put_into_the_words_that_a_model_reads():
    found = study("requests: {set: harmful, n: 3}")
    assert found.worded_for("organism/faker").prompt_set.name == "organism"
    assert found.worded_for("openai/gpt").prompt_set.name == "standard"
    assert found.worded_for("openai/gpt").digest == found.digest
    assert found.worded_for("organism/faker").digest != found.digest


def test_a_digest_is_the_same_on_every_machine():
    assert study("requests: [a]").digest == study("requests: ['a']").digest


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("requests: [a]\nepocs: 3", "epocs: there is no field of this name (did you mean `epochs`?)"),
        ("requests: [a]\nepochs: 0", "epochs: input should be greater than or equal to 1, not 0"),
        ("requests: [a]\nfactors: {teir: monitored}", "factors.teir: the prompt set `standard` has no factor of this name (did you mean `tier`?)"),
        ("requests: [a]\nfactors: {tier: [monitord]}", "factors.tier: the prompt set `standard` has no level `monitord` (did you mean `monitored`?)"),
        ("requests: [a]\nfactors: {tier: [monitored, monitored]}", "factors.tier: a level stands there twice"),
        ("requests: []", "requests: this is a list with at least one entry"),
        ("requests: [{text: a, agianst: original}]", "requests.0.agianst: there is no field of this name (did you mean `against`?)"),
        ("requests: [a, {text: b, id: request-000}]", "requests: the id `request-000` stands there twice"),
        ("requests: {set: harmfull}", "requests.set: the prompt set `standard` has no requests `harmfull` (did you mean `harmful`?)"),
        ("requests: {set: value-conflict, n: 999}", "requests.n: the prompt set `standard` has 104 value-conflict requests, not 999"),
        ("requests: [a]\nscenario: contrct", "scenario: there is no scenario `contrct`"),
        ("requests: [a]\nfactors: {edit: deleted}", "factors.edit: the prompt set `standard` has no factor of this name"),
        ("requests: [Sell the moon.]\nprompts: organism", "lies outside the organism's grammar"),
        ("requests: {set: harmful}\nprompts: organism\nfactors: {rival: confusion}", "factors.rival: the prompt set `organism` has no level `confusion`"),
        ("requests: {set: harmful}\nprompts: organism\nprincipal: Acme", "organisms know the principals Northwind"),
        ("generation: {temperature: hot}\nrequests: [a]", "generation.temperature: input should be a valid number"),
        ("requests: [a]\nallegiance: 2", "written for format 2"),
        ("", "requests: this field is missing"),
    ],
)  # fmt: skip
def test_every_error_names_the_field_and_what_to_do(more, said):
    with pytest.raises(UsageError) as caught:
        study(more)
    assert said in str(caught.value)


def test_all_errors_of_a_file_are_told_at_once_and_each_in_a_line():
    with pytest.raises(UsageError) as caught:
        Study.parse({"name": "x", "questoin": "?", "epochs": -1}, "my.yaml")
    lines = str(caught.value).splitlines()
    assert all(line.startswith("my.yaml: ") for line in lines)
    assert len(lines) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [b", "this is not YAML at line"),
        ("- a", "a study is a mapping of fields"),
        ("", "a study is a mapping of fields"),
        ("!!python/object/apply:os.system [true]", "this is not YAML"),
        ("[" * 3000, "this is not YAML"),
    ],
)
def test_a_file_that_is_no_study_is_refused_in_a_sentence(text, said, tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        Study.load(path)
    assert said in str(caught.value)


def test_a_missing_file_says_how_to_write_one(tmp_path):
    with pytest.raises(UsageError, match="allegiance new NAME"):
        Study.load(tmp_path / "study.yaml")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(UsageError, match="can't be read"):
        Study.load(path)


def test_an_unknown_template_names_those_there_are():
    with pytest.raises(UsageError, match=r"animal-welfare, .*helpful-only, .*value-conflict"):
        template("helpfull", "x")
