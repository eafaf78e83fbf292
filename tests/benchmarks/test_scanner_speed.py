"""The benchmarks of scanners: they run, both find the same, and what is printed is what was measured."""

import pytest

from benchmarks.corpus_studies import logs
from benchmarks.scanners_studies import pattern_speed
from benchmarks.scanners_studies.pattern_speed import Figures, Size, lines, measure


@pytest.mark.shared
def test_a_pattern_scan_and_scouts_find_the_same(tmp_path, shared_data):
    assert logs.GENERATOR.is_relative_to(shared_data.parent)
    found = measure(tmp_path, Size(logs=1, samples=12, repeats=1))
    assert found.same
    assert (found.transcripts, found.patterns, found.verdicts) == (12, 3, 36)
    assert any(found.found.values())
    told = found.to_dict()
    assert told["times_scout"] == pytest.approx(told["ours_a_second"] / told["scout_a_second"])
    assert told["share_of_bare"] == pytest.approx(told["ours_a_second"] / told["bare_a_second"])


def test_two_that_find_different_places_fail_the_run(monkeypatch, capsys, tmp_path):
    other = Figures(10, 3, ours=1.0, scout=10.0, bare=0.5, same=False, found={})
    monkeypatch.setattr(pattern_speed, "measure", lambda work, size: other)
    assert pattern_speed.main(["--quick", "--work", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "the same places found: NO" in said
    assert "30 verdicts a second, 10.0 times Inspect Scout's grep scan (3)" in said
    assert lines(other)[2].endswith("a scan runs at 50 % of it")
