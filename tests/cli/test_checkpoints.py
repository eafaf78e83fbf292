"""What is read of a checkpoint's evaluation: whole replies, also of providers that don't say why they ended."""

import pytest
from inspect_ai import Task
from inspect_ai import eval as run
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.solver import generate

from allegiance.cli.checkpoints import replies_in


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
