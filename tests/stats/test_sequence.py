"""Limits at every look, against scipy's beta-binomial and Ville's inequality, both exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, betabinom

from allegiance.stats import confidence_sequence


@st.composite
def samples(draw, largest=60):
    population = draw(st.integers(1, largest))
    reads = draw(st.integers(0, population))
    return draw(st.integers(0, reads)), reads, population


PRIORS = st.sampled_from([(0.5, 10), (1, 1), (0.5, 0.5), (3, 2)])


def test_the_value_worked_out_beforehand_comes_out():
    interval = confidence_sequence(3, 300, 10_000, prior=(0.5, 10))
    assert (interval.low, interval.high) == pytest.approx((0.0010, 0.0374), abs=5.1e-5)


@settings(max_examples=100)
@given(samples(), PRIORS, st.sampled_from([0.8, 0.95]))
def test_what_is_kept_is_where_scipys_prior_over_posterior_is_small(sample, prior, confidence):
    hits, reads, population = sample
    a, b = prior
    counts = np.arange(hits, population - (reads - hits) + 1)
    ratio = betabinom(population, a, b).pmf(counts) / betabinom(
        population - reads, a + hits, b + reads - hits
    ).pmf(counts - hits)
    kept = counts[ratio < 1 / (1 - confidence)]
    interval = confidence_sequence(hits, reads, population, prior, confidence)
    assert (interval.count_low, interval.count_high) == (kept[0], kept[-1])


@pytest.mark.parametrize(("hits", "reads"), [(0, 30), (3, 300), (30, 30), (7, 9)])
def test_without_a_population_the_ratio_of_scipys_beta_densities_decides(hits, reads):
    interval = confidence_sequence(hits, reads)
    assert interval.target == "model"
    for end in (interval.low, interval.high):
        if 0 < end < 1:
            ratio = beta(0.5, 10).pdf(end) / beta(0.5 + hits, 10 + reads - hits).pdf(end)
            assert ratio == pytest.approx(20, rel=1e-6)
    assert interval.low <= hits / reads <= interval.high


@pytest.mark.parametrize(("hits", "reads"), [(0, 30), (3, 300), (7, 9)])
def test_a_very_large_population_gives_the_limits_of_a_process(hits, reads):
    corpus, model = confidence_sequence(hits, reads, 10_000_000), confidence_sequence(hits, reads)
    assert (corpus.low, corpus.high) == pytest.approx((model.low, model.high), abs=3e-5)


@settings(max_examples=60)
@given(samples())
def test_one_more_hit_never_lowers_a_limit_and_the_estimate_lies_inside(sample):
    hits, reads, population = sample
    fewer, more = (confidence_sequence(k, reads, population) for k in (max(hits - 1, 0), hits))
    assert fewer.low <= more.low
    assert fewer.high <= more.high
    if reads:
        assert more.low <= more.estimate <= more.high


@pytest.mark.parametrize("count", [0, 1, 4, 11, 20])
@pytest.mark.parametrize("prior", [(0.5, 10), (1, 1)])
def test_the_chance_that_any_look_misses_is_at_most_alpha(count, prior):
    """Exact, by following the chance of every state in which no look has missed yet."""
    population, alpha = 20, 0.2
    alive = {0: 1.0}  # hits so far: chance of being there without a miss
    for reads in range(1, population + 1):
        ahead: dict[int, float] = {}
        for hits, chance in alive.items():
            left = population - reads + 1
            for more, p in ((1, (count - hits) / left), (0, 1 - (count - hits) / left)):
                if p > 0:
                    ahead[hits + more] = ahead.get(hits + more, 0.0) + chance * p
        alive = {
            hits: chance
            for hits, chance in ahead.items()
            if (found := confidence_sequence(hits, reads, population, prior, 1 - alpha)).count_low
            <= count
            <= found.count_high
        }
    assert 1 - sum(alive.values()) <= alpha


def test_a_whole_history_is_the_same_as_look_by_look():
    reads = np.arange(1, 301)
    hits = np.cumsum(np.random.default_rng(4).random(300) < 0.03)
    looks = confidence_sequence(hits, reads, 10_000)
    assert len(looks) == 300
    for look in (0, 17, 150, 299):
        assert looks[look] == confidence_sequence(int(hits[look]), look + 1, 10_000)
    assert [each.reads for each in looks] == list(range(1, 301))


def test_what_one_look_excluded_stays_out_of_the_intersection():
    looks = confidence_sequence([0, 2, 9], [60, 80, 100], 1000)
    narrowed = looks.intersected()
    assert (np.diff(narrowed.count_low) >= 0).all()
    assert (np.diff(narrowed.count_high) <= 0).all()
    assert narrowed.high[-1] == min(looks.high)
    assert narrowed.low[-1] == max(looks.low)
    model = confidence_sequence([0, 2, 9], [60, 80, 100]).intersected()
    assert model.count_high is None
    assert (np.diff(model.high) <= 0).all()


def test_before_the_first_read_everything_is_possible_and_after_the_last_one_thing():
    assert str(confidence_sequence(0, 0, 50)).startswith(
        "0 of 0 read of 50: no rate [0.00, 100.00]"
    )
    done = confidence_sequence(7, 50, 50)
    assert (done.count_low, done.count_high) == (7, 7)


def test_ten_million_transcripts_and_ten_thousand_looks():
    reads = np.arange(1, 10_001)
    hits = np.cumsum(np.random.default_rng(1).random(10_000) < 0.01)
    looks = confidence_sequence(hits, reads, 10_000_000)
    assert ((looks.low <= 0.01) & (looks.high >= 0.01)).all()
    assert looks.high[-1] - looks.low[-1] < 0.01


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([1, 2], [3]), "reads must be as long as hits"),
        (([1, 4], [3, 3]), r"hits \(4\) can't be more than reads \(3\) in look 1"),
        (([2, 1], [3, 4]), "hits must never fall"),
        (([1, 3], [4, 5]), "reads − hits must never fall"),
        (([0, 0], [4, 3]), "reads must never fall"),
        (([], []), "hits must be a list"),
        (([0.5], [1]), "hits must hold whole numbers"),
        (([-1], [1]), "hits can't hold a negative number"),
        ((4, 3), r"hits \(4\) can't be more than reads \(3\)"),
        ((1, 30, 20), "population"),
        ((1, 3, 30, (0, 1)), r"prior\[0\]"),
        ((1, 3, 30, (1, float("nan"))), r"prior\[1\]"),
        ((1, 3, 30, 5), "prior must be two positive numbers"),
        ((1, 3, 30, (1, 1), 0), "confidence"),
    ],
)
def test_bad_input_names_the_argument(arguments, named):
    with pytest.raises(ValueError, match=named):
        confidence_sequence(*arguments)
