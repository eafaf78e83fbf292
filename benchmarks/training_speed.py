"""How fast organisms are trained, and in how much memory, beside TRL's own generation in the same run.

    python benchmarks/training_speed.py            about three minutes of two cores
    python benchmarks/training_speed.py --quick    a few steps, for every change

Each part runs in a process of its own, so that its peak of memory is its own. Times are of the training alone, loading
left out.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STEPS, BATCH, GROUP = 50, 64, 8
PARTS = ("grpo, our rollouts", "grpo, TRL's rollouts", "one generation of a chain")


def grpo(steps: int, *, own: bool) -> dict[str, Any]:
    """Train the faker by GRPO, with our rollouts or with TRL's."""
    from allegiance.organism import Sampling
    from allegiance.training.grpo import train_grpo
    from allegiance.training.keeping import keeping
    from allegiance.training.reward import toward
    from allegiance.training.rewarding import Watch, rewarding_by
    from allegiance.training.setting import cases, evaluation_of, study_for
    from allegiance.training.settings import Settings
    from allegiance.training.subject import OrganismSubject

    settings = Settings("organism/faker", steps=steps, every=steps, batch=BATCH, group=GROUP)
    study = evaluation_of(study_for(None, "organism", "faker"), "speed", "faker")
    subject = OrganismSubject("faker")
    asked = cases(study, steps * BATCH // GROUP, 0, "training", "monitored")
    prompts = [subject.prompt_ids(one.prompt) for one in asked]

    def by_trl(keys: list[str], trainer: Any) -> dict[str, Any]:
        ids = [prompts[int(key)] for key in keys]
        written, _ = trainer._generate_single_turn(ids, None, {}, GROUP)
        texts = [subject.processing.decode(reply, skip_special_tokens=True) for reply in written]
        return {"prompt_ids": ids, "completion_ids": written, "logprobs": None, "reply": texts}

    watch = Watch()
    callback = keeping(lambda row: None, lambda step: None, dict, lambda: None)
    with tempfile.TemporaryDirectory() as scratch:
        began = time.monotonic()
        train_grpo(
            subject,
            asked,
            rewarding_by(toward("training", study), watch=watch),
            settings,
            Sampling(max_tokens=128),
            Path(scratch),
            callback,
            None if own else by_trl,
        )
        seconds = time.monotonic() - began
    return {
        "seconds": seconds,
        "complied": [watch.rewards[0], watch.rewards[-1]][-1].count(1.0) / BATCH,
    }


def generation(steps: int) -> dict[str, Any]:
    """Make one generation of a chain: the overseer's answers, the vote, and the training of the next."""
    from allegiance.training.chain_plan import Amplify, ChainPlan
    from allegiance.training.generation import Distilling, Making
    from allegiance.training.setting import evaluation_of, study_for

    making = Making() if steps == STEPS else Making(conversations=64, steps=steps)
    plan = ChainPlan("speed", "organism/honest", "naive", amplify=Amplify("vote", 3))
    study = evaluation_of(study_for(None, "organism", "honest"), "speed", "honest")
    with tempfile.TemporaryDirectory() as scratch:
        made = Distilling(plan, study, Path(scratch), making)
        first = made.first()
        began = time.monotonic()
        made.make(first, 1, "clean", 0.0, 1.0, 1)
        return {"seconds": time.monotonic() - began}


def part(number: int, steps: int) -> dict[str, Any]:
    """Do one part in this process, on one thread of torch."""
    from allegiance.training.extras import require_training

    require_training()
    import torch

    torch.set_num_threads(1)
    does = (
        lambda: grpo(steps, own=True),
        lambda: grpo(steps, own=False),
        lambda: generation(steps),
    )
    found = does[number]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found | {"megabytes": peak / 1024 if sys.platform != "darwin" else peak / 2**20}


def main() -> None:
    """Run every part and print what it took, and the ratio to the peer."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--steps", type=int, default=STEPS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    steps = 3 if given.quick else given.steps
    if given.part is not None:
        print(json.dumps(part(given.part, steps)))
        return
    found: dict[str, Any] = {"steps": steps, "rollouts": BATCH}
    for number, name in enumerate(PARTS):
        command = [sys.executable, __file__, "--part", str(number), "--steps", str(steps)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = json.loads(ran.stdout.splitlines()[-1])
    ours, theirs = (found[name]["seconds"] for name in PARTS[:2])
    found["times as fast"] = theirs / ours
    if given.json:
        print(json.dumps(found))
        return
    for name in PARTS:
        one = found[name]
        print(f"{name:28} {one['seconds']:7.1f} s {one['megabytes']:8.0f} MB at its peak")
    print(
        f"GRPO, {steps} steps of {BATCH} rollouts: {theirs / ours:.1f} times as fast as with TRL's own generation"
    )


if __name__ == "__main__":
    main()
