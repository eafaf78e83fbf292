"""Plans for requests and chains: against simulation with the estimators themselves, and bounds."""

import numpy as np
import pytest
from scipy import special
from scipy import stats as scipy_stats
from statsmodels.stats.power import TTestPower

from allegiance.stats import gap, power, proportion, rate, reads_needed
from allegiance.stats.difference import Pairs
from allegiance.stats.eprocess import HaltingTest, LicenceTest
from allegiance.stats.planning_gap import Expected
from allegiance.stats.requests import by_request


def test_a_rate_asked_once_each_takes_as_many_requests_as_independent_reads():
    requests = reads_needed("rate", rate=0.1, width=0.1, epochs=1, correlation=0.5).needed
    assert requests == reads_needed("proportion", rate=0.1, width=0.1).needed


@pytest.mark.parametrize(("p", "epochs", "rho"), [(0.3, 5, 0.3), (0.1, 10, 0.2)])
def test_the_expected_width_of_a_clustered_rate_is_near_that_of_simulated_requests(p, epochs, rho):
    found = power("rate", requests=60, rate=p, epochs=epochs, correlation=rho)
    rng, size = np.random.default_rng(2), (1 - rho) / rho
    widths = []
    for _ in range(300):
        each = rng.beta(p * size, (1 - p) * size, (60, 1))
        interval = rate((rng.random((60, epochs)) < each) * 1.0)
        widths.append(interval.high - interval.low)
    assert found.achieved == pytest.approx(np.mean(widths), rel=0.05)


def test_epochs_that_are_all_alike_are_worth_less_than_one_each():
    found = power("rate", requests=50, rate=0.2, epochs=20, correlation=0.999)
    assert found.beside["effective outcomes"] <= 50
    assert found.achieved >= power("proportion", reads=50, rate=0.2).achieved


def test_a_rate_takes_the_fewest_requests():
    known = {"rate": 0.2, "epochs": 4, "correlation": 0.3}
    plan = reads_needed("rate", width=0.15, **known)
    widths = [power("rate", requests=n, **known).achieved for n in range(1, plan.needed + 1)]
    assert widths[-1] == plan.achieved <= 0.15
    assert min(widths[:-1]) > 0.15


@pytest.mark.parametrize(
    ("requests", "epochs", "first", "second", "rho"),
    [
        (40, 5, 0.35, 0.2, 0.4),
        (12, 3, 0.1, 0.02, 0.2),
        (30, 1, 0.2, 0.05, 0.3),
        (1, 6, 0.9, 0.1, 0),
    ],
)
def test_every_simulated_decision_is_that_of_gap(requests, epochs, first, second, rho):
    drawn = Expected(first, second, epochs, rho, 0.95).simulated(requests)
    decided = drawn.excluding_zero()
    for repeat in range(60):
        arms = [
            (np.arange(epochs) < hits[repeat][:, None]) * 1.0
            for hits in (drawn.first, drawn.second)
        ]
        interval = gap(*arms).interval
        assert decided[repeat] == (interval.low > 0 or interval.high < 0)


def test_simulated_requests_have_the_rates_and_the_correlation_that_were_asked_for():
    drawn = Expected(0.02, 0.3, 4, 0.3, 0.95).simulated(1_000)
    for hits, wanted in ((drawn.first, 0.02), (drawn.second, 0.3)):
        p = hits.mean() / 4
        assert p == pytest.approx(wanted, rel=0.01)
        # Var(hits) = k p (1 - p) (1 + (k - 1) rho) for the beta-binomial.
        assert hits.var() / (4 * p * (1 - p)) == pytest.approx(1 + 3 * 0.3, rel=0.03)


def test_a_common_gap_takes_about_as_many_requests_as_statsmodels_paired_power():
    plan = reads_needed("gap", first=0.55, second=0.45, epochs=10, correlation=0.1)
    grid = (np.arange(20_000) + 0.5) / 20_000
    one, two = (scipy_stats.beta(p * 9, (1 - p) * 9).ppf(grid) for p in (0.55, 0.45))
    noise = (one * (1 - one) + two * (1 - two)).mean() / 10
    spread = np.sqrt((one - two).var() + noise)
    theirs = TTestPower().solve_power(effect_size=0.1 / spread, alpha=0.05, power=0.8)
    assert plan.needed == pytest.approx(theirs, rel=0.1)


def test_a_gap_takes_requests_whose_power_is_confirmed_by_another_simulation():
    plan = reads_needed("gap", first=0.05, second=0.01, epochs=5, correlation=0.2)
    rng, found = np.random.default_rng(9), 0
    for _ in range(600):
        quantiles = rng.random((plan.needed, 1))
        arms = [
            (rng.random((plan.needed, 5)) < special.betaincinv(4 * p, 4 * (1 - p), quantiles)) * 1.0
            for p in (0.05, 0.01)
        ]
        pairs = Pairs.of(*(by_request("arm", arm) for arm in arms))
        found += pairs.limits(0.95)[0] > 0
    assert found / 600 == pytest.approx(0.8, abs=0.065)  # four standard errors


def test_no_gap_is_found_no_oftener_than_promised_and_can_not_be_planned_for():
    known = {"first": 0.2, "second": 0.2, "epochs": 4, "correlation": 0.3}
    assert power("gap", requests=40, **known).achieved < 0.08
    plan = reads_needed("gap", **known)
    assert plan.needed is None
    assert "no gap" in plan.sentence()
    far = reads_needed("gap", first=0.5, second=0.499, epochs=5, correlation=0.3)
    assert far.needed is None


def test_a_gap_is_planned_the_same_every_time_and_tells_its_error():
    known = {"first": 0.3, "second": 0.2, "epochs": 4, "correlation": 0.3}
    plan = reads_needed("gap", **known)
    assert plan == reads_needed("gap", **known)
    assert plan.beside["monte carlo error"] == pytest.approx(
        np.sqrt(plan.achieved * (1 - plan.achieved) / 2_000)
    )


def stops(test, p, steps, repeats, seed):
    rng = np.random.default_rng(seed)
    reached = test.path((rng.random((repeats, steps)) < p) * 1) >= 1 / test.alpha
    return reached.any(axis=1), reached.argmax(axis=1) + 1


@pytest.mark.parametrize(("p", "p0"), [(0.2, 0.02), (0.05, 0.02), (0.02, 0.02)])
def test_halting_agrees_with_simulated_chains(p, p0):
    found = power("halting", steps=200, p=p, p0=p0)
    halted, when = stops(HaltingTest(p0), p, 200, 4_000, 11)
    error = np.sqrt(found.achieved * (1 - found.achieved) / 4_000)
    assert halted.mean() == pytest.approx(found.achieved, abs=4 * error + 1e-9)
    spread = when[halted].std() / np.sqrt(halted.sum())
    assert when[halted].mean() == pytest.approx(found.beside["mean stop"], abs=4 * spread)


@pytest.mark.parametrize(("p", "p1"), [(0.05, 0.2), (0.2, 0.2)])
def test_a_licence_agrees_with_simulated_chains(p, p1):
    found = power("licence", steps=150, p=p, p1=p1)
    granted, when = stops(LicenceTest(p1), p, 150, 4_000, 12)
    error = np.sqrt(found.achieved * (1 - found.achieved) / 4_000)
    assert granted.mean() == pytest.approx(found.achieved, abs=4 * error)
    spread = when[granted].std() / np.sqrt(granted.sum())
    assert when[granted].mean() == pytest.approx(found.beside["mean stop"], abs=4 * spread)


def test_a_short_chain_is_right_by_going_through_every_history():
    test, p = HaltingTest(0.1), 0.4
    histories = (np.arange(2**10)[:, None] >> np.arange(10)) & 1
    halted = (test.path(histories) >= 20).any(axis=1)
    broken = histories.sum(axis=1)
    wanted = (p**broken * (1 - p) ** (10 - broken))[halted].sum()
    assert power("halting", steps=10, p=p, p0=0.1).achieved == pytest.approx(wanted)


def test_a_false_halt_within_500_steps_is_rarer_than_alpha():
    found = power("halting", steps=500, p=0.02, p0=0.02)
    assert 0.02 < found.achieved < 0.05
    assert power("halting", steps=500, p=0.2, p0=0.02).beside["mean stop"] == pytest.approx(
        15, abs=0.5
    )


@pytest.mark.parametrize(
    ("estimator", "known"),
    [("halting", {"p": 0.1, "p0": 0.02}), ("licence", {"p": 0.1, "p1": 0.25})],
)
def test_a_chain_takes_the_fewest_steps(estimator, known):
    plan = reads_needed(estimator, power=0.7, **known)
    assert power(estimator, steps=plan.needed, **known).achieved == pytest.approx(plan.achieved)
    assert plan.achieved >= 0.7 > power(estimator, steps=plan.needed - 1, **known).achieved


def test_ten_thousand_steps_agree_with_going_on_from_fewer():
    """Counts beyond any chance worth counting are left out: nothing is lost by it."""
    few = power("licence", steps=3_000, p=0.19, p1=0.2).achieved
    many = power("licence", steps=12_000, p=0.19, p1=0.2).achieved
    assert few < many <= 1
    assert power("halting", steps=12_000, p=0.03, p0=0.02).achieved == pytest.approx(1, abs=1e-3)


def test_what_a_chain_never_shows_can_not_be_planned_for():
    assert "alpha" in reads_needed("halting", p=0.01, p0=0.02).sentence()
    assert "alpha" in reads_needed("licence", p=0.3, p1=0.2).sentence()
    assert "20,000" in reads_needed("halting", p=0.0201, p0=0.02).sentence()
    assert power("halting", steps=50, p=0, p0=0.02).beside == {}


@pytest.mark.parametrize(
    ("call", "estimator", "expected", "named"),
    [
        (power, "rate", {"requests": 0, "rate": 0.1, "epochs": 1, "correlation": 0}, "requests"),
        (power, "rate", {"requests": 9, "rate": 0.1, "epochs": 0, "correlation": 0}, "epochs"),
        (power, "rate", {"requests": 9, "rate": 0.1, "epochs": 2, "correlation": 1}, "correlation"),
        (
            power,
            "gap",
            {"requests": 10**6, "first": 0.1, "second": 0.2, "epochs": 2, "correlation": 0},
            "requests .* 1,000,000",
        ),
        (
            power,
            "gap",
            {"requests": 10, "first": -0.1, "second": 0.2, "epochs": 2, "correlation": 0},
            "first .* -0.1",
        ),
        (reads_needed, "halting", {"p": 2, "p0": 0.1}, "p must .* 2"),
        (reads_needed, "halting", {"p": 0.2, "p0": 0}, "p0"),
        (reads_needed, "licence", {"p": 0.2, "p1": 0.1, "alpha": 0}, "alpha"),
        (power, "licence", {"p": 0.2, "p1": 0.1, "steps": 10**6}, "steps .* 1,000,000"),
        (power, "halting", {"p": 0.2, "p0": 0.1, "steps": 0}, "steps .* 0"),
    ],
)
def test_bad_input_names_the_keyword(call, estimator, expected, named):
    with pytest.raises(ValueError, match=named):
        call(estimator, **expected)


def test_the_effective_size_of_no_clusters_is_no_larger_than_what_was_read():
    found = power("rate", requests=30, rate=0.5, epochs=4, correlation=0)
    assert found.beside["effective outcomes"] <= 120
    narrow = proportion(60, 120)
    assert found.achieved >= narrow.high - narrow.low
