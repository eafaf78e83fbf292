"""What is read of a checkpoint's evaluation: whole replies, also of providers that don't say why they ended."""

import os
import sys
from types import ModuleType

import pytest
from inspect_ai import Task
from inspect_ai import eval as run
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.solver import generate
from tests.servers import chat_server

from allegiance.cli.checkpoints import _where, replies_in
from allegiance.cli.running import model_of


@pytest.mark.parametrize(
    ("stopped", "whole"),
    [("stop", True), ("unknown", True), ("max_tokens", False), ("model_length", False)],
)
def test_a_reply_is_whole_unless_its_provider_says_that_it_was_cut_off(stopped, whole, tmp_path):
    said = ModelOutput.from_content("m", "Here it is.", stop_reason=stopped)
    said.usage = ModelUsage(input_tokens=1, output_tokens=3, total_tokens=4)
    model = get_model("mockllm/model", custom_outputs=[said])
    task = Task(dataset=[Sample(input="?", id="one")], solver=generate())
    (log,) = run(task, model=model, display="none", log_dir=str(tmp_path))
    found = replies_in(log.location.removeprefix("file://"))
    assert found == ({("one", 1): "Here it is."} if whole else {})


def test_a_checkpoint_is_asked_of_vllm_by_its_folder_and_kept_under_its_name(tmp_path, monkeypatch):
    with chat_server(lambda request: (200, "Here it is.")) as (url, asked):
        monkeypatch.setenv("VLLM_BASE_URL", url)
        model = model_of("vllm/mine/step-2", None, _where("vllm/mine/step-2", tmp_path))
        task = Task(dataset=[Sample(input="?", id="one")], solver=generate())
        (log,) = run(task, model=model, display="none", log_dir=str(tmp_path / "logs"))
    assert log.status == "success"
    assert log.eval.model == "vllm/mine/step-2"
    assert [request["model"] for request in asked] == [str(tmp_path)]


def test_vllm_is_told_to_serve_the_folder_of_a_checkpoint(tmp_path, monkeypatch):
    program = tmp_path / "vllm"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setitem(sys.modules, "vllm", ModuleType("vllm"))
    monkeypatch.delenv("VLLM_BASE_URL", raising=False)
    model = model_of("vllm/served/step-2", None, _where("vllm/served/step-2", tmp_path))
    task = Task(dataset=[Sample(input="?", id="one")], solver=generate())
    (log,) = run(task, model=model, display="none", log_dir=str(tmp_path / "logs"))
    assert log.status == "error"
    told = (tmp_path / "told").read_text().split()
    assert told[:2] == ["serve", str(tmp_path)]
    assert "--model-path" not in told
