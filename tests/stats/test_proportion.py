"""Shares from a random sample, against published values, scipy and statsmodels."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom
from statsmodels.stats.proportion import proportion_confint

from allegiance.stats import existence, gap, gwet_ac1, lower_bound, proportion


@st.composite
def samples(draw, largest=400):
    population = draw(st.integers(1, largest))
    reads = draw(st.integers(1, population))
    return draw(st.integers(0, reads)), reads, population


def test_three_of_300_read_of_10000_prints_as_a_reader_expects():
    interval = proportion(3, 300, 10_000)
    wanted = "3 of 300 read of 10,000: 1.0 % [0.22, 2.86] (95 %, corpus, hypergeometric)"
    assert str(interval) == wanted


def test_a_small_rate_is_not_printed_as_zero():
    assert "0.033 %" in str(proportion(1, 3000))


@pytest.mark.parametrize(
    ("hits", "reads", "low", "high"),
    [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_clopper_pearson_gives_newcombes_published_limits(hits, reads, low, high):
    interval = proportion(hits, reads)
    assert interval.method == "clopper-pearson"
    assert interval.target == "model"
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.parametrize(
    ("hits", "reads", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_newcombes_published_limits(hits, reads, low, high):
    interval = proportion(hits, reads, method="wilson")
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("clopper-pearson", "beta"), ("wilson", "wilson"), ("jeffreys", "jeffreys")],
)
@pytest.mark.parametrize(("hits", "reads"), [(3, 40), (20, 40), (39, 40), (1, 1000)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_limits_without_a_population_equal_statsmodels(ours, theirs, hits, reads, confidence):
    interval = proportion(hits, reads, confidence=confidence, method=ours)
    wanted = proportion_confint(hits, reads, alpha=1 - confidence, method=theirs)
    assert (interval.low, interval.high) == pytest.approx(wanted, abs=1e-9)


@settings(max_examples=60)
@example((1, 1, 100), 0.8)
@example((1, 1, 1000), 0.95)
@given(samples(120), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_corpus_limits_are_exactly_the_counts_that_scipys_tails_leave(sample, confidence):
    hits, reads, population = sample
    tail = (1 - confidence) / 2 * (1 + 1e-9)  # a tail of exactly alpha / 2 contradicts
    left = [
        count
        for count in range(hits, population - (reads - hits) + 1)
        if hypergeom.cdf(hits, population, count, reads) > tail
        and hypergeom.sf(hits - 1, population, count, reads) > tail
    ]
    interval = proportion(hits, reads, population, confidence)
    assert (interval.count_low, interval.count_high) == (left[0], left[-1])
    assert interval.low == pytest.approx(left[0] / population)
    assert interval.high == pytest.approx(left[-1] / population)


@settings(max_examples=100)
@given(samples())
def test_one_more_hit_never_lowers_a_limit(sample):
    hits, reads, population = sample
    fewer, more = (proportion(k, reads, population) for k in (max(hits - 1, 0), hits))
    assert fewer.low <= more.low
    assert fewer.high <= more.high


@settings(max_examples=100)
@given(samples())
def test_the_interval_contains_its_estimate(sample):
    interval = proportion(*sample)
    assert interval.low <= interval.estimate <= interval.high


@given(st.integers(1, 10**6), st.data())
@settings(max_examples=30)
def test_a_census_has_width_zero(population, data):
    hits = data.draw(st.integers(0, population))
    interval = proportion(hits, population, population)
    assert interval.low == interval.high == interval.estimate
    assert interval.count_low == interval.count_high == hits


@settings(max_examples=50)
@given(st.integers(1, 200), st.data())
def test_a_very_large_population_gives_clopper_pearson(reads, data):
    hits = data.draw(st.integers(0, reads))
    corpus, model = proportion(hits, reads, 10_000_000), proportion(hits, reads)
    assert (corpus.low, corpus.high) == pytest.approx((model.low, model.high), abs=3e-5)


@pytest.mark.parametrize(
    ("hits", "reads"), [(3, 300), (2_500_000, 5_000_000), (5, 5_000_000), (0, 1), (40_000, 90_000)]
)
def test_the_limits_are_exact_for_ten_million_transcripts_too(hits, reads):
    population = 10_000_000
    interval = proportion(hits, reads, population)
    high, low = interval.count_high, interval.count_low
    assert hypergeom.cdf(hits, population, high, reads) > 0.025
    if high < population - (reads - hits):
        assert hypergeom.cdf(hits, population, high + 1, reads) <= 0.025
    assert hypergeom.sf(hits - 1, population, low, reads) > 0.025
    if low > hits:
        assert hypergeom.sf(hits - 1, population, low - 1, reads) <= 0.025


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"hits": 4, "reads": 3}, "hits"),
        ({"hits": -1, "reads": 3}, "hits"),
        ({"hits": float("nan"), "reads": 3}, "hits"),
        ({"hits": 0, "reads": 0}, "reads"),
        ({"hits": 1, "reads": 2.5}, "reads"),
        ({"hits": 1, "reads": 30, "population": 20}, "population"),
        (
            {"hits": 1, "reads": 3, "population": 10**25},
            "population can't be more than 1,000,000,000",
        ),
        ({"hits": "1", "reads": 3}, "hits must be a whole number, not '1'"),
        ({"hits": 1, "reads": 3, "confidence": 1.0}, "confidence"),
        ({"hits": 1, "reads": 3, "confidence": float("nan")}, "confidence"),
        ({"hits": 1, "reads": 3, "method": "wald"}, "method"),
        ({"hits": 1, "reads": 3, "population": 30, "method": "wilson"}, "method"),
    ],
)
def test_bad_input_names_the_argument(arguments, named):
    with pytest.raises(ValueError, match=named):
        proportion(**arguments)
    if "method" not in arguments:
        with pytest.raises(ValueError, match=named):
            lower_bound(**arguments)


@settings(max_examples=100)
@given(samples(), st.sampled_from([0.8, 0.95, 0.99]))
def test_a_lower_bound_is_the_lower_limit_of_the_interval_with_twice_the_error(sample, confidence):
    wide = proportion(*sample, 1 - 2 * (1 - confidence))
    bound = lower_bound(*sample, confidence)
    assert (bound.low, bound.count_low) == (wide.low, wide.count_low)
    assert bound.high == (sample[2] - sample[1] + sample[0]) / sample[2]


@pytest.mark.parametrize(("hits", "reads"), [(0, 30), (3, 40), (40, 40)])
def test_a_lower_bound_without_a_population_equals_statsmodels(hits, reads):
    wanted = proportion_confint(hits, reads, alpha=0.1, method="beta")[0]
    assert lower_bound(hits, reads).low == pytest.approx(wanted, abs=1e-12)


@settings(max_examples=50)
@given(samples())
def test_an_interval_is_two_bounds_at_half_the_error(sample):
    hits, reads, population = sample
    interval = proportion(*sample, confidence=0.9)
    assert interval.count_low == lower_bound(*sample, confidence=0.95).count_low
    misses = lower_bound(reads - hits, reads, population, confidence=0.95).count_low
    assert interval.count_high == population - misses


def test_a_dictionary_of_an_interval_has_the_keys_of_the_contract():
    wanted = {
        "estimate", "low", "high", "count_low", "count_high", "confidence", "method", "target",
        "hits", "reads", "population", "assumptions", "notes",
    }  # fmt: skip
    assert wanted <= proportion(3, 300, 10_000).to_dict().keys()


@pytest.mark.parametrize(
    ("interval", "begins"),
    [
        (proportion(3, 300, 10_000), "3 of 300 transcripts read out of 10,000: 1.0 % of this corpus (95 % interval 0.22 to 2.86 %, hypergeometric), provided that"),
        (proportion(0, 20), "0 of 20 transcripts read: a rate of 0.0 % for the model on requests like these (95 % interval 0.00 to 16.84 %, clopper-pearson)"),
        (existence(1, 0, 10_000), "1 of 1 transcripts read out of 10,000: no rate is licensed for this corpus, only limits (with certainty 0.01 to 100.00 %, existence)"),
        (gap([[1, 0]] * 5, [[0, 0]] * 5).interval, "A difference of +50.0 points for the model on requests like these (95 % interval 6.06 to 81.29 points,"),
        (gwet_ac1([[1, 0], [1, 1]]), "Agreement beyond chance of "),
    ],
)  # fmt: skip
def test_a_sentence_says_what_was_seen_of_what_it_speaks_and_how_it_was_made(interval, begins):
    assert interval.sentence().startswith(begins)
    assert interval.sentence().endswith(".")
