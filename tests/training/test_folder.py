"""A run's folder: whole at every moment, refused where it is something else."""

import json

import pytest

from allegiance.errors import AllegianceError, UsageError
from allegiance.training.folder import RunFolder


@pytest.fixture
def folder(tmp_path):
    found = RunFolder(tmp_path / "runs", "mine")
    found.begin("train", "organism/faker", "aa", {"steps": 3})
    return found


@pytest.mark.parametrize("name", ["", ".hidden", "../out", "a/b", "a" * 101, "näme", "-rf"])
def test_a_name_that_is_no_folders_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="--name"):
        RunFolder(tmp_path, name)


def test_the_record_keeps_what_was_asked_and_its_checkpoints_in_order(folder):
    for step in (10, 0, 5, 5):
        folder.add_checkpoint(step, "bb", f"organism/mine/step-{step}")
    record = folder.read()
    assert (record["kind"], record["state"], record["settings"]) == (
        "train",
        "running",
        {"steps": 3},
    )
    assert [one["step"] for one in record["checkpoints"]] == [0, 5, 10]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 1, "settings": {', "can't be read"),
        ("[]", "is no record"),
        ('{"format": 99, "settings": {}}', "update Allegiance"),
        ('{"format": "1", "settings": {}}', "update Allegiance"),
    ],
)
def test_a_damaged_record_is_said_in_a_sentence(folder, text, said):
    (folder.path / "run.json").write_text(text)
    with pytest.raises(AllegianceError, match=said):
        folder.read()


def test_a_folder_without_a_record_is_no_run(tmp_path):
    with pytest.raises(AllegianceError, match=r"run.json is missing"):
        RunFolder(tmp_path, "nothing").read()


def test_a_line_that_was_cut_off_is_left_out_and_steps_after_a_checkpoint_are_forgotten(folder):
    for step in range(1, 6):
        folder.add_step({"step": step, "loss": 0.5})
    with (folder.path / "steps.jsonl").open("a") as file:
        file.write('{"step": 6, "lo')
    assert [row["step"] for row in folder.steps()] == [1, 2, 3, 4, 5]
    folder.keep_steps(3)
    assert [json.loads(line)["step"] for line in (folder.path / "steps.jsonl").open()] == [1, 2, 3]


def test_two_processes_do_not_work_in_one_folder(folder, tmp_path):
    other = RunFolder(tmp_path / "runs", "mine")
    with folder.held(), pytest.raises(AllegianceError, match="another process"), other.held():
        pass
    with folder.held():
        pass
