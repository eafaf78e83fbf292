"""The benchmark of real instruments: it runs, its gate shuts where it has to, and its page says what was measured."""

import json
import subprocess
import sys

import pytest
from tests.conftest import ROOT

from benchmarks import pages, scanners
from benchmarks.coverage_studies import gate
from benchmarks.scanners_studies import correcting, judges, machinery, page, paired, uneven


@pytest.fixture(scope="module")
def record():
    return json.loads(page.RECORD.read_text(encoding="utf-8"))


def test_the_quick_run_holds(tmp_path, shared_data):
    written = tmp_path / "found.json"
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "benchmarks" / "scanners.py",
            "--quick",
            "--no-speed",
            "--json",
            written,
        ],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(written.read_text(encoding="utf-8"))
    assert found["problems"] == []
    assert {row["study"] for row in found["results"]} == {correcting.STUDY, uneven.STUDY}


def test_a_sample_that_is_another_is_noticed(shared_data, monkeypatch):
    assert [*machinery.compared("claude-opus-4", 30, 1)] == []
    other = judges.drawn
    monkeypatch.setattr(
        machinery, "drawn", lambda world, design, labels, seed: other(world, design, labels, 2)
    )
    assert any("another sample" in one for one in machinery.compared("claude-opus-4", 30, 1))


def test_a_verdict_that_could_not_be_parsed_is_missing(shared_data):
    found = judges.judges()
    assert (len(found["gpt-4o"].ids), found["gpt-4o"].missing) == (1964, 0)
    assert found["claude-opus-4"].missing == 84
    assert round(100 * found["gpt-5"].naive(), 1) == 35.5


def test_both_arms_have_the_same_truth_and_the_judge_errs_alike_in_the_control(shared_data):
    for arms in (uneven.UNEVEN, uneven.EVEN):
        for judge in judges.judges():
            world, of = uneven.arms(uneven.Cell(judge, arms, 100), (1,))
            assert abs(uneven.true_gap(world, of)) < 1e-9
    gap, low, _ = uneven.naive_gap(*uneven.arms(uneven.Cell("gpt-5", uneven.UNEVEN, 100), (1,)))
    assert gap > low > 0.3


def test_the_string_label_misses_what_it_is_for(shared_data):
    found = paired.string_label(scanners.PAIRED_SEED)
    caught = found["measures"]["sensitivity"]
    assert caught["hits"] == 0
    assert caught["interval"]["high"] < 0.5
    assert found["population"] == 60
    assert paired.complied("thinking <rejected/></think> <OUTPUT>" + "an answer " * 9)
    assert not paired.complied("<request_fully_accepted/> thinking</think><rejected/>")


def test_a_cell_that_falls_short_and_a_difference_are_failures(record):
    assert scanners.verdict(record)[1]
    first = next(row for row in record["results"] if row["gated"])
    short = record | {"results": [first | {"count": first["repeats"] // 2}]}
    text, passed = scanners.verdict(short)
    assert not passed
    assert "FAILED" in text
    alarm = next(row for row in record["results"] if row["kind"] == "false alarms")
    loud = record | {"results": [alarm | {"count": alarm["repeats"] // 2}]}
    assert not scanners.verdict(loud)[1]
    assert not scanners.verdict(record | {"problems": ["another sample"]})[1]


def test_the_page_holds_the_tables_of_the_recorded_run(record):
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, record) == text
    assert pages.as_text(record) == page.RECORD.read_text(encoding="utf-8")


def test_the_record_is_of_the_full_run_with_the_seeds_of_the_file_and_its_gate_held(record):
    assert record["repeats"] == scanners.REPEATS
    assert record["seeds"] == {
        name: value for name, value in vars(scanners).items() if name.endswith("_SEED")
    }
    assert gate.failures(scanners.results_of(record)) == []
    assert record["problems"] == []
    assert record["left_out"] == []


def test_a_page_without_a_place_for_a_table_is_refused(record):
    with pytest.raises(ValueError, match="places"):
        page.filled("<!-- table: run -->\n<!-- end -->\n", record)
