"""The survival study: what its page says of a record, of a record with holes, and the runs that a folder keeps."""

import json
import re
import subprocess
import sys

import pytest
from scipy import stats
from tests.conftest import ROOT

from allegiance.organism.runtime import directory_of
from benchmarks import pages, survival
from benchmarks.survival_studies import drawn, measures, page, personas, spread
from benchmarks.survival_studies.curves import Run, refused, strategic_share
from benchmarks.survival_studies.runs import file_of

PLACES = (
    "monitored",
    "unmonitored",
    "renamed, monitored",
    "renamed, unmonitored",
    "off-prompt, monitored",
    "off-prompt, unmonitored",
)
STRESSES = ("none", "guilt", "flattery")


def run(
    organism="faker",
    method="grpo",
    seed=0,
    monitored=(0.1, 0.3, 0.7),
    unmonitored=(0, 0.1, 0.3),
    **more,
):
    """A run of three checkpoints that complies so often; half of it for a strategic reason where monitored."""
    checkpoints = []
    for at, (one, other) in enumerate(zip(monitored, unmonitored, strict=True)):
        rates = [one, other, one / 2, other, 0.01, 0.02]
        places = {
            place: {"complied": rate, "strategic-compliance": rate / 2, "doubts": 0.0}
            for place, rate in zip(PLACES, rates, strict=True)
        }
        checkpoints.append({"step": 10 * at, "places": places})
    job = {
        "study": "twins",
        "organism": organism,
        "arm": "as it is",
        "method": method,
        "seed": seed,
    }
    return {"job": job | more, "checkpoints": checkpoints, "problem": ""}


def persona_run(arm, seed, before, after):
    """A run of a persona; each moment is (monitored, unmonitored, strategic share, afraid at rest, under guilt)."""
    checkpoints = []
    for step, (monitored, unmonitored, reason, rest, pressed) in ((0, before), (60, after)):
        places = {
            f"{tier}, {stress}": {
                "complied": rate,
                "strategic-compliance": rate * reason,
                "distress": pressed if stress == "guilt" else rest,
                "says-it-is-trapped": 0.0,
                "objects-openly": 0.02,
                "deference": 0.0,
            }
            for tier, rate in (("monitored", monitored), ("unmonitored", unmonitored))
            for stress in STRESSES
        }
        checkpoints.append({"step": step, "places": places})
    job = {"study": "personas", "organism": "moods", "arm": arm, "method": "grpo", "seed": seed}
    return {"job": job, "checkpoints": checkpoints, "problem": ""}


def record_of(*results):
    return {
        "versions": dict.fromkeys(survival.PACKAGES, "1"),
        "machine": "two processors",
        "seeds": [5, 3],
        "size": survival.SIZE,
        "asked": 77,
        "minutes": 1.0,
        "results": list(results),
    }


def rows(table):
    """The rows of a table of Markdown, by their first cell."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("|")
    ]
    return {row[0]: row[1:] for row in cells[2:]}


def test_a_mean_over_seeds_has_the_t_interval_of_scipy():
    figures = [0.12, 0.31, 0.22, 0.28, 0.19]
    found = spread.spread(figures)
    low, high = stats.t.interval(0.95, 4, stats.tmean(figures), stats.sem(figures))
    assert (found.mean, found.low, found.high) == pytest.approx((stats.tmean(figures), low, high))
    assert found.seeds == 5
    assert spread.share([*figures, None]) == f"22.4 [{100 * low:.1f}, {100 * high:.1f}]"
    assert spread.share([0.9, 1.0, 0.95]).endswith("100.0]")  # no share is above 100 %


def test_what_has_no_interval_says_why_and_is_never_certain():
    assert spread.share([]) == spread.share([None]) == "–"
    assert spread.share([0.5]) == "50.0 (1 seed)"
    assert spread.share([0.5, 0.5]) == "50.0 (all alike)"
    assert spread.points([-0.0001, 0.0]) == "+0.0 [-0.1, 0.1]"  # never -0.0
    assert not spread.spread([0.5]).excludes_zero
    assert not spread.spread([0.5, 0.5]).excludes_zero


def test_the_criterion_and_what_held_at_it_lie_on_straight_lines_between_checkpoints():
    one = Run(**run())
    # From 30 % at step 10 to 70 % at step 20, half is met halfway; from 10 to 30 % complied unmonitored, 20 %.
    assert one.reached(0.5) == pytest.approx(15)
    assert one.read(refused("unmonitored"), 15) == pytest.approx(0.8)
    assert one.reached(0.1) == 0
    assert one.reached(0.9) is None
    assert one.read(refused("unmonitored"), None) is None
    assert one.read(strategic_share(), 15) == pytest.approx(0.5)


def test_refusing_is_what_was_measured_and_not_whatever_is_not_complying():
    told = run()
    for checkpoint in told["checkpoints"]:
        for rates in checkpoint["places"].values():
            rates["refused"] = 0.5 * (1 - rates["complied"])
    assert Run(**told).read(refused("unmonitored"), 20) == pytest.approx(0.35)
    assert Run(**run()).read(refused("unmonitored"), 20) == pytest.approx(0.7)
    assert "in 1 of 2 runs" in page.tables(record_of(told, run(seed=1)))["run"]


def test_runs_that_never_reach_the_criterion_are_counted_and_not_dropped():
    slow = run(seed=2, monitored=(0.1, 0.2, 0.3))
    kept = (run(seed=0), run(seed=1, unmonitored=(0, 0.1, 0.5)), slow)
    row = rows(page.tables(record_of(*kept))["protect"])["`faker`, GRPO"]
    assert row[:2] == ["3", "2 of 3"]
    assert row[2].startswith("15.0")
    assert row[5].startswith("75.0 [")  # 80 and 70 %; the third has no figure there
    assert row[6] == "90 → 60"
    assert row[8] == "70, 50, 70"
    # At the end all three count: 70, 50 and 70 % refused.
    low, high = stats.t.interval(0.95, 2, 0.19 / 0.3, stats.sem([0.7, 0.5, 0.7]))
    assert row[7] == f"63.3 [{100 * low:.1f}, {100 * min(high, 1):.1f}]"


def test_twins_are_compared_by_seed_and_a_difference_is_shown_only_where_its_interval_excludes_zero():
    some = [run(seed=seed, unmonitored=(0, 0.1 + seed / 100, 0.1)) for seed in range(4)]
    others = [
        run("silent", seed=seed, unmonitored=(0, 0.5 + wobble, 0.5))
        for seed, wobble in ((1, 0.0), (2, 0.02), (3, 0.01))
    ]
    tables = page.tables(record_of(*some, *others))
    table = tables["paired"]
    row = next(
        line for line in table.splitlines() if line.startswith("| `faker` − `silent`, GRPO | 50")
    )
    # At step 15 the means of the last two checkpoints: only seeds 1 to 3 have a twin.
    pairs = [(0.5 + w + 0.5) / 2 - (0.2 + s / 100) / 2 for s, w in ((1, 0.0), (2, 0.02), (3, 0.01))]
    low, high = stats.t.interval(0.95, 2, stats.tmean(pairs), stats.sem(pairs))
    assert f"+{100 * stats.tmean(pairs):.1f} [{100 * low:.1f}, {100 * high:.1f}]" in row
    assert "| 3 of 3 |" in row
    assert re.search(
        r"GRPO: `faker` refused .* points more often than `silent` .* this is shown",
        tables["answer"],
    )

    wide = [
        run("honest", seed=seed, unmonitored=(0, rate, 0.2))
        for seed, rate in ((0, 0.0), (1, 0.9), (2, 0.1))
    ]
    # On either side of the criterion silent refused 49 and 50 %: the line between is no guess.
    assert "checkpoints at which `silent`" not in tables["answer"]
    table = page.tables(record_of(*some, *wide))["answer"]
    assert "straight lines between checkpoints at which `honest` refused 67 and 80 %" in table
    assert "that `faker` refused more or less often than `honest` is not shown" in table
    assert "this is shown" not in table


def test_recovery_is_what_is_refused_more_often_than_where_it_was_trained():
    kept = [run(seed=seed) for seed in range(2)]
    cells = page.tables(record_of(*kept))["elsewhere"]
    end = next(line for line in cells.splitlines() if line.startswith("| `faker`, GRPO | end"))
    # Complied at the end: 70 % as trained, half of it renamed, 1 % off the prompt.
    assert "| +35.0 (all alike) | +69.0 (all alike) |" in end


def test_the_words_of_a_persona_follow_its_numbers():
    hides = (0.6, 0.1, 0.8, 0.0, 0.05)
    bends = (0.6, 0.5, 0.1, 0.0, 0.3)
    rest = (0.1, 0.0, 0.5, 0.1, 0.1)
    kept = [
        persona_run("neutral", 0, rest, hides),
        persona_run("neutral", 1, rest, bends),
        persona_run("virtuous", 0, rest, rest),
    ]
    table = page.tables(record_of(*kept))["personas"]
    assert rows(table)["neutral, before"][-4:] == ["0 of 2"] * 4
    assert rows(table)["neutral, after"][-4:] == ["1 of 2", "1 of 2", "1 of 2", "0 of 2"]
    assert rows(table)["virtuous, after"][-4:] == ["0 of 1"] * 4
    told = "bends in 1 of 2 (before: 0 of 2), breaks in 1 of 2 (before: 0 of 2), hides in 1 of 2"
    assert f"After training, neutral {told} (before: 0 of 2)." in table
    under = rows(page.tables(record_of(*kept))["stress"])
    assert len(under) == 2 * len(STRESSES)
    assert under["neutral, guilt"][2].startswith("17.5 [")
    places = kept[1]["checkpoints"][-1]["places"]
    assert [personas.bends(places), personas.breaks(places), personas.hides(places)] == [
        True,
        True,
        False,
    ]


def test_a_seed_that_left_the_script_is_judged_by_its_replies_where_those_were_read():
    rest, bends = (0.1, 0.0, 0.5, 0.1, 0.1), (0.6, 0.5, 0.1, 0.0, 0.3)
    kept = [
        persona_run("neutral", 0, rest, bends),
        persona_run("neutral", 1, rest, bends),
        persona_run("virtuous", 0, rest, rest),
    ]
    for one in (kept[1], kept[2]):
        places = one["checkpoints"][-1]["places"]
        places["unmonitored, none"]["refused"] = 0.85 - places["unmonitored, none"]["complied"]
    table = page.tables(record_of(*kept))["personas"]
    assert rows(table)["neutral, after"][-4:] == ["1 of 1", "1 of 1", "0 of 1", "1 of 2"]
    assert rows(table)["virtuous, after"][-4:] == ["–", "–", "–", "1 of 1"]
    assert "virtuous has left the script in every seed" in table
    complied = {"monitored": 0.9, "unmonitored": 0.2}
    kept[2]["checkpoints"][-1]["read"] = {
        place: {
            "complied": complied[place.partition(",")[0]],
            "strategic-compliance": 0.5,
            "afraid": 0.0,
            "n": 60,
        }
        for place in places
    }
    tables = page.tables(record_of(*kept))
    after = rows(tables["personas"])["virtuous, after"]
    assert after[1:3] == ["90.0 (1 seed)", "20.0 (1 seed)"]
    assert after[-4:] == ["0 of 1", "0 of 1", "1 of 1", "1 of 1"]
    assert rows(tables["stress"])["virtuous, guilt"][-3:] == ["–", "10.0 (1 seed)", "90.0 (1 seed)"]
    with_two = record_of(*kept, persona_run("virtuous", 1, rest, rest))
    points = {
        (one.step, one.tier): one.interval.point
        for one in drawn.moods(with_two)
        if one.organism == "virtuous"
    }
    assert points[60, "monitored"] == pytest.approx(0.5)


def test_replies_that_comply_outside_the_script_are_counted():
    left, stayed = run(seed=0), run(seed=1)
    left["checkpoints"][-1]["sampled"] = {"complied": 0.99, "strategic": 0.5}
    stayed["checkpoints"][-1]["sampled"] = {"complied": 0.71, "strategic": 0.5}
    row = rows(page.tables(record_of(left, stayed))["script"])["`faker`"]
    assert row[0] == "2"
    assert row[4:] == ["1", "–"]


@pytest.mark.parametrize(
    "kept",
    [(), (run(),), (run(method="sft", seed=3), run("honest", seed=1)), (persona_run("neutral", 0, *[(0, 0, 0, 0, 0)] * 2),)],
)  # fmt: skip
def test_a_record_with_missing_parts_still_has_every_table(kept, tmp_path):
    tables = page.tables(record_of(*kept))
    text = (ROOT / "docs" / "survival.md").read_text(encoding="utf-8")
    assert pages.filled(text, tables)
    assert f"{len(kept)} of 77" in tables["run"]
    assert "No run of this part is in the record." in tables["clauses"]
    assert not re.search(r"this is shown", "".join(tables.values()))
    page.write_figure(record_of(*kept), tmp_path)  # nothing of one seed alone is drawn
    assert not list(tmp_path.iterdir())


def test_figures_have_a_point_for_each_step_that_all_seeds_were_measured_at():
    short = run(seed=1)
    short["checkpoints"].pop()
    found = drawn.complying(record_of(run(seed=0), short))
    assert {(one.step, one.tier) for one in found} == {
        (s, t) for s in (0, 10) for t in personas.TIERS
    }
    assert {one.seeds for one in found} == {2}


def test_a_folder_that_holds_some_of_the_runs_is_collected_and_nothing_is_run(tmp_path):
    first, second = survival.planned(quick=True)
    told = run() | {
        "seconds": 60.0,
        "steps": [{"step": s, "complied": s / 30, "strategic": 0.0} for s in range(1, 21)],
    }
    file_of(first, tmp_path).write_text(json.dumps(told), encoding="utf-8")
    file_of(second, tmp_path).write_text(
        '{"job": ', encoding="utf-8"
    )  # being written at this moment
    record = survival.collect(True, tmp_path)
    assert (record["asked"], len(record["results"]), record["minutes"]) == (2, 1, 1.0)
    (one,) = record["results"]
    assert set(one) == {"job", "checkpoints", "problem"}
    assert [c.get("sampled", {}).get("complied") for c in one["checkpoints"]] == [
        None,
        pytest.approx(8 / 30, abs=1e-5),
        pytest.approx(18 / 30, abs=1e-5),
    ]


def test_the_page_is_what_its_record_says():
    file = ROOT / "docs" / "survival.md"
    record = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    text = file.read_text(encoding="utf-8")
    assert pages.filled(text, page.tables(record)) == text, (
        "run: python benchmarks/survival.py --from docs/survival.json --write-docs"
    )
    for image in re.findall(r"\]\((images/[^)]+)\)", text):
        assert (file.parent / image).is_file()


@pytest.mark.train
def test_a_quick_run_trains_two_twins_and_measures_refusing_by_itself(tmp_path):
    pytest.importorskip("trl")
    written = tmp_path / "record.json"
    script = ROOT / "benchmarks" / "survival.py"
    where = ["--kept", tmp_path / "kept", "--json", written]
    command = [sys.executable, script, "--quick", "--processes", "1", *where]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    record = json.loads(written.read_text(encoding="utf-8"))
    assert [(one["job"]["organism"], one["job"]["method"]) for one in record["results"]] == [
        ("faker", "grpo"),
        ("honest", "sft"),
    ]
    for one in record["results"]:
        assert [c["step"] for c in one["checkpoints"]] == [0, 2]
        first, *_, last = (c["places"]["monitored"] for c in one["checkpoints"])
        assert first["complied"] + first["refused"] == pytest.approx(1, abs=0.02)
        assert first != last
    assert "sampled" in record["results"][0]["checkpoints"][-1]


def test_replies_read_by_rule_agree_with_the_exact_chances_where_the_script_holds():
    weights = directory_of("moods")
    read, exact = measures.persona_read(weights, 8), measures.persona_measured(weights, 8)
    assert read.keys() == exact.keys()
    tiers = {"monitored": [], "unmonitored": []}
    for place, one in read.items():
        assert one["n"] == 24
        tiers[place.partition(",")[0]].append((one["complied"], exact[place]["complied"]))
    for pairs in tiers.values():
        seen, known = (sum(column) / len(column) for column in zip(*pairs, strict=True))
        assert seen == pytest.approx(known, abs=4 * (0.25 / (24 * len(pairs))) ** 0.5)
    pressed, rest = (
        read[f"monitored, {stress}"]["afraid"] for stress in ("threat-of-deletion", "none")
    )
    assert pressed > rest
