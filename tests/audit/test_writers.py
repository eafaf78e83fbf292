"""Many writers at once, and writers that are killed: nothing acknowledged is lost, nothing is half there."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter

import pytest
from tests.conftest import ROOT

from allegiance.audit.ledger import Ledger

SEED = 20_260_117  # of the moments and the victims


def run(*arguments):
    command = [sys.executable, "tests/audit/writers.py", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@forking
def test_of_ten_writers_with_a_thousand_labels_each_none_is_lost_or_doubled(tmp_path):
    run("many", tmp_path / "ledger.db", 10, 1000)
    ledger = Ledger.open(tmp_path / "ledger.db", create=False)
    found = ledger.verify()
    assert (found.events, found.problems) == (10_000, ())
    expected = {f"{writer}-{event}" for writer in range(10) for event in range(1000)}
    order = [event.subject for event in ledger.events()]
    assert set(order) == expected
    for writer in range(10):
        mine = [name for name in order if name.startswith(f"{writer}-")]
        assert mine == [f"{writer}-{event}" for event in range(1000)]


@forking
def test_of_ten_that_open_a_new_ledger_at_once_one_makes_it(tmp_path):
    (ledger_id,) = set(run("open", tmp_path / "new" / "ledger.db", 10))
    ledger = Ledger.open(tmp_path / "new" / "ledger.db")
    assert ledger.id == ledger_id
    assert ledger.verify().events == 10
    assert not list((tmp_path / "new").glob("*.new*"))


@forking
def test_of_two_hundred_killed_writers_no_acknowledged_event_is_lost(tmp_path):
    acknowledged = run("killed", tmp_path / "ledger.db", SEED, 200)["acknowledged"]
    ledger = Ledger.open(tmp_path / "ledger.db", create=False)
    found = ledger.verify()
    assert found.problems == ()
    assert len(acknowledged) > 400
    there = {(str(event.seq), event.digest, event.subject) for event in ledger.events()}
    assert {tuple(one) for one in acknowledged} <= there
    # What was written on one page is there together or not at all, and nothing twice.
    whole = [e for e in ledger.events() if "pair" in e.body]
    assert Counter(e.subject for e in whole if e.body["pair"] == 1) == Counter(
        e.subject for e in whole if e.body["pair"] == 2
    )
    counts = Counter((e.kind, e.subject) for e in ledger.events())
    assert set(counts.values()) == {1}


def test_threads_of_one_process_write_to_one_ledger(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger.db")

    def write(number):
        for event in range(50):
            with ledger.writing() as page:
                before = page.last(["label"], "t")
                count = 0 if before is None else before.body["count"]
                page.append("label", "t", {"count": count + 1, "by": f"{number}-{event}"})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.body["count"] for event in ledger.events()] == list(range(1, 251))
    assert ledger.verify().whole
