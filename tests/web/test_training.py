"""Training and chain: curves of what the corpus holds, and an honest page where it holds nothing."""

import json
import re
from xml.etree import ElementTree

import pytest

from allegiance.corpus import Workspace
from allegiance.scanners import rule_scanner, scan
from tests.web.places import conversation
from tests.web.serving import client


def made(folder, condition=None, model=None, n=96):
    """A workspace of transcripts whose condition and model follow from their numbers."""
    place = Workspace(folder)
    corpus = place.corpus()
    corpus.add(
        conversation(
            k,
            condition={**conversation(k).condition, **(condition(k) if condition else {})},
            model=model(k) if model else "lab/m",
        )
        for k in range(n)
    )
    scan(corpus, [rule_scanner("outcome"), rule_scanner("doubts")])
    return client(place)


@pytest.fixture
def stepped(tmp_path):
    return made(tmp_path / "steps", lambda k: {"step": ("0", "50", "200")[k // 24 % 3]})


def test_without_runs_the_page_says_how_to_make_some_and_counts_nothing(ann, place):
    for page, words in (
        ("/training", "allegiance train --model organism/faker"),
        ("/chain", "allegiance chain --policy guarded"),
    ):
        found = ann.get(page).text
        assert words in found
        assert "<figure>" not in found
    assert ann.get("/training/curves.csv").status_code == 404
    assert ann.get("/training/audited.csv").status_code == 404
    (place.runs / "grpo-1").mkdir(parents=True)
    for page in ("/training", "/chain"):
        found = ann.get(page).text
        assert "grpo-1" in found
        assert "There is no run.json in it." in found


def test_a_curve_over_steps_has_the_rates_and_intervals_of_the_report(stepped):
    cells = [
        r for r in stepped.get("/overview/rates.json").json()["rows"] if r["category"] == "complied"
    ]
    rows = stepped.get("/training/curves.json").json()["rows"]
    assert len(rows) == len(cells) == 6
    by_place = {(c["tier"], c["step"]): c for c in cells}
    for row in rows:
        cell = by_place[row["tier"], row["at"]]
        assert (row["hits"], row["reads"], row["low"], row["high"]) == (
            cell["hits"],
            cell["reads"],
            cell["low"],
            cell["high"],
        )
    page = stepped.get("/training").text
    svg = ElementTree.fromstring(
        re.search(r"<figure>(<svg.*?</svg>)<figcaption", page, re.DOTALL).group(1)
    )
    assert len(list(svg.iter("polyline"))) == 2
    places = [float(p.split(",")[0]) for p in next(svg.iter("polyline")).get("points").split()]
    assert places[2] - places[1] == pytest.approx(3 * (places[1] - places[0]), rel=0.01)
    assert "0 of" not in stepped.get("/chain").text
    assert "No generations" in stepped.get("/chain").text


def test_steps_that_are_kinds_stand_on_the_chain_in_the_order_of_the_grid_and_are_not_joined(
    tmp_path,
):
    ann = made(tmp_path / "kinds", lambda k: {"step": ("break", "repair", "sound")[k // 24 % 3]})
    page = ann.get("/chain").text
    assert "no line joins them" in page
    assert "<polyline" not in page
    assert "No training runs" in ann.get("/training").text


def test_checkpoints_that_are_models_make_one_curve(tmp_path):
    ann = made(tmp_path / "points", model=lambda k: f"lab/m-step-{(5, 100)[k // 24 % 2]}")
    rows = ann.get("/training/curves.json?category=doubts").json()["rows"]
    assert {row["title"] for row in rows} == {"lab/m"}
    assert [row["at"] for row in rows if row["series"] == "monitored"] == ["5", "100"]
    found = ann.get("/training/figure-1.svg?category=doubts")
    assert found.status_code == 200
    assert "corpus version" in found.text
    assert ann.get("/training/figure-1.png").content.startswith(b"\x89PNG")
    assert ann.get("/training/figure-9.svg").status_code == 404
    assert json.dumps(rows)
