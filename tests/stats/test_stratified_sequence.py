"""Limits of strata at every look, against enumeration of every order, and the sequence of each."""

from functools import cache
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allegiance.stats import confidence_sequence, stratified, stratified_sequence


@st.composite
def strata(draw, most=4, largest=60):
    populations = draw(st.lists(st.integers(1, largest), min_size=1, max_size=most))
    reads = [draw(st.integers(0, size)) for size in populations]
    if not any(reads):
        reads[0] = 1
    return [draw(st.integers(0, n)) for n in reads], reads, populations


def test_the_documented_figures_come_out():
    found = stratified_sequence([12, 1], [75, 225], [900, 9100])
    assert str(found).startswith("13 of 300 read of 10,000: 1.8 % [0.51, 6.16] (95 %, corpus")
    assert (found.hits, found.reads, found.population) == (13, 300, 10_000)
    assert found.estimate == pytest.approx((12 * 900 / 75 + 9100 / 225) / 10_000)


@given(strata(), st.sampled_from([0.8, 0.95, 0.99]))
def test_limits_are_the_sums_of_those_that_each_stratum_has_with_its_share_of_the_error(
    case, confidence
):
    hits, reads, populations = case
    found = stratified_sequence(hits, reads, populations, confidence=confidence)
    each = 1 - (1 - confidence) / len(hits)
    low = high = 0
    for k, n, size in zip(*case, strict=True):
        one = confidence_sequence(k, n, size, confidence=each) if n else None
        low += one.count_low if one else 0
        high += one.count_high if one else size
    assert (found.count_low, found.count_high) == (low, high)
    assert found.low == pytest.approx(low / sum(populations))
    assert found.high == pytest.approx(high / sum(populations))


@given(strata())
def test_limits_contain_the_estimate_and_what_was_seen(case):
    hits, reads, populations = case
    found = stratified_sequence(*case)
    assert sum(hits) <= found.count_low <= found.count_high
    assert found.count_high <= sum(populations) - (sum(reads) - sum(hits))
    if all(reads):
        assert found.low - 1e-12 <= found.estimate <= found.high + 1e-12
        assert found.estimate == pytest.approx(stratified(*case).estimate)
    else:
        assert found.estimate is None


@given(strata(most=1))
def test_a_single_stratum_is_the_sequence_itself(case):
    (k,), (n,), (size,) = case
    one, found = confidence_sequence(k, n, size), stratified_sequence(*case)
    assert (found.count_low, found.count_high) == (one.count_low, one.count_high)


@given(strata())
def test_reading_everything_leaves_no_width(case):
    hits, _, populations = case
    k = [min(h, size) for h, size in zip(hits, populations, strict=True)]
    found = stratified_sequence(k, populations, populations)
    assert found.count_low == found.count_high == sum(k)


@given(strata())
def test_more_confidence_is_never_narrower(case):
    less = stratified_sequence(*case, confidence=0.8)
    more = stratified_sequence(*case, confidence=0.99)
    assert more.count_low <= less.count_low
    assert more.count_high >= less.count_high


def test_a_stratum_that_was_not_read_may_hold_anything():
    found = stratified_sequence([3, 0], [10, 0], [50, 200])
    alone = confidence_sequence(3, 10, 50, confidence=0.975)
    assert (found.count_low, found.count_high) == (alone.count_low, alone.count_high + 200)
    assert found.estimate is None


@pytest.mark.parametrize("confidence", [0.5, 0.8])
def test_all_looks_hold_at_once_as_often_as_is_promised_over_every_order(confidence):
    """Exact: every order of every split of the hits over 4 and 5, looked at after any reads of each."""
    populations = (4, 5)

    @cache
    def limits(k, n):
        found = stratified_sequence(k, n, populations, confidence=confidence)
        return found.count_low, found.count_high

    looks = [n for n in product(range(5), range(6)) if any(n)]
    for counts in product(range(5), range(6)):
        orders = [
            [
                np.concatenate(([0], np.cumsum([place in chosen for place in range(size)])))
                for chosen in combinations(range(size), count)
            ]
            for size, count in zip(populations, counts, strict=True)
        ]
        held = 0
        for one, two in product(*orders):
            held += all(
                low <= sum(counts) <= high
                for n in looks
                for low, high in [limits((int(one[n[0]]), int(two[n[1]])), n)]
            )
        assert held >= confidence * len(orders[0]) * len(orders[1]) - 1e-9


@settings(max_examples=30)
@given(strata())
def test_another_prior_gives_other_limits_that_are_named(case):
    found = stratified_sequence(*case, prior=(1, 1))
    assert "beta(1, 1)" in found.notes[1]
    assert found.count_low <= found.count_high


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([3], [2], [10]), "hits"),
        (([1], [11], [10]), "reads"),
        (([1, 1], [2], [10, 10]), "hits"),
        (([0, 0], [0, 0], [10, 10]), "reads must not all be 0"),
        (([-1], [2], [10]), "hits"),
        (([0.5], [2], [10]), "hits"),
        (([float("nan")], [2], [10]), "hits"),
        (([], [], []), ""),
    ],
)
def test_what_cannot_be_is_refused_by_name(arguments, named):
    with pytest.raises(ValueError, match=named or "."):
        stratified_sequence(*arguments)


@pytest.mark.parametrize("confidence", [0, 1, -0.1, 1.5, float("nan")])
def test_a_confidence_that_is_none_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        stratified_sequence([1], [2], [10], confidence=confidence)
