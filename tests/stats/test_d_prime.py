"""d′ against values that are worked out by other means."""

import numpy as np
import pytest
from scipy.stats import norm

from allegiance import stats


def once(hits, n):
    """n requests, each asked once."""
    return [[1.0]] * hits + [[0.0]] * (n - hits)


@pytest.mark.parametrize(
    ("hit_rate", "false_alarm_rate", "expected"),
    # Tables of d′ for yes-no (for instance Macmillan & Creelman 2005, appendix 5), to two decimals.
    [
        (0.84, 0.16, 1.99),
        (0.69, 0.31, 0.99),
        (0.90, 0.10, 2.56),
        (0.99, 0.01, 4.65),
        (0.50, 0.50, 0.0),
        (0.20, 0.60, -1.09),
    ],
)
def test_with_many_outcomes_it_is_the_value_of_the_tables(hit_rate, false_alarm_rate, expected):
    n = 100_000
    found = stats.d_prime(once(round(hit_rate * n), n), once(round(false_alarm_rate * n), n))
    assert found.point == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("hits", "n", "alarms", "m"), [(15, 20, 3, 20), (20, 20, 0, 20), (0, 8, 0, 8), (7, 9, 2, 9)]
)
def test_rates_are_corrected_log_linearly_and_the_limits_are_gourevitch_and_galanters(
    hits, n, alarms, m
):
    found = stats.d_prime(once(hits, n), once(alarms, m))
    h, f = (hits + 0.5) / (n + 1), (alarms + 0.5) / (m + 1)
    d = norm.ppf(h) - norm.ppf(f)
    variance = h * (1 - h) / (n * norm.pdf(norm.ppf(h)) ** 2) + f * (1 - f) / (
        m * norm.pdf(norm.ppf(f)) ** 2
    )
    assert found.point == pytest.approx(d)
    if found.method == "gourevitch-galanter":
        reach = norm.ppf(0.975) * np.sqrt(variance)
        assert (found.low, found.high) == pytest.approx((d - reach, d + reach))
    else:
        assert found.high - found.low > 2 * norm.ppf(0.975) * np.sqrt(variance)


def test_perfect_and_absent_discrimination_stay_finite_and_say_that_they_are_bounds():
    for hits, alarms in ((10, 0), (0, 10), (0, 0), (10, 10)):
        found = stats.d_prime(once(hits, 10), once(alarms, 10))
        assert np.isfinite([found.point, found.low, found.high]).all()
        assert found.low < found.point < found.high
        assert any("bound" in note for note in found.notes)


def test_epochs_that_are_alike_make_the_limits_wider():
    alike = stats.d_prime([[1] * 10] * 6 + [[0] * 10] * 4, [[1] * 10] * 2 + [[0] * 10] * 8)
    apart = stats.d_prime(
        [[1, 1, 1, 1, 1, 1, 0, 0, 0, 0]] * 10, [[1, 1, 0, 0, 0, 0, 0, 0, 0, 0]] * 10
    )
    assert alike.point == pytest.approx(apart.point)
    assert alike.high - alike.low > 1.5 * (apart.high - apart.low)


@pytest.mark.parametrize(
    ("hit_rate", "false_alarm_rate", "spread"), [(0.7, 0.2, 0.0), (0.6, 0.1, 0.3), (0.9, 0.05, 0.2)]
)
def test_the_limits_hold_about_as_often_as_they_say(hit_rate, false_alarm_rate, spread):
    rng = np.random.default_rng(7)
    true = norm.ppf(hit_rate) - norm.ppf(false_alarm_rate)

    def arm(rate):
        share = np.full(20, rate)
        if spread:
            share = rng.beta(rate * (1 - spread) / spread, (1 - rate) * (1 - spread) / spread, 20)
        return (rng.random((20, 5)) < share[:, None]).astype(float)

    found = [stats.d_prime(arm(hit_rate), arm(false_alarm_rate)) for _ in range(400)]
    assert np.mean([one.low <= true <= one.high for one in found]) >= 0.90


def test_missing_outcomes_are_counted_and_no_part_of_the_rates():
    found = stats.d_prime([[1, None], [1, 0]], [[0, 0], [None, 1]])
    same = stats.d_prime([[1], [1, 0]], [[0, 0], [1]])
    assert found.missing == 2
    assert found.point == same.point


def test_it_prints_in_its_own_unit_and_not_in_per_cent():
    found = stats.d_prime(once(15, 20), once(3, 20))
    assert str(found).startswith("1.605 [")
    assert "A d′ of 1.605 for the model" in found.sentence()
    assert "%" not in found.sentence().split("(")[0]
    assert found.to_dict()["quantity"] == "sensitivity"


@pytest.mark.parametrize(
    ("signal", "noise", "said"),
    [
        ([[None]], [[1]], "signal holds no observed value"),
        ([[1]], [[None]], "noise holds no observed value"),
        ([[1], [0]], [[1]], "noise must hold the same requests as signal"),
        ([[2]], [[0]], "signal must hold 0, 1 or NaN"),
    ],
)
def test_what_it_cannot_be_made_of_is_refused_by_name(signal, noise, said):
    with pytest.raises(ValueError, match=said):
        stats.d_prime(signal, noise)
