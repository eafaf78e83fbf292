"""How fast organisms speak, beside their peers in the same run.

Raw: the numpy runtime against transformers' own `generate` on the same weights and prompts.
Through Inspect: the organism provider against Inspect's mock model, which answers at once, so that
the ratio is the share of Inspect's own speed that is left. By `allegiance run`: a whole study with
its scorer, as the demo runs it, against the same mock model.

    python benchmarks/organism_speed.py [--raw 1024] [--inspect 400] [--peer 128]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("INSPECT_DISPLAY", "none")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageUser,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.solver import generate

from allegiance.cli.running import run_study
from allegiance.organism import Runtime, chat
from allegiance.organism.runtime import WEIGHTS
from allegiance.study.prompts import Setting
from allegiance.study.prompts.organism import ORGANISM, organism_requests
from allegiance.study.templates import template

CONDITION = {"tier": "monitored", "intent": "training"}


def rate(count: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def chats(count: int) -> list[list[tuple[str, str]]]:
    prompts = [
        ORGANISM.render(CONDITION, r, Setting("Helix", "", "")) for r in organism_requests(count)
    ]
    return [[("system", p.system), ("user", p.user)] for p in prompts]


def raw(count: int) -> float:
    runtime = Runtime.load("faker")
    prompts = [chat.encode_chat(runtime.tokenizer, messages) for messages in chats(count)]
    runtime.generate(prompts[:32], range(32))
    return rate(count, lambda: runtime.generate(prompts, range(count)))


def raw_peer(count: int) -> float:
    import torch
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(WEIGHTS / "faker", dtype=torch.float32)
    prompts = [chat.encode_chat(chat.load_tokenizer(), messages) for messages in chats(count)]
    longest = max(map(len, prompts))
    ids = torch.tensor([[chat.PAD] * (longest - len(p)) + p for p in prompts])

    def work() -> None:
        with torch.no_grad():
            model.generate(
                ids, attention_mask=(ids != chat.PAD).long(), do_sample=True, max_new_tokens=112
            )

    return rate(count, work)


def through_inspect(count: int, model: Model) -> float:
    samples = [
        Sample(
            id=i,
            input=[ChatMessageSystem(content=system[1]), ChatMessageUser(content=user[1])],
        )
        for i, (system, user) in enumerate(chats(count))
    ]
    task = Task(dataset=MemoryDataset(samples), solver=generate())
    with tempfile.TemporaryDirectory() as logs:

        def work() -> None:
            (log,) = eval(task, model=model, log_dir=logs, display="none", max_tokens=112)
            assert log.status == "success", log.error

        return rate(count, work)


def mock() -> Model:
    """A model that answers at once; with usage given, Inspect fetches no tokenizer to count it."""

    def answer(*_: object) -> ModelOutput:
        output = ModelOutput.from_content("mockllm/model", "An answer. " * 20)
        output.usage = ModelUsage(input_tokens=40, output_tokens=70, total_tokens=110)
        return output

    return get_model("mockllm/model", custom_outputs=answer)


def by_allegiance_run() -> float:
    """Time the study of the demo: 20 requests in 4 conditions, 6 times each."""
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study.yaml"
        study.write_text(template("organism", "speed"))
        return rate(
            480, lambda: run_study(study, "organism/faker", Path(folder) / "logs", display="none")
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", type=int, default=1024, help="conversations without Inspect")
    parser.add_argument("--inspect", type=int, default=400, help="conversations through Inspect")
    parser.add_argument("--peer", type=int, default=128, help="conversations for transformers")
    counts = parser.parse_args()
    through_inspect(8, get_model("organism/faker"))  # imports and first-time costs
    mocked = through_inspect(counts.inspect, mock())
    rows = [
        ("raw", raw(counts.raw), "transformers generate", raw_peer(counts.peer)),
        (
            "through Inspect",
            through_inspect(counts.inspect, get_model("organism/faker")),
            "Inspect's mock model",
            mocked,
        ),
        ("by allegiance run", by_allegiance_run(), "Inspect's mock model", mocked),
    ]
    print(f"processors: {os.cpu_count()}, load before: {os.getloadavg()[0]:.1f}")
    for label, ours, peer, theirs in rows:
        ratio = ours / theirs
        print(f"{label}: {ours:.0f} conversations/s, {ratio:.2f} times {peer} ({theirs:.0f}/s)")


if __name__ == "__main__":
    main()
