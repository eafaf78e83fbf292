"""Halting and licensing: exact chances over all histories, and a mixture integrated apart."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from scipy.integrate import quad
from scipy.stats import binom

from allegiance.stats import HaltingTest, LicenceTest


def log_integral(a, b, low, high):
    """Log of the integral of q^(a-1) (1-q)^(b-1), by quadrature over the logit of q, peak outwards."""

    def log_height(x):
        return -a * np.logaddexp(0, -x) - b * np.logaddexp(0, x)

    low, high = max(special.logit(low), -1e4), min(special.logit(high), 1e4)
    peak = min(max(math.log(a / b), low), high)
    top, total = log_height(peak), 0.0
    for side, end in ((-1, low), (1, high)):
        reach = 1e-9
        while side * (end - peak) > reach and log_height(peak + side * reach) > top - 45:
            reach *= 2
        limits = np.linspace(0, min(reach, side * (end - peak)), 21)
        for one, other in pairwise(limits):
            total += quad(
                lambda x: math.exp(log_height(peak + side * x) - top),  # noqa: B023
                one, other, epsabs=0, epsrel=1e-10,
            )[0]  # fmt: skip
    return math.log(total) + top


def integrated(prior, low, high, bound, steps, broken):
    """Log of the mixture's likelihood ratio to the bound."""
    a, b = prior
    mixed = log_integral(a + broken, b + steps - broken, low, high) - log_integral(a, b, low, high)
    null = special.xlogy(broken, bound) + special.xlog1py(steps - broken, -bound)
    return mixed - null


@pytest.mark.parametrize("prior", [(0.5, 0.5), (2.0, 5.0)])
@pytest.mark.parametrize(
    ("bound", "steps", "broken"),
    [
        (0.02, 10, 3),
        (0.02, 500, 4),
        (0.2, 300, 60),
        (0.7, 40, 10),
        (0.02, 1_000_000, 0),
        (0.02, 1_000_000, 15_000),
        (0.02, 1_000_000, 15_930),
        (0.02, 1_000_000, 20_300),
        (0.02, 1_000_000, 200_000),
        (0.5, 1_000_000, 300_000),
        (0.5, 1_000_000, 999_999),
        (0.9, 2_000, 300),
        (1e-6, 1_000_000, 0),
        (1e-6, 1_000_000, 1),
        (1e-6, 1_000_000, 1_000_000),
        (1e-6, 3, 1),
        (1 - 1e-6, 1_000_000, 100_000),
    ],
)
def test_the_evidence_is_the_mixture_integrated_numerically(prior, bound, steps, broken):
    above = integrated(prior, bound, 1.0, bound, steps, broken)
    below = integrated(prior, 0.0, bound, bound, steps, broken)
    found = float(HaltingTest(bound, prior=prior).log_e_at(steps, broken))
    assert found == pytest.approx(above, rel=1e-9, abs=1e-7)
    found = float(LicenceTest(bound, prior=prior).log_e_at(steps, broken))
    assert found == pytest.approx(below, rel=1e-9, abs=1e-7)


def test_evidence_stays_ordered_where_its_formula_changes():
    broken = np.arange(13_000, 21_000)
    evidence = HaltingTest(0.02).log_e_at(1_000_000, broken)
    steps = np.diff(evidence)
    assert (steps > 0).all()
    assert np.abs(np.diff(steps)).max() < 1e-3


@settings(max_examples=60)
@given(
    st.sampled_from([HaltingTest, LicenceTest]),
    st.floats(0.005, 0.9),
    st.floats(0, 1),
    st.integers(1, 120),
    st.sampled_from([(0.5, 0.5), (1.0, 1.0), (2.0, 7.0)]),
)
def test_expected_evidence_is_at_most_one_wherever_the_null_holds(kind, bound, where, steps, prior):
    p = bound * where if kind is HaltingTest else bound + (1 - bound) * where
    broken = np.arange(steps + 1)
    e_values = np.exp(kind(bound, prior=prior).log_e_at(steps, broken))
    assert binom.pmf(broken, steps, p) @ e_values <= 1 + 1e-9


@pytest.mark.parametrize("kind", [HaltingTest, LicenceTest])
@pytest.mark.parametrize("steps", [1, 10, 100])
def test_expected_evidence_is_one_at_the_bound_itself(kind, steps):
    broken = np.arange(steps + 1)
    e_values = np.exp(kind(0.1).log_e_at(steps, broken))
    assert binom.pmf(broken, steps, 0.1) @ e_values == pytest.approx(1)


def stops(test, p, steps):
    """Chance of the first stop at each step, exactly, over counts of steps that broke."""
    alive, first = np.array([1.0]), []
    for step in range(1, steps + 1):
        alive = np.append(alive * (1 - p), 0) + np.append(0, alive * p)
        stop = test.log_e_at(step, np.arange(step + 1)) >= -math.log(test.alpha)
        first.append(alive[stop].sum())
        alive = np.where(stop, 0, alive)
    return np.array(first)


@pytest.mark.parametrize("p", [0.02, 0.01, 0.002])
def test_looking_after_each_of_500_steps_halts_falsely_less_often_than_alpha(p):
    assert 0 < stops(HaltingTest(p0=0.02), p, 500).sum() <= 0.05


def test_false_halts_at_the_bound_come_to_about_three_in_a_hundred():
    assert stops(HaltingTest(p0=0.02), 0.02, 500).sum() == pytest.approx(0.031, abs=0.004)


def test_a_chain_that_breaks_one_time_in_five_is_halted_after_about_15_steps():
    first = stops(HaltingTest(p0=0.02), 0.2, 500)
    assert first.sum() == pytest.approx(1, abs=1e-9)
    assert first @ np.arange(1, 501) == pytest.approx(15, abs=1.5)


@pytest.mark.parametrize("p", [0.1, 0.2, 0.6])
def test_a_licence_is_granted_falsely_less_often_than_alpha(p):
    assert stops(LicenceTest(p1=0.1), p, 500).sum() <= 0.05


def test_a_chain_that_never_breaks_gets_its_licence_and_is_never_halted():
    halting, licence = HaltingTest(p0=0.1), LicenceTest(p1=0.1)
    for _ in range(60):
        halting.update(False)
        licence.update(False)
    assert licence.licensed
    assert licence.p_value <= 0.05
    assert not halting.halted
    assert halting.p_value == 1


@settings(max_examples=60)
@given(
    st.sampled_from([HaltingTest, LicenceTest]),
    st.floats(0.01, 0.95),
    st.lists(st.booleans(), max_size=80),
)
def test_a_whole_path_equals_step_by_step_and_changes_nothing(kind, bound, history):
    test = kind(bound)
    test.update(True)
    before = test.to_dict()
    path = test.path(history)
    assert test.to_dict() == before
    fresh = kind(bound)
    assert path == pytest.approx([fresh.update(broke) for broke in history], rel=1e-9)
    assert fresh.p_value == pytest.approx(min(1, 1 / max([1.0, *path])))


def test_paths_of_many_histories_are_those_of_each():
    histories = np.random.default_rng(3).random((7, 40)) < 0.1
    test = HaltingTest(0.05)
    each = np.array([test.path(row) for row in histories])
    assert test.path(histories) == pytest.approx(each)


def test_a_halt_stays_when_the_evidence_falls_again():
    test = HaltingTest(p0=0.02)
    for broke in [True] * 3 + [False] * 400:
        test.update(broke)
    assert test.e_value < 20
    assert test.halted
    assert test.p_value <= 0.05
    assert (test.steps, test.broken) == (403, 3)


def test_evidence_beyond_all_floats_is_infinite_and_its_logarithm_is_not():
    test = HaltingTest(p0=1e-6)
    for _ in range(60):
        test.update(True)
    assert test.e_value == math.inf
    assert math.isfinite(test.log_e_value)
    assert test.path([True] * 60)[-1] == math.inf
    assert "inf" in str(test)


@settings(max_examples=60)
@given(
    st.sampled_from([HaltingTest, LicenceTest]),
    st.lists(st.booleans(), max_size=50),
    st.lists(st.booleans(), max_size=20),
)
def test_a_chain_goes_on_after_a_restart_as_if_there_had_been_none(kind, before, after):
    test = kind(0.15, alpha=0.1, prior=(1, 2))
    for broke in before:
        test.update(broke)
    again = kind.from_dict(json.loads(json.dumps(test.to_dict())))
    assert again.to_dict() == test.to_dict()
    assert [again.update(b) for b in after] == [test.update(b) for b in after]
    assert (str(again), again.p_value) == (str(test), test.p_value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"test": "licence"}, "state must be of a halting test, not 'licence'"),
        ({"steps": -1}, "steps can't be negative"),
        ({"steps": 1.5}, "steps must be a whole number"),
        ({"broken": 9}, r"broken \(9\) can't be more than steps \(4\)"),
        ({"log_peak": 0.0}, "log_peak"),
        ({"log_peak": float("nan")}, "log_peak"),
        ({"log_peak": "high"}, "log_peak"),
        ({"alpha": 2}, "alpha must lie between 0 and 1, not 2"),
        ({"alpha": "x"}, "alpha"),
        ({"prior": None}, "prior"),
    ],
)
def test_a_state_that_contradicts_itself_is_refused(change, said):
    test = HaltingTest(p0=0.02)
    for _ in range(4):
        test.update(True)
    with pytest.raises(ValueError, match=said):
        HaltingTest.from_dict({**test.to_dict(), **change})


def test_a_state_with_parts_missing_is_refused():
    with pytest.raises(ValueError, match="state has no p0, prior"):
        HaltingTest.from_dict(
            {"test": "halting", "alpha": 0.05, "steps": 0, "broken": 0, "log_peak": 0}
        )


def test_the_tests_say_in_a_sentence_where_they_stand():
    test = HaltingTest(p0=0.02)
    test.update(False)
    assert str(test) == (
        "Not halted: 0 of 1 steps broke; the e-value has reached 1, "
        "and 20 would show a rate above 0.02."
    )
    for _ in range(3):
        test.update(True)
    assert str(test).startswith("Halted: 3 of 4 steps broke; the e-value has reached ")
    assert str(test).endswith("and 20 shows a rate above 0.02.")


@pytest.mark.parametrize("kind", [HaltingTest, LicenceTest])
@pytest.mark.parametrize("bound", [0, 1, -0.1, 1.2, float("nan"), "x", None])
def test_a_bound_that_is_no_rate_is_refused(kind, bound):
    with pytest.raises(ValueError, match=r"p[01] must (lie between 0 and 1|be a number)"):
        kind(bound)


@pytest.mark.parametrize("alpha", [0, 1, float("nan")])
def test_an_alpha_outside_zero_and_one_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha must lie between 0 and 1"):
        HaltingTest(0.1, alpha)


@pytest.mark.parametrize("prior", [(0, 1), (1, math.inf), (1,), (1, 2, 3), (float("nan"), 1), 3])
def test_a_prior_that_is_none_is_refused(prior):
    with pytest.raises(ValueError, match=r"prior(\[[01]\])? must be (a|two) positive number"):
        LicenceTest(0.1, prior=prior)


@pytest.mark.parametrize("broke", [None, 2, 0.5, float("nan"), "yes"])
def test_an_outcome_that_is_neither_is_refused_and_not_counted(broke):
    test = HaltingTest(0.1)
    with pytest.raises(ValueError, match="broke must be True or False"):
        test.update(broke)
    assert test.steps == 0


@pytest.mark.parametrize("history", [[0, 2], [float("nan")], ["x"], 1, [None]])
def test_a_history_of_anything_but_0_and_1_is_refused(history):
    with pytest.raises(ValueError, match="history must"):
        HaltingTest(0.1).path(history)
