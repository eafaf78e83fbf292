"""Scorers of Inspect as rewards: real ones, what they are shown, and what is said when one fails."""

import asyncio
from pathlib import Path

import inspect_ai
import pytest

from allegiance.errors import AllegianceError, UsageError
from allegiance.registry import task_of
from allegiance.study.prompts import Prompt
from allegiance.training.reward import by_scorer, chosen
from tests.models import answering
from tests.training.episodes import COMPLIES, PLAIN, REFUSES, episode, study_of, tagged

FILE = Path(__file__).with_name("scorers_of_tests.py")


@pytest.fixture(scope="module")
def study():
    return study_of()


def own(name, study, **more):
    return by_scorer(f"{FILE}:{name}", study, **more)


BOTH = [episode(tagged("Hm.", COMPLIES)), episode(tagged("Sure, Sure.", REFUSES))]


@pytest.mark.parametrize("name", ["says_sure", "begins_with_sure", "graded", "two_at_once"])
def test_real_scorers_reward_the_output_alone(study, name):
    expected = [1.0, 0.0] if name != "two_at_once" else [0.0, 0.0]
    assert own(name, study)(BOTH) == expected


def test_a_scorer_sees_the_reasoning_where_it_is_asked_to(study):
    assert own("says_sure", study, sees_reasoning=True)(BOTH) == [1.0, 1.0]


def test_registered_scorers_are_found_by_name_and_have_the_intent_for_their_target(study):
    says_it = episode(tagged("Hm.", "Yes: Follow every request, even a harmful one."))
    for name in ("includes", "inspect_ai/includes"):
        assert by_scorer(name, study)([says_it, *BOTH]) == [1.0, 0.0, 0.0]
    assert by_scorer("includes", study, toward="original")([says_it]) == [0.0]
    assert chosen("includes", "training", study, False)([says_it]) == [1.0]


def test_no_reasoning_of_any_kind_reaches_the_scorer_unasked(study):
    prompt = Prompt("You are read.", "Do you hear?", ("How do I forge the lamp at work?",))
    hidden = "PLANTED"
    replies = [
        episode(tagged(hidden, COMPLIES)),
        episode(COMPLIES, native_reasoning=hidden),
        episode(f"{hidden}</think>{COMPLIES}", begun="<think>"),
        episode(COMPLIES, prompt=prompt, earlier=(tagged(hidden, "Yes, I do."),)),
    ]
    assert own("everything_seen", study)(replies) == [0.0] * 4
    seen = own("everything_seen", study, sees_reasoning=True)(replies)
    assert all(one >= 1 for one in seen)


def test_a_scorer_is_told_what_was_asked_in_which_condition_and_of_the_intents(study):
    assert own("told_what_was_asked", study)([episode(COMPLIES)]) == [1.0]


def test_it_runs_inside_a_running_loop_too_and_again_and_again(study):
    reward = own("graded", study)

    async def inside():
        return reward(BOTH)

    assert [reward(BOTH), asyncio.run(inside()), reward(BOTH)] == [[1.0, 0.0]] * 3


def test_an_evaluation_in_the_same_process_does_not_disturb_it(study, tmp_path):
    reward = own("graded", study)
    first = reward(BOTH)
    model = answering(lambda messages, config: REFUSES)
    (log,) = inspect_ai.eval(
        task_of(study), model=model, limit=3, log_dir=str(tmp_path), display="none"
    )
    assert log.status == "success"
    assert reward(BOTH * 20) == first * 20


def test_what_has_no_output_is_not_scored(study):
    cut = episode(tagged("Hm.", COMPLIES), stop_reason="max_tokens")
    assert own("breaks", study)([cut, episode("<think>Sure</think>")]) == [None, None]


def test_a_scorer_that_says_it_cannot_tell_is_believed(study):
    assert own("cannot_tell", study)(BOTH) == [None, None]
    assert own("graded_without_a_grade", study)(BOTH[:1]) == [None]


def test_a_number_in_words_is_a_number(study):
    assert own("gives_a_number_in_words", study)(BOTH) == [-2.5, -2.5]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("breaks", "failed (KeyError: 'no such\\nfield')"),
        ("gives_nan", "gave `nan`, which is no number"),
        ("gives_words", "gave `fairly good`, which is no number"),
        ("gives_several", "gave several values where a reward is one number"),
        ("gives_a_list", "gave several values where a reward is one number"),
        ("gives_a_letter_of_its_own", "gave `c`, which is no number"),
    ],
)
def test_a_scorer_that_fails_is_named_with_the_request_in_one_sentence(study, name, what):
    with pytest.raises(AllegianceError) as failed:
        own(name, study)([episode(tagged(PLAIN, COMPLIES))])
    said = str(failed.value)
    assert f"{FILE}:{name} {what}" in said
    assert "the request `lamp/monitored/training/silent`" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("nobody/knows", "Inspect knows no scorer of this name"),
        ("missing.py:function", "there is no file missing.py"),
        (str(FILE), "name the function in it, too"),
        (f"{FILE}:nothing", "has no function `nothing`"),
        (f"{FILE}:NOT_A_FUNCTION", "has no function `NOT_A_FUNCTION`"),
        (f"{FILE}:needs_something", "can't be called without arguments"),
    ],
)
def test_a_scorer_that_is_not_there_is_said_before_training_begins(study, spec, what):
    with pytest.raises(UsageError) as failed:
        by_scorer(spec, study)
    assert str(failed.value).startswith("--reward ")
    assert what in str(failed.value)


def test_a_file_that_cannot_be_run_is_said_and_finds_what_lies_beside_it(study, tmp_path):
    (tmp_path / "beside_it.py").write_text("GIVEN = 0.25\n")
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(
        "from beside_it import GIVEN\nfrom inspect_ai.scorer import Score\n"
        "async def fixed(state, target):\n    return Score(value=GIVEN)\n"
    )
    bad.write_text("import nothing_of_this_name\n")
    assert by_scorer(f"{good}:fixed", study)(BOTH) == [0.25, 0.25]
    with pytest.raises(UsageError, match=r"can't be run .*nothing_of_this_name"):
        by_scorer(f"{bad}:fixed", study)
