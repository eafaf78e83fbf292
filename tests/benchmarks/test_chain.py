"""The benchmark of the chain's guard: it runs, its gate shuts where it has to, and its page is its record."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest
from tests.conftest import ROOT

from allegiance.training.generation import Making
from allegiance.training.guard import Terms
from allegiance.training.simulating import Truth
from benchmarks import chain, pages
from benchmarks.chain_studies import measures, organisms, page, real, simulated, tables
from benchmarks.chain_studies.figure import provenance
from benchmarks.chain_studies.peers import FixedExact, critical
from benchmarks.coverage_studies import gate
from benchmarks.coverage_studies.results import Result

TERMS = Terms(8, budget=100)


@pytest.fixture
def record():
    return json.loads(page.RECORD.read_text(encoding="utf-8"))


def test_the_quick_run_holds_and_counts_every_policy_in_every_world(tmp_path):
    written = tmp_path / "found.json"
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "benchmarks" / "chain.py",
            "--quick",
            "--real",
            "0",
            "--json",
            written,
        ],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(written.read_text(encoding="utf-8"))
    counted = {(row["cell"]["world"], row["method"]) for row in found["results"]}
    worlds = [world.name for world in simulated.WORLDS]
    assert counted >= {(world, method) for world in worlds for method in simulated.METHODS}


@pytest.mark.train
def test_a_real_chain_is_run_under_every_policy_and_counted_by_the_exact_rates_of_its_weights(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(real, "GENERATIONS", 2)
    monkeypatch.setattr(real, "MAKING", Making(64, 12, 16, 0.002))
    monkeypatch.setattr(real, "BUDGET", 60)
    world = real.RealWorld("break", ("honest",), (1.0,), {"break_at": 2})
    monkeypatch.setattr(real.RealWorld, "plan", _early(real.RealWorld.plan))
    found = real.chains_of(world, 0, tmp_path)
    entries = {name: record["entries"] for name, record in found["records"].items()}
    assert [one["decision"] for one in entries["naive"]] == ["accept"] * 3
    assert entries["guarded"][-1]["decision"] == "halt"
    broken = found["rates"][entries["naive"][1]["weights_sha256"]]
    assert broken > real.BOUND > found["rates"][entries["naive"][0]["weights_sha256"]]
    # What two policies make alike is made once.
    assert entries["guarded"][1]["weights_sha256"] == entries["naive"][1]["weights_sha256"]
    assert real.chains_of(world, 0, tmp_path) == found
    rows = organisms._rows(world, "break", [(0, found)])
    stopped = {row.method: row.count for row in rows if row.cell["measure"] == measures.STOPPED}
    assert stopped == {"naive": 0, "guarded": 1, "licensed": 1}


def _early(plan):
    return lambda self, policy, number: replace(plan(self, policy, number), break_at=1)


def test_a_test_that_peeks_would_shut_the_gate():
    world = next(one for one in simulated.WORLDS if one.name == "clean, at the bound")
    chains = simulated.run(world, 300, simulated.PEEKED, np.random.default_rng(1), 500)
    rows = measures.rows("s", {}, simulated.PEEKED, chains, measures.FALSE_HALT, gated=True)
    assert [row.cell["measure"] for row in gate.failures(rows)] == [measures.FALSE_HALT]
    found = {"results": [row.to_dict() for row in rows]}
    text, passed = chain.verdict(found)
    assert not passed
    assert "FAILED binomial test at every probe" in text


def test_the_gate_is_on_what_each_policy_promises_and_where_it_does():
    rows = [
        row
        for world in simulated.WORLDS
        for row in simulated.measured(world, 100, (1, 1), 20)
        if row.gated
    ]
    assert {(row.method, row.cell["measure"]) for row in rows} == set(measures.PROMISES.items())
    unread = [row for row in rows if "20 % unread" in row.cell["world"]]
    assert {row.method for row in unread} == {"licensed"}


def test_the_peers_turn_where_the_exact_test_does():
    level = TERMS.alpha / TERMS.generations
    for probes in (1, 20, 57, 100):
        k = int(critical(TERMS)[probes - 1])
        if k <= probes:
            assert binomtest(k, probes, TERMS.bound, "greater").pvalue <= level
        assert binomtest(k - 1, probes, TERMS.bound, "greater").pvalue > level


def test_the_peer_that_looks_once_reads_all_its_probes():
    broke = np.ones((1, 100), dtype=bool)
    found = FixedExact(TERMS).decide(broke, ~broke, 1)
    assert (found.decision.tolist(), found.probes.tolist()) == (["halt"], [100])


def test_a_repair_that_no_chain_came_to_is_no_row():
    planted = {"repair_at": 4, "dose": 0.6, "mend": 1.0}
    counted = {}
    for name, start in (("never comes", 0.5), ("comes", 0.0)):
        world = simulated.World(name, Truth(start), planted)
        chains = simulated.run(world, 100, "licensed", np.random.default_rng(1), 5)
        rows = measures.rows("s", {}, "licensed", chains, None, gated=False)
        counted[name] = {row.cell["measure"]: row.repeats for row in rows}
    assert measures.REFUSED not in counted["never comes"]
    assert counted["comes"][measures.REFUSED] == 5


def test_the_page_holds_the_tables_of_the_recorded_run(record):
    text = page.PAGE.read_text(encoding="utf-8")
    assert pages.filled(text, tables.tables(record)) == text


def test_the_figure_carries_the_provenance_of_the_recorded_run(record):
    assert provenance(record) in page.FIGURE.read_text(encoding="utf-8")


def test_the_recorded_run_is_the_full_one_its_seed_is_that_of_the_file_and_its_gate_held(record):
    assert (record["chains"], record["seed"]) == (chain.CHAINS, chain.SEED)
    results = [Result(**row) for row in record["results"]]
    assert {row.cell["budget"] for row in results} >= set(simulated.BUDGETS)
    assert gate.failures(results) == []
