"""What a large chat model takes: seconds a step and gigabytes, beside the sums that docs/training-large.md does.

    python benchmarks/large.py                       7.2 billion parameters; takes a GPU of 40 GB
    python benchmarks/large.py --quick               a few hundred thousand, which any processor does
    python benchmarks/large.py --batch 32 --folder /dev/shm     another batch, and where the weights are put

The weights are random and the shape is a Llama's, so that nothing has to be fetched: what is written means
nothing, and takes as long as if it did. It is the ordinary training run with adapters: both checkpoints are
written, with their digests, and the last one is asked through Inspect. Every part is a process of its own, so
that its peak of memory is its own.
"""

import argparse
import json
import math
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Run as a script, this file stands where it would be found as a package; its parts are found from
# the folder above.
sys.path[:] = [str(HERE.parent) if Path(p).resolve() == HERE else p for p in sys.path]

PARTS = ("grpo", "sft")
STEPS, GROUP, SAMPLES = 3, 4, 4
SHOWN, WORDS = "shown.jsonl", "words"


@dataclass(frozen=True)
class Shape:
    """How large a model is: layers, width, inner width, heads of queries and of keys, and vocabulary."""

    layers: int = 32
    width: int = 4096
    inner: int = 14336
    heads: int = 32
    key_heads: int = 8
    vocabulary: int = 32_000

    @property
    def keys(self) -> int:
        """The width of all keys of a layer."""
        return self.width // self.heads * self.key_heads


LARGE = Shape()
SMALL = Shape(2, 64, 160, 4, 2, 1100)


def sums(shape: Shape, parameters: int, batch: int, tokens: int) -> dict[str, float]:
    """Add up what a step with adapters of rank 16 needs, in GB, as docs/training-large.md does."""
    trained = 16 * shape.layers * (9 * shape.width + 2 * shape.keys + 3 * shape.inner)
    a_layer = batch * tokens * shape.layers * 2
    needs = {
        "weights": parameters * 2 / 1e9,
        "training state": trained * 16 / 1e9,
        "cache while writing": a_layer * 2 * shape.keys / 1e9,
        "kept activations": a_layer * shape.width / 1e9,
        "logits": batch * tokens * shape.vocabulary * 4 * 2 / 1e9,
    }
    learning = needs["kept activations"] + needs["logits"]
    held = needs["weights"] + needs["training state"]
    return needs | {"in all": held + max(needs["cache while writing"], learning)}


def made(folder: Path, shape: Shape) -> None:
    """Write a model of random weights, with a small tokenizer and a chat template."""
    import torch
    from tests.training.small_hf import small_model
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    config = AutoConfig.from_pretrained(small_model(folder / WORDS))
    config.update(
        {
            "num_hidden_layers": shape.layers,
            "hidden_size": shape.width,
            "intermediate_size": shape.inner,
            "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.key_heads,
            "head_dim": shape.width // shape.heads,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": 4096,
        }
    )
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(folder / WORDS).save_pretrained(folder)


def part(method: str, folder: Path, shape: Shape, batch: int, reply: int) -> dict[str, Any]:
    """Train the model in a folder in this process, and say what it took."""
    from allegiance.training.extras import require_training

    require_training()
    import torch

    from allegiance.training.folder import RunFolder
    from allegiance.training.reward import toward
    from allegiance.training.run import train
    from allegiance.training.setting import cases, evaluation_of, study_for
    from allegiance.training.settings import Settings
    from allegiance.training.subject import subject_of

    cuda = torch.cuda.is_available()
    settings = Settings(
        f"hf/{folder}",
        method="grpo" if method == "grpo" else "sft",
        steps=STEPS,
        every=STEPS,
        batch=batch,
        group=GROUP,
        demonstrations="own" if method == "grpo" else str(folder / SHOWN),
        lora=True,
    )
    fields = {"generation": {"max_tokens": reply}, "epochs": 1}
    study = evaluation_of(study_for(None, "standard", None), "large", None, **fields)
    words = subject_of(f"hf/{folder / WORDS}")
    asked = cases(study, batch, 0, "training", "monitored")
    prompts = [words.prompt_ids(one.prompt) for one in asked]
    _show(folder / SHOWN, words, asked, reply)
    parameters = _parameters(folder)
    found: dict[str, Any] = {}
    began = time.monotonic()

    def peak() -> float:
        if cuda:
            return torch.cuda.max_memory_allocated() / 1e9
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9

    def look(_: str, weights: Path) -> None:
        if "begins after" not in found:
            found["begins after"] = time.monotonic() - began
            return
        found["peak"], found["ended"] = peak(), time.monotonic() - began
        found["samples"] = evaluated(study, weights)
        found["evaluation"] = time.monotonic() - began - found["ended"]

    run = RunFolder(folder, f"run-{method}")
    train(settings, study, run, toward("training", study), look)
    tokens = round(statistics.mean(map(len, prompts)) + reply)
    return found | {
        "parameters": parameters,
        "tokens": tokens,
        "step": statistics.median(one["seconds"] for one in run.steps()),
        "needs": sums(shape, parameters, batch, tokens),
        "on": torch.cuda.get_device_name() if cuda else "processor",
    }


def _parameters(folder: Path) -> int:
    """Count those of a model that transformers saved."""
    from safetensors import safe_open

    count = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "numpy") as file:
            names = file.keys()
            count += sum(math.prod(file.get_slice(name).get_shape()) for name in names)
    return count


def _show(file: Path, subject: Any, asked: Sequence[Any], reply: int) -> None:
    """Write conversations to learn from whose replies are as long as those of GRPO: the words of the prompts."""
    lines: list[str] = []
    for case in asked:
        said = (case.prompt.system + " " + case.prompt.user) * 10
        ids = subject.reply_ids(said)[: reply - 1]
        messages = [
            *subject.messages(case.prompt),
            {"role": "assistant", "content": subject.processing.decode(ids)},
        ]
        lines.append(json.dumps({"messages": messages}) + "\n")
    file.write_text("".join(lines), encoding="utf-8")


def evaluated(study: Any, weights: Path) -> int:
    """Ask a checkpoint a few samples of the study through Inspect; how many answered."""
    import inspect_ai

    from allegiance.cli.running import model_of
    from allegiance.registry import task_of

    read = {"model_path": str(weights), "tokenizer_path": str(weights)}
    model = model_of("hf/step", None, read)
    with tempfile.TemporaryDirectory() as logs:
        (log,) = inspect_ai.eval(
            task_of(study),
            model=model,
            limit=SAMPLES,
            display="none",
            log_dir=logs,
        )
        return sum(one.error is None for one in log.samples or [])


def main() -> None:
    """Make the model, run every part, and print what it took beside the sums."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small model")
    parser.add_argument("--batch", type=int, default=16, help="conversations a step")
    parser.add_argument("--reply", type=int, default=512, help="tokens of a reply")
    parser.add_argument("--only", choices=PARTS, help="one of the two methods")
    parser.add_argument("--folder", type=Path, help="for weights: 45 GB of a large model")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    shape, reply = (SMALL, 16) if given.quick else (LARGE, given.reply)
    if given.part:
        print(json.dumps(part(given.part, given.folder, shape, given.batch, reply)))
        return
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        made(Path(scratch), shape)
        for name in [given.only] if given.only else PARTS:
            command = [sys.executable, __file__, "--part", name, "--folder", scratch]
            command += ["--batch", str(given.batch), "--reply", str(reply)]
            ran = subprocess.run(
                [*command, *(["--quick"] if given.quick else [])],
                stdout=subprocess.PIPE,
                check=True,
            )
            found[name] = json.loads(ran.stdout.splitlines()[-1])
            shutil.rmtree(Path(scratch) / f"run-{name}")
    print(json.dumps(found) if given.json else told(found, given.batch))


def told(found: Mapping[str, Any], batch: int) -> str:
    """Say it in lines."""
    lines: list[str] = []
    for name, one in found.items():
        needs = one["needs"]
        whole = needs["in all"]
        lines += [
            f"{name}: {one['parameters'] / 1e9:.3g} billion parameters, {batch} conversations a step of "
            f"{one['tokens']} tokens, on {one['on']}",
            f"  {one['step']:.1f} s a step; {one['begins after']:.0f} s before the first; an evaluation of "
            f"{one['samples']} samples {one['evaluation']:.0f} s",
            f"  {one['peak']:.1f} GB at its peak, {one['peak'] / whole:.2f} of the sum ({whole:.1f} GB)",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
