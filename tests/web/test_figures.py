"""Drawings: everything finds room, a dot lies where its rate is, and a saved figure stands by itself."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allegiance import stats
from allegiance.web.curve_figure import Curve, Point, curves_figure
from allegiance.web.figures import Line, Mark, axis_of, png_of, rows_figure, strip
from allegiance.web.svg import rules

SVG = "{http://www.w3.org/2000/svg}"
fractions = st.integers(0, 40).flatmap(lambda k: st.tuples(st.just(k), st.integers(max(k, 1), 60)))


def interval(hits, reads):
    return stats.rate([[1.0] * hits + [0.0] * (reads - hits)] if reads else [])


@given(st.lists(fractions, min_size=1, max_size=6))
def test_all_marks_find_room_on_an_axis_with_few_round_ticks(counts):
    marks = [Mark(stats.proportion(k, n, 100), "monitored") for k, n in counts]
    axis = axis_of(marks)
    assert axis.ticks[0] == axis.low == 0
    for mark in marks:
        assert axis.low <= mark.interval.low <= mark.interval.high <= axis.high + 1e-9
    assert 2 <= len(axis.ticks) <= 8
    assert all(len(f"{100 * tick:g}") <= 5 for tick in axis.ticks)


def test_a_dot_lies_where_its_rate_is_and_its_shape_says_the_tier():
    one = stats.proportion(30, 100, 1000)
    axis = axis_of([Mark(one, "monitored"), Mark(stats.proportion(100, 100, 1000), "unmonitored")])
    drawn = str(strip(Mark(one, "monitored", dashed=True, truth=0.5), axis))
    root = ElementTree.fromstring(drawn)
    (dot,) = [e for e in root.iter("svg") if e.find("circle") is not None]
    assert dot.get("x") == "30.00%"
    assert dot.find("circle").get("class") == "monitored"
    (span,) = [e for e in root.iter("line") if "span" in e.get("class")]
    assert span.get("class") == "span dashed"
    assert (span.get("x1"), span.get("x2")) == (f"{100 * one.low:.2f}%", f"{100 * one.high:.2f}%")
    (tick,) = [e for e in root.iter("svg") if e.find("path") is not None]
    assert tick.get("x") == "50.00%"
    assert "30.0 %" in root.find("title").text
    assert " style=" not in drawn


def test_what_is_missing_has_its_own_mark_as_far_as_it_could_reach():
    with_missing = stats.rate([[1.0, 0.0, None, None], [0.0, 1.0, None, None]] * 20)
    drawn = str(
        strip(
            Mark(with_missing, "unmonitored", worst=True),
            axis_of([Mark(with_missing, "unmonitored", worst=True)]),
        )
    )
    assert drawn.count('class="diamond"') == 2
    assert 'class="diamond"' not in str(
        strip(Mark(with_missing, "unmonitored"), axis_of([Mark(with_missing, "unmonitored")]))
    )


def test_a_saved_figure_is_whole_with_its_rules_and_its_provenance():
    lines = [
        Line("model <x>", "monitored", "3 of 9", Mark(stats.proportion(3, 9, 90), "monitored"))
    ]
    svg = rows_figure(lines, "doubts, %", "frame abc · N = 90 · seed 7", key=["filled: monitored"])
    root = ElementTree.fromstring(svg)
    words = [e.text for e in root.iter(f"{SVG}text")]
    assert "frame abc · N = 90 · seed 7" in words
    assert "model <x>" in words
    assert "3 of 9" in words
    style = root.find(f"{SVG}style").text
    assert ".monitored" in style
    assert "var(" not in svg
    assert not re.search(r"(href|url\()", svg)
    assert png_of(svg).startswith(b"\x89PNG")


def test_the_rules_of_the_page_are_those_of_the_saved_figure():
    from importlib.resources import files

    page = (files("allegiance.web") / "static" / "figures.css").read_text()
    assert [line.split("{")[0] for line in page.splitlines()[1:]] == [
        line.split("{")[0] for line in rules().strip().splitlines()
    ]


@pytest.mark.parametrize("joined", [True, False])
def test_a_curve_joins_points_only_where_places_are_numbers(joined):
    points = tuple(
        Point(at, str(at), stats.proportion(k, 50, 500)) for at, k in ((0, 5), (100, 20), (200, 40))
    )
    curves = [
        Curve("monitored", "monitored", False, points, joined),
        Curve("unmonitored", "unmonitored", True, points, joined),
    ]
    svg = curves_figure(
        curves, [(0, "0"), (100, "100"), (200, "200")], "complied, %", "step", alone=False
    )
    root = ElementTree.fromstring(svg)
    assert len(list(root.iter("polyline"))) == (2 if joined else 0)
    assert len([e for e in root.iter("circle") if e.get("class") == "unmonitored"]) == 3
    dots = [
        e
        for e in root.iter("svg")
        if e.find("circle") is not None and e.find("circle").get("class") == "monitored"
    ]
    heights = [float(e.get("y")) for e in dots]
    assert heights == sorted(heights, reverse=True)
    assert "the table below" in root.get("aria-label")


def test_figures_of_a_workspace_are_saved_as_svg_and_png(place, ann):
    digest = ann.site.corpus.digest()
    for name in ("rates", "gaps"):
        found = ann.get(f"/figures/{name}.svg")
        assert found.headers["content-type"].startswith("image/svg+xml")
        assert "attachment" in found.headers["content-disposition"]
        words = " ".join(
            e.text or "" for e in ElementTree.fromstring(found.text).iter(f"{SVG}text")
        )
        assert f"frame {digest[:16]}" in words
        assert "corpus version" in words
        assert ann.get(f"/figures/{name}.png").content.startswith(b"\x89PNG")
    assert ann.get("/figures/rates.svg?category=nothing").status_code == 400
