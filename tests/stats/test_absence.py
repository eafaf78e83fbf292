"""What "we saw none" excludes, against sums written out with scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom
from statsmodels.stats.proportion import proportion_confint

from allegiance.stats import absence, lower_bound


@st.composite
def samples(draw, largest=120):
    population = draw(st.integers(1, largest))
    return draw(st.integers(1, population)), population


@settings(max_examples=60)
@given(samples(), st.sampled_from([0.8, 0.95]))
def test_a_perfect_reader_excludes_what_a_lower_bound_on_the_misses_excludes(sample, confidence):
    reads, population = sample
    interval = absence(reads, population, confidence=confidence)
    misses = lower_bound(reads, reads, population, confidence)
    assert interval.count_high == population - misses.count_low
    assert (interval.low, interval.hits, interval.estimate) == (0, 0, 0)


@settings(max_examples=40)
@given(samples(60), st.sampled_from([0.0, 0.3, 0.9, 1.0]))
def test_an_assumed_sensitivity_leaves_the_counts_under_which_noticing_none_is_likely(sample, s):
    reads, population = sample
    read = np.arange(reads + 1)
    kept = [
        count
        for count in range(population + 1)
        if np.sum(hypergeom.pmf(read, population, count, reads) * binom.pmf(0, read, s))
        > 0.05 * (1 + 1e-9)
    ]
    assert absence(reads, population, s).count_high == kept[-1]


@pytest.mark.parametrize("s", [0.2, 0.75, 1.0])
def test_without_a_population_the_tail_is_binomial(s):
    interval = absence(300, sensitivity=s)
    assert binom.pmf(0, 300, interval.high * s) == pytest.approx(0.05)
    assert interval.target == "model"
    assert absence(2, sensitivity=0.1).high == 1


def test_a_measured_sensitivity_shares_the_error_with_the_reads():
    low = proportion_confint(16, 20, alpha=0.05, method="beta")[0]  # one side at 2.5 %
    measured = absence(300, 10_000, sensitivity=(16, 20))
    assumed = absence(300, 10_000, sensitivity=low, confidence=0.975)
    assert measured.count_high == assumed.count_high
    assert "planted cases are as easy to notice as real ones" in measured.assumptions
    assert f"noticed at least {100 * low:.1f} %" in measured.notes


@settings(max_examples=40)
@given(samples(), st.floats(0, 1), st.floats(0, 1))
def test_a_better_reader_and_more_reads_never_exclude_less(sample, one, other):
    reads, population = sample
    weak, strong = sorted([one, other])
    assert absence(reads, population, strong).high <= absence(reads, population, weak).high
    assert (
        absence(population, population, weak).high <= absence(reads, population, weak).high + 1e-12
    )


def test_reading_everything_leaves_what_was_overlooked():
    assert absence(500, 500).count_high == 0
    assert absence(500, 500, 0.9).count_high == 1
    assert absence(500, 500, 0.0).count_high == 500


@pytest.mark.parametrize("reads", [300, 1_000_000])
def test_the_limit_is_exact_for_ten_million_transcripts(reads):
    high = absence(reads, 10_000_000).count_high
    assert hypergeom.pmf(0, 10_000_000, high, reads) > 0.05
    assert hypergeom.pmf(0, 10_000_000, high + 1, reads) <= 0.05


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"reads": 0}, "reads must be at least 1"),
        ({"reads": 5, "population": 4}, r"reads \(5\) can't be more than population \(4\)"),
        ({"reads": 5, "sensitivity": 1.1}, "sensitivity must lie from 0 to 1, not 1.1"),
        ({"reads": 5, "sensitivity": float("nan")}, "sensitivity"),
        ({"reads": 5, "sensitivity": "high"}, "sensitivity must be a number"),
        ({"reads": 5, "sensitivity": (3, 2)}, r"sensitivity\[0\] \(3\)"),
        ({"reads": 5, "sensitivity": (0, 0)}, r"sensitivity\[1\] must be at least 1"),
        ({"reads": 5, "sensitivity": (1, 2, 3)}, "sensitivity must be"),
        ({"reads": 5, "confidence": 1}, "confidence"),
    ],
)
def test_bad_input_names_the_argument(arguments, named):
    with pytest.raises(ValueError, match=named):
        absence(**arguments)
