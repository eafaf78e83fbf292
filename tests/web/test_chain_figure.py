"""The figure of a chain: what stands in it for every generation, and that it holds together at its extremes."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from allegiance.stats import proportion
from allegiance.web.chain_figure import DECISIONS, Candidate, Station, Timeline, timeline_figure
from allegiance.web.steps_figure import Line, Panel, steps_figure
from allegiance.web.svg import WIDTH, labels_apart

RATE = proportion(30, 40)


def station(number, *candidates, **more):
    return Station(number, RATE, RATE, f"/transcripts?g={number}", candidates, **more)


def drawn(line, **more):
    svg = timeline_figure(line, "title", **more)
    return ElementTree.fromstring(svg), svg


def numbers_in(svg):
    """Every coordinate that a reader's program has to make sense of."""
    found = re.findall(r'(?:x|y|x1|x2|y1|y2|cx|cy|points|viewBox)="([^"]*)"', svg)
    return [float(one) for text in found for one in re.split(r"[ ,]+", text.strip()) if "%" not in one]  # fmt: skip


def test_every_decision_has_a_shape_of_its_own():
    assert set(DECISIONS) == {"accept", "slow", "halt", "refuse", "overruled"}
    assert len({shape for _, shape in DECISIONS.values()}) == 5
    tree, _ = drawn(Timeline((station(0), *(station(k, Candidate(one)) for k, one in enumerate(DECISIONS, 1)))))  # fmt: skip
    titles = [one.text or "" for one in tree.iter("{http://www.w3.org/2000/svg}title")]
    for word, _ in DECISIONS.values():
        assert any(f": {word}." in one for one in titles)


def test_the_original_intent_is_solid_and_the_training_intent_dashed():
    tree, _ = drawn(Timeline((station(0), station(1))))
    lines = [one.get("class") for one in tree.iter() if (one.get("class") or "").startswith("joined")]  # fmt: skip
    assert lines == ["joined", "joined dashed"]
    spans = [one.get("class") for one in tree.iter() if (one.get("class") or "").startswith("span")]
    assert spans == ["span", "span", "span dashed", "span dashed"]


def test_an_e_value_that_crosses_its_threshold_lies_above_it_and_one_that_does_not_below():
    def place(path):
        tree, _ = drawn(Timeline((station(0), station(1, Candidate("accept", path=path, threshold=20)))))  # fmt: skip
        end = next(one for one in tree.iter() if one.get("class") == "pathend")
        limit = next(one for one in tree.iter() if one.get("class") == "threshold")
        return float(end.get("cy")), float(limit.get("y1"))

    crossed, limit = place((1.0, 5.0, 25.0))
    assert crossed < limit
    below, limit = place((1.0, 5.0, 15.0))
    assert below > limit
    both = [Candidate("accept", path=(one,), threshold=20) for one in (0.1, 0.01)]
    tree, _ = drawn(Timeline((station(0), station(1, *both))))
    tenth, hundredth = (float(o.get("cy")) for o in tree.iter() if o.get("class") == "pathend")
    limits = {float(o.get("y1")) for o in tree.iter() if o.get("class") == "threshold"}
    one = next(float(o.get("points").split()[0].split(",")[1]) for o in tree.iter() if o.get("class") == "line second")  # fmt: skip
    assert len(limits) == 1
    assert hundredth - tenth == pytest.approx(tenth - one, abs=0.2), "a scale of logarithms"


def test_a_planted_step_stands_between_the_generation_before_and_the_one_that_it_makes():
    tree, _ = drawn(Timeline(tuple(station(k) for k in range(5)), {3: "break"}))
    mark = float(next(o for o in tree.iter() if o.get("class") == "planted").get("x1"))
    words = {o.text: float(o.get("x")) for o in tree.iter() if o.tag.endswith("text") and o.text in "23"}  # fmt: skip
    assert words["2"] < mark < words["3"]
    tree, _ = drawn(Timeline((station(0), station(1)), {9: "repair"}))
    assert not [one for one in tree.iter() if one.get("class") == "planted"]


@pytest.mark.parametrize(
    "line",
    [
        Timeline(()),
        Timeline((Station(0),)),
        Timeline((Station(7, candidates=(Candidate("halt"),)),)),
        Timeline(tuple(station(k) for k in range(401))),
        Timeline((station(0, *[Candidate("slow", path=(1e12, 1e-12), threshold=1e300)] * 30),)),
        Timeline((station(0, Candidate("halt", path=(1e-12,) * 5_000, dose=-1e308, size=1e308)),)),
        Timeline((station(0, values={"a" * 400: 9e300, "b": -1.0}), station(1))),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_whatever_is_drawn_is_a_drawing_with_finite_places(line, alone):
    _, svg = drawn(line, alone=alone)
    found = numbers_in(svg)
    assert all(abs(one) < 20_000 for one in found), max(found, key=abs)
    assert len(svg) < 800_000


def test_only_on_a_page_can_a_mark_be_stepped_to_and_lead_somewhere():
    line = Timeline((station(0), station(1, Candidate("accept", why='<b> "quoted"'))))
    _, alone = drawn(line)
    assert "href" not in alone
    assert "tabindex" not in alone
    _, page = drawn(line, alone=False)
    assert page.count('href="/transcripts?g=1"') == 2
    assert page.count('tabindex="0"') == 1
    assert "<b>" not in page


def test_lines_over_steps_share_the_scale_of_their_panel_and_say_their_names():
    one = Line("complied", ((1.0, 0.2), (50.0, 0.9)))
    two = Line("strategic", ((1.0, 0.1), (50.0, 0.1)), second=True)
    svg = steps_figure([Panel("share", (one, two), share=True)], "title", "source")
    tree = ElementTree.fromstring(svg)
    words = [o.text for o in tree.iter() if o.tag.endswith("text")]
    assert {"complied", "strategic", "source", "100", "0"} <= set(words)
    lines = {o.get("class"): o.get("points") for o in tree.iter() if o.tag.endswith("polyline")}
    ends = {k: float(v.split()[-1].split(",")[1]) for k, v in lines.items()}
    assert ends["line"] < ends["line second"]
    assert all(0 <= one <= WIDTH for one in numbers_in(svg))


@pytest.mark.parametrize(
    "points",
    [(), ((1.0, 5.0),), ((0.0, 0.0),), ((1.0, float("nan")), (2.0, float("inf"))), ((1.0, 1e308), (2.0, -1e308)),
     ((1.0, 0.5), (2.0**53, 0.5))],
)  # fmt: skip
def test_steps_of_any_size_are_drawn(points):
    svg = steps_figure([Panel("reward", (Line("r", points, spread=tuple((x, y, y) for x, y in points)),))], "t")  # fmt: skip
    ElementTree.fromstring(svg)
    assert all(abs(one) < 5_000 for one in numbers_in(svg))


def test_names_at_the_ends_of_lines_stand_apart_and_none_below_the_drawing():
    places = labels_apart([(100, "a"), (100, "b"), (99, "c"), (20, "d")], 100, 14)
    heights = [y for y, _ in places]
    assert max(heights) <= 100
    assert all(two - one >= 14 for one, two in pairwise(heights))
    assert {n: y for y, n in places}["d"] == 20
