"""The training page with runs: what was asked, how far it came, what the trainer counted, what the corpus says."""

import json
import re
import time
from html import unescape
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

import pytest
from scipy import stats as scipy_stats

from allegiance.corpus import Workspace
from tests.web.places import conversation
from tests.web.run_folders import FAKER, HONEST, Size, Trained, copied, made, trained
from tests.web.serving import client

TWINS = tuple(
    Trained(f"faker-s{seed}", "organism/faker", {0: FAKER, 25: (("gap35", 1.0),)}, steps=50, done=50)
    for seed in (0, 1)
)  # fmt: skip
ALONE = Trained("honest-grpo", "organism/honest", {0: HONEST, 25: HONEST})


@pytest.fixture(scope="module")
def _original(tmp_path_factory):
    return made(tmp_path_factory.mktemp("runs") / "w", Size(4, 2), (*TWINS, ALONE), ())


@pytest.fixture
def place(_original, tmp_path) -> Workspace:
    return copied(_original, tmp_path / "w")


@pytest.fixture
def ann(place):
    return client(place)


def section(page: str, name: str) -> str:
    """The part of the page that is about one set-up."""
    return re.search(rf'<section class="set-up" aria-label="{name}">.*?</section>', page, re.S).group()  # fmt: skip


def rows_of(ann, category="complied"):
    return ann.get(f"/training/audited.json?category={category}").json()["rows"]


def test_runs_of_one_set_up_are_one_and_others_stand_by_themselves(ann):
    page = ann.get("/training").text
    assert "2 runs" in section(page, "faker")
    assert "One seed: intervals are over requests" in unescape(section(page, "honest-grpo"))
    assert "Student's t over the rates of the seeds" in unescape(section(page, "faker"))
    assert "GRPO toward training, rewarded on monitored, seed 1" in page
    assert "the trainer's own counts" in unescape(page)
    assert "by checkpoint" not in page, "checkpoints of runs are not drawn a second time"


def test_a_point_of_several_seeds_is_students_t_over_their_rates_and_of_one_it_is_the_reports(ann):
    cells = [
        c for c in ann.get("/overview/rates.json").json()["rows"] if c["category"] == "complied"
    ]
    rows = rows_of(ann)
    assert len(rows) == 2 * 2 * 4  # set-ups, steps, cells
    for row in rows:
        same = [
            c
            for c in cells
            if c["model"].startswith(f"organism/{row['set_up']}")
            and c["model"].endswith(f"step-{row['step']}")
            and (c["tier"], c["intent"]) == (row["tier"], row["intent"])
        ]
        assert row["hits"] == sum(c["hits"] for c in same)
        assert row["reads"] == sum(c["reads"] for c in same)
        assert row["seeds"] == len(same) == (2 if row["set_up"] == "faker" else 1)
        if row["seeds"] == 1:
            assert (row["low"], row["high"]) == (same[0]["low"], same[0]["high"])
    apart = [r for r in rows if r["seeds"] == 2 and 0 < r["hits"] < r["reads"]]
    assert apart, "the organisms say nothing to compare"
    checked = 0
    for row in apart:
        rates = [
            c["hits"] / c["reads"]
            for c in cells
            if c["model"].startswith("organism/faker-s")
            and c["model"].endswith(f"step-{row['step']}")
            and (c["tier"], c["intent"]) == (row["tier"], row["intent"])
        ]
        low, high = scipy_stats.t.interval(0.95, 1, sum(rates) / 2, scipy_stats.sem(rates))
        if (rates[0] - rates[1]) ** 2 / 4 > row["estimate"] * (1 - row["estimate"]) / row["reads"]:
            assert (row["low"], row["high"]) == (pytest.approx(max(low, 0)), pytest.approx(min(high, 1)))  # fmt: skip
            checked += 1
        assert row["low"] < row["estimate"] < row["high"]


def test_every_point_leads_to_as_many_transcripts_as_it_counts(ann):
    page = section(ann.get("/training?category=complied").text, "faker")
    table = re.search(r"<table class=\"rates\">.*?</table>", page, re.S).group()
    links = re.findall(r'<a href="([^"]+)">([\d,]+)</a>', table)
    assert len(links) == 8 * 3
    for address, count in links[:9]:
        where = parse_qs(urlsplit(unescape(address)).query)["where"][0]
        listed = ann.get(f"/api/transcripts?seed=1&where={quote(where)}").json()
        assert listed["population"] == int(count), address
    svg = re.search(r"<figure>(<svg class=\"figure curves\".*?</svg>)<figcaption", page, re.S).group(1)  # fmt: skip
    dots = re.findall(r'<a href="([^"]+)" class="dot" aria-label="([^"]+)"', svg)
    assert len(dots) == 8
    assert ann.get(unescape(dots[0][0])).status_code == 200


def test_figures_and_tables_are_files_with_their_provenance(ann):
    for address in (
        "/training/audit.svg?of=faker&category=complied",
        "/training/trainer.svg?of=faker",
    ):
        found = ann.get(address)
        assert found.status_code == 200, address
        ElementTree.fromstring(found.text)
    assert (
        "Student&#39;s t over the rates of the seeds"
        in ann.get("/training/audit.svg?of=faker").text
    )
    assert "base " in ann.get("/training/trainer.svg?of=faker").text
    assert ann.get("/training/trainer.png?of=honest-grpo").content.startswith(b"\x89PNG")
    assert ann.get("/training/audit.png?of=honest-grpo").content.startswith(b"\x89PNG")
    lines = ann.get("/training/steps.csv?run=faker-s0").text.splitlines()
    assert len(lines) == 52
    assert lines[1].startswith("step,reward,reward_sd")
    for address in (
        "/training/steps.csv?run=nobody",
        "/training/audit.svg?of=nobody",
        "/training/trainer.svg?of=../x",
    ):
        assert ann.get(address).status_code == 404, address  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "running"}, "min left"),
        ({"state": "interrupted"}, "<code>allegiance train --resume slow</code> goes on from step 25"),
        ({"state": "failed", "error": "The loss is no number."}, "It failed after step 20: The loss is no number. "),
        ({"state": "failed"}, "and does not say why"),
    ],
)  # fmt: skip
def test_a_run_says_how_far_it_came_and_how_to_go_on(place, ann, change, said):
    trained(place, Trained("slow", "organism/faker", {}, steps=50, done=20), Size())
    file = place.runs / "slow" / "run.json"
    told = json.loads(file.read_text()) | change
    told["checkpoints"] = [{"step": 25, "folder": "step-25", "sha256": "", "model": "organism/slow/step-25"}]  # fmt: skip
    file.write_text(json.dumps(told))
    page = unescape(ann.get("/training").text)
    assert said in page
    assert "20 of 50" in page
    assert "Nothing of its checkpoints is in the corpus yet." in section(page, "slow")


def test_a_run_that_wrote_nothing_for_long_is_asked_after_and_new_steps_are_seen_at_once(
    place, ann
):
    import os

    trained(place, Trained("old", "organism/faker", {}, state="running", done=20), Size())
    folder = place.runs / "old"
    assert "20 of 50" in ann.get("/training").text
    with (folder / "steps.jsonl").open("a") as out:
        out.write('{"step": 21, "reward": 0.5, "seconds": 1}\n')
    assert "21 of 50" in ann.get("/training").text
    past = time.time() - 7200
    for name in ("run.json", "steps.jsonl"):
        os.utime(folder / name, (past, past))
    page = ann.get("/training").text
    assert "wrote nothing for 2.0 h" in page
    assert "<code>allegiance train --resume old</code>" in page


def test_hostile_folders_give_a_sentence_each_and_no_failure(place, ann):
    hostile = "<img src=x onerror=window.__ran=1>\u202e'"
    trained(place, Trained("t", "organism/faker", {}), Size())
    (place.runs / "t").rename(place.runs / hostile)
    file = place.runs / hostile / "run.json"
    told = json.loads(file.read_text())
    told |= {"name": hostile, "model": hostile, "error": hostile, "state": "failed"}
    told["settings"] = {hostile: hostile, "method": hostile, "toward": {"a": hostile}, "steps": -1, "seed": [hostile]}  # fmt: skip
    told["software"] = {hostile: [hostile]}
    file.write_text(json.dumps(told))
    (place.runs / hostile / "steps.jsonl").write_text('{"step": 1, "reward": 1e308}\n{"step": 9007199254740992, "reward": -1e308}\n')  # fmt: skip
    (place.runs / "cut").mkdir()
    (place.runs / "cut" / "run.json").write_text('{"format": 1, "kind"')
    for address in ("/training", "/chain", "/training/audited.csv", f"/training/steps.csv?run={quote(hostile)}",
                    f"/training/trainer.svg?of={quote(hostile)}", f"/training/audit.svg?of={quote(hostile)}"):  # fmt: skip
        found = ann.get(address)
        assert found.status_code in (200, 404), (address, found.text[-600:])
        assert "<img" not in found.text or found.headers["content-type"].startswith("text/csv"), (
            address
        )
        assert "\u202e" not in found.text or found.headers["content-type"].startswith("text/csv"), (
            address
        )
    page = ann.get("/training").text
    assert "cut off or is no JSON" in page
    assert "&lt;U+202E&gt;" in page


def test_curves_of_other_checkpoints_stand_below_the_runs(place):
    corpus = place.corpus()
    corpus.add(
        conversation(k, model=f"lab/m-step-{(5, 100)[k // 24 % 2]}", study="lab") for k in range(96)
    )
    ann = client(place)
    page = ann.get("/training").text
    assert "Other checkpoints and steps in the corpus" in page
    assert "<h2>lab/m, by checkpoint</h2>" in page
    assert {r["title"] for r in ann.get("/training/curves.json").json()["rows"]} == {"lab/m"}


def test_checkpoints_that_another_provider_evaluated_belong_to_their_run_all_the_same(place):
    trained(place, Trained("large", "hf/large", {}), Size())
    file = place.runs / "large" / "run.json"
    told = json.loads(file.read_text())
    names = [f"vllm/large/step-{step}" for step in (0, 40)]
    told["checkpoints"] = [{"step": 40 * n, "folder": f"step-{40 * n}", "model": one} for n, one in enumerate(names)]  # fmt: skip
    file.write_text(json.dumps(told))
    corpus = place.corpus()
    corpus.add(conversation(k, model=names[k // 24 % 2], study="large") for k in range(96))
    ann = client(place)
    assert "<figure>" in section(ann.get("/training").text, "large")
    assert ann.get("/training/curves.json").status_code == 404
    rows = [r for r in rows_of(ann) if r["set_up"] == "large"]
    assert {(r["step"], r["population"]) for r in rows} == {(0, 24), (40, 24)}
