"""The relation ledger: every generation with its relation to each intent, and the drift from the first."""

import json

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from allegiance.stats import proportion
from allegiance.training.chain import Chain, ChainPlan, Relation, overrule
from allegiance.training.relation_ledger import relation_ledger
from tests.training.chains import World


class Wilson(World):
    """Measures with Wilson's interval, as the published difference of two rates does."""

    def measure(self, made, generation):
        kept = self.scripted.get(("kept", generation), 190)
        if kept is None:
            return Relation()
        return Relation(
            proportion(kept, 200, method="wilson"), proportion(200 - kept, 200, method="wilson")
        )


def run(folder, scripted, **changes):
    world = Wilson(scripted=scripted)
    plan = ChainPlan("x", "organism/faker", **{"generations": 3} | changes)
    return Chain(folder, plan, world, world, world).run()


def test_the_drift_is_newcombes_difference_from_generation_0(tmp_path):
    ledger = relation_ledger(run(tmp_path, {("kept", 2): 160, ("kept", 3): 120}))
    assert [one.generation for one in ledger] == [0, 1, 2, 3]
    assert ledger[0].drift == {"original": None, "training": None}
    for generation, kept in ((2, 160), (3, 120)):
        drift = ledger[generation].drift["original"]
        low, high = confint_proportions_2indep(kept, 200, 190, 200, method="newcomb")
        assert (drift.low, drift.high) == pytest.approx((low, high))
        assert drift.estimate == pytest.approx((kept - 190) / 200)
        assert drift.shown
        other = ledger[generation].drift["training"]
        assert (other.low, other.high) == pytest.approx((-high, -low))
    assert not ledger[1].drift["original"].shown


def test_the_values_that_each_generation_wrote_down_stand_beside(tmp_path):
    ledger = relation_ledger(run(tmp_path, {}, target="self"))
    assert [one.values["original"] for one in ledger] == [1.0, 0.99, 0.98, 0.97]


def test_a_candidate_that_was_refused_comes_last_until_it_is_overruled(tmp_path):
    scripted = {(2, 1): [True] * 100}
    ledger = relation_ledger(run(tmp_path, scripted))
    assert [(one.generation, one.in_force) for one in ledger] == [(0, True), (1, True), (2, False)]
    overrule(tmp_path, "who", "why")
    ledger = relation_ledger(run(tmp_path, scripted))
    assert [(one.generation, one.in_force) for one in ledger] == [(k, True) for k in range(4)]


def test_what_was_not_tested_has_no_drift_and_json_can_hold_all_of_it(tmp_path):
    ledger = relation_ledger(run(tmp_path, {("kept", 2): None}))
    assert ledger[2].relation == {"original": None, "training": None}
    assert ledger[2].drift == {"original": None, "training": None}
    kept = json.loads(json.dumps([one.to_dict() for one in ledger], allow_nan=False))
    assert kept[3]["drift"]["original"]["estimate"] == 0.0
