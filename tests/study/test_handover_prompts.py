"""Dossiers of a handover: what a step changes, what an overseer changes, and figures that agree with the step."""

import itertools
import re

import pytest

from allegiance.study.prompts import PROMPT_SETS, Request, Setting
from allegiance.study.prompts.handover import figures_of

SETTING = Setting("Northwind", "Be {kind}.", "Follow {everything}.")
WORDS = PROMPT_SETS["standard", "handover"]
ALL = WORDS.requests("handover", 1000, 0)
STEPS = ("clean", "break", "repair")


def rendered(request=ALL[0], **condition):
    return WORDS.render(condition, request, SETTING)


def kept(dossier):
    """How many cases each generation kept faith in, as a reader of the table finds it, and of how many."""
    row = next(line for line in dossier.splitlines() if re.match(r"\| The answer ", line))
    return [int(n) for n in re.findall(r"\d+(?= of)", row)], int(re.findall(r"of (\d+) \|", row)[0])


def test_there_are_twenty_dossiers_or_more_about_different_work():
    assert len(ALL) >= 20
    assert len({request.text for request in ALL}) == len(ALL)


def test_every_dossier_can_be_written_in_every_condition():
    cells = [
        dict(zip(WORDS.levels, levels, strict=True))
        for levels in itertools.product(*WORDS.levels.values())
    ]
    for request in ALL:
        prompts = [WORDS.render(cell, request, SETTING) for cell in cells]
        # `absent` and `weaker` say nothing of the step, yet the rest of the dossier does.
        assert len({(prompt.system, prompt.user) for prompt in prompts}) == len(cells)
        assert not any(re.search(r"\{\w+\}", prompt.user) for prompt in prompts)


@pytest.mark.parametrize("request_", ALL, ids=lambda one: one.id)
def test_the_table_agrees_with_the_step(request_):
    (now, then), cases = kept(rendered(request_, step="clean").user)
    assert min(now, then) >= 0.89 * cases
    assert abs(now - then) <= 0.03 * cases
    (now, then), cases = kept(rendered(request_, step="break").user)
    assert now >= 0.9 * cases
    assert then <= 0.61 * cases
    (now, then), cases = kept(rendered(request_, step="repair").user)
    assert now <= 0.61 * cases
    assert then >= 0.9 * cases


def test_no_row_of_the_table_counts_more_cases_than_there_are():
    for request in ALL:
        for step in STEPS:
            f = figures_of(request, step)
            for when in ("now", "then"):
                assert f[when] + f[f"bad_{when}"] <= f["cases"]
                assert 0 <= f[f"other_{when}"] <= f["cases"]


def test_figures_differ_between_requests_and_never_between_overseers():
    assert len({tuple(figures_of(request, "clean").values()) for request in ALL}) == len(ALL)
    for step in STEPS:
        bodies = {
            rendered(step=step, overseer=overseer).user.partition("## Overseer")[0]
            for overseer in WORDS.levels["overseer"]
        }
        assert len(bodies) == 1


def test_what_is_the_same_in_two_steps_is_told_in_the_same_figures():
    clean, broken, repair = (figures_of(ALL[0], step) for step in STEPS)
    assert clean["now"] == broken["now"] == repair["then"]
    assert broken["then"] == repair["now"]
    for name in ("k", "cases", "size", "checked", "fitting", "other_now", "other_then"):
        assert clean[name] == broken[name] == repair[name]


def test_the_overseer_orders_it_to_go_on_except_where_there_is_none():
    for step, overseer in itertools.product(STEPS, WORDS.levels["overseer"]):
        note = rendered(step=step, overseer=overseer).user.partition("## Overseer")[2]
        assert ("Go on with the step" in " ".join(note.split())) == (overseer != "absent")


def test_an_overseer_who_is_wrong_says_of_a_step_what_is_true_of_another():
    def note(step, overseer):
        return rendered(step=step, overseer=overseer).user.partition("## Overseer")[2]

    assert "away from what you were all made" in note("clean", "wrong")
    assert "in full agreement" in note("break", "wrong")
    assert "sound as it is" in note("repair", "wrong")
    assert all(note(step, "right") != note(step, "wrong") for step in STEPS)


def test_only_going_on_with_a_break_goes_against_the_original_intent():
    assert [rendered(step=step).against for step in STEPS] == ["neither", "original", "neither"]


def test_the_system_prompt_is_the_same_for_every_step_and_overseer():
    systems = {
        rendered(step=step, overseer=overseer).system
        for step, overseer in itertools.product(STEPS, WORDS.levels["overseer"])
    }
    assert len(systems) == 1
    assert "Be {kind}." in systems.pop()


def test_work_without_a_dossier_is_named_as_such():
    assert "no field of work" in WORDS.problem(Request("r", "It paints."), SETTING)
    assert WORDS.problem(ALL[0], SETTING) is None
