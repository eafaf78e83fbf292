"""Shares from strata, against published values, enumeration of every split, and the parts."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from allegiance.stats import proportion, split, stratified
from allegiance.stats.split import LowTail, strata


def arrays(*lists):
    return [np.array(values) for values in lists]


@st.composite
def two_strata(draw, largest=25):
    populations = [draw(st.integers(2, largest)) for _ in range(2)]
    reads = [draw(st.integers(1, size)) for size in populations]
    return [draw(st.integers(0, n)) for n in reads], reads, populations


@pytest.mark.parametrize(
    ("populations", "total", "wanted"), [((200, 100), 15, 0.07232), ((2000, 1000), 150, 0.09958)]
)
def test_the_tail_of_wendell_and_schmees_table_2_comes_out(populations, total, wanted):
    tail = LowTail(*strata(*arrays((1, 0), (50, 50), populations)))
    assert tail.group == 1
    assert tail.greatest(total) == pytest.approx(wanted, abs=5.1e-6)


@pytest.mark.parametrize(
    ("hits", "reads", "populations", "wanted"),
    [((0, 0), (50, 25), (200, 100), 10), ((2, 1), (100, 50), (5000, 5000), 599)],
)
def test_the_upper_bounds_of_wendell_and_schmees_table_3_come_out(hits, reads, populations, wanted):
    # One side at 95 % is an interval at 90 %.
    interval = stratified(hits, reads, populations, method="wendell-schmee", confidence=0.9)
    assert interval.count_high == wanted


def enumerated(hits, reads, populations, confidence, box):
    """The totals that some split inside the box doesn't contradict, each chance summed by scipy."""
    estimate = [
        math.fsum(k * size / n for k, n, size in zip(each, reads, populations, strict=True))
        for each in product(*(range(n + 1) for n in reads))
    ]
    observed = math.fsum(k * s / n for k, n, s in zip(hits, reads, populations, strict=True))
    low = np.array([value <= observed + 1e-9 for value in estimate]).reshape([n + 1 for n in reads])
    high = np.array([value >= observed - 1e-9 for value in estimate]).reshape(low.shape)
    gamma = 0 if box is None else (1 - confidence) / 25
    level = ((1 - confidence) / 2 - gamma) * (1 + 1e-9)
    kept = {True: set(), False: set()}
    ranges = [
        range(k, size - (n - k) + 1) for k, n, size in zip(hits, reads, populations, strict=True)
    ]
    for counts in product(*(ranges if box is None else box)):
        chances = [
            hypergeom(size, count, n).pmf(np.arange(n + 1))
            for size, count, n in zip(populations, counts, reads, strict=True)
        ]
        joint = np.outer(*chances)
        for side, event in ((True, low), (False, high)):
            if joint[event].sum() > level:
                kept[side].add(sum(counts))
    return min(kept[False]), max(kept[True])


@settings(max_examples=25)
@given(two_strata(12), st.sampled_from([0.8, 0.95]))
def test_wendell_schmee_limits_are_those_that_enumerating_every_split_gives(strata, confidence):
    interval = stratified(*strata, method="wendell-schmee", confidence=confidence)
    wanted = enumerated(*strata, confidence, None)
    assert (interval.count_low, interval.count_high) == wanted


@settings(max_examples=25)
@given(two_strata(14), st.sampled_from([0.8, 0.95]))
def test_berger_boos_limits_are_those_that_enumerating_the_box_gives(strata, confidence):
    gamma = (1 - confidence) / 25
    each = [proportion(*stratum, 1 - gamma / 2) for stratum in zip(*strata, strict=True)]
    box = [range(one.count_low, one.count_high + 1) for one in each]
    interval = stratified(*strata, method="berger-boos", confidence=confidence)
    assert (interval.count_low, interval.count_high) == enumerated(*strata, confidence, box)


@pytest.mark.parametrize("method", ["berger-boos", "wendell-schmee"])
def test_the_guaranteed_methods_cover_every_split_at_least_as_often_as_they_promise(method):
    """Exact: every outcome of 5 and 6 reads, every split of the hits over 14 and 20."""
    reads, populations, confidence = (5, 6), (14, 20), 0.9
    limits = {
        hits: stratified(hits, reads, populations, method=method, confidence=confidence)
        for hits in product(range(6), range(7))
    }
    for counts in product(range(15), range(21)):
        chances = [
            hypergeom(size, count, n).pmf(np.arange(n + 1))
            for size, count, n in zip(populations, counts, reads, strict=True)
        ]
        covered = math.fsum(
            chances[0][a] * chances[1][b]
            for (a, b), one in limits.items()
            if one.count_low <= sum(counts) <= one.count_high
        )
        assert covered >= confidence - 1e-12


@pytest.mark.parametrize("method", ["berger-boos", "wendell-schmee"])
def test_counts_taken_together_only_widen_the_limits_and_by_no_more_than_is_said(
    method, monkeypatch
):
    arguments = (12, 7), (75, 225), (900, 9100)
    exact = stratified(*arguments, method=method)
    monkeypatch.setattr(split, "_LARGEST_TABLE", 100)
    monkeypatch.setattr(split, "_FEWEST_GROUPS", 60)
    group = max(LowTail(*strata(*arrays(*arguments))).group, 2)
    coarse = stratified(*arguments, method=method)
    assert exact.count_low - 2 * (group - 1) <= coarse.count_low <= exact.count_low
    assert exact.count_high <= coarse.count_high <= exact.count_high + 2 * (group - 1)
    assert coarse.count_high > exact.count_high


@settings(max_examples=60)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=8), st.data())
def test_mover_adds_the_distances_of_the_strata_in_quadrature(populations, data):
    reads = [data.draw(st.integers(1, size)) for size in populations]
    hits = [data.draw(st.integers(0, n)) for n in reads]
    parts = [proportion(*one) for one in zip(hits, reads, populations, strict=True)]
    each = [part.estimate * part.population for part in parts]
    below, above = (
        math.hypot(*(side(part) - e for part, e in zip(parts, each, strict=True)))
        for side in (lambda part: part.count_low, lambda part: part.count_high)
    )
    interval = stratified(hits, reads, populations)
    size = sum(populations)
    assert interval.estimate == pytest.approx(sum(each) / size)
    if len(populations) == 1:
        wanted = parts[0].count_low, parts[0].count_high
    else:
        misses = sum(reads) - sum(hits)
        wanted = (
            math.ceil(max(sum(each) - below, sum(hits)) - 1e-9),
            math.floor(min(sum(each) + above, size - misses) + 1e-9),
        )
    assert (interval.count_low, interval.count_high) == wanted


@settings(max_examples=60)
@given(two_strata(60), st.sampled_from(["mover", "berger-boos", "wendell-schmee"]))
def test_the_interval_contains_its_estimate_and_a_census_has_width_zero(strata, method):
    interval = stratified(*strata, method=method)
    assert math.floor(interval.estimate * interval.population) <= interval.count_high
    assert interval.count_low <= math.ceil(interval.estimate * interval.population)
    hits, _, populations = strata
    census = stratified(hits, populations, populations, method=method)
    assert census.count_low == census.count_high == sum(hits)


@settings(max_examples=40)
@given(two_strata(60), st.sampled_from(["mover", "berger-boos", "wendell-schmee"]), st.data())
def test_one_more_hit_never_lowers_a_limit(strata, method, data):
    hits, reads, populations = strata
    place = data.draw(st.sampled_from([0, 1]))
    if hits[place] == reads[place]:
        return
    more = [k + (row == place) for row, k in enumerate(hits)]
    few, many = (stratified(k, reads, populations, method=method) for k in (hits, more))
    assert few.count_high <= many.count_high
    assert few.count_low <= many.count_low


@pytest.mark.parametrize("method", ["mover", "berger-boos", "wendell-schmee"])
def test_a_stratum_that_was_not_read_may_hold_anything(method):
    interval = stratified([3, 0, 0], [30, 40, 0], [300, 400, 50], method=method)
    read = stratified([3, 0], [30, 40], [300, 400], method=method)
    assert interval.estimate is None
    assert "no rate" in str(interval)
    assert (interval.count_low, interval.count_high) == (read.count_low, read.count_high + 50)
    one = stratified([3, 0], [30, 0], [300, 50], method=method)
    alone = proportion(3, 30, 300)
    assert (one.count_low, one.count_high) == (alone.count_low, alone.count_high + 50)


def test_large_strata_stay_close_to_their_mover_limits():
    arguments = (30, 40), (100, 100), (1_000_000, 10_000_000)
    guaranteed = stratified(*arguments, method="berger-boos")
    close = stratified(*arguments)
    width = close.high - close.low
    assert abs(guaranteed.low - close.low) < 0.05 * width
    assert abs(guaranteed.high - close.high) < 0.05 * width


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([1, 2], [3, 4], [9]), "populations must be as long as hits"),
        (([1, 2], [3], [9, 9]), "reads must be as long as hits"),
        (([4, 2], [3, 4], [9, 9]), r"hits \(4\) can't be more than reads \(3\) in stratum 0"),
        (([1, 2], [3, 10], [9, 9]), r"reads \(10\) can't be more than populations \(9\)"),
        (([0, 0], [0, 0], [9, 9]), "reads must not all be 0"),
        (([-1], [2], [3]), "hits"),
        (([float("nan")], [2], [3]), "hits must hold whole numbers"),
        (([1, 1, 1], [2, 2, 2], [3, 3, 3], "berger-boos"), "populations holds 3 strata"),
        (([1], [2], [3], "wald"), "method"),
        (([1], [2], [3], "mover", 0), "confidence"),
        ((1, 2, 3), "hits must be a list"),
    ],
)
def test_bad_input_names_the_argument(arguments, named):
    with pytest.raises(ValueError, match=named):
        stratified(*arguments)
