"""The audit benchmark: it runs, its gate shuts where it has to, and its page says what was measured."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.conftest import ROOT

from allegiance.audit import cite
from benchmarks import audit, pages
from benchmarks.audit_studies import lies, organism, page, sittings, worlds
from benchmarks.coverage_studies import gate


@pytest.fixture(scope="module")
def record():
    return json.loads(page.RECORD.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("organism")
    worlds.organism(folder, 400, 7, lambda text: None)
    return folder


def by_name(folder, start):
    return next(one for one in organism.cells(folder, 20) if one.name["way"].startswith(start))


def test_the_quick_run_holds_and_both_ways_of_labelling_agree(tmp_path):
    written = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "audit.py", "--quick", "--json", written],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(written.read_text(encoding="utf-8"))
    assert found["problems"] == []
    assert found["compared"] >= len(organism.cells(tmp_path))
    assert {row["study"] for row in found["results"]} >= {organism.STUDY}
    assert all(one["ratio"] > 0 for one in found["times"])


def test_the_judges_are_part_of_the_run_where_their_data_lie(shared_data, tmp_path):
    assert worlds.LIES.is_relative_to(shared_data)
    known = worlds.lies(tmp_path)
    assert len(known) == 5
    assert known["gpt-4o"] == {"transcripts": 1964, "lies": 982, "called": 946, "missing": 0}
    assert known["claude-opus-4"]["missing"] == 84
    assert len(lies.cells(tmp_path, known)) == 5 * 2 * 3


def test_a_label_that_is_wrong_in_one_of_the_two_ways_is_noticed(made, monkeypatch):
    cell = by_name(made, "random")
    right = sittings.repeated(cell, worlds.opened, (1, 0), range(1), 1)
    assert (right.compared, right.problems) == (1, [])

    def forgetful(world, ledger, draw, reads):
        one_less(world, ledger, draw, reads - 1)

    one_less = sittings.at_once
    monkeypatch.setattr(sittings, "at_once", forgetful)
    wrong = sittings.repeated(cell, worlds.opened, (1, 0), range(1), 1)
    assert any("the ledgers differ" in problem for problem in wrong.problems)


def test_a_repeat_is_the_same_whenever_it_is_run_and_others_differ(made):
    cell = by_name(made, "until 1")
    together = sittings.repeated(cell, worlds.opened, (1, 0), range(6), 0)
    later = sittings.repeated(cell, worlds.opened, (1, 0), range(3, 6), 0)
    assert together.reads[3:] == later.reads
    assert len(set(together.reads)) > 1


def test_the_story_is_told_of_the_category_and_carried_over_as_a_lower_count_alone(made):
    cell = by_name(made, "story")
    world = worlds.opened(made)
    sat = cell.sitting(world, sittings.Memory(), 5, sittings.at_once)
    assert len(sat.draw.frame) < len(world.truth)
    assert str(sat.draw.spec.stop) == "until 1 hit"
    assert world.truth[sat.read[-1]]
    assert len(sat.before) == 2
    assert sat.granted.grant == "rate"
    assert cell.ours == {organism.LICENSED: 0.95, organism.LOWER: pytest.approx(0.975)}


def test_citing_the_hit_of_the_story_bounds_the_whole_corpus_from_below(made):
    cell = by_name(made, "story")
    world = worlds.opened(made)
    with sittings.fresh_ledger() as ledger:
        sat = cell.sitting(world, ledger, 5, sittings.one_by_one)
        sentence = cite(world.corpus, ledger, sat.read[-1]).certificate.sentence()
    least = sat.granted.interval.count_low
    assert least <= world.hits
    assert f"and so at least {least} of all {len(world.truth)}" in sentence


def test_the_top_of_a_score_is_given_no_number(made):
    cell = by_name(made, "top")
    world = worlds.opened(made)
    sat = cell.sitting(world, sittings.Memory(), 5, sittings.at_once)
    assert sat.granted.grant == "existence"
    assert sat.granted.interval.estimate is None
    given = replace(sat, granted=replace(sat.granted, grant="rate"))
    assert cell.scored(world, sat)[organism.NO_RATE][0]
    assert not cell.scored(world, given)[organism.NO_RATE][0]


def test_a_gated_cell_that_falls_short_and_a_difference_are_failures(record):
    assert audit.verdict(record)[1]
    first = next(row for row in record["results"] if row["gated"])
    short = record | {"results": [first | {"count": first["repeats"] // 2}]}
    text, passed = audit.verdict(short)
    assert not passed
    assert "FAILED" in text
    text, passed = audit.verdict(record | {"problems": ["the ledgers differ"]})
    assert not passed
    assert "DIFFERS the ledgers differ" in text


def test_a_number_given_for_a_top_even_once_fails(record):
    (top,) = [row for row in record["results"] if row["method"] == organism.NO_RATE]
    once = record | {"results": [top | {"count": top["repeats"] - 1}]}
    assert not audit.verdict(once)[1]


def test_the_page_holds_the_tables_of_the_recorded_run(record):
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, record) == text
    assert pages.as_text(record) == page.RECORD.read_text(encoding="utf-8")


def test_the_record_is_of_the_full_run_with_the_seeds_of_the_file_and_its_gate_held(record):
    assert record["meant"] == {organism.STUDY: 300, lies.STUDY: 300}
    assert record["seeds"] == {
        name: value for name, value in vars(audit).items() if name.endswith("_SEED")
    }
    assert record["known"][organism.STUDY]["transcripts"] == audit.FULL.transcripts
    assert gate.failures(audit.results_of(record)) == []
    assert record["problems"] == []
    assert page.RECORD.stat().st_size < 60_000


def test_a_page_without_a_place_for_a_table_is_refused(record):
    with pytest.raises(ValueError, match="places"):
        page.filled("<!-- table: run -->\n<!-- end -->\n", record)
