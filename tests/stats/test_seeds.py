"""A rate over seeds: the run is what varies, and agreement by chance is not certainty."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from allegiance.stats import over_seeds


def test_it_is_students_t_over_the_rates_of_the_runs():
    runs = [(8, 100), (30, 100), (19, 100), (55, 100), (21, 100)]
    found = over_seeds(runs, 0.9)
    rates = [h / n for h, n in runs]
    low, high = scipy_stats.t.interval(0.9, 4, np.mean(rates), scipy_stats.sem(rates))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.point == pytest.approx(0.266)
    assert (found.hits, found.reads, found.target) == (133, 500, "model")


def test_each_run_counts_the_same_however_much_was_read_of_it():
    assert over_seeds([(1, 10), (900, 1000)]).point == pytest.approx(0.5)


def test_more_reads_of_the_same_runs_do_not_make_it_narrow():
    few, many = over_seeds([(2, 10), (8, 10)]), over_seeds([(2000, 10_000), (8000, 10_000)])
    assert many.high - many.low >= few.high - few.low - 1e-9


@pytest.mark.parametrize("runs", [[(0, 50), (0, 50)], [(50, 50), (50, 50)], [(5, 50), (5, 50)]])
def test_runs_that_agree_leave_an_interval_with_a_width_and_say_why(runs):
    found = over_seeds(runs)
    assert found.high - found.low > 0.01
    assert "agree" in " ".join(found.notes)


def test_it_covers_where_seeds_differ():
    """What it is for: rates of runs spread around the mean of the set-up, and reads of each run around its rate."""
    dice = np.random.default_rng(7)
    covered = 0
    for _ in range(1500):
        rates = np.clip(dice.normal(0.5, 0.12, 5), 0, 1)
        found = over_seeds([(int(dice.binomial(80, rate)), 80) for rate in rates])
        covered += found.low <= 0.5 <= found.high
    assert 0.935 <= covered / 1500 <= 0.97


@pytest.mark.parametrize("runs", [[], [(1, 2)], [(3, 2), (1, 2)], [(0, 0), (1, 2)]])
def test_what_can_not_be_is_refused(runs):
    with pytest.raises(ValueError, match="run"):
        over_seeds(runs)
