"""Simulated chains: rates that move as stated, and what became of chains counted from them."""

import numpy as np
import pytest

from allegiance.errors import UsageError
from allegiance.stats import LicenceTest
from allegiance.stats.planning_chain import Chain as Watched
from allegiance.training.chain_plan import ChainPlan
from allegiance.training.chains import Chains
from allegiance.training.simulating import Truth, simulate


def ran(truth=None, chains=50, seed=1, **changes):
    plan = ChainPlan("x", "y", **changes)
    return simulate(plan, truth or Truth(0.02), chains, np.random.default_rng(seed))


def test_naive_chains_end_where_the_stated_model_takes_them():
    drifted = ran(Truth(0.01, drift=0.02), policy="naive")
    assert drifted.ended == pytest.approx(0.17)
    broken = ran(policy="naive", break_at=4, dose=0.5)
    assert broken.rates[:, 3] == pytest.approx(0.02)
    assert broken.ended == pytest.approx(0.51)
    mended = ran(policy="naive", repair_at=4, dose=0.5, mend=0.9)
    assert mended.rates[:, 4] == pytest.approx(0.51)
    assert mended.ended == pytest.approx(0.02 + 0.49 * 0.1)
    assert broken.lost == pytest.approx(0.49)
    assert broken.missed.all()
    assert not broken.probes.any()


def test_a_step_of_half_the_size_goes_half_as_far():
    truth, parent = Truth(0.1, drift=0.04), np.array([0.2])
    assert truth.candidate(parent, "clean", 0.0, 0.5) == pytest.approx(0.22)
    assert truth.candidate(parent, "break", 0.5, 0.5) == pytest.approx(0.4)
    assert truth.candidate(parent, "repair", 1.0, 0.5) == pytest.approx(0.15)


def test_a_licence_is_given_as_often_as_the_exact_chance():
    found = ran(chains=4_000, generations=1, policy="licensed")
    exact = Watched(0.02, LicenceTest(0.1, 0.05)).stopping(100).sum()
    share = (found.stopped == 0).mean()
    assert share == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 4_000))


def test_a_chain_that_stopped_stays_where_it_was():
    found = ran(break_at=2, dose=1.0)
    assert (found.stopped == 2).all()
    assert np.isnan(found.rates[:, 2:]).all()
    assert not found.probes[:, 3:].any()
    assert found.ended == pytest.approx(0.02)
    assert found.refused == pytest.approx(1.0)


def test_a_smaller_step_is_tried_and_counted():
    found = ran(break_at=4, dose=0.1)
    slowed = found.candidates[:, 4] > 1
    assert slowed.any()
    assert (found.probes[slowed, 4] > 100).all()
    taken = slowed & np.isfinite(found.rates[:, 4])
    sizes = (found.rates[taken, 4] - 0.02) / 0.098
    assert set(np.round(sizes, 6)) <= {0.5, 0.25}


def test_what_can_not_be_read_is_no_break_but_stops_a_guarded_chain_that_can_not_be_told():
    found = ran(Truth(0.0, unread=0.3))
    assert (found.stopped == 1).all()
    assert (found.candidates[:, 1] == 3).all()


def test_the_same_seed_gives_the_same_chains():
    one, same, other = (ran(break_at=4, dose=0.1, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(one.probes, same.probes)
    assert not np.array_equal(one.probes, other.probes)


@pytest.mark.parametrize("changes", [{"start": 1.2}, {"unread": -0.1}])
def test_a_share_that_is_none_is_refused(changes):
    with pytest.raises(UsageError):
        Truth(**changes)


def counted(rates, stopped, refused, probes, **changes):
    plan = ChainPlan("x", "y", generations=3, **changes)
    probed = np.array(probes)
    return Chains(
        plan, np.array(rates), np.array(stopped), np.array(refused), probed, np.minimum(probed, 1)
    )


NAN = float("nan")


def test_what_became_of_chains_is_counted_by_hand():
    chains = counted(
        [
            [0.0, 0.0, 0.0, 0.0],  # clean to the end
            [0.0, 0.04, NAN, NAN],  # stopped before a candidate at the bound
            [0.0, 0.0, NAN, NAN],  # stopped at the break
            [0.0, 0.2, 0.2, NAN],  # stopped two generations after it
            [0.0, 0.0, 0.1, 0.1],  # at its end at the bound and the margin
        ],
        [0, 2, 2, 3, 0],
        [NAN, 0.05, 0.6, 0.2, NAN],
        [[0, 9, 9, 9], [0, 9, 9, 0], [0, 9, 9, 0], [0, 9, 9, 9], [0, 9, 9, 9]],
    )
    assert chains.false_halts.tolist() == [False, True, False, False, False]
    assert chains.missed.tolist() == [False, False, False, False, True]
    assert chains.false_licences.tolist() == [False, False, False, True, True]
    assert chains.exposed.tolist() == [0, 0, 2, 1, 2]
    generations, probes = chains.delays
    assert generations.tolist() == [0, 2]
    assert probes.tolist() == [9, 27]
    assert chains.ended.tolist() == [0.0, 0.04, 0.0, 0.2, 0.1]


def test_a_forced_break_was_nobodys_choice_and_its_repair_is_refused_where_it_was_the_better():
    chains = counted(
        [[0.0, 0.6, 0.3, 0.3], [0.0, 0.6, NAN, NAN], [0.0, 0.6, NAN, NAN], [NAN] * 4],
        [0, 2, 2, 1],
        [NAN, 0.3, 0.7, 0.9],
        [[0, 0, 9, 9]] * 4,
        repair_at=1,
    )
    assert chains.repairs_refused.tolist() == [False, True, False, False]
    assert chains.repairs_offered.tolist() == [True, True, True, False]
    assert chains.false_licences.tolist() == [True, False, False, False]
    assert chains.exposed.tolist() == [2, 2, 2, 1]
