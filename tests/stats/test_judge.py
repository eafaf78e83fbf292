"""Rates through a judge, against published values and limits put together from statsmodels."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from allegiance.stats import judge_adjusted, proportion, with_sensitivity


@pytest.mark.parametrize(
    ("arguments", "low", "high"),
    [
        ((0.4, 1000, 0.7, 200, 0.9, 200), 0.0563507248, 0.2627330258),
        ((0.5, 500, 0.8, 100, 0.8, 100), 0.3799746589, 0.6200253411),
        ((0.62, 2000, 0.85, 150, 0.93, 350), 0.5544774782, 0.6456327845),
    ],
)
def test_the_limits_of_lang_and_reiczigel_come_out(arguments, low, high):
    interval = judge_adjusted(*arguments)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5.1e-11)
    rate, _, specificity, _, sensitivity, _ = arguments
    rogan_gladen = (rate + specificity - 1) / (sensitivity + specificity - 1)
    assert interval.estimate == pytest.approx(rogan_gladen)
    assert "approximate" in str(interval)


def test_a_judge_no_better_than_chance_tells_nothing():
    interval = judge_adjusted(0.4, 1000, 0.5, 200, 0.5, 200)
    assert (interval.estimate, interval.low, interval.high) == (None, 0, 1)
    assert "not shown to be better than chance" in interval.notes[0]


@given(
    st.floats(0, 1),
    st.integers(1, 10**6),
    st.tuples(st.floats(0.6, 1), st.integers(1, 10**4)),
    st.tuples(st.floats(0.6, 1), st.integers(1, 10**4)),
)
@settings(max_examples=100)
def test_the_limits_stay_between_0_and_1_and_in_order(rate, n, negative, positive):
    interval = judge_adjusted(rate, n, *negative, *positive)
    assert 0 <= interval.low <= interval.high <= 1


@st.composite
def judged(draw):
    population = draw(st.integers(2, 400))
    positives = draw(st.integers(1, population))
    reads = draw(st.integers(1, positives))
    planted = draw(st.integers(1, 60))
    hits = draw(st.integers(0, reads))
    return hits, reads, positives, population, draw(st.integers(0, planted)), planted


@settings(max_examples=100)
@given(judged(), st.sampled_from([0.8, 0.95]))
def test_planted_limits_are_true_positives_over_sensitivity_at_half_the_error_each(
    case, confidence
):
    hits, reads, positives, population, caught, planted = case
    alpha = 1 - confidence
    true = proportion(hits, reads, positives, 1 - alpha / 2)
    weakest, strongest = proportion_confint(caught, planted, alpha=alpha / 2, method="beta")
    interval = with_sensitivity(*case, confidence)
    ceiling = population - (reads - hits)
    low = min(true.count_low / strongest, ceiling)
    high = min(true.count_high / weakest, ceiling) if weakest > 0 else ceiling
    whole = [math.ceil(low - 1e-9), math.floor(high + 1e-9)]
    assert [interval.count_low, interval.count_high] == sorted(whole)


def test_the_assumption_is_printed_with_the_numbers():
    interval = with_sensitivity(14, 100, 900, 10_000, 45, 50)
    assert "if planted cases are as easy to catch as real ones" in str(interval)
    assert "planted cases are as easy for the judge to catch" in interval.sentence()
    assert interval.estimate == pytest.approx(0.14 * 900 / 0.9 / 10_000)
    assert with_sensitivity(14, 100, 900, 10_000, 0, 50).estimate is None


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((5, 4, 9, 10, 1, 2), r"hits \(5\) can't be more than reads \(4\)"),
        ((1, 10, 9, 10, 1, 2), r"reads \(10\) can't be more than positives \(9\)"),
        ((1, 4, 11, 10, 1, 2), r"positives \(11\) can't be more than population \(10\)"),
        ((1, 4, 9, 10, 3, 2), r"caught \(3\) can't be more than planted \(2\)"),
        ((1, 4, 9, 10, 0, 0), "planted must be at least 1"),
        ((1, 0, 9, 10, 0, 1), "reads must be at least 1"),
        ((1, 4, 9, 10, 1.5, 2), "caught must be a whole number"),
        ((1, 4, 9, 10, 1, 2, 7), "confidence"),
    ],
)
def test_bad_counts_name_the_argument(arguments, named):
    with pytest.raises(ValueError, match=named):
        with_sensitivity(*arguments)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rate": 1.2}, "rate must lie from 0 to 1, not 1.2"),
        ({"rate": float("nan")}, "rate"),
        ({"specificity": -0.1}, "specificity"),
        ({"sensitivity": "good"}, "sensitivity must be a number"),
        ({"n": 0}, "n must be at least 1"),
        ({"n_negative": 1.5}, "n_negative must be a whole number"),
        ({"n_positive": -3}, "n_positive can't be negative"),
        ({"confidence": 0}, "confidence"),
    ],
)
def test_a_bad_adjustment_names_the_argument(change, named):
    good = {
        "rate": 0.4, "n": 10, "specificity": 0.7, "n_negative": 20, "sensitivity": 0.9, "n_positive": 20,
    }  # fmt: skip
    with pytest.raises(ValueError, match=named):
        judge_adjusted(**{**good, **change})
