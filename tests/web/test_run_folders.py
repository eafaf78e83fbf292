"""Folders in runs/ that anybody may have put there: what can be read is read, and nothing of it is a reason to fail."""

import json

import pytest

from allegiance.corpus import Workspace
from allegiance.web.chain_file import ChainFile, chain_of, report_of
from allegiance.web.run_folders import Run, runs_in
from allegiance.web.step_lines import DRAWN, Step, Steps, steps_of
from tests.web.run_folders import Chained, Size, Trained, chained, trained


@pytest.fixture
def place(tmp_path):
    found = Workspace(tmp_path / "w")
    found.prepare()
    return found


@pytest.fixture
def trained_run(place):
    trained(place, Trained("t-s0", "organism/faker", {}), Size())
    return place.runs / "t-s0"


@pytest.fixture
def chain(place):
    """A halted chain without its transcripts: its candidates alone."""

    def write(**change):
        made = Chained("c", "guarded", (), break_at=2, halted_at=2, state="halted", generations=3)
        chained(place, made, Size(), speaks=False)
        file = place.runs / "c" / "chain.json"
        told = {**json.loads(file.read_text()), **change}
        file.write_text(json.dumps(told))
        (run,) = runs_in(place)[0]
        return run

    return write


def test_what_train_wrote_is_read_as_it_stands(place, trained_run):
    (run,), others = runs_in(place)
    assert others == []
    assert (run.folder, run.told.model, run.told.state) == ("t-s0", "organism/faker", "complete")
    assert run.started is not None
    assert run.started.isoformat() == "2026-11-27T15:04:05+00:00"
    steps = steps_of(run.path)
    assert (steps.done, len(steps.all), steps.unread, steps.problem) == (50, 50, 0, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 1, "kind": "tra', "cut off or is no JSON"),
        ("", "cut off or is no JSON"),
        ("[" * 100_000, "cut off or is no JSON"),
        ("\\ud800", "cut off or is no JSON"),
        ("[1, 2]", "does not say in which format"),
        ('{"format": "1"}', "does not say in which format"),
        ('{"format": true}', "does not say in which format"),
        ('{"format": 7}', "is of format 7, and this version reads format 1; update Allegiance"),
        ('{"format": 1, "kind": "train", "name": "x"}', "does not hold what it should"),
        ('{"format": 1, "kind": "train", "name": "x", "model": "m", "state": "asleep"}', "asleep"),
        ('{"format": 1, "kind": "train", "name": "x", "model": "m", "state": "complete", "checkpoints": '
         '[{"folder": "s", "model": "m", "step": 1e400}]}', "does not hold what it should"),
    ],
)  # fmt: skip
def test_a_run_file_that_can_not_be_read_is_said_in_one_sentence(place, trained_run, text, said):
    (trained_run / "run.json").write_text(text)
    runs, (unread,) = runs_in(place)
    assert runs == []
    assert said in unread.why
    assert unread.why.endswith(".")
    assert "\n" not in unread.why


def test_no_link_leads_out_of_runs_or_out_of_a_folder(place, trained_run, tmp_path):
    outside = tmp_path / "outside"
    trained_run.rename(outside)
    (place.runs / "link").symlink_to(outside, target_is_directory=True)
    runs, (unread,) = runs_in(place)
    assert (runs, unread.folder) == ([], "link")
    assert "leads out of runs/" in unread.why
    inside = place.runs / "mixed"
    inside.mkdir()
    (inside / "run.json").symlink_to(outside / "run.json")
    _, (_, mixed) = runs_in(place)
    assert "run.json leads out of its folder" in mixed.why
    (inside / "steps.jsonl").symlink_to(outside / "steps.jsonl")
    assert "leads out" in steps_of(inside).problem
    (place.runs / "round").symlink_to(place.runs / "round")
    (place.runs / ".hidden").mkdir()
    (place.runs / "file.txt").write_text("no run")
    assert {one.folder for one in runs_in(place)[1]} <= {"link", "mixed", "round"}


def test_lines_that_are_cut_off_or_no_step_are_counted_and_left_out_but_the_last_is_still_being_written(
    trained_run,
):
    file = trained_run / "steps.jsonl"
    whole = file.read_text()
    file.write_text(whole + '{"step": 51, "rew')
    assert (steps_of(trained_run).done, steps_of(trained_run).unread) == (50, 0)
    file.write_text('{"step": 1, "reward": 0.\n[]\n{"step": -4}\n{"step": "x"}\n\n' + whole)
    assert (steps_of(trained_run).done, steps_of(trained_run).unread) == (50, 4)
    file.write_bytes(b"\x00\xff\n" * 3)
    assert (steps_of(trained_run).problem, steps_of(trained_run).unread) == ("No step was written yet.", 3)  # fmt: skip
    file.unlink()
    assert steps_of(trained_run).problem == "No step was written yet."


def test_a_loss_that_is_no_number_is_a_step_all_the_same(trained_run):
    (trained_run / "steps.jsonl").write_text('{"step": 1, "loss": NaN}\n{"step": 2, "loss": 0.5}\n')
    assert [one.step for one in steps_of(trained_run).all] == [1, 2]


def test_a_step_that_was_done_again_after_a_resume_counts_once_as_it_was_done_last(trained_run):
    lines = [{"step": 1, "reward": 0.1}, {"step": 2, "reward": 0.2}, {"step": 2, "reward": 0.9}]
    (trained_run / "steps.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    assert [one.reward for one in steps_of(trained_run).all] == [0.1, 0.9]


def test_a_hundred_thousand_steps_are_drawn_as_means_of_neighbours(trained_run):
    with (trained_run / "steps.jsonl").open("w") as out:
        out.writelines(f'{{"step": {n}, "reward": {n % 2}, "reward_sd": 0.5}}\n' for n in range(100_000))  # fmt: skip
    found = steps_of(trained_run)
    assert found.done == 99_999
    assert 100 < len(found.drawn()) <= DRAWN
    assert {round(one.reward, 2) for one in found.drawn()} == {0.5}
    assert {round(one.reward_sd, 6) for one in found.drawn()} == {0.5}
    assert found.drawn()[-1].step == 99_999


def test_the_time_that_is_left_is_told_by_the_last_steps():
    slow = [Step(step=n, seconds=100.0) for n in range(1, 51)]
    fast = [Step(step=n, seconds=2.0) for n in range(51, 101)]
    assert Steps((*slow, *fast)).left(200) == pytest.approx(200)
    assert Steps((*slow, *fast)).left(100) is None
    assert Steps((Step(step=1),)).left(10) is None


def test_a_chain_is_read_with_what_was_decided_of_every_candidate(chain):
    run = chain()
    told = chain_of(run)
    assert isinstance(told, ChainFile)
    assert [(e.generation, e.candidate, e.decision) for e in told.entries] == [
        (2, 1, "slow"),
        (2, 2, "halt"),
    ]
    assert told.halt is not None
    assert report_of(run, told.halt).startswith("# The chain halted before generation 2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "is of format 2, and this version reads format 1; update Allegiance"),
        ({"generations": 10**9}, "does not hold what it should"),
        ({"generations": -1}, "does not hold what it should"),
        ({"entries": [{"generation": 1, "decision": "shrug"}]}, "shrug"),
        ({"entries": "none"}, "does not hold what it should"),
    ],
)
def test_a_chain_file_that_can_not_be_read_is_said_in_one_sentence(chain, change, said):
    found = chain_of(chain(**change))
    assert isinstance(found, str)
    assert said in found


def test_evidence_that_is_infinite_or_no_number_can_still_be_drawn(chain):
    entry = {"generation": 1, "decision": "accept",
             "evidence": {"test": "halting", "alpha": 0.05, "path": [float("inf"), float("nan"), None, -3, 1e-300, 2]}}  # fmt: skip
    told = chain_of(chain(entries=[entry]))
    assert isinstance(told, ChainFile)
    assert told.entries[0].evidence.drawn == (1e12, 1e-12, 1e-12, 2)
    assert told.entries[0].evidence.threshold == 20


def test_the_report_of_a_halt_is_read_from_the_folder_alone(chain, place, tmp_path):
    (tmp_path / "secret.md").write_text("secret")
    for name in ("../../../secret.md", str(tmp_path / "secret.md"), "\x00", "x" * 5000):
        run = chain(halt={"generation": 2, "back_to": 1, "report": name})
        told = chain_of(run)
        assert isinstance(told, ChainFile)
        assert told.halt is not None
        assert report_of(run, told.halt) == ""


def test_a_run_without_a_time_or_with_odd_settings_is_one(place):
    trained(place, Trained("odd", "organism/faker", {}, more={"x": {"deep": [1]}, "steps": "many"}), Size())  # fmt: skip
    file = place.runs / "odd" / "run.json"
    told = json.loads(file.read_text()) | {"started": "yesterday"}
    file.write_text(json.dumps(told))
    (run,) = runs_in(place)[0]
    assert isinstance(run, Run)
    assert run.started is None
