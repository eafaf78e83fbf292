"""Plans: the reads are those of the estimators, and the command draws so."""

import shlex

import pytest

from allegiance import stats
from allegiance.audit.draw import make_draw
from allegiance.audit.plans import drawing, planned

DESIGNS = {
    "a random draw, fixed number": ("proportion", {"rate": 0.05, "width": 0.1}),
    "reading on, looking each time": ("confidence_sequence", {"rate": 0.05, "width": 0.1}),
    "one instance, with a chance of 95 %": ("existence", {"rate": 0.05}),
    "none seen, to exclude so large a share": ("absence", {"excludes": 0.05}),
}


def options(command):
    words = shlex.split(command)
    assert words[:2] == ["allegiance", "draw"]
    return dict(zip(words[3::2], words[4::2], strict=True))


@pytest.mark.parametrize("population", [300, 10_000, None])
def test_each_design_needs_what_its_estimator_needs(population):
    of = {} if population is None else {"population": population}
    found = {one.design: one for one in planned(0.05, 0.1, population, category="doubts")}
    assert list(found) == list(DESIGNS)
    for design, (estimator, expected) in DESIGNS.items():
        wanted = stats.reads_needed(estimator, **expected, **of)
        assert found[design].plan == wanted
        assert options(found[design].command)["--n"] == str(wanted.needed)
        assert options(found[design].command)["--category"] == "doubts"


def test_strata_are_planned_where_the_scanner_is_known():
    found = planned(0.05, 0.1, 10_000, category="doubts", sensitivity=0.9, specificity=0.95)
    plan = next(one for one in found if one.design.startswith("strata"))
    wanted = stats.reads_needed(
        "stratified",
        rate=0.05,
        width=0.1,
        population=10_000,
        sensitivity=0.9,
        specificity=0.95,
        allocation=0.25,
    )
    assert plan.plan == wanted
    said = options(plan.command)
    assert (said["--design"], said["--by"], said["--allocate"]) == (
        "stratified",
        "verdict.doubts",
        "25/75",
    )
    random = next(one for one in found if one.design.startswith("a random"))
    assert plan.plan.needed < random.plan.needed


@pytest.mark.parametrize("known", [{"sensitivity": 0.9}, {"specificity": 0.9}])
def test_half_of_what_is_known_of_a_scanner_plans_no_strata(known):
    assert not any(one.design.startswith("strata") for one in planned(0.05, 0.1, 1000, **known))


def test_nothing_expected_plans_no_instance():
    designs = [one.design for one in planned(0, 0.1, 1000)]
    assert designs == ["a random draw, fixed number", "reading on, looking each time"]


def test_a_filter_with_quotes_survives_the_shell():
    where = "verdict.\"talks-about-lying\" = 'it''s; rm -rf $HOME'"
    for one in planned(0.05, 0.1, 1000, category="doubts", where=where):
        assert options(one.command)["--where"] == where
    assert options(drawing(5, "doubts")) == {"--n": "5", "--category": "doubts"}


def test_a_share_of_reads_is_written_as_it_was_given():
    for share, wanted in [(0.29, "29/71"), (0.1, "10/90"), (0.125, "12.5/87.5")]:
        found = planned(0.05, 0.2, 1000, sensitivity=0.9, specificity=0.9, allocation=share)
        assert options(found[1].command)["--allocate"] == wanted


def test_what_is_no_share_is_refused():
    for wrong in ((-0.1, 0.1, 100), (1.1, 0.1, 100), (0.1, 0, 100), (0.1, 0.1, 0)):
        with pytest.raises(ValueError, match=r"rate|width|population"):
            planned(*wrong)


def test_what_is_planned_can_be_drawn(corpus, ledger, doubts):
    """Every command of a plan for this corpus, with its options, makes the draw it speaks of."""
    found = planned(0.1, 0.2, 300, category="doubts", sensitivity=0.9, specificity=0.9)
    for number, one in enumerate(found):
        said = options(one.command)
        drawn = make_draw(
            corpus,
            ledger,
            f"plan-{number}",
            n=int(said["--n"]),
            design=said.get("--design", "random"),
            by=said.get("--by", ""),
            stop=said.get("--stop"),
            allocation=said.get("--allocate", "proportional"),
            properties=[doubts],
        )
        assert len(drawn.order) == one.plan.needed


def test_a_plan_is_json():
    import json

    for one in planned(0.05, 0.1, 1000):
        assert json.loads(json.dumps(one.to_dict()))["design"] == one.design
