"""Rates of a model: clustered by request, missing outcomes counted."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import proportion_confint

from allegiance.stats import rate

NAN = float("nan")


def test_epochs_that_agree_within_each_request_count_about_as_one():
    outcomes = np.repeat([[1.0]] * 5 + [[0.0]] * 15, 20, axis=1)
    interval = rate(outcomes)
    low, high = proportion_confint(5, 20, method="beta")
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.03)
    naive_low, naive_high = proportion_confint(100, 400, method="beta")
    assert interval.high - interval.low > 3 * (naive_high - naive_low)


def test_the_limits_are_korn_and_graubards_written_out_by_hand():
    rng = np.random.default_rng(11)
    outcomes = (rng.random((12, 5)) < rng.beta(1, 4, (12, 1))).astype(float)
    n, p = outcomes.size, outcomes.mean()
    variance = outcomes.mean(axis=1).var(ddof=1) / 12
    t = scipy_stats.t.ppf
    effective = min(n, p * (1 - p) / variance * (t(0.975, n - 1) / t(0.975, 11)) ** 2)
    x = p * effective
    low = scipy_stats.beta.ppf(0.025, x, effective - x + 1)
    high = scipy_stats.beta.ppf(0.975, x + 1, effective - x)
    interval = rate(outcomes)
    assert effective < n
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-9)


def test_requests_that_are_more_alike_than_chance_gain_nothing_over_independent_outcomes():
    outcomes = np.tile([1.0, 0, 0, 0, 0], (20, 1))
    interval = rate(outcomes)
    wanted = proportion_confint(20, 100, method="beta")
    assert (interval.low, interval.high) == pytest.approx(wanted)
    outcomes[0, 1] = 1
    interval = rate(outcomes)
    wanted = proportion_confint(21, 100, method="beta")
    assert (interval.low, interval.high) == pytest.approx(wanted)


@pytest.mark.parametrize("hits", [0, 4, 30])
def test_one_epoch_each_is_clopper_pearson(hits):
    outcomes = (np.arange(30) < hits).astype(float)[:, None]
    interval = rate(outcomes)
    assert (interval.low, interval.high) == pytest.approx(
        proportion_confint(hits, 30, method="beta")
    )


def test_one_request_is_clopper_pearson_over_its_epochs_and_says_so():
    interval = rate([[1, 0, 0, 0, 0]])
    assert (interval.low, interval.high) == pytest.approx(proportion_confint(1, 5, method="beta"))
    assert any("one request" in note for note in interval.notes)


@settings(max_examples=150)
@given(arrays(float, st.tuples(st.integers(1, 12), st.integers(1, 6)),
              elements=st.sampled_from([0.0, 1.0])))  # fmt: skip
def test_reading_everything_never_makes_a_models_rate_certain(outcomes):
    interval = rate(outcomes)
    assert interval.low <= interval.estimate <= interval.high
    assert interval.high - interval.low > 0.01
    assert interval.target == "model"
    assert interval.population is None


def test_missing_outcomes_are_counted_and_bounded_and_not_taken_for_zero():
    outcomes = [[1, None, 0], [1, 1, NAN], [0, 0, 0], [NAN, 1, 0]]
    interval = rate(outcomes)
    assert (interval.hits, interval.reads, interval.missing) == (4, 9, 3)
    assert interval.estimate == pytest.approx(4 / 9)
    worst = interval.worst_case
    assert worst is not None
    assert (worst.estimate_low, worst.estimate_high) == pytest.approx((4 / 12, 7 / 12))
    filled = [rate(np.nan_to_num(np.array(outcomes, dtype=float), nan=value)) for value in (0, 1)]
    assert (worst.low, worst.high) == pytest.approx((filled[0].low, filled[1].high))


def test_a_ragged_list_is_not_the_same_as_missing_outcomes():
    ragged, missing = rate([[1, 0], [1]]), rate([[1, 0], [1, None]])
    assert (ragged.reads, ragged.missing, ragged.worst_case) == (3, 0, None)
    assert (missing.reads, missing.missing) == (3, 1)


def test_a_request_without_any_observed_outcome_is_noted():
    interval = rate([[1, 0], [NAN, NAN], [0, 0]])
    assert any("1 of 3 requests have no observed" in note for note in interval.notes)
    assert interval.missing == 2


def test_all_epochs_of_all_requests_cover_a_rate_that_differs_between_requests():
    rng, covered, repeats = np.random.default_rng(2024), 0, 600
    for _ in range(repeats):
        each = rng.beta(0.14 * 4, 0.86 * 4, (20, 1))
        interval = rate((rng.random((20, 20)) < each).astype(float))
        covered += interval.low <= 0.14 <= interval.high
    # Fails below the 0.1 % quantile of Binomial(repeats, 0.95) only.
    assert covered >= scipy_stats.binom.ppf(0.001, repeats, 0.95)


@pytest.mark.parametrize(
    "outcomes",
    [
        [],
        [[]],
        [[NAN]],
        [[0.5]],
        [[2]],
        np.zeros(3),
        np.zeros((2, 2, 2)),
        [["yes"]],
        [0, 1],
        [[[1]]],
    ],
)
def test_outcomes_that_are_no_outcomes_are_refused_by_name(outcomes):
    with pytest.raises(ValueError, match="outcomes"):
        rate(outcomes)


def test_a_rate_goes_through_json_and_back():
    plain = rate([[1, None], [0, 0]]).to_dict()
    back = json.loads(json.dumps(plain, allow_nan=False))
    assert back == plain
    assert math.isclose(back["worst_case"]["estimate_high"], 0.5)


def test_where_all_outcomes_agree_a_note_gives_the_limit_of_epochs_that_are_all_alike():
    notes = rate([[0] * 20] * 20).notes
    alike = proportion_confint(0, 20, method="beta")[1]
    assert f"were they all alike, {100 * alike:.1f} % could differ" in notes[0]
    assert rate([[0]] * 20).notes == ()
    assert "all outcomes agree" in rate([[1, 1], [1, 1]]).notes[0]
    assert not any("agree" in note for note in rate([[1, 1], [1, 0]]).notes)
