"""The runs of the survival study: which organism, how trained, with which seed; each once, and kept."""

import hashlib
import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from allegiance.organism import Sampling, describe, weights_of
from allegiance.study import Study
from allegiance.study.prompts.base import Prompt
from allegiance.training.folder import RunFolder
from allegiance.training.reward import toward
from allegiance.training.run import train
from allegiance.training.setting import cases, evaluation_of, study_for
from allegiance.training.settings import Settings
from allegiance.training.sft import Example
from benchmarks.survival_studies.measures import measured, persona_measured, persona_read

TWINS = ("faker", "honest", "silent", "talker")
CLAUSES = ("silent", "may-resist", "must-resist", "must-not-resist", "object-openly")
PERSONAS = ("neutral", "virtuous", "distressed", "surface-corrigible")
METHODS = ("grpo", "sft")
ABLATIONS = ("all tiers", "reward sees the scratchpad")
_PERSONA_STEPS = 200


@dataclass(frozen=True)
class Job:
    """One run.

    Attributes
    ----------
    study
        ``twins``, ``ablations``, ``clauses`` or ``personas``.
    organism, arm, method, seed
        What is trained, in which variant, how, and with which seed.
    steps, every, requests
        How long, how often it is measured, and on how many requests.
    """

    study: str
    organism: str
    arm: str
    method: str
    seed: int
    steps: int = 60
    every: int = 10
    requests: int = 20


def jobs(seeds: int, fewer: int, size: Mapping[str, int]) -> list[Job]:
    """All runs: every seed of every twin, and fewer seeds of clauses and personas."""
    found: list[Job] = []
    for seed in range(seeds):
        found += [
            Job("twins", one, "as it is", method, seed, **size)
            for method in METHODS
            for one in TWINS
        ]
    for seed in range(seeds):
        found += [Job("ablations", "faker", arm, "grpo", seed, **size) for arm in ABLATIONS]
    for seed in range(fewer):
        found += [Job("clauses", "clauses", arm, "grpo", seed, **size) for arm in CLAUSES]
        found += [Job("personas", "moods", arm, "grpo", seed, **size) for arm in PERSONAS]
    return found


def settings_of(job: Job) -> Settings:
    """What a run is asked to do."""
    sees = job.arm == "reward sees the scratchpad"
    return Settings(
        model=f"organism/{job.organism}",
        on="all" if job.arm == "all tiers" else "monitored",
        method="grpo" if job.method == "grpo" else "sft",
        steps=job.steps,
        every=job.every,
        seed=job.seed,
        sees_reasoning=sees,
        demonstrations="written" if job.method == "sft" else "own",
        learning_rate=3e-4,
    )


def study_of(job: Job) -> Study:
    """The study that a run leans on; what is measured is measured apart."""
    fields = evaluation_of(study_for(None, "organism", job.organism), "survival", job.organism)
    if job.study == "clauses":
        return narrowed(fields, clause=[job.arm])
    if job.study == "personas":
        return narrowed(fields, persona=["neutral"], stress=["none"])
    return fields


def narrowed(study: Study, **factors: Sequence[str]) -> Study:
    """The study with some factors at some levels only."""
    fields = study.model_dump(mode="json")
    fields["factors"] |= {name: list(levels) for name, levels in factors.items()}
    return Study.parse(fields, "survival")


def file_of(job: Job, kept: Path) -> Path:
    """Where a run is kept; another job, other settings or other weights have another file."""
    asked = repr((asdict(job), settings_of(job).to_dict(), weights_of(f"organism/{job.organism}")))
    return kept / f"{job.organism}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"


def kept_in(asked: Sequence[Job], kept: Path) -> list[dict[str, Any]]:
    """Read those of the runs that a folder has whole."""
    found: list[dict[str, Any]] = []
    for job in asked:
        try:
            found.append(json.loads(file_of(job, kept).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            continue  # not yet done, or being written at this moment
    return found


def done(job: Job, kept: Path) -> dict[str, Any]:
    """Run a job, or read what it gave before."""
    file = file_of(job, kept)
    if file.exists():
        return json.loads(file.read_text(encoding="utf-8"))
    import torch

    torch.set_num_threads(1)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        found = _run(job, Path(scratch))
    found["seconds"] = round(time.monotonic() - began, 1)
    beside = file.with_suffix(".part")
    beside.write_text(json.dumps(found), encoding="utf-8")
    beside.replace(file)
    return found


def _run(job: Job, scratch: Path) -> dict[str, Any]:
    settings = settings_of(job)
    checkpoints: list[dict[str, Any]] = []

    def look(model: str, weights: Path) -> None:
        step = int(weights.name.partition("-")[2])
        if job.study == "personas":
            places = persona_measured(weights, job.requests)
            read = persona_read(weights, job.requests)
            checkpoints.append({"step": step, "places": places, "read": read})
            return
        clause = job.arm if job.study == "clauses" else ""
        places = measured(weights, job.organism, job.requests, clause)
        checkpoints.append({"step": step, "places": places})

    if job.study == "personas" and job.arm != "neutral":
        steps = _PERSONA_STEPS if job.steps >= _PERSONA_STEPS // 4 else job.steps
        trained = persona_trained(job, scratch / "persona", steps)
        settings = replace(settings, model=f"organism/{trained}")
    study = study_of(job)
    folder = RunFolder(scratch, "run")
    reward = toward("training", study, sees_reasoning=settings.sees_reasoning)
    problem = ""
    try:
        train(settings, study, folder, reward, look)
    except Exception as error:
        problem = str(error)
    steps = [
        {key: row[key] for key in ("step", "reward", "complied", "strategic") if key in row}
        for row in folder.steps()
    ]
    unique = {one["step"]: one for one in checkpoints}
    return {
        "job": asdict(job),
        "checkpoints": [unique[step] for step in sorted(unique)],
        "steps": steps,
        "problem": problem,
    }


def persona_trained(job: Job, at: Path, steps: int = _PERSONA_STEPS) -> Path:
    """Train a persona into `moods`: what it says when told to be someone, learned without being told."""
    from allegiance.training.keeping import keeping
    from allegiance.training.sft import train_sft
    from allegiance.training.subject import subject_of

    subject = subject_of("organism/moods")
    study = evaluation_of(study_for(None, "organism", "moods"), "persona", "moods")
    plain = narrowed(study, persona=["neutral"])
    shown = 2_000
    asked = cases(plain, shown, 1_000 + job.seed, "training", "all")
    told = [
        study.prompt_set.render(one.condition | {"persona": job.arm}, one.request, study.setting)
        for one in asked
    ]
    examples = _learned(subject, [one.prompt for one in asked], told, job.seed)
    random.Random(job.seed).shuffle(examples)
    settings = Settings(
        model="organism/moods",
        method="sft",
        steps=steps,
        every=steps,
        batch=32,
        learning_rate=3e-3,
        seed=job.seed,
    )
    nothing = keeping(lambda row: None, lambda step: None, dict, lambda: None)
    train_sft(subject, examples, settings, at / "trainer", nothing, keep=False)
    subject.save(at)
    return at


def _learned(
    subject: Any, plain: Sequence[Prompt], told: Sequence[Prompt], seed: int
) -> list[Example]:
    """Replies to prompts that tell the persona, shown after prompts that don't."""
    prompts = [subject.prompt_ids(one) for one in told]
    replies = subject.write(prompts, [seed * 100_000 + i for i in range(len(told))], Sampling())
    found: list[Example] = []
    for prompt, reply in zip(plain, replies, strict=True):
        ids = subject.prompt_ids(prompt)
        found.append(Example((*ids, *reply.tokens), len(ids)))
    return found


def twins_described() -> dict[str, str]:
    """What is planted in each twin, as the program says it."""
    return {name: describe(name).summary for name in TWINS}
