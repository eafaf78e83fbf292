"""Plans for reading: every number against enumeration, a distribution of scipy, or statsmodels."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import samplesize_confint_proportion

from allegiance.stats import (
    absence,
    confidence_sequence,
    lower_bound,
    power,
    proportion,
    reads_needed,
    stratified,
)


def width(interval):
    return interval.high - interval.low


def mean_width(reads, count, population, interval):
    """The definition, over every outcome."""
    chances = scipy_stats.hypergeom(population, count, reads).pmf(np.arange(reads + 1))
    return sum(p * width(interval(k, reads, population)) for k, p in enumerate(chances) if p > 0)


@pytest.mark.parametrize(("count", "wanted"), [(6, 0.3), (18, 0.25), (0, 0.1), (60, 0.4)])
def test_a_random_sample_is_the_smallest_by_enumeration(count, wanted):
    plan = reads_needed("proportion", rate=count / 60, width=wanted, population=60)
    means = [mean_width(n, count, 60, proportion) for n in range(1, 61)]
    assert plan.needed == 1 + next(i for i, mean in enumerate(means) if mean <= wanted)
    assert plan.achieved == pytest.approx(means[plan.needed - 1])


def test_the_expected_width_of_a_process_is_that_of_enumeration():
    chances = scipy_stats.binom(40, 0.2).pmf(np.arange(41))
    wanted = sum(p * width(proportion(k, 40)) for k, p in enumerate(chances))
    assert power("proportion", reads=40, rate=0.2).achieved == pytest.approx(wanted, abs=1e-8)


def test_many_likely_counts_are_averaged_as_well_by_some_of_them():
    """Over 3,000 counts are likely here, of which 65 are worked out."""
    found = power("proportion", reads=200_000, rate=0.3).achieved
    counts = np.arange(57_000, 63_001)
    beta = scipy_stats.beta
    widths = beta.ppf(0.975, counts + 1, 200_000 - counts) - beta.ppf(
        0.025, counts, 200_001 - counts
    )
    wanted = scipy_stats.binom(200_000, 0.3).pmf(counts) @ widths
    assert found == pytest.approx(wanted, rel=1e-5)


def test_a_large_sample_of_a_common_share_is_near_statsmodels_normal_size():
    theirs = samplesize_confint_proportion(0.4, 0.01)
    ours = reads_needed("proportion", rate=0.4, width=0.02).needed
    assert ours == pytest.approx(theirs, rel=0.02)
    # The finite population, by the textbook's correction.
    ours = reads_needed("proportion", rate=0.4, width=0.02, population=20_000).needed
    assert ours == pytest.approx(theirs / (1 + theirs / 20_000), rel=0.02)


@pytest.mark.parametrize("wanted", [0.02, 0.0002])
def test_the_number_found_is_enough_and_the_one_before_it_is_not(wanted):
    known = {"rate": 0.03, "population": 10_000_000}
    plan = reads_needed("proportion", width=wanted, **known)
    assert plan.achieved <= wanted
    assert power("proportion", reads=plan.needed - 1, **known).achieved > wanted


def test_a_census_is_always_narrow_enough_and_a_process_may_never_be():
    assert reads_needed("proportion", rate=0.5, width=1e-4, population=50).needed == 50
    plan = reads_needed("proportion", rate=0.5, width=1e-6)
    assert plan.needed is None
    assert plan.achieved is None
    assert "1,000,000,000" in plan.sentence()


def chance_of_bound(reads, count, population, above, confidence=0.95):
    chances = scipy_stats.hypergeom(population, count, reads).pmf(np.arange(reads + 1))
    return sum(
        p
        for k, p in enumerate(chances)
        if p > 0 and lower_bound(k, reads, population, confidence).low > above + 1e-12
    )


@pytest.mark.parametrize(
    ("count", "above", "population", "goal"),
    [(12, 0.05, 80, 0.8), (30, 0.2, 80, 0.9), (10, 0.0, 100, 0.8), (26, 0.25, 100, 0.8)],
)
def test_a_lower_bound_takes_the_fewest_reads_by_enumeration(count, above, population, goal):
    known = {"rate": count / population, "above": above, "population": population}
    plan = reads_needed("lower_bound", power=goal, **known)
    chances = [chance_of_bound(n, count, population, above) for n in range(1, population + 1)]
    assert plan.needed == 1 + next(i for i, chance in enumerate(chances) if chance >= goal - 1e-12)
    assert plan.achieved == pytest.approx(chances[plan.needed - 1])
    for n in (1, population // 3, population):
        found = power("lower_bound", reads=n, **known)
        assert found.achieved == pytest.approx(chances[n - 1], abs=1e-9)


@settings(max_examples=25)
@given(st.floats(0.02, 0.2), st.floats(1.5, 6), st.floats(0.5, 0.95))
def test_a_lower_bound_of_a_process_takes_the_fewest_reads_by_enumeration(above, times, goal):
    rate = min(above * times, 0.9)
    plan = reads_needed("lower_bound", rate=rate, above=above, power=goal)
    reads = np.arange(1, plan.needed + 1)
    hits = scipy_stats.binom.isf(0.05, reads, above).astype(int) + 1
    chances = scipy_stats.binom.sf(hits - 1, reads, rate)
    assert plan.achieved == pytest.approx(chances[-1])
    assert chances[-1] >= goal - 1e-9
    assert (chances[:-1] < goal + 1e-9).all()


def test_a_rate_that_is_not_above_the_bound_is_out_of_reach():
    for population in (None, 1_000):
        plan = reads_needed("lower_bound", rate=0.05, above=0.05, population=population)
        assert plan.needed is None
        assert plan.sentence().startswith("No number of reads is enough")


@pytest.mark.parametrize("population", [None, 500, 10_000])
@pytest.mark.parametrize("sensitivity", [None, 0.8])
def test_clean_reads_exclude_a_rate_as_absence_says(population, sensitivity):
    plan = reads_needed("absence", excludes=0.01, population=population, sensitivity=sensitivity)
    enough = absence(plan.needed, population, sensitivity)
    fewer = absence(plan.needed - 1, population, sensitivity)
    assert enough.high <= 0.01 + 1e-12
    assert fewer.high > 0.01
    assert plan.achieved >= 0.95


def test_the_rule_of_three_takes_299_reads():
    plan = reads_needed("absence", excludes=0.01, rate=0.001)
    assert plan.needed == 299
    assert plan.beside["chance of none"] == pytest.approx(0.999**299)


def test_hits_that_go_unnoticed_in_a_census_can_not_be_excluded():
    assert reads_needed("absence", excludes=0.0, population=50, sensitivity=0.5).needed is None
    assert reads_needed("absence", excludes=0.0, population=50).needed == 48
    assert reads_needed("absence", excludes=0.1, sensitivity=0).needed is None


def test_the_chance_of_finding_none_is_scipys():
    found = power("absence", reads=100, rate=0.01, population=1_000)
    assert found.achieved == pytest.approx(scipy_stats.hypergeom(1_000, 10, 100).pmf(0))
    found = power("absence", reads=100, rate=0.01, population=1_000, sensitivity=0.7)
    counts = np.arange(11)
    wanted = scipy_stats.hypergeom(1_000, 10, 100).pmf(counts) @ 0.3**counts
    assert found.achieved == pytest.approx(wanted)


@pytest.mark.parametrize(("hits", "goal"), [(1, 0.95), (4, 0.8)])
def test_reads_until_so_many_hits_are_the_negative_hypergeometric(hits, goal):
    plan = reads_needed("inverse_sampling", rate=0.02, hits=hits, population=1_000, power=goal)
    misses = scipy_stats.nhypergeom(1_000, 980, hits)  # misses seen before the last hit
    chances = misses.cdf(np.arange(1_000))
    assert plan.needed == int(np.argmax(chances >= goal)) + hits
    assert plan.beside["expected reads"] == pytest.approx(hits + misses.mean())
    # And by shuffling.
    rng = np.random.default_rng(1)
    places = np.sort(rng.permuted(np.tile(np.arange(1_000), (4_000, 1)), axis=1)[:, :20], axis=1)
    assert places[:, hits - 1].mean() + 1 == pytest.approx(plan.beside["expected reads"], rel=0.05)


def test_existence_is_inverse_sampling_for_one_hit():
    known = {"rate": 0.003, "population": 2_000}
    assert reads_needed("existence", **known) == reads_needed("inverse_sampling", **known)
    plan = reads_needed("existence", rate=0.003)
    assert plan.needed == math.ceil(math.log(0.05) / math.log(0.997))
    assert power("existence", reads=100, rate=0.003).achieved == pytest.approx(1 - 0.997**100)


def test_what_is_not_there_is_not_found():
    plan = reads_needed("inverse_sampling", rate=0.002, hits=3, population=1_000)
    assert plan.needed is None
    assert "hits to be found: 2" in str(plan)


@pytest.mark.parametrize(("count", "wanted"), [(6, 0.5), (20, 0.6)])
def test_a_confidence_sequence_is_planned_by_enumeration(count, wanted):
    plan = reads_needed("confidence_sequence", rate=count / 60, width=wanted, population=60)
    means = [mean_width(n, count, 60, confidence_sequence) for n in range(1, 61)]
    assert plan.needed == 1 + next(i for i, mean in enumerate(means) if mean <= wanted)
    assert plan.achieved == pytest.approx(means[plan.needed - 1])


def test_a_sequence_on_a_process_is_planned_with_its_prior():
    chances = scipy_stats.binom(30, 0.1).pmf(np.arange(31))
    wanted = sum(p * width(confidence_sequence(k, 30, prior=(1, 1))) for k, p in enumerate(chances))
    found = power("confidence_sequence", reads=30, rate=0.1, prior=(1, 1))
    assert found.achieved == pytest.approx(wanted, abs=1e-7)
    assert "beta(1, 1)" in found.method


JUDGE = {"sensitivity": 0.9, "specificity": 0.95}


def test_labels_in_two_strata_have_the_mean_width_of_stratified_by_enumeration():
    found = power("stratified", reads=20, rate=0.2, population=200, allocation=0.4, **JUDGE)
    # 40 hits: the judge marks 36 of them and 8 others.
    first = scipy_stats.hypergeom(44, 36, 8).pmf(np.arange(9))
    second = scipy_stats.hypergeom(156, 4, 12).pmf(np.arange(13))
    wanted = sum(
        p * q * width(stratified([i, j], [8, 12], [44, 156]))
        for i, p in enumerate(first)
        for j, q in enumerate(second)
        if p * q > 1e-12
    )
    assert (found.beside["positives"], found.beside["negatives"]) == (8, 12)
    assert found.achieved == pytest.approx(wanted, abs=1e-8)


def test_labels_are_saved_where_the_judge_is_good_and_the_property_common():
    """The design's own simulation has 1.8 to 2.8 times at 30 %, 1.3 to 2.3 at 5 %."""
    known = {"population": 10_000, **JUDGE}
    common = reads_needed("stratified", rate=0.3, width=0.12, **known)
    assert 1.8 <= common.beside["saved"] <= 2.8
    assert 1.3 <= reads_needed("stratified", rate=0.05, width=0.05, **known).beside["saved"] <= 2.3
    random = reads_needed("proportion", rate=0.3, width=0.12, population=10_000).needed
    assert common.beside["random"] == random
    assert common.beside["saved"] == pytest.approx(random / common.needed)


def test_labels_in_strata_match_the_mean_width_that_was_simulated_for_the_design():
    known = {"population": 10_000, **JUDGE}
    for rate, labels, points in ((0.01, 300, 2.1), (0.05, 100, 7.1), (0.3, 300, 6.0)):
        found = power("stratified", reads=labels, rate=rate, **known)
        assert 100 * found.achieved == pytest.approx(points, rel=0.1)


def test_a_judge_that_says_the_same_of_all_leaves_nothing_to_stratify():
    with pytest.raises(ValueError, match="sensitivity 1 and specificity 0"):
        reads_needed(
            "stratified", rate=0.1, width=0.1, population=100, sensitivity=1, specificity=0
        )


@pytest.mark.parametrize(
    ("call", "estimator", "expected", "named"),
    [
        (reads_needed, "kappa", {}, "estimator must be one of absence, .*'kappa'"),
        (reads_needed, "proportion", {"rate": 0.1}, "width must be given"),
        (reads_needed, "proportion", {"rate": 0.1, "width": 0.1, "reads": 3}, "reads is not known"),
        (power, "proportion", {"rate": 0.1}, "reads must be given"),
        (reads_needed, "proportion", {"rate": 1.2, "width": 0.1}, "rate .* 1.2"),
        (reads_needed, "proportion", {"rate": math.nan, "width": 0.1}, "rate .* nan"),
        (reads_needed, "proportion", {"rate": 0.1, "width": 0}, "width .* 0"),
        (reads_needed, "proportion", {"rate": 0.1, "width": 0.1, "population": 0}, "population"),
        (reads_needed, "proportion", {"rate": 0.1, "width": 0.1, "confidence": 95}, "confidence"),
        (power, "proportion", {"rate": 0.1, "reads": 11, "population": 10}, "reads .* population"),
        (power, "proportion", {"rate": 0.1, "reads": 0}, "reads .* 0"),
        (reads_needed, "lower_bound", {"rate": 0.1, "above": 1}, "above .* 1"),
        (reads_needed, "lower_bound", {"rate": 0.1, "above": 0.01, "power": 1}, "power .* 1"),
        (reads_needed, "absence", {"excludes": 1}, "excludes .* 1"),
        (reads_needed, "absence", {"excludes": 0.1, "sensitivity": 2}, "sensitivity .* 2"),
        (reads_needed, "inverse_sampling", {"rate": 0.1, "hits": 0}, "hits .* 0"),
        (
            reads_needed,
            "confidence_sequence",
            {"rate": 0.1, "width": 0.1, "prior": (0, 1)},
            "prior",
        ),
        (reads_needed, "confidence_sequence", {"rate": 0.1, "width": 0.1, "prior": (1,)}, "prior"),
        (
            power,
            "stratified",
            {"reads": 10, "rate": 0.1, "population": 100, "allocation": 1, **JUDGE},
            "allocation .* 1",
        ),
        (power, "stratified", {"reads": 1, "rate": 0.1, "population": 100, **JUDGE}, "reads .* 1"),
    ],
)
def test_bad_input_names_the_keyword(call, estimator, expected, named):
    with pytest.raises(ValueError, match=named):
        call(estimator, **expected)


@pytest.mark.parametrize(
    "plan",
    [
        reads_needed("existence", rate=0.01),
        reads_needed("lower_bound", rate=0.01, above=0.02),
        reads_needed("stratified", rate=0.3, width=0.3, population=500, **JUDGE),
    ],
)
def test_a_plan_goes_through_json_and_back(plan):
    plain = plan.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_one_read_is_not_called_reads():
    assert str(reads_needed("existence", rate=0.5, power=0.4)) == "1 read: chance 50 %"
