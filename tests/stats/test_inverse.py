"""Reading until the r-th hit, against scipy's negative hypergeometric and binomial."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom, nbinom, nhypergeom

from allegiance.stats import inverse_sampling


@st.composite
def readings(draw, largest=60):
    population = draw(st.integers(1, largest))
    reads = draw(st.integers(1, population))
    return reads, draw(st.integers(1, reads)), population


@pytest.mark.parametrize(
    ("arguments", "low", "high"), [((4, 1, 10_000), 64, 7075), ((2, 1, 1000), 13, 974)]
)
def test_the_published_limits_come_out(arguments, low, high):
    interval = inverse_sampling(*arguments)
    assert (interval.count_low, interval.count_high) == (low, high)
    assert (interval.low, interval.high) == (low / arguments[2], high / arguments[2])
    assert (interval.target, interval.method) == ("corpus", "negative hypergeometric")


@settings(max_examples=60)
@given(readings(), st.sampled_from([0.8, 0.95]))
@example((19, 1, 20), 0.8)  # the chance of it is exactly the tail
def test_the_limits_are_the_counts_that_scipys_negative_hypergeometric_leaves(reading, confidence):
    reads, hits, population = reading
    tail = (1 - confidence) / 2 * (1 + 1e-9)
    misses = reads - hits
    left = []
    for count in range(hits, population - misses + 1):
        before = nhypergeom(population, population - count, hits)  # misses before the r-th hit
        if before.cdf(misses) > tail and before.sf(misses - 1) > tail:
            left.append(count)
    if not left:  # even the smallest count makes so many misses unlikely
        left = [hits]
        assert nhypergeom(population, population - hits, hits).sf(misses - 1) <= tail
    interval = inverse_sampling(reads, hits, population, confidence)
    assert (interval.count_low, interval.count_high) == (left[0], left[-1])
    assert interval.low <= interval.estimate <= interval.high


@pytest.mark.parametrize(("reads", "hits"), [(1, 1), (4, 1), (30, 3), (5, 5)])
def test_without_a_population_the_tails_are_scipys_negative_binomial(reads, hits):
    interval = inverse_sampling(reads, hits)
    misses = reads - hits
    assert nbinom.cdf(misses, hits, interval.low) == pytest.approx(0.025)
    if interval.high < 1:
        assert nbinom.sf(misses - 1, hits, interval.high) == pytest.approx(0.025)
    else:
        assert misses == 0
    assert (interval.target, interval.method) == ("model", "negative binomial")


@pytest.mark.parametrize(("reads", "hits"), [(1, 1), (4, 1), (30, 3), (200, 7)])
def test_a_very_large_population_gives_the_limits_of_a_process(reads, hits):
    corpus, model = inverse_sampling(reads, hits, 10_000_000), inverse_sampling(reads, hits)
    assert (corpus.low, corpus.high) == pytest.approx((model.low, model.high), abs=3e-5)


@settings(max_examples=60)
@given(readings())
def test_reading_longer_for_the_same_hits_never_raises_a_limit(reading):
    reads, hits, population = reading
    if reads == population:
        return
    short, long = (inverse_sampling(n, hits, population) for n in (reads, reads + 1))
    assert long.low <= short.low
    assert long.high <= short.high


@pytest.mark.parametrize("count", [1, 3, 12, 30])
def test_the_limits_cover_the_count_as_often_as_they_promise(count):
    population, hits = 40, 1
    stop = nhypergeom(population, population - count, hits)
    covered = 0.0
    for misses in range(population - count + 1):
        interval = inverse_sampling(misses + 1, hits, population)
        covered += stop.pmf(misses) * (interval.count_low <= count <= interval.count_high)
    assert covered >= 0.95


@settings(max_examples=60)
@given(readings(), st.data())
def test_an_abandoned_reading_has_the_upper_limit_of_a_hit_at_the_next_read(reading, data):
    reads, hits, population = reading
    seen = data.draw(st.integers(0, hits - 1))
    interval = inverse_sampling(reads, hits, population, seen=seen)
    assert interval.estimate is None
    assert interval.count_low == seen
    left = [
        count
        for count in range(seen, population - (reads - seen) + 1)
        if hypergeom.cdf(hits - 1, population, count, reads) > 0.025 * (1 + 1e-9)
    ]
    assert interval.count_high == left[-1]


def test_an_abandoned_reading_without_a_population_leaves_an_upper_limit_too():
    interval = inverse_sampling(100, 2, seen=1)
    assert interval.low == 0
    assert nbinom.sf(98, 2, interval.high) == pytest.approx(0.025)


def test_the_unbiased_estimate_stands_in_the_notes():
    assert "unbiased estimate 0.0666667" in inverse_sampling(31, 3, 1000).notes[1]
    assert "no unbiased estimate" in inverse_sampling(31, 1, 1000).notes[1]


@pytest.mark.parametrize("arguments", [(4, 1), (5_000_000, 2_500_000), (1_000_000, 5)])
def test_the_limits_are_exact_for_ten_million_transcripts(arguments):
    population = 10_000_000
    reads, hits = arguments
    interval = inverse_sampling(reads, hits, population)
    low, high = interval.count_low, interval.count_high
    assert hypergeom.sf(hits - 1, population, low, reads) > 0.025
    assert hypergeom.sf(hits - 1, population, low - 1, reads) <= 0.025 * (1 + 1e-6)
    assert hypergeom.cdf(hits - 1, population, high, reads - 1) > 0.025
    assert hypergeom.cdf(hits - 1, population, high + 1, reads - 1) <= 0.025 * (1 + 1e-6)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"reads": 0}, "reads must be at least 1, not 0"),
        ({"reads": 2, "hits": 3}, r"hits \(3\)"),
        ({"reads": 2, "hits": 0}, "hits must be at least 1"),
        ({"reads": 2.0}, "reads must be a whole number"),
        ({"reads": 20, "population": 10}, r"reads \(20\) can't be more than population \(10\)"),
        ({"reads": 20, "confidence": 1.5}, "confidence"),
        ({"reads": 20, "hits": 2, "seen": 2}, r"seen \(2\) must be less than hits \(2\)"),
        ({"reads": 2, "hits": 9, "seen": 3}, r"seen \(3\) can't be more than reads"),
    ],
)
def test_bad_input_names_the_argument(arguments, named):
    with pytest.raises(ValueError, match=named):
        inverse_sampling(**arguments)
