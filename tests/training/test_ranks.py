"""Several processes of one training: one record, one evaluation of each checkpoint, one batch that they share."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from allegiance.training import ranks


def test_alone_nothing_is_shared():
    assert (ranks.count(), ranks.place(), ranks.first(), ranks.share(7)) == (1, 0, True, 7)
    assert ranks.once(lambda: 3) == 3
    assert ranks.gathered([1, 2]) == [1, 2]
    ranks.wait()


@pytest.mark.train
def test_two_processes_train_one_model_and_the_first_keeps_the_record(tmp_path):
    pytest.importorskip("trl")
    script = Path(__file__).with_name("two_processes.py")
    two = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*two, str(script), str(tmp_path)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (json.loads((tmp_path / f"seen-{k}.json").read_text()) for k in (0, 1))
    assert first["evaluated"] == ["organism/both/step-0", "organism/both/step-2"]
    assert second["evaluated"] == []
    for seen in (first, second):
        assert (seen["once"], seen["gathered"], seen["share"]) == (10, [0, "x", 1, "x"], 4)
        assert "--batch 9: 2 processes share it" in seen["odd"]
    steps = (tmp_path / "both" / "steps.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in steps] == [1, 2]
    record = json.loads((tmp_path / "both" / "run.json").read_text())
    assert record["state"] == "complete"
    assert [one["step"] for one in record["checkpoints"]] == [0, 2]
