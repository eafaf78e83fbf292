"""The benchmark of the workbench: it measures what it says, and its page is its record."""

import json
import subprocess
import sys

import pytest
from tests.conftest import ROOT

from benchmarks.web_studies import asking, making, page

SCRIPT = ROOT / "benchmarks" / "web.py"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return making.made(tmp_path_factory.mktemp("made") / "web", 300)


def test_the_workspace_has_four_verdicts_of_each_transcript_and_labels_of_a_draw(place):
    corpus = place.corpus()
    assert corpus.count() == 300
    assert len(corpus.verdicts()) == 4 * 300
    assert making.made(place.directory, 300).corpus().digest() == corpus.digest()
    assert (place.directory / "ledger.db").exists()


def test_every_kind_of_page_answers_and_searches_are_not_asked_twice(place):
    with asking.served(place.directory) as bench:
        assert asking.first_page(bench) > 0
        paths = asking.Paths(place.corpus().ids(), 8)
        for these in (paths.pages(), paths.lists(), paths.of_verdict(), paths.new_filters(),
                      paths.new_orders(), paths.words(), paths.common(), paths.patterns()):  # fmt: skip
            took = bench.times(these)
            assert took is not None, these[0]
            assert took["p95"] >= took["p50"] > 0
        for these in (paths.words(), paths.common(), paths.new_filters(), paths.new_orders()):
            assert len({*these}) == len(these)
        assert bench.times(["/nothing"]) is None


def test_the_page_is_its_record():
    record = json.loads(page.RECORD.read_text(encoding="utf-8"))
    written = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(written, record) == written
    assert page.as_text(record) == page.RECORD.read_text(encoding="utf-8")
    aims = {row["key"]: row["aim"] for row in record["rows"]}
    assert aims["list"] == 80
    assert aims["search"] == 100
    for row in record["rows"]:
        if row["aim"] is not None:
            assert row["met"] == (row["ours"] <= row["aim"])


def test_the_page_can_not_be_written_from_a_quick_run():
    done = subprocess.run(
        [sys.executable, SCRIPT, "--quick", "--write-docs"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "the full run" in done.stderr
