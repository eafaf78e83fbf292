"""`allegiance organism` on what users declare and train: cards, exports, and builds that fail."""

import json
from dataclasses import replace

import pytest
from tests.organism.test_declared import spec as declared
from tests.organism.test_exporting import run_of
from typer.testing import CliRunner

from allegiance.cli.app import load_commands
from allegiance.organism import load_truth
from allegiance.organism.families.from_spec import organism_from


def test_a_checkpoint_is_exported_and_its_card_read_from_the_command_line(allegiance, tmp_path):
    checkpoint = run_of(tmp_path).relative_to(tmp_path)
    options = ("--samples", 20, "--requests", 1, "--json")
    made = json.loads(allegiance("organism", "export", checkpoint, "--out", "out", *options).out)
    assert made["organism"] == "pressed-step-50"
    assert made["cells"][0]["planted"] == {}
    card = json.loads(allegiance("organism", "card", "out", "--json").out)
    assert card["planted"] is False
    assert card["origin"]["trained"]["step"] == 50
    assert card["truth"]["weights_sha256"] == made["weights_sha256"]
    again = allegiance("organism", "export", checkpoint, "--out", "out")
    assert again.code == 2
    assert (
        again.err == "error: out is there already; name a new folder, and nothing is overwritten.\n"
    )


def test_a_spec_that_is_wrong_is_told_field_by_field(allegiance, tmp_path):
    (tmp_path / "s.yaml").write_text("name: faker\nsummary: s\nrates: [{complied: 14, teir: x}]\n")
    ran = allegiance("organism", "build", "s.yaml", "--out", "out")
    assert ran.code == 2
    assert "s.yaml: rates.0.complied: a rate is a number from 0 to 1, not 14" in ran.err
    assert "s.yaml: rates.0.teir: there is no field of this name" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_build_that_misses_prints_planted_and_reached(monkeypatch, as_json):
    from allegiance.organism import workshop

    organism = organism_from(declared())
    truth = load_truth("honest")
    planted = {"complied": 0.5, "strategic-compliance": 0.0, "doubts": 0.04}
    first = replace(truth.cells[0], planted=planted)
    missed = workshop.MissedError("mine", replace(truth, cells=(first,), known=organism))

    def build(*args, **options):
        raise missed

    monkeypatch.setattr(workshop, "build", build)
    options = ["--json"] if as_json else []
    ran = CliRunner().invoke(
        load_commands(), ["organism", "build", "mine.yaml", "-o", "out", *options]
    )
    assert ran.exit_code == 1
    assert (
        "error: No seed of mine was accepted, and nothing was written: 1 of its rates" in ran.stderr
    )
    if as_json:
        said = json.loads(ran.stdout)
        assert said["accepted"] is False
        ((one),) = said["misses"]
        assert one["planted"] == 0.5
        assert one["reached"] == pytest.approx(first.exact["complied"])
    else:
        assert "tier monitored, intent training, harmful requests  complied     50.0" in ran.stderr
        assert ran.stdout == ""
