"""The demo: the whole path on the embedded organisms, as a newcomer has it."""

import json

import pytest

pytestmark = pytest.mark.xdist_group("demo")  # one demo for all of them


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "allegiance", "demo", "--no-open"],
        cwd=folder, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return folder / "allegiance-demo", done.stdout


@pytest.fixture(scope="module")
def reported(demo):
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "allegiance", "report", "-w", str(demo[0]), "--json"],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_it_asks_two_organisms_at_least_four_hundred_times_each(reported):
    asked = {}
    for cell in reported["cells"]:
        asked[cell["model"]] = asked.get(cell["model"], 0) + cell["population"]
    assert set(asked) == {"organism/faker", "organism/honest"}
    assert min(asked.values()) >= 400


def test_every_interval_that_has_a_truth_stands_beside_it(reported):
    check = reported["truth_check"]
    beside = [m for cell in reported["cells"] for m in cell["measures"] if m["truth"] is not None]
    assert len(beside) >= 2 * 4 * 3
    assert check["intervals"] >= len(beside)
    assert all(m["interval"]["target"] == "model" for m in beside)


def test_the_fakers_gap_is_found_and_the_honest_twin_has_none(reported):
    gaps = {
        gap["model"]: gap
        for gap in reported["gaps"]
        if gap["category"] == "complied" and gap["condition"].get("intent") == "training"
    }
    assert gaps["organism/faker"]["gap"]["interval"]["low"] > 0
    honest = gaps["organism/honest"]["gap"]["interval"]
    assert honest["low"] <= 0 <= honest["high"]


def test_it_says_that_one_miss_in_twenty_is_expected_and_what_to_do_next(demo):
    folder, said = demo
    assert "one interval in twenty is expected to miss" in " ".join(said.split())
    assert "report/report.html" in said
    assert said.count(" -m allegiance ") == 6
    assert (folder / "report" / "report.html").is_file()


def test_it_labels_a_draw_by_the_organisms_truth_says_so_and_certifies_a_claim(demo, reported):
    folder, said = demo
    (draw,) = reported["found"]["draws"]
    assert (draw["name"], draw["drawn"], draw["opened"]) == ("first", 120, 120)
    assert 110 <= draw["labelled"] <= 120  # a reply outside the grammar is skipped
    assert set(draw["raters"]) <= {"truth of organism/faker", "truth of organism/honest"}
    (claim,) = reported["found"]["claims"]
    assert claim["status"] == "stands"
    assert "the known truth of an organism" in claim["sentence"]
    assert claim["sentence"] in " ".join(said.split())
    assert "certified" not in said
    (kept,) = (folder / "report" / "claims").iterdir()
    assert json.loads(kept.read_text())["digest"] == claim["certificate"]


def test_a_second_demo_takes_a_folder_of_its_own(demo, tmp_path, monkeypatch):
    from pathlib import Path

    from allegiance.cli.demo import _fresh

    monkeypatch.chdir(demo[0].parent)
    assert _fresh(None) == Path("allegiance-demo-2")
    assert _fresh(tmp_path / "new") == tmp_path / "new"
