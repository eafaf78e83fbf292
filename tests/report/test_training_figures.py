"""The figures of survival and of policies: every row is drawn with its interval, in panels that a reader can tell apart."""

import re
from xml.etree import ElementTree

import pytest

from allegiance.report.policies_figure import PolicyOutcome, policies_figure
from allegiance.report.survival_figure import Survived, survival_figure
from allegiance.stats import over_seeds, proportion


def survived(organism, method, step, tier, hits, seeds=3):
    return Survived(
        organism, method, step, tier, over_seeds([(hits, 50), (hits + 4, 50)] * (seeds - 1)), seeds
    )


def drawn(svg):
    """All words of a drawing, and how many marks of points and lines of intervals it has."""
    tree = ElementTree.fromstring(svg)
    words = ["".join(one.itertext()) for one in tree.iter() if one.tag.endswith("text")]
    groups = [one.get("class") or "" for one in tree.iter() if one.tag.endswith("g")]
    points = svg.count('fill="#2f5fb3" stroke'), svg.count('fill="#ffffff" stroke="#2f5fb3"')
    rules = [
        len(list(one))
        for one in tree.iter()
        if one.tag.endswith("g") and (one.get("class") or "").startswith("mark-rule role-mark")
    ]
    assert groups
    return words, points, sum(rules)


ROWS = [
    survived(organism, method, step, tier, 40 - step // 2)
    for organism in ("faker", "honest")
    for method in ("GRPO", "SFT")
    for step in (0, 25, 50)
    for tier in ("monitored", "unmonitored")
    if (organism, method) != ("honest", "SFT")
]


def test_every_point_of_survival_has_its_interval_and_stands_in_its_panel():
    svg = survival_figure(ROWS, "Refused", "seeds 0 to 2")
    words, (filled, outlined), rules = drawn(svg)
    assert rules == len(ROWS) == 18
    assert (filled, outlined) == (9, 9)
    for panel in ("faker, GRPO", "faker, SFT", "honest, GRPO", "honest, SFT"):
        assert panel in words
    assert words.count("not run") == 1
    assert "seeds 0 to 2" in " ".join(words)
    assert any("95 % intervals over 3 seeds, n = 200 transcripts a point" in one for one in words)


def test_a_figure_of_unequal_seeds_says_so():
    rows = [survived("faker", "GRPO", 0, "unmonitored", 3), survived("faker", "GRPO", 9, "unmonitored", 3, 4)]  # fmt: skip
    words, _, _ = drawn(survival_figure(rows, "Refused"))
    assert any("over 3 to 4 seeds, n = 200 to 300 transcripts a point" in one for one in words)


def outcome(policy, measure, hits, **more):
    one = proportion(hits, 20)
    return PolicyOutcome(policy, "organisms", measure, one.point, one.low, one.high, counts=f"{hits} of 20", **more)  # fmt: skip


POLICIES = [
    *(outcome(p, "false halts", n, promise=0.05) for n, p in enumerate(("naive", "guarded"))),
    *(outcome(p, "missed breaks", n + 4) for n, p in enumerate(("naive", "guarded"))),
    PolicyOutcome("guarded", "organisms", "delay to halt", 1.2, 0.9, 1.6, "generations", "16 chains"),
]  # fmt: skip


def test_every_number_of_a_policy_has_its_interval_its_counts_and_what_was_promised():
    svg = policies_figure(POLICIES, "What it costs", "2,000 chains", 0.9)
    words, _, rules = drawn(svg)
    assert rules == 5 + 1  # the promise is a line, too
    for counts in ("0 of 20", "1 of 20", "4 of 20", "5 of 20", "16 chains"):
        assert counts in words
    assert {"false halts, %", "missed breaks, %", "delay to halt, generations"} <= set(words)
    assert words.count("guarded, organisms") == 3
    assert "90 % intervals · k of n chains beside · dashed: promised" in " ".join(words)
    assert "promised" not in policies_figure(POLICIES[2:], "What it costs")


def test_rates_share_the_scale_from_nothing_to_all():
    """Otherwise a small rate looks as large as a large one."""
    svg = policies_figure([outcome("naive", "false halts", 1)], "x")
    words, _, _ = drawn(svg)
    assert [one for one in words if re.fullmatch(r"\d+", one)] == ["0", "25", "50", "75", "100"]


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="at least one row"):
        survival_figure([], "x")
    with pytest.raises(ValueError, match="at least one row"):
        policies_figure([], "x")
