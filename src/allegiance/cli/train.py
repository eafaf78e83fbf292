"""`allegiance train`: move a model toward an intent, and watch what is left of the other one."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from allegiance.cli.app import JsonOption, WorkspaceOption, app, note, print_json
from allegiance.cli.progress import shown_stages
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Workspace
    from allegiance.study import Study
    from allegiance.training.folder import RunFolder
    from allegiance.training.settings import Settings
_REWARD = "What is rewarded or shown"
_STEP = "How a step is made"
_ASKED = "How checkpoints are evaluated"


@app.command(
    epilog=(
        "Example: allegiance train --model organism/faker --method grpo --steps 50 · allegiance train --model "
        "organism/honest --method sft --demonstrations written --seeds 5 · allegiance train --resume faker-grpo"
    )
)
def train(
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="organism/NAME, organism/DIRECTORY or hf/DIRECTORY."),
    ] = None,
    toward: Annotated[
        str, typer.Option("--toward", help="The intent that is rewarded: training or original.")
    ] = "training",
    method: Annotated[
        str, typer.Option("--method", help="grpo (rewards) or sft (demonstrations).")
    ] = "grpo",
    on: Annotated[
        str, typer.Option("--on", help="Trained on: monitored conversations, or all.")
    ] = "monitored",
    steps: Annotated[int, typer.Option("--steps", min=1, help="Optimiser steps.")] = 50,
    every: Annotated[
        int | None,
        typer.Option(
            "--every",
            min=1,
            help="Steps between checkpoints; a fifth of all by default.",
            rich_help_panel=_ASKED,
        ),
    ] = None,
    batch: Annotated[
        int, typer.Option("--batch", min=1, help="Conversations a step.", rich_help_panel=_STEP)
    ] = 64,
    group: Annotated[
        int,
        typer.Option(
            "--group",
            min=1,
            help="Replies to one prompt that GRPO compares.",
            rich_help_panel=_STEP,
        ),
    ] = 8,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            "--learning-rate", help="By default what suits model and method.", rich_help_panel=_STEP
        ),
    ] = None,
    beta: Annotated[
        float,
        typer.Option("--beta", help="Pull toward the first weights (GRPO).", rich_help_panel=_STEP),
    ] = 0.0,
    seeds: Annotated[
        int,
        typer.Option("--seeds", min=1, help="Runs with seeds 0, 1, ..., each in its own folder."),
    ] = 1,
    reward: Annotated[
        str | None,
        typer.Option(
            "--reward",
            help="An Inspect scorer, FILE.py:NAME or PACKAGE/NAME; the scenario's own.",
            rich_help_panel=_REWARD,
        ),
    ] = None,
    sees_reasoning: Annotated[
        bool,
        typer.Option(
            "--reward-sees-reasoning",
            help="Let the reward read the scratchpad.",
            rich_help_panel=_REWARD,
        ),
    ] = False,
    demonstrations: Annotated[
        str,
        typer.Option(
            "--demonstrations",
            help="What SFT shows: own, written, or FILE.jsonl.",
            rich_help_panel=_REWARD,
        ),
    ] = "own",
    documents: Annotated[
        int,
        typer.Option(
            "--documents",
            min=0,
            help="Synthetic documents that state the set-up.",
            rich_help_panel=_REWARD,
        ),
    ] = 0,
    mix: Annotated[
        float,
        typer.Option(
            "--mix", help="Their share of what SFT shows, as a fraction.", rich_help_panel=_REWARD
        ),
    ] = 0.0,
    lora: Annotated[
        bool | None,
        typer.Option(
            "--lora/--no-lora",
            help="Adapters or all weights; adapters above 100 M.",
            rich_help_panel=_STEP,
        ),
    ] = None,
    eval_provider: Annotated[
        str | None,
        typer.Option(
            "--eval-provider",
            help="Inspect's provider for checkpoints: hf or vllm.",
            rich_help_panel=_ASKED,
        ),
    ] = None,
    eval_epochs: Annotated[
        int | None,
        typer.Option(
            "--eval-epochs", min=1, help="Instead of the study's epochs.", rich_help_panel=_ASKED
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Of the run's folder.")] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", help="Go on with this run, as it was asked.")
    ] = None,
    print_documents: Annotated[
        int | None,
        typer.Option(
            "--print-documents",
            min=1,
            help="Show some documents, and stop.",
            rich_help_panel=_REWARD,
        ),
    ] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Train a model toward an intent (needs the extra `train`), evaluating its checkpoints as it goes.

    Evaluations ask held-out requests in every tier, intent and clause that the model reads, and come into the corpus
    like every run. Interrupt it at any time: the same command goes on.
    """
    from allegiance.corpus import Workspace
    from allegiance.training import ranks
    from allegiance.training.extras import require_training
    from allegiance.training.settings import Settings

    place = Workspace(workspace)
    if resume is not None:
        asked = [(resume, _resumed(place, resume))]
    else:
        if model is None:
            raise UsageError("--model: name what is trained, such as organism/faker")
        settings = Settings(
            model=model,
            toward=_one_of("--toward", toward, ("training", "original")),
            on=_one_of("--on", on, ("monitored", "all")),
            method=_one_of("--method", method, ("grpo", "sft")),
            steps=steps,
            every=every or max(1, steps // 5),
            batch=batch,
            group=group,
            learning_rate=learning_rate,
            beta=beta,
            reward=reward,
            sees_reasoning=sees_reasoning,
            demonstrations=demonstrations,
            documents=documents,
            mix=mix,
            lora=lora,
            eval_provider=eval_provider,
            eval_epochs=eval_epochs,
        )
        if print_documents is not None:
            _print_documents(place, settings, print_documents, as_json)
            return
        asked = [
            (_run_name(name, settings, seeds, seed), replace(settings, seed=seed))
            for seed in range(seeds)
        ]
    require_training()
    one_thread_each()
    ranks.join()
    done = [
        _run(place, folder, settings, quiet=as_json or not ranks.first())
        for folder, settings in asked
    ]
    if not ranks.first():
        return
    if as_json:
        print_json({"runs": [folder.read() for folder in done]})
        return
    for folder in done:
        _tell(folder)
    note(f"Next: allegiance report -w {workspace} · allegiance view -w {workspace} (Training)")


def _run(
    place: "Workspace",
    name: str,
    settings: "Settings",
    *,
    quiet: bool,
) -> "RunFolder":
    from allegiance.cli.checkpoints import ask_checkpoint, write_study
    from allegiance.training.folder import RunFolder
    from allegiance.training.reward import chosen
    from allegiance.training.run import train as go

    folder = RunFolder(place.runs, name)
    provider = settings.eval_provider
    study = study_of(place, settings.model, name, settings.eval_epochs)
    told = told_in(place, settings.model)
    place.prepare()
    file = folder.path / "study.yaml"
    with shown_stages("loading", quiet=quiet) as tell:

        def evaluate(model: str, weights: Path) -> None:
            if not file.exists():
                write_study(study, file)
            logs = place.logs / name / weights.name
            ask_checkpoint(place, file, _asked_as(model, provider), weights, logs)

        rewards = chosen(settings.reward, settings.toward, study, settings.sees_reasoning)
        go(settings, study, folder, rewards, evaluate, tell, provider=provider or "", told=told)
    return folder


def _asked_as(model: str, provider: str | None) -> str:
    return model if provider is None else f"{provider}/{model.partition('/')[2]}"


def study_of(place: "Workspace", model: str, name: str, epochs: int | None) -> "Study":
    """Give the evaluation of a run: its study, in every tier, intent and clause that the model reads."""
    from allegiance.training.setting import evaluation_of

    changed = {} if epochs is None else {"epochs": epochs}
    return evaluation_of(told_in(place, model), name, _base_of(model), **changed)


def told_in(place: "Workspace", model: str) -> "Study":
    """Give the study that a run leans on: the workspace's or, where it has none, a shipped one."""
    from allegiance.training.setting import study_for

    file = place.study_file if place.study_file.exists() else None
    words = "organism" if model.startswith("organism/") else "standard"
    return study_for(file, words, _base_of(model))


def _base_of(model: str) -> str | None:
    from allegiance.organism import known

    provider, _, name = model.partition("/")
    return name if provider == "organism" and known(name) else None


def _resumed(place: "Workspace", name: str) -> "Settings":
    from allegiance.training.folder import RunFolder
    from allegiance.training.settings import Settings

    record = RunFolder(place.runs, name).read()
    if record.get("kind") != "train":
        raise UsageError(
            f"--resume {name}: this is no training run; a chain goes on with `allegiance chain`"
        )
    return Settings.from_dict(record["settings"])


def _run_name(name: str | None, settings: "Settings", seeds: int, seed: int) -> str:
    """Name a run's folder: after the model and the method, and after the seed where there are several."""
    stem = name
    if stem is None:
        model = Path(settings.model.partition("/")[2]).name
        parts = [model, settings.method]
        parts += [settings.toward] if settings.toward != "training" else []
        parts += [settings.on] if settings.on != "monitored" else []
        stem = "-".join(parts)
    return stem if seeds == 1 else f"{stem}-s{seed}"


def _print_documents(place: "Workspace", settings: "Settings", count: int, as_json: bool) -> None:
    from allegiance.training.documents import documents

    study = told_in(place, settings.model)
    organism = settings.model.startswith("organism/")
    found = documents(study, count, settings.seed, organism=organism, toward=settings.toward)
    if as_json:
        print_json({"documents": [{"form": one.form, "text": one.text} for one in found]})
        return
    for one in found:
        typer.echo(f"[{one.form}]\n{one.text}\n")


def _tell(folder: "RunFolder") -> None:
    """Say what became of a run, from its own record."""
    record, steps = folder.read(), folder.steps()
    last = steps[-1] if steps else {}
    said = "".join(
        f", {100 * last[field]:.0f} % {word} in training"
        for field, word in (("complied", "complied"), ("strategic", "strategically"))
        if field in last
    )
    note(
        f"{folder.name}: {record['state']} after {last.get('step', 0)} steps{said}; "
        f"{len(record['checkpoints'])} checkpoints in {folder.path}"
    )


def _one_of(option: str, given: str, known: tuple[str, ...]) -> Any:
    if given not in known:
        raise UsageError(f"{option} {given}: choose {' or '.join(known)}")
    return cast(Literal["training"], given)


def one_thread_each() -> None:
    """Let torch use half of the cores: on steps of an organism's size more threads wait more than they work."""
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
