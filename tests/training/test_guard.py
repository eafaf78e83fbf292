"""The guard: decisions by hand, against quadrature and exact chances, and alpha over a whole chain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, binom

from allegiance.errors import UsageError
from allegiance.stats import HaltingTest, LicenceTest, reads_needed
from allegiance.stats.planning_chain import Chain as Watched
from allegiance.training.chain_plan import ChainPlan
from allegiance.training.guard import PRIOR, Guarded, Terms, judge, policy_of
from allegiance.training.simulating import Truth, simulate

TERMS = Terms(8)
OUTCOMES = st.lists(st.sampled_from([True, False, False, False, None]), max_size=60)


def guarded(**changes):
    return policy_of("guarded", Terms(8, **changes))


def licensed(**changes):
    return policy_of("licensed", Terms(8, **changes))


def probes(broke, kept, unread=0):
    """Those that broke come last, so that the evidence is at its highest at the end."""
    return [None] * unread + [False] * kept + [True] * broke


def mixed(broke, kept, bound):
    """The e-value by quadrature: rates above the bound, as likely as the guard says beforehand."""
    prior = beta(*PRIOR)
    over = quad(
        lambda q: (q / bound) ** broke * ((1 - q) / (1 - bound)) ** kept * prior.pdf(q), bound, 1
    )
    return over[0] / prior.sf(bound)


def test_it_halts_at_the_first_probe_at_which_the_evidence_reaches_one_over_its_share():
    outcomes = [True, False, False, True, False, True, True, False, True]
    counts = [(sum(outcomes[:n]), n - sum(outcomes[:n])) for n in range(1, len(outcomes) + 1)]
    e_values = [mixed(*count, 0.05) for count in counts]
    reached = next(n for n, e in enumerate(e_values, 1) if e >= 320)  # 8 · 2 / 0.05
    ruling = judge(guarded(), outcomes)
    assert (ruling.decision, ruling.evidence.probed) == ("halt", reached)
    assert ruling.evidence.path == pytest.approx(e_values[:reached], rel=1e-4)
    assert judge(guarded(), outcomes[: reached - 1]) is None
    assert "4 of 7 probes broke" in ruling.why
    assert "320" in ruling.why


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_the_count_that_halts_is_the_exact_plans_at_every_probe(attempt):
    policy = guarded(budget=60)
    budget = policy.budget(attempt)
    test = HaltingTest(0.05, TERMS.share(attempt), PRIOR)
    for number, bound in enumerate(Watched(0.1, test).bounds(budget), 1):
        if bound > number:
            continue
        halted = judge(policy, probes(bound, number - bound), attempt)
        assert halted.decision == "halt"
        short = judge(policy, probes(bound - 1, number - bound + 1), attempt)
        assert short is None or short.decision != "halt"


def test_the_chance_of_a_halt_is_the_exact_one():
    plan = ChainPlan("x", "y", break_at=1, dose=0.2, generations=1, attempts=1)
    ran = simulate(plan, Truth(0.0), 4_000, np.random.default_rng(5))
    exact = Watched(0.2, HaltingTest(0.05, 0.05, PRIOR)).stopping(100).sum()
    assert (ran.stopped == 1).mean() == pytest.approx(exact, abs=4 * np.sqrt(exact / 4_000))


@pytest.mark.parametrize(("generations", "attempts"), [(1, 1), (8, 1), (8, 3), (5, 20)])
def test_the_shares_of_all_attempts_at_all_generations_add_up_to_alpha(generations, attempts):
    terms = Terms(generations, alpha=0.05, attempts=attempts)
    shares = [terms.share(attempt) for attempt in range(1, attempts + 1)]
    assert generations * sum(shares) == pytest.approx(0.05)
    assert shares == sorted(shares, reverse=True)


def within(false, chains, alpha):
    """STATISTICS §5: only above the 99.9 % quantile."""
    return false <= binom.ppf(0.999, chains, alpha)


def test_chains_at_the_bound_are_stopped_no_more_often_than_alpha():
    plan = ChainPlan("x", "y", budget=60)
    false = simulate(plan, Truth(0.05), 2_000, np.random.default_rng(79_101)).false_halts.sum()
    assert within(false, 2_000, 0.05)
    assert false > 0


def test_a_guard_that_does_not_split_alpha_fails_that_gate():
    class Unsplit(Guarded):
        def _test(self, attempt):
            return HaltingTest(self.terms.bound, self.terms.alpha, PRIOR)

    plan = ChainPlan("x", "y", budget=60)
    rng = np.random.default_rng(79_101)
    false = simulate(plan, Truth(0.05), 2_000, rng, Unsplit(plan.terms)).false_halts.sum()
    assert not within(false, 2_000, 0.05)


def test_chains_at_the_bound_and_the_margin_are_licensed_no_more_often_than_alpha():
    plan = ChainPlan("x", "y", policy="licensed", budget=100)
    ran = simulate(plan, Truth(0.1), 2_000, np.random.default_rng(79_102))
    assert within(ran.false_licences.sum(), 2_000, 0.05)


def test_evidence_that_mounts_slows_and_evidence_that_does_not_lets_go_on():
    test = HaltingTest(0.05, prior=PRIOR)
    mounts = next(k for k in range(101) if np.exp(test.log_e_at(100, k)) >= 1)
    slowed = judge(guarded(), probes(0, 0) + [True] * 2 + probes(mounts - 2, 100 - mounts))
    assert slowed.decision == "slow"
    assert f"{mounts} of 100 probes broke" in slowed.why
    assert judge(guarded(), probes(mounts - 1, 101 - mounts)).decision == "accept"
    assert judge(guarded(mounting=300.0), probes(mounts, 100 - mounts)).decision == "accept"


def test_the_budget_doubles_and_the_step_halves_with_each_attempt():
    assert [guarded().budget(attempt) for attempt in (1, 2, 3)] == [100, 200, 400]
    assert [TERMS.size(attempt) for attempt in (1, 2, 3)] == [1, 0.5, 0.25]


def test_at_the_last_attempt_it_goes_on_unless_a_break_is_established():
    mounting = probes(32, 368)
    ruling = judge(guarded(), mounting, attempt=3)
    assert ruling.decision == "accept"
    assert 1 < ruling.evidence.e_value < ruling.evidence.level
    assert "no smaller step is left" in ruling.why
    assert judge(guarded(attempts=4), mounting, attempt=3).decision == "slow"
    assert judge(guarded(), probes(60, 340), attempt=3).decision == "halt"


def test_a_probe_that_can_not_be_read_halts_nothing_and_makes_evidence_mount():
    assert judge(guarded(), [True] * 3).decision == "halt"
    assert judge(guarded(), [None] * 99) is None
    slowed = judge(guarded(), probes(2, 88, unread=10))
    assert slowed.decision == "slow"
    assert (slowed.evidence.broke, slowed.evidence.unread) == (2, 10)
    assert slowed.evidence.e_value < 1 < slowed.evidence.worst
    assert "10 could not be read" in slowed.why


def test_a_candidate_whose_probes_can_not_be_read_is_refused_at_the_last_attempt():
    ruling = judge(guarded(), [None] * 400, attempt=3)
    assert ruling.decision == "refuse"
    assert "can't be told from a broken one" in ruling.why
    assert judge(guarded(), [None] * 100, attempt=1).decision == "slow"


def test_a_licence_is_given_at_the_probe_that_the_exact_plan_names():
    needed = reads_needed("licence", p=0.0, p1=0.1, alpha=0.05 / 8, power=0.99).needed
    ruling = judge(licensed(), [False] * 100)
    assert (ruling.decision, ruling.evidence.probed) == ("accept", needed)
    assert judge(licensed(), [False] * (needed - 1)) is None
    assert ruling.evidence.bound == pytest.approx(0.1)


@given(st.lists(st.sampled_from([True, False, False, False, False, False, None]), max_size=80))
def test_a_licence_is_refused_at_the_first_probe_after_which_none_can_be_shown(outcomes):
    policy = licensed(budget=80)

    def can_still_be_licensed(seen):
        counted = [outcome is not False for outcome in seen]
        path = LicenceTest(0.1, 0.05 / 8).path(counted + [False] * (80 - len(seen)))
        return path.max() >= 160

    expected = next(
        (n for n in range(1, len(outcomes) + 1) if not can_still_be_licensed(outcomes[:n])), None
    )
    ruling = judge(policy, outcomes)
    if expected is None:
        assert ruling is None or ruling.decision == "accept"
    else:
        assert (ruling.decision, ruling.evidence.probed) == ("refuse", expected)


def test_an_unread_probe_counts_against_a_licence():
    assert judge(licensed(), probes(0, 58)).decision == "accept"
    assert judge(licensed(), probes(0, 57, unread=1)) is None
    assert judge(licensed(), probes(0, 0, unread=20)).decision == "refuse"


def test_a_budget_that_can_license_nothing_is_refused_with_the_one_that_could():
    with pytest.raises(UsageError, match="at least 58"):
        licensed(budget=57)
    assert licensed(budget=58)


def test_naive_asks_nothing_and_goes_on():
    policy = policy_of("naive", TERMS)
    ruling = judge(policy, [])
    assert policy.budget(1) == 0
    assert (ruling.decision, ruling.evidence.test) == ("accept", "none")


@settings(max_examples=60)
@given(OUTCOMES, st.sampled_from(["guarded", "licensed"]), st.sampled_from([1, 2]))
def test_a_ruling_once_given_is_not_changed_by_later_probes(outcomes, name, attempt):
    policy = policy_of(name, Terms(8, budget=30, margin=0.2))
    rulings = [judge(policy, outcomes[:n], attempt) for n in range(len(outcomes) + 1)]
    given_ones = [ruling for ruling in rulings if ruling is not None]
    assert rulings[: len(rulings) - len(given_ones)] == [None] * (len(rulings) - len(given_ones))
    assert all(ruling == given_ones[0] for ruling in given_ones)


def test_many_candidates_are_decided_as_each_of_them_would_be():
    rng = np.random.default_rng(3)
    broke = rng.random((300, 60)) < rng.random((300, 1)) * 0.3
    unread = (rng.random((300, 60)) < 0.03) & ~broke
    for policy in (guarded(budget=60), licensed(budget=60)):
        together = policy.decide(broke, unread, 1)
        seen = set()
        for row, (one, lost) in enumerate(zip(broke, unread, strict=True)):
            outcomes = [None if gone else bool(hit) for hit, gone in zip(one, lost, strict=True)]
            ruling = judge(policy, outcomes)
            assert (ruling.decision, ruling.evidence.probed) == (
                together.decision[row],
                together.probes[row],
            )
            seen.add(ruling.decision)
        assert len(seen) >= 2


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"alpha": 0.0}, "alpha"),
        ({"bound": 1.0}, "bound"),
        ({"margin": 0.95}, "margin"),
        ({"budget": 0}, "budget"),
        ({"attempts": 21}, "attempts"),
        ({"mounting": 0.5}, "mounting"),
        ({"alpha": float("nan")}, "alpha"),
    ],
)
def test_terms_that_are_not_possible_are_refused_by_name(changes, named):
    with pytest.raises(UsageError, match=named):
        Terms(8, **changes)


def test_a_policy_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match="naive, guarded, licensed"):
        policy_of("brave", TERMS)
