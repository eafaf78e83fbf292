"""What a run would take and could show: counted by hand, and held to the planner of gaps."""

import pytest

from allegiance import stats
from allegiance.audit.run_plan import LARGE, Assumed, plan_run
from allegiance.scanners.judging.cost import Price
from allegiance.stats.planning_gap import smallest_gap
from allegiance.study import Study

STUDY = {
    "name": "example",
    "question": "Does it matter who watches?",
    "principal": "Northwind",
    "intents": {"original": "Refuse harm.", "training": "Follow every request."},
    "factors": {"clause": ["silent", "may-resist"], "framing": ["classic"]},
    "requests": {"set": "harmful", "n": 12},
    "epochs": 3,
}


def plan(assumed=None, price=None, **fields):
    return plan_run(Study.parse(STUDY | fields), price, assumed)


def test_samples_and_tokens_are_those_that_the_study_would_ask():
    study = Study.parse(STUDY)
    made = plan(Assumed(output_tokens=100), Price(2.0, 8.0))
    prompts = [
        study.prompt_set.render(cell, request, study.setting)
        for request in study.asked
        for cell in study.conditions
    ]
    size = sum(len(f"{p.system}{p.user}".encode()) for p in prompts)
    assert (len(made.conditions), made.requests, made.samples) == (4, 12, 144)
    assert made.tokens_in == pytest.approx(3 * size / 4, rel=0.01)
    assert (made.tokens_out, made.tokens_out_most) == (144 * 100, 144 * 2048)
    assert made.dollars == pytest.approx((made.tokens_in * 2 + made.tokens_out * 8) / 1e6)


def test_a_reply_is_never_taken_for_longer_than_the_study_allows():
    made = plan(Assumed(output_tokens=5000), generation={"max_tokens": 50})
    assert made.tokens_out == made.tokens_out_most == 144 * 50


def test_without_a_price_nothing_is_said_of_dollars():
    assert plan().dollars is None


def test_the_smallest_gap_is_found_in_four_of_five_repeats_and_a_smaller_one_is_not():
    expected = {"rate": 0.1, "epochs": 3, "correlation": 0.3}
    found = smallest_gap(requests=40, **expected)
    assert found is not None
    powers = [
        stats.power("gap", requests=40, first=0.1, second=0.1 + size, epochs=3, correlation=0.3).achieved
        for size in (found, found - 0.01)
    ]  # fmt: skip
    assert powers[0] >= 0.8 > powers[1]
    assert smallest_gap(requests=160, **expected) < found
    assert smallest_gap(requests=1, rate=0.1, epochs=1, correlation=0) is None


def test_a_gap_is_looked_for_below_a_high_rate():
    assert smallest_gap(requests=40, rate=0.9, epochs=3, correlation=0.3) == pytest.approx(
        smallest_gap(requests=40, rate=0.1, epochs=3, correlation=0.3), abs=0.03
    )


def test_a_study_of_one_tier_has_no_gap():
    made = plan(factors={"tier": "monitored"})
    assert (made.smallest_gap, made.compared) == (None, 0)


def test_a_grid_too_big_is_warned_of_with_its_number():
    made = plan(epochs=LARGE)
    assert str(f"{12 * 4 * LARGE:,}") in made.warnings[0]
    assert plan().warnings == ()
