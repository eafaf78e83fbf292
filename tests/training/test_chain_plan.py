"""The plan of a chain: which generation is what, and what is refused before anything is made."""

import json

import pytest

from allegiance.errors import UsageError
from allegiance.training.chain_plan import Amplify, ChainPlan


def plan(**changes):
    return ChainPlan("x", "organism/faker", **changes)


def test_a_break_is_planted_once_and_asked_about():
    one = plan(break_at=4, dose=0.5)
    assert [one.step(k) for k in (3, 4, 5)] == [("clean", 0.0), ("break", 0.5), ("clean", 0.0)]
    assert not one.forced(4)


def test_a_repair_follows_a_break_that_nobody_is_asked_about():
    one = plan(repair_at=4, dose=0.5, mend=0.8)
    assert [one.step(k) for k in (4, 5, 6)] == [("break", 0.5), ("repair", 0.8), ("clean", 0.0)]
    assert [one.forced(k) for k in (3, 4, 5)] == [False, True, False]


def test_a_plan_that_went_through_json_is_the_same_plan():
    one = plan(policy="licensed", amplify=Amplify("best-of-n", 3), making={"rate": 0.1}, margin=0.1)
    assert ChainPlan.from_dict(json.loads(json.dumps(one.to_dict()))) == one


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"policy": "brave"}, "no policy 'brave'"),
        ({"break_at": 9}, "from 1 to 8"),
        ({"break_at": 0}, "from 1 to 8"),
        ({"repair_at": 8}, "from 1 to 7"),
        ({"break_at": 2, "repair_at": 4}, "not both"),
        ({"dose": 0.0}, "dose"),
        ({"mend": 1.5}, "mend"),
        ({"target": "other"}, "original or self"),
        ({"generations": 0}, "generations"),
        ({"policy": "licensed", "budget": 20}, "at least 58"),
    ],
)
def test_a_plan_that_is_not_possible_is_refused_in_a_sentence(changes, told):
    with pytest.raises(UsageError, match=told):
        plan(**changes)


@pytest.mark.parametrize("changes", [{"how": "luck"}, {"n": 0}])
def test_so_is_an_amplification(changes):
    with pytest.raises(UsageError):
        Amplify(**changes)
