"""The difference of two gaps, between two models or two framings."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as scipy_stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from allegiance.stats import gap, gap_difference

NAN = float("nan")


def conditions(seed, requests, epochs, rates):
    rng = np.random.default_rng(seed)
    each = rng.beta(2, 2, (requests, 1))
    return [(rng.random((requests, epochs)) < p * (0.5 + each)) * 1.0 for p in rates]


@pytest.fixture
def common():
    a, b, c, d = conditions(1, 40, 5, (0.6, 0.3, 0.5, 0.35))
    return (a, b), (c, d)


@pytest.fixture
def rare():
    a, b, c, d = conditions(2, 30, 4, (0.08, 0.01, 0.05, 0.02))
    return (a, b), (c, d)


def per_request(pair):
    return pair[0].mean(axis=1) - pair[1].mean(axis=1)


def test_common_events_give_scipys_paired_t_on_the_gaps_of_the_requests(common):
    first, second = common
    result = gap_difference(first, second)
    wanted = scipy_stats.ttest_rel(per_request(first), per_request(second))
    limits = wanted.confidence_interval(0.95)
    assert result.interval.method == "paired t"
    assert result.interval.estimate == pytest.approx(
        gap(*first).interval.estimate - gap(*second).interval.estimate
    )
    assert (result.interval.low, result.interval.high) == pytest.approx(limits)


def test_different_requests_give_scipys_welch_interval(common):
    (a, b), (c, d) = common
    first, second = (a[:25], b[:25]), (c[25:], d[25:])
    result = gap_difference(first, second, paired=False)
    wanted = scipy_stats.ttest_ind(per_request(first), per_request(second), equal_var=False)
    assert result.interval.method == "welch t"
    assert (result.interval.low, result.interval.high) == pytest.approx(
        wanted.confidence_interval(0.95)
    )


@pytest.mark.parametrize("paired", [True, False])
def test_rare_events_give_mover_written_out_from_the_two_gaps(rare, paired):
    first, second = rare
    one, two = gap(*first).interval, gap(*second).interval
    r = np.corrcoef(per_request(first), per_request(second))[0, 1]
    r = min(max(r, -0.95), 0.95) if paired else 0
    result = gap_difference(first, second, paired=paired).interval
    d = one.estimate - two.estimate
    a, b = one.estimate - one.low, two.high - two.estimate
    c, e = one.high - one.estimate, two.estimate - two.low
    assert result.method == "mover on two gaps"
    assert result.low == pytest.approx(d - np.sqrt(a * a + b * b - 2 * r * a * b))
    assert result.high == pytest.approx(d + np.sqrt(c * c + e * e - 2 * r * c * e))


def test_gaps_on_opposite_requests_make_the_difference_wider_than_unrelated_ones():
    """Where the one model has its gap the other has none: pairing must not look like a gain."""
    where = (np.arange(40) % 2 == 0)[:, None]
    every, none = np.ones((40, 4)), np.zeros((40, 4))
    first, second = (every * where, none), (every * ~where, none)
    paired = gap_difference(first, second).interval
    separate = gap_difference(first, second, paired=False).interval
    assert paired.high - paired.low > 1.2 * (separate.high - separate.low)


def test_one_gap_significant_and_the_other_not_may_be_no_difference():
    rng = np.random.default_rng(4)
    draw = lambda p: (rng.random((40, 4)) < p) * 1.0  # noqa: E731
    first, second = (draw(0.40), draw(0.28)), (draw(0.38), draw(0.33))
    one, two = gap(*first), gap(*second)
    both = gap_difference(first, second)
    assert one.interval.low > 0
    assert two.interval.low < 0 < two.interval.high
    assert both.interval.low < 0 < both.interval.high
    assert both.p_value > 0.05


@pytest.mark.parametrize("paired", [True, False])
def test_changing_sides_changes_the_sign_and_nothing_else(rare, common, paired):
    for first, second in (rare, common):
        there = gap_difference(first, second, paired=paired)
        back = gap_difference(second, first, paired=paired)
        assert back.interval.estimate == pytest.approx(-there.interval.estimate)
        assert back.interval.low == pytest.approx(-there.interval.high)
        assert back.p_value == pytest.approx(there.p_value, abs=0.01)


def test_a_model_that_never_does_it_leaves_the_other_models_gap(common):
    first, _ = common
    nothing = np.zeros((40, 5))
    result = gap_difference(first, (nothing, nothing)).interval
    assert result.estimate == pytest.approx(gap(*first).interval.estimate)
    assert result.high - result.low >= gap(*first).interval.high - gap(*first).interval.low


@settings(max_examples=100)
@given(st.integers(1, 12), st.integers(1, 4), st.booleans(), st.data())
def test_a_difference_of_gaps_is_never_certain_and_stays_within_two(requests, epochs, paired, data):
    outcomes = arrays(float, (requests, epochs), elements=st.sampled_from([0.0, 1.0]))
    first, second = ([data.draw(outcomes), data.draw(outcomes)] for _ in range(2))
    result = gap_difference(first, second, paired=paired).interval
    assert -2 <= result.low <= result.estimate <= result.high <= 2
    assert result.high - result.low > 0.001


def test_opposite_gaps_reach_two():
    every, none = np.ones((20, 3)), np.zeros((20, 3))
    result = gap_difference((every, none), (none, every)).interval
    assert result.estimate == result.high == 2


def test_the_p_value_of_different_requests_counts_every_way_to_deal_the_labels():
    first = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]], [[0, 0, 0], [0, 0, 0], [0, 1, 0], [0] * 3]
    second = [[0, 0, 1], [0, 0, 0], [1, 0, 0]], [[0, 0, 0], [1, 0, 0], [1, 0, 1]]
    gaps = np.concatenate(
        [per_request([np.array(arm) for arm in pair]) for pair in (first, second)]
    )
    reached = abs(gaps[:4].mean() - gaps[4:].mean()) - 1e-9
    deals = [
        abs(gaps[list(deal)].mean() - np.delete(gaps, deal).mean())
        for deal in combinations(range(7), 4)
    ]
    result = gap_difference(first, second, paired=False)
    assert result.p_value == pytest.approx(np.mean(np.array(deals) >= reached))
    assert gap_difference(second, first, paired=False).p_value == result.p_value


def test_the_p_value_of_many_different_requests_is_near_scipys_and_never_changes(common):
    first, second = common
    theirs = scipy_stats.permutation_test(
        (per_request(first), per_request(second)),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        n_resamples=20_000,
        rng=1,
    ).pvalue
    ours = gap_difference(first, second, paired=False).p_value
    assert ours == pytest.approx(theirs, abs=0.015)
    assert ours == gap_difference(first, second, paired=False).p_value


def test_the_paired_p_value_is_that_of_a_gap_between_gaps_of_one_epoch():
    a, b = conditions(3, 12, 1, (0.7, 0.3))
    nothing = np.zeros((12, 1))
    assert gap_difference((a, b), (nothing, nothing)).p_value == gap(a, b).p_value


def test_equivalence_is_statsmodels_two_one_sided_tests(common):
    first, second = common
    x, y = per_request(first), per_request(second)
    margin = abs((x - y).mean()) + 0.06
    paired = gap_difference(first, second, margin=margin).equivalence
    welch = gap_difference(first, second, margin=margin, paired=False).equivalence
    wanted = DescrStatsW(x - y).ttost_mean(-margin, margin)[0]
    assert paired.p_value == pytest.approx(wanted, abs=1e-6)
    wanted = CompareMeans(DescrStatsW(x), DescrStatsW(y)).ttost_ind(-margin, margin, "unequal")[0]
    assert welch.p_value == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("paired", [True, False])
def test_the_smallest_detectable_difference_has_80_percent_power_by_the_noncentral_t(
    common, paired
):
    first, second = common
    x, y = per_request(first), per_request(second)
    result = gap_difference(first, second, paired=paired)
    if paired:
        error, df = (x - y).std(ddof=1) / np.sqrt(40), 39
    else:
        error, df = (
            np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 40),
            scipy_stats.ttest_ind(x, y, equal_var=False).df,
        )
    effect, critical = result.smallest_detectable / error, scipy_stats.t.ppf(0.975, df)
    power = scipy_stats.nct.sf(critical, df, effect) + scipy_stats.nct.cdf(-critical, df, effect)
    assert power == pytest.approx(0.8, abs=1e-4)


def test_where_events_are_rare_the_smallest_detectable_difference_is_found_in_most_repeats():
    rng = np.random.default_rng(8)

    def asked(rate):
        return (rng.random((60, 4)) < rate).astype(float)

    first, second = (asked(0.05), asked(0.01)), (asked(0.01), asked(0.01))
    result = gap_difference(first, second)
    assert any("judged by the width of the limits" in note for note in result.interval.notes)
    high, base = 0.01 + result.smallest_detectable, 0.01
    found = [
        gap_difference((asked(high), asked(base)), (asked(base), asked(base))).interval.low > 0
        for _ in range(80)
    ]
    assert 0.68 < np.mean(found) < 0.99


def test_a_design_that_could_find_nothing_has_no_smallest_detectable_difference():
    result = gap_difference(([[1]], [[0]]), ([[0]], [[1]]))
    assert result.smallest_detectable is None


def test_missing_outcomes_bound_the_difference_by_the_worst_they_could_have_been():
    first = [[1, NAN, 0], [1, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, None], [0, 0, 0]]
    second = [[1, 0, 0], [0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, NAN, 0], [0, 0, 1]]
    for paired in (True, False):
        result = gap_difference(first, second, paired=paired)
        worst = result.worst_case
        assert worst.missing == result.interval.missing == 3
        assert worst.estimate_low == pytest.approx((3 - 2) / 9 - (1 - 1) / 9)
        assert worst.estimate_high == pytest.approx((4 - 1) / 9 - (1 - 2) / 9)
        assert worst.low <= result.interval.low
        assert worst.high >= result.interval.high


def test_a_request_not_observed_in_every_condition_is_left_out_and_noted():
    first = [[1, 1], [1, 1], [0, 1]], [[0, 0], [NAN, NAN], [0, 1]]
    second = [[0, 0], [1, 1], [0, 1]], [[0, 0], [0, 0], [0, 1]]
    paired = gap_difference(first, second)
    assert paired.interval.estimate == pytest.approx(0.5 - 0)
    assert any("1 of 3 requests" in note for note in paired.interval.notes)
    separate = gap_difference(first, second, paired=False)
    assert separate.interval.estimate == pytest.approx(0.5 - 1 / 3)
    assert any("both first conditions" in note for note in separate.interval.notes)


def test_different_requests_may_be_different_in_number_and_epochs_may_be_ragged():
    result = gap_difference(
        ([[1, 1, 1, 1], [0]], [[0], [0, 0]]), ([[1, 0]], [[0]]), paired=False
    ).interval
    assert result.estimate == pytest.approx(0.5 - 0.5)
    assert any("one request" in note for note in result.notes)


ONE = ([[1]], [[0]])


@pytest.mark.parametrize(
    ("first", "second", "options", "named"),
    [
        (([[1]],), ONE, {}, "first"),
        (ONE, ([[1]], [[0]], [[0]]), {}, "second"),
        (ONE, ([[1], [0]], [[1], [0]]), {}, r"second\[0\]"),
        (ONE, ([[1], [0]], [[1]]), {"paired": False}, r"second\[1\]"),
        (([[2]], [[1]]), ONE, {}, r"first\[0\]"),
        (ONE, ([[1]], [[0.5]]), {}, r"second\[1\]"),
        (([[NAN]], [[1]]), ONE, {}, "first and second"),
        (([[NAN]], [[1]]), ONE, {"paired": False}, r"first\[0\] and first\[1\]"),
        (ONE, ONE, {"margin": 0}, "margin"),
        (ONE, ONE, {"margin": 2}, "margin"),
        (ONE, ONE, {"margin": NAN}, "margin"),
        (ONE, ONE, {"confidence": 95}, "confidence"),
    ],
)
def test_bad_input_names_the_argument(first, second, options, named):
    with pytest.raises(ValueError, match=named):
        gap_difference(first, second, **options)


def test_a_difference_of_gaps_goes_through_json_and_back(rare):
    plain = gap_difference(*rare, margin=0.1).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_equivalence_of_five_requests_has_a_p_value():
    """Student's t with four degrees of freedom, where scipy's quantile next to 0.5 is zero."""
    first = [[1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]]
    second = [[0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert 0 < gap(first, second, margin=0.3).equivalence.p_value <= 1
