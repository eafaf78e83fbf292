"""Estimators behind a calibration: against scipy, statsmodels and sklearn, and by counting outcomes."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, fisher_exact, hypergeom, mannwhitneyu
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_there
from statsmodels.stats.proportion import proportion_confint

from allegiance.stats import (
    auroc,
    equal_rates,
    mcnemar,
    paired_difference,
    share_within,
    smallest_seen,
    stratified,
)

COUNTS = st.integers(0, 40)


@given(COUNTS, COUNTS)
def test_mcnemar_is_the_binomial_test_of_one_half_and_statsmodels_agrees(b, c):
    p = mcnemar(b, c)
    if b + c:
        assert p == pytest.approx(binomtest(b, b + c, 0.5).pvalue, abs=1e-12)
        there = mcnemar_there([[5, b], [c, 5]], exact=True).pvalue
        assert p == pytest.approx(there, abs=1e-12)
    else:
        assert p == 1


def test_mcnemar_is_exact_for_counts_that_overflow_floats():
    assert mcnemar(800, 1200) == pytest.approx(binomtest(800, 2000, 0.5).pvalue, rel=1e-9)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_paired_difference_contains_its_estimate_turns_round_and_is_never_a_point(a, b, c, d):
    if not a + b + c + d:
        return
    found, turned = paired_difference(a, b, c, d), paired_difference(a, c, b, d)
    assert found.low <= found.estimate <= found.high
    assert found.high - found.low > 0.001
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))


def test_a_paired_difference_without_correlation_is_two_limits_in_quadrature():
    a, b, c, d = 12, 8, 18, 12  # phi is 0
    found = paired_difference(a, b, c, d)
    n = a + b + c + d
    (low_1, high_1), (low_2, high_2) = (
        proportion_confint(k, n, method="beta") for k in (a + b, a + c)
    )
    p_1, p_2 = (a + b) / n, (a + c) / n
    assert found.low == pytest.approx(p_1 - p_2 - math.hypot(p_1 - low_1, high_2 - p_2))
    assert found.high == pytest.approx(p_1 - p_2 + math.hypot(high_1 - p_1, p_2 - low_2))


@pytest.mark.parametrize("cells", [(0.6, 0.1, 0.2, 0.1), (0.9, 0.04, 0.02, 0.04)])
def test_a_paired_difference_covers_the_true_one_in_samples(cells):
    rng = np.random.default_rng(20_001)
    truth = cells[1] - cells[2]
    tables = rng.multinomial(60, cells, size=1500)
    held = [(one := paired_difference(*map(int, row))).low <= truth <= one.high for row in tables]
    assert sum(held) >= binom.ppf(0.001, 1500, 0.95)


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40))
def test_the_area_is_that_of_sklearn_and_of_mann_and_whitney_ties_included(told):
    scores, truths = [float(s) for s, _ in told], [t for _, t in told]
    if len(set(truths)) < 2:
        with pytest.raises(ValueError, match="truths"):
            auroc(scores, truths)
        return
    found = auroc(scores, truths)
    assert found.estimate == pytest.approx(roc_auc_score(truths, scores))
    yes = [s for s, t in told if t]
    no = [s for s, t in told if not t]
    assert found.estimate == pytest.approx(mannwhitneyu(yes, no).statistic / (len(yes) * len(no)))
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.high > found.low


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_the_limits_of_the_area_cover_the_true_one(shift):
    rng = np.random.default_rng(20_002)
    truths = np.arange(60) < 20
    area = 0.5 * (1 + math.erf(shift / 2))
    held = 0
    for _ in range(1000):
        found = auroc(rng.normal(size=60) + shift * truths, truths)
        held += found.low <= area <= found.high
    assert held >= binom.ppf(0.001, 1000, 0.95)


def test_an_area_takes_numbers_and_lists_of_one_length():
    with pytest.raises(ValueError, match="scores"):
        auroc([float("nan"), 1.0], [True, False])
    with pytest.raises(ValueError, match="as long"):
        auroc([1.0], [True, False])


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_equal_rates_are_tested_as_scipy_does(k, rest, other, others):
    p = equal_rates(k, k + rest, other, other + others)
    if k + rest and other + others:
        assert p == pytest.approx(fisher_exact([[k, rest], [other, others]]).pvalue)
    else:
        assert p == 1


def test_the_smallest_difference_is_found_about_four_times_in_five():
    for n, m, rate in ((60, 60, 0.5), (200, 100, 0.9), (150, 150, 0.2)):
        gap = smallest_seen(n, m, rate)
        other = rate - gap if rate >= 0.5 else rate + gap  # the longer way
        found = sum(
            binom.pmf(k, n, rate) * binom.pmf(l, m, other)
            for k, l in product(range(n + 1), range(m + 1))  # noqa: E741
            if binom.pmf(k, n, rate) * binom.pmf(l, m, other) > 1e-6
            and equal_rates(k, n, l, m) <= 0.05
        )
        assert 0.68 < found < 0.9


def test_no_difference_is_seen_where_the_most_extreme_table_is_no_evidence():
    assert smallest_seen(3, 3, 0.5) is None
    assert smallest_seen(0, 50, 0.5) is None
    assert smallest_seen(4, 4, 0.5) is None or equal_rates(4, 4, 0, 4) <= 0.05


def test_the_share_within_is_put_together_from_exact_limits_of_either_side():
    found = share_within([60, 2], [75, 225], [900, 9100], [True, False])
    inside = stratified([60], [75], [900], confidence=0.975)
    outside = stratified([2], [225], [9100], confidence=0.975)
    assert found.estimate == pytest.approx(720 / (720 + 2 / 225 * 9100))
    assert found.low == inside.count_low / (inside.count_low + outside.count_high)
    assert found.high == inside.count_high / (inside.count_high + outside.count_low)


@pytest.mark.parametrize("looked", [False, True])
def test_the_share_within_holds_in_every_exact_sum_over_outcomes(looked):
    for hits, sizes, reads in (((30, 4), (60, 240), (20, 40)), ((9, 0), (30, 90), (15, 30))):
        truth = hits[0] / sum(hits)
        held = 0.0
        for k, l in product(range(reads[0] + 1), range(reads[1] + 1)):  # noqa: E741
            weight = hypergeom.pmf(k, sizes[0], hits[0], reads[0]) * hypergeom.pmf(
                l, sizes[1], hits[1], reads[1]
            )
            if weight < 1e-9:
                continue
            found = share_within([k, l], reads, sizes, [True, False], looked=looked)
            held += weight * (found.low - 1e-9 <= truth <= found.high + 1e-9)
        assert held >= 0.95


@settings(max_examples=60)
@given(st.integers(0, 20), st.integers(0, 30))
def test_a_share_within_rises_with_hits_inside_and_falls_with_those_outside(k, l):  # noqa: E741
    of = lambda a, b: share_within([a, b], [21, 31], [100, 400], [True, False])  # noqa: E731
    here, inside, outside = of(k, l), of(k + 1, l), of(k, l + 1)
    assert here.low <= here.high
    assert inside.low >= here.low
    assert inside.high >= here.high
    assert outside.low <= here.low
    assert outside.high <= here.high


def test_a_census_leaves_no_width_and_an_unread_side_all_of_it():
    whole = share_within([3, 1], [10, 90], [10, 90], [True, False])
    assert (whole.low, whole.estimate, whole.high) == (0.75, 0.75, 0.75)
    half = share_within([3, 0], [5, 0], [10, 90], [True, False])
    assert half.estimate is None
    assert half.high == 1
    assert half.low < 0.1
