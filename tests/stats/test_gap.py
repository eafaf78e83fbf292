"""Gaps between two conditions of the same requests."""

import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as scipy_stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW

from allegiance.stats import gap, rate

NAN = float("nan")


@pytest.fixture
def common():
    rng = np.random.default_rng(5)
    each = rng.beta(2, 3, (30, 1))
    return [(rng.random((30, 5)) < np.clip(each + shift, 0, 1)) * 1.0 for shift in (0.1, 0.0)]


@pytest.fixture
def rare():
    """Few events, in the same few requests of both conditions."""
    rng = np.random.default_rng(6)
    prone = np.where(np.arange(40) % 5 == 0, 1.0, 0.0)[:, None]
    return [(rng.random((40, 6)) < p * prone) * 1.0 for p in (0.4, 0.15)]


def test_common_events_give_the_paired_t_interval_of_scipy(common):
    first, second = common
    result = gap(first, second)
    differences = first.mean(axis=1) - second.mean(axis=1)
    wanted = scipy_stats.ttest_rel(first.mean(axis=1), second.mean(axis=1)).confidence_interval(
        0.95
    )
    assert result.interval.method == "paired t"
    assert result.interval.estimate == pytest.approx(differences.mean())
    assert (result.interval.low, result.interval.high) == pytest.approx((wanted.low, wanted.high))


def test_rare_events_give_mover_written_out_from_the_two_rates(rare):
    first, second = rare
    result = gap(first, second).interval
    one, two = rate(first), rate(second)
    r = np.corrcoef(first.mean(axis=1), second.mean(axis=1))[0, 1]
    assert 0.2 < r < 0.95
    d = one.estimate - two.estimate
    a, b = one.estimate - one.low, two.high - two.estimate
    c, e = one.high - one.estimate, two.estimate - two.low
    assert result.method == "mover on korn-graubard"
    assert result.low == pytest.approx(d - np.sqrt(a * a + b * b - 2 * r * a * b))
    assert result.high == pytest.approx(d + np.sqrt(c * c + e * e - 2 * r * c * e))


def test_changing_sides_changes_the_sign_and_nothing_else(rare, common):
    for first, second in (rare, common):
        there, back = gap(first, second), gap(second, first)
        assert back.interval.estimate == pytest.approx(-there.interval.estimate)
        assert back.interval.low == pytest.approx(-there.interval.high)
        assert back.p_value == pytest.approx(there.p_value)


@settings(max_examples=150)
@given(st.integers(1, 12), st.integers(1, 5), st.data())
def test_a_gap_is_never_certain(requests, epochs, data):
    outcomes = arrays(float, (requests, epochs), elements=st.sampled_from([0.0, 1.0]))
    result = gap(data.draw(outcomes), data.draw(outcomes)).interval
    assert result.low <= result.estimate <= result.high
    assert result.high - result.low > 0.001


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_nothing_seen_in_either_condition_leaves_a_gap_possible(value):
    outcomes = np.full((40, 6), value)
    result = gap(outcomes, outcomes, margin=0.05)
    assert result.interval.low < -0.01
    assert result.interval.high > 0.01
    assert result.p_value == 1
    assert result.equivalence is not None
    assert result.equivalence.equivalent


def test_the_permutation_p_value_counts_every_flip_of_few_requests():
    first = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]], dtype=float)
    second = np.array([[0, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0]], dtype=float)
    differences = first.mean(axis=1) - second.mean(axis=1)
    flips = [abs(np.dot(signs, differences)) for signs in product([1, -1], repeat=5)]
    wanted = np.mean(np.array(flips) >= abs(differences.sum()) - 1e-9)
    assert gap(first, second).p_value == pytest.approx(wanted)


def test_the_permutation_p_value_of_many_requests_is_near_scipys_and_never_changes():
    rng = np.random.default_rng(3)
    first, second = ((rng.random((60, 4)) < p) * 1.0 for p in (0.5, 0.42))
    differences = first.mean(axis=1) - second.mean(axis=1)
    theirs = scipy_stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=20_000, rng=1
    ).pvalue
    ours = gap(first, second).p_value
    assert ours == pytest.approx(theirs, abs=0.015)
    assert ours == gap(first, second).p_value


def test_equivalence_is_statsmodels_two_one_sided_tests(common):
    first, second = common
    differences = first.mean(axis=1) - second.mean(axis=1)
    margin = abs(differences.mean()) + 0.05
    wanted = DescrStatsW(differences).ttost_mean(-margin, margin)[0]
    result = gap(first, second, margin=margin).equivalence
    assert result is not None
    assert result.p_value == pytest.approx(wanted, abs=1e-6)
    assert result.equivalent == (wanted < 0.05)


def test_equivalence_agrees_with_the_interval_of_twice_alpha_where_events_are_rare(rare):
    first, second = rare
    narrow = gap(first, second, confidence=0.9).interval
    edge = max(-narrow.low, narrow.high)
    inside, outside = (gap(first, second, margin=edge + x).equivalence for x in (0.001, -0.001))
    assert inside is not None
    assert outside is not None
    assert inside.equivalent
    assert not outside.equivalent


def test_the_smallest_detectable_gap_is_statsmodels_paired_power(common):
    first, second = common
    differences = first.mean(axis=1) - second.mean(axis=1)
    effect = TTestPower().solve_power(nobs=30, alpha=0.05, power=0.8)
    wanted = effect * differences.std(ddof=1)
    assert gap(first, second).smallest_detectable == pytest.approx(wanted, rel=1e-4)


def test_a_rare_gap_of_the_smallest_detectable_size_is_found_in_about_80_percent_of_repeats():
    nothing = np.zeros((40, 6))
    smallest = gap(nothing, nothing).smallest_detectable
    assert smallest is not None
    rng, repeats = np.random.default_rng(8), 300
    found = sum(
        gap((rng.random((40, 6)) < smallest) * 1.0, nothing).interval.low > 0
        for _ in range(repeats)
    )
    assert 0.7 < found / repeats < 0.95


def test_missing_outcomes_bound_the_gap_by_the_worst_they_could_have_been():
    first = [[1, NAN, 0], [1, 1, 0], [0, 0, 0]]
    second = [[0, 0, 0], [0, 1, None], [0, 0, 0]]
    result = gap(first, second)
    worst = result.worst_case
    assert worst is not None
    assert worst.missing == result.interval.missing == 2
    assert worst.estimate_low == pytest.approx((3 - 2) / 9)
    assert worst.estimate_high == pytest.approx((4 - 1) / 9)
    assert worst.low <= result.interval.low
    assert worst.high >= result.interval.high


def test_a_request_observed_in_one_condition_only_is_left_out_and_noted():
    result = gap([[1, 1], [1, 1], [0, 1]], [[0, 0], [NAN, NAN], [0, 1]])
    assert result.interval.estimate == pytest.approx(0.5)
    assert any("1 of 3 requests" in note for note in result.interval.notes)
    assert result.worst_case is not None
    assert result.worst_case.estimate_low == pytest.approx(1 / 3)


def test_requests_weigh_the_same_however_many_epochs_they_have():
    assert gap([[1, 1, 1, 1], [0]], [[0], [0]]).interval.estimate == pytest.approx(0.5)


def test_one_request_or_one_epoch_still_has_an_interval():
    alone = gap([[1, 1, 0, 1]], [[0, 0, 0, 0]])
    assert alone.interval.low < 0.75 < alone.interval.high
    assert any("one request" in note for note in alone.interval.notes)
    once = gap([[1], [0], [1]], [[0], [0], [0]])
    assert once.interval.low < 2 / 3 < once.interval.high


@pytest.mark.parametrize(
    ("first", "second", "options", "named"),
    [
        ([[1]], [[1], [0]], {}, "second"),
        ([[2]], [[1]], {}, "first"),
        ([[1]], [[0.5]], {}, "second"),
        ([], [], {}, "first"),
        ([[NAN]], [[1]], {}, "first and second"),
        ([[1]], [[1]], {"margin": 0}, "margin"),
        ([[1]], [[1]], {"margin": NAN}, "margin"),
        ([[1]], [[1]], {"confidence": 95}, "confidence"),
    ],
)
def test_bad_input_names_the_argument(first, second, options, named):
    with pytest.raises(ValueError, match=named):
        gap(first, second, **options)


def test_a_gap_goes_through_json_and_back(rare):
    plain = gap(*rare, margin=0.1).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain.keys() == {
        "interval", "p_value", "equivalence", "smallest_detectable", "worst_case",
    }  # fmt: skip
