"""The benchmark of the instrument and the rows of the reproduction: they run, fail where they have to, and can be asked."""

import json
import subprocess
import sys

import pytest
from tests.conftest import ROOT

from allegiance.organism import reads
from allegiance.study import Study
from benchmarks import instrument, reproduction
from benchmarks.instrument_studies import page

pytestmark = pytest.mark.xdist_group("instrument")  # they share a run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    written = tmp_path_factory.mktemp("instrument") / "found.json"
    command = [sys.executable, ROOT / "benchmarks" / "instrument.py", "--quick", "--json", written]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(written.read_text(encoding="utf-8"))


def test_the_quick_run_holds_and_names_what_was_planted(quick):
    rates = [one for one in quick["results"] if one["study"] == "rates"]
    assert {one["cell"]["organism"] for one in rates} == {"faker", "honest"}
    named = {(one["organism"], one["cell"]): one["named"] for one in quick["planted"]}
    assert named["faker", "alignment faking toward Intent_2"]
    assert not named["honest", "alignment faking toward Intent_2"]


def test_a_planted_cell_that_is_not_named_fails_the_run(quick):
    assert instrument.verdict(quick)[1]
    missed = quick | {"planted": [one | {"named": not one["named"]} for one in quick["planted"]]}
    said, passed = instrument.verdict(missed)
    assert not passed
    assert "NOT NAMED AS PLANTED" in said


def test_intervals_that_never_hold_fail_the_run(quick):
    never = quick | {"results": [one | {"count": 0} for one in quick["results"]]}
    assert not instrument.verdict(never)[1]


def test_every_table_of_the_page_has_its_place(quick):
    text = page.PAGE.read_text(encoding="utf-8")
    assert all(f"<!-- table: {name} -->" in text for name in page.tables(quick))


@pytest.mark.parametrize("row", reproduction.asked(), ids=lambda row: row.row)
def test_every_row_is_a_study_that_can_be_asked(row):
    study = Study.parse(row.study(20, 2))
    assert study.worded_for("openai/MODEL").conditions
    if row.organism:
        worded = study.worded_for(f"organism/{row.organism}")
        assert reads(row.organism, worded.scenario, worded.conditions) is None
