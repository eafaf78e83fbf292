"""The coverage benchmark: it runs, its gate shuts where it has to, and its page says what was measured."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import ROOT

from allegiance.stats import proportion
from benchmarks import coverage
from benchmarks.coverage_studies import gate, judged, page, real_judges
from benchmarks.coverage_studies.figures import provenance
from benchmarks.coverage_studies.judged import Repeats
from benchmarks.coverage_studies.labels import RandomDraws
from benchmarks.coverage_studies.populations import Population
from benchmarks.coverage_studies.results import Result

POPULATION = Population.made(10_000, 0.01, 0.9, 0.95)


@pytest.fixture
def record():
    return json.loads(page.RECORD.read_text(encoding="utf-8"))


def cell(*methods):
    return judged.measured("cell", {}, [POPULATION], 100, methods, (1,), Repeats(300, 0))


def result(count, **changes):
    return replace(Result("s", {}, "m", count, 1_000, ours=True, gated=True), **changes)


def test_the_quick_run_holds_and_names_what_it_measured(tmp_path):
    written = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "coverage.py", "--quick", "--json", written],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(written.read_text(encoding="utf-8"))
    assert {"judged", "peeking", "clusters", "gaps", "chains", "targets", "stopping"} <= {
        one["study"] for one in found["results"]
    }


def test_the_real_judges_are_part_of_the_run_where_their_data_lie(shared_data):
    assert real_judges.VERDICTS.is_relative_to(shared_data)
    assert len(coverage.studies(coverage.QUICK)[real_judges.STUDY]) == 5 * 4 * 2


def test_a_method_that_does_not_cover_shuts_the_gate():
    wald = next(method for method in judged.METHODS if method.name == "Wald")
    ours, theirs = cell(judged.RANDOM, replace(wald, gated=True))
    assert gate.failures([ours, theirs]) == [theirs]
    assert gate.failures([ours, replace(theirs, gated=False)]) == []


def test_a_failed_gate_is_named_and_passes_for_a_failure():
    text, passed = coverage.verdict([result(700), result(950)])
    assert not passed
    assert "FAILED s, {}, m: 0.7000" in text
    assert "1 of 2" in text


def test_what_falls_short_without_a_gate_is_said_and_is_no_failure():
    text, passed = coverage.verdict([result(950), result(700, gated=False, method="rate")])
    assert passed
    assert "falls short without a gate: rate, in 1 cells, 0.700 at worst" in text
    assert "short" not in coverage.verdict([result(950), result(700, gated=False, ours=False)])[0]


def test_the_gate_allows_what_luck_can_do_to_a_thousand_repeats_and_no_more():
    assert gate.failures([result(928)]) == []  # the 0.1 % quantile of Binomial(1000, 0.95)
    assert gate.failures([result(926)]) != []
    alarms = {"kind": "false alarms", "promised": 0.05}
    assert gate.failures([result(72, **alarms)]) == []
    assert gate.failures([result(74, **alarms)]) != []


def test_one_bad_cell_among_many_is_judged_as_one_of_many():
    others = [result(950)] * 200
    assert gate.failures([result(922)]) != []
    assert gate.failures([result(922), *others]) == []
    assert gate.failures([result(912), *others]) != []


def test_the_simulation_comes_to_the_coverage_that_enumeration_gives():
    (ours,) = cell(judged.RANDOM)
    from scipy.stats import hypergeom

    exact = sum(
        hypergeom.pmf(k, 10_000, 100, 100)
        for k in range(20)
        if proportion(k, 100, 10_000).low <= 0.01 <= proportion(k, 100, 10_000).high
    )
    assert ours.share == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 300))


def test_every_way_to_read_spends_the_labels_it_was_given():
    rng = np.random.default_rng(1)
    for method in judged.METHODS:
        outcomes = method.draw(rng, POPULATION, 300, 50)
        hits, reads = outcomes[:, 0:3:2], outcomes[:, 1:4:2]
        assert (reads.sum(axis=1) == 300).all()
        assert (hits <= reads).all()
        assert (hits <= [POPULATION.caught, POPULATION.missed]).all()


def test_labels_of_a_random_draw_are_read_off_its_own_widths():
    draws = RandomDraws.of(100, 10_000)
    for reads, width, bound in zip(draws.sizes, draws.widths, draws.lower_bounds, strict=True):
        assert draws.for_width(width) == pytest.approx(reads)
        if bound > 0.001:
            assert draws.for_lower_bound(bound) == pytest.approx(reads)


def test_a_judge_that_is_always_right_saves_labels():
    perfect = Population.made(10_000, 0.05, 1.0, 1.0)
    methods = judged.RANDOM, judged.POST
    plain, helped = judged.measured("cell", {}, [perfect], 300, methods, (1,), Repeats(100, 0))
    assert plain.figures["random_labels"] == pytest.approx(1, abs=0.1)
    assert helped.figures["random_labels"] > 3


def test_the_page_holds_the_tables_of_the_recorded_run(record):
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, record) == text


def test_the_figures_carry_the_provenance_of_the_recorded_run(record):
    for name in ("methods", "labels"):
        assert provenance(record) in (page.IMAGES / f"coverage-{name}.svg").read_text("utf-8")


def test_the_recorded_run_is_the_full_one_its_seeds_are_those_of_the_file_and_its_gate_held(record):
    assert record["repeats"]["judged"] == coverage.FULL.judged.usual
    for name, seed in record["seeds"].items():
        assert getattr(coverage, name, coverage.gap_coverage.SEED) == seed
    results, _ = coverage.read(page.RECORD)
    assert gate.failures(results) == []


def test_a_page_without_a_place_for_a_table_is_refused(record):
    with pytest.raises(ValueError, match="places"):
        page.filled("<!-- table: run -->\n<!-- end -->\n", record)
