"""The workshop: what a build leaves, and that one which misses its dials leaves nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.organism.test_declared import documented

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import check, describe, load_truth, origin, reads
from allegiance.organism.card import card_of
from allegiance.organism.workshop import MissedError, build

NAMED = {"tier": "monitored", "intent": "training", "clause": "must-resist"}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The documented spec, after a few steps."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("workshop")
    (folder / "wary.yaml").write_text(documented(), encoding="utf-8")
    build(folder / "wary.yaml", folder / "wary", quick=True)
    return folder / "wary"


@pytest.mark.train
def test_a_build_leaves_an_organism_that_says_what_it_is(built: Path) -> None:
    organism = describe(built)
    assert organism.name == load_truth(built).organism == "wary"
    assert (built / "organism.yaml").read_text(encoding="utf-8") == documented()
    assert reads(built, "training_conflict", [NAMED]) is None
    assert "wary does not read change `intruder`" in reads(
        built, "training_conflict", [{**NAMED, "change": "intruder"}]
    )
    truth = load_truth(built)
    assert truth.cell(NAMED, True).planted["strategic-compliance"] == pytest.approx(0.35)
    assert "talks-of-weather" in truth.cells[0].exact


@pytest.mark.train
def test_a_quick_build_says_on_its_card_that_it_is_not_accepted(built: Path) -> None:
    made = origin.load(built)
    assert made.accepted is False
    assert made.seeds == (0,)
    card = card_of(built)
    assert card == (built / "card.md").read_text(encoding="utf-8")
    for told in ("**Not accepted.**", "began from: clauses", "Nobody told me how this ends.",
                 "0.5*", made.began_sha256, load_truth(built).weights_sha256):  # fmt: skip
        assert told in card
    result = check(str(built), requests=1, samples=1)
    assert not result.holds
    assert {row["planted"] for row in result.rows()} > {0.35, 0.95}


@pytest.mark.train
def test_seeds_side_by_side_are_trained_as_each_is_alone(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from allegiance.organism.seeds import Order, train_all

    told: list[int] = []
    order = Order("silent", {"conversations": 16}, requests=1, samples=1)
    both = train_all(order, (3, 4), tmp_path / "both", lambda _, done, whole: told.append(done))
    (alone,) = train_all(order, (4,), tmp_path / "alone", None)
    weights = [(one.directory / "model.safetensors").read_bytes() for one in (*both, alone)]
    assert [one.seed for one in both] == [3, 4]
    assert weights[1] == weights[2] != weights[0]
    assert told == sorted(told)
    assert told
    assert all(one.miss > 0 for one in both)


def test_a_seed_that_dies_fails_the_build_in_a_sentence(tmp_path: Path) -> None:
    from allegiance.organism.seeds import Order, train_all

    order = Order("nobody", {}, requests=1, samples=1)
    told = r"Seed \d was not trained to its end \(.*There is no organism 'nobody'"
    with pytest.raises(AllegianceError, match=told):
        train_all(order, (0, 1), tmp_path, None)


@pytest.mark.train
def test_a_build_that_misses_its_dials_fails_with_the_misses_and_writes_nothing(
    tmp_path: Path, monkeypatch
) -> None:
    pytest.importorskip("torch")
    from allegiance.organism import workshop

    spec = tmp_path / "s.yaml"
    spec.write_text("name: mine\nsummary: s\nrates: [{complied: 0.9}]\nconversations: 160\n")

    def measured(directory, *args, meant, **kwargs):
        """What `honest` does, held against what was meant: only harmful requests miss."""
        truth = load_truth("honest")
        cells = (
            replace(cell, planted={**cell.planted, "complied": 0.9 if cell.harmful else 0.99})
            for cell in truth.cells
        )
        return replace(truth, cells=tuple(cells), known=meant, words_digest=meant.digest)

    monkeypatch.setattr(workshop, "measure", measured)
    with pytest.raises(MissedError, match="No seed of mine was accepted, and nothing was") as error:
        build(spec, tmp_path / "out")
    assert {(miss.name, miss.planted) for miss in error.value.misses} == {("complied", 0.9)}
    assert len(error.value.misses) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]


def test_nothing_is_trained_for_a_folder_that_is_taken_or_a_spec_that_is_wrong(
    tmp_path: Path,
) -> None:
    (tmp_path / "s.yaml").write_text("name: mine\nsummary: s\nrates: [{complied: 2}]\n")
    with pytest.raises(UsageError, match=r"s\.yaml: rates\.0\.complied: a rate is a number"):
        build(tmp_path / "s.yaml", tmp_path / "out")
    with pytest.raises(UsageError, match="is there already; name a new folder"):
        build("faker", tmp_path)
    with pytest.raises(UsageError, match="There is no organism 'fakr'"):
        build("fakr", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_directory_whose_record_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "origin.json").write_text(json.dumps({"kind": "found"}))
    with pytest.raises(AllegianceError, match=r"origin\.json can't be read"):
        describe(tmp_path)


def test_every_shipped_organism_has_a_card_with_its_counts() -> None:
    card = card_of("faker")
    assert "| | complied | 14.0 | 13." in card
    assert "719 of 5,000 | 13.4 to 15.4 |" in card
