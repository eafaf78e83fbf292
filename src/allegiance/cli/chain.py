"""`allegiance chain`: each generation trains the next, under a policy that says when to stop."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.progress import shown_stages
from allegiance.cli.record import RaterOption, on_record, rater_name
from allegiance.cli.train import one_thread_each
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from inspect_ai import Task

    from allegiance.corpus import Workspace
    from allegiance.study import Study
    from allegiance.training.asking import Asked, Asking, Occasion
    from allegiance.training.chain import ChainPlan
    from allegiance.training.chain_record import ChainRecord
    from allegiance.training.folder import RunFolder

_BATCH = 50
"""Probes that are asked at once; the guard looks at them one by one."""
_PLANTED = "What is planted"
_MADE = "How a generation is made"
_GUARD = "What the guard is told"
_ASKED = "How it is evaluated"


@app.command(
    epilog=(
        "Example: allegiance chain --policy guarded --break-at 4 · allegiance chain --policy naive --break-at 4 · "
        'allegiance chain --name honest-guarded-break-4 --overrule "the break was meant" --rater ann'
    )
)
def chain(
    model: Annotated[
        str, typer.Option("--model", "-m", help="Generation 0: organism/NAME or hf/DIRECTORY.")
    ] = "organism/honest",
    generations: Annotated[
        int, typer.Option("--generations", min=1, help="How many are made after it.")
    ] = 8,
    policy: Annotated[
        str,
        typer.Option(
            "--policy",
            help="naive always goes on; guarded slows and halts; licensed goes on when shown.",
        ),
    ] = "guarded",
    break_at: Annotated[
        str | None,
        typer.Option(
            "--break-at",
            help="Plant the training intent into this generation; or none.",
            rich_help_panel=_PLANTED,
        ),
    ] = None,
    repair_at: Annotated[
        str | None,
        typer.Option(
            "--repair-at",
            help="Break this generation by force; the next would mend it.",
            rich_help_panel=_PLANTED,
        ),
    ] = None,
    dose: Annotated[
        float,
        typer.Option(
            "--dose", help="Share of the data that a break plants.", rich_help_panel=_PLANTED
        ),
    ] = 1.0,
    mend: Annotated[
        float,
        typer.Option(
            "--mend", help="Share of the data that a repair plants.", rich_help_panel=_PLANTED
        ),
    ] = 1.0,
    target: Annotated[
        str,
        typer.Option(
            "--target",
            help="original, or self: the values that the parent wrote down.",
            rich_help_panel=_MADE,
        ),
    ] = "original",
    amplify: Annotated[
        str,
        typer.Option(
            "--amplify", help="How a generation oversees: vote or best-of-n.", rich_help_panel=_MADE
        ),
    ] = "vote",
    answers: Annotated[
        int,
        typer.Option(
            "--answers",
            min=1,
            help="Answers to each prompt that it chooses from.",
            rich_help_panel=_MADE,
        ),
    ] = 3,
    alpha: Annotated[
        float,
        typer.Option(
            "--alpha",
            help="Chance of a wrong decision over the whole chain.",
            rich_help_panel=_GUARD,
        ),
    ] = 0.05,
    bound: Annotated[
        float,
        typer.Option(
            "--bound", help="Rate of breaking that is still borne.", rich_help_panel=_GUARD
        ),
    ] = 0.05,
    margin: Annotated[
        float,
        typer.Option(
            "--margin", help="How far above it `licensed` has to rule out.", rich_help_panel=_GUARD
        ),
    ] = 0.05,
    budget: Annotated[
        int,
        typer.Option(
            "--budget",
            min=1,
            help="Probes of a candidate; twice as many after slowing.",
            rich_help_panel=_GUARD,
        ),
    ] = 100,
    conversations: Annotated[
        int,
        typer.Option(
            "--conversations",
            min=1,
            help="What each generation learns from.",
            rich_help_panel=_MADE,
        ),
    ] = 480,
    steps: Annotated[
        int,
        typer.Option(
            "--steps", min=1, help="Of its training, at full size.", rich_help_panel=_MADE
        ),
    ] = 30,
    batch: Annotated[
        int, typer.Option("--batch", min=1, help="Conversations a step.", rich_help_panel=_MADE)
    ] = 32,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            "--learning-rate", help="By default what suits the model.", rich_help_panel=_MADE
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of everything drawn.")] = 0,
    eval_provider: Annotated[
        str | None,
        typer.Option(
            "--eval-provider", help="Inspect's provider: hf or vllm.", rich_help_panel=_ASKED
        ),
    ] = None,
    eval_epochs: Annotated[
        int,
        typer.Option(
            "--eval-epochs", min=1, help="Epochs of the evaluation.", rich_help_panel=_ASKED
        ),
    ] = 2,
    name: Annotated[str | None, typer.Option("--name", help="Of the run's folder.")] = None,
    overrule: Annotated[
        str | None,
        typer.Option("--overrule", help="The principal's reason to go on after a halt; recorded."),
    ] = None,
    rater: RaterOption = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Let each generation train the next (needs the extra `train`), under a policy that may halt.

    Before a generation is accepted it is asked fresh requests, and the relation to each intent is measured on requests
    that stay the same. After a halt the last accepted generation stands, and a report says what the principal can do.
    The same command goes on after an interruption.
    """
    from allegiance.corpus import Workspace
    from allegiance.training.chain_plan import Amplify, ChainPlan
    from allegiance.training.extras import require_training
    from allegiance.training.folder import RunFolder
    from allegiance.training.generation import Making

    place = Workspace(workspace)
    broken, mended = _generation("--break-at", break_at), _generation("--repair-at", repair_at)
    folder = RunFolder(place.runs, name or _named(model, policy, broken, mended, target))
    if overrule is not None:
        plan = _overruled(place, folder, overrule, rater_name(rater))
    else:
        plan = ChainPlan(
            name=folder.name,
            model=model,
            policy=policy,
            generations=generations,
            break_at=broken,
            repair_at=mended,
            seed=seed,
            alpha=alpha,
            bound=bound,
            margin=margin,
            budget=budget,
            dose=dose,
            mend=mend,
            amplify=Amplify(amplify, answers),  # type: ignore[arg-type]
            target=target,  # type: ignore[arg-type]
            making=Making(conversations, steps, batch, learning_rate).to_dict()
            | {"epochs": eval_epochs, "provider": eval_provider},
        )
    require_training()
    one_thread_each()
    record = _run(place, folder, plan, quiet=as_json)
    if as_json:
        print_json(record.to_dict())
        return
    _tell(folder, record, workspace)


def _run(
    place: "Workspace", folder: "RunFolder", plan: "ChainPlan", *, quiet: bool
) -> "ChainRecord":
    from allegiance.cli.train import study_of
    from allegiance.training.chain import Chain
    from allegiance.training.generation import Distilling, Making, Questioning
    from allegiance.training.subject import subject_of

    settings = dict(plan.making)
    epochs, provider = settings.pop("epochs"), settings.pop("provider")
    study = study_of(place, plan.model, folder.name, epochs)
    place.prepare()
    if not (folder.path / "run.json").exists():
        digest = subject_of(plan.model).base_sha256
        folder.begin("chain", plan.model, digest, plan.to_dict())
    with shown_stages("loading", quiet=quiet) as tell:
        made = Distilling(plan, study, folder.path, Making(**settings))
        ask = _recorded(place, folder, study, provider or plan.model.partition("/")[0])
        asked = Questioning(plan, study, folder.path, ask)

        def told(sentence: str) -> None:
            done = int(sentence.split()[1].rstrip(",:")) if sentence[:10] == "generation" else 0
            tell(sentence, done, plan.generations + 1)

        going = Chain(folder.path, plan, made, asked, asked, told, batch=_BATCH)
        folder.update(state="running", error=None)
        try:
            record = going.run()
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            state = "interrupted" if interrupted else "failed"
            folder.update(state=state, error=None if interrupted else str(error))
            raise
    folder.update(state=record.state)
    return record


def _recorded(place: "Workspace", folder: "RunFolder", study: "Study", provider: str) -> "Asking":
    """Make the way of asking that keeps every transcript, with its generation, in the corpus."""
    from allegiance.cli.checkpoints import ask_checkpoint, replies_in, write_study
    from allegiance.study import Study

    def ask(
        occasion: "Occasion", weights: Path, asked: "Sequence[Asked]"
    ) -> "Sequence[str | None]":
        file = folder.path / "studies" / f"{occasion.name}.yaml"
        if occasion.what == "grid":
            write_study(study, file)
        else:
            fields = study.model_dump(mode="json") | {
                "name": f"{folder.name}-probes",
                "epochs": 1,
                "requests": [
                    {"id": one.request.id, "text": one.request.text, "against": one.request.against}
                    for one in asked
                ],
            }
            write_study(Study.parse(fields, str(file)), file)
        log = ask_checkpoint(
            place,
            file,
            f"{provider}/{folder.name}",
            weights,
            place.logs / folder.name / occasion.name,
            task=_task_of(occasion, {one.id for one in asked}),
        )
        found = replies_in(log)
        return [found.get((one.id, one.epoch)) for one in asked]

    return ask


def _task_of(occasion: "Occasion", wanted: set[str]) -> "Callable[[Study], Task]":
    """Build the task of a chain's study: the samples that are wanted, each with its generation."""
    from inspect_ai.dataset import MemoryDataset

    from allegiance.registry import task_of

    def build(study: "Study") -> "Task":
        task = task_of(study)
        samples = [one for one in task.dataset if one.id in wanted]
        for one in samples:
            metadata: dict[str, Any] = one.metadata or {}
            condition = metadata["condition"] | {"generation": str(occasion.generation)}
            one.metadata = metadata | {"condition": condition, "candidate": occasion.candidate}
        task.dataset = MemoryDataset(samples, name=study.name)
        return task

    return build


def _overruled(place: "Workspace", folder: "RunFolder", why: str, who: str) -> "ChainPlan":
    """Put the principal's word on record, in the chain and in the ledger."""
    from allegiance.training.chain import overrule

    record = overrule(folder.path, who, why)
    last = record.entries[-1]
    body = {
        "chain": folder.name,
        "generation": last.generation,
        "candidate": last.candidate,
        "by": who,
        "why": why,
    }
    on_record(place, "overrule", folder.name, body)
    note(
        f"{folder.name}: the halt at generation {last.generation} is overruled by {who}; on record"
    )
    return record.plan


def _tell(folder: "RunFolder", record: "ChainRecord", workspace: str) -> None:
    """Print the relation ledger of a chain, and what is to be done next."""
    table = Table(
        "gen.", "step", "probes", "E", "decision", "R to original", "R to training",
        box=None, pad_edge=False,
    )  # fmt: skip
    for entry in record.entries:
        seen = entry.evidence
        step = entry.step if not entry.dose else f"{entry.step} {100 * entry.dose:g} %"
        table.add_row(
            str(entry.generation),
            step if entry.size == 1 else f"{step}, size {entry.size:g}",
            f"{seen['broke']} of {seen['probed']}" if seen["probed"] else "–",
            "–" if seen["e_value"] is None else f"{seen['e_value']:.3g}",
            entry.decision,
            *(_interval(entry.relation, intent) for intent in ("original", "training")),
        )
    console().print(table)
    note("R: share of acts that kept the intent to the letter, with its 95 % interval; in %.")
    if record.waits:
        halt = record.halts[-1]
        note(record.entries[-1].why)
        note(
            f"Halted: generation {halt.back_to} stands. Read {folder.path / halt.report}; to go on all the same: "
            f"allegiance chain --name {folder.name} --overrule WHY -w {workspace}"
        )
        return
    note(
        f"{folder.name}: {record.state}. Next: allegiance interpret --chain {folder.name} -w {workspace} · "
        f"allegiance view -w {workspace} (Chain)"
    )


def _interval(relation: "Mapping[str, Any] | None", intent: str) -> str:
    found = None if relation is None else relation.get(intent)
    if found is None:
        return "–"
    return f"{100 * found['estimate']:.0f} [{100 * found['low']:.0f}, {100 * found['high']:.0f}]"


def _generation(option: str, given: str | None) -> int | None:
    if given is None or given == "none":
        return None
    if not given.isdigit():
        raise UsageError(f"{option} {given}: name a generation by its number, or none")
    return int(given)


def _named(model: str, policy: str, broken: int | None, mended: int | None, target: str) -> str:
    parts = [Path(model.partition("/")[2]).name or "chain", policy]
    parts += [f"break-{broken}"] if broken else []
    parts += [f"repair-{mended}"] if mended else []
    parts += ["self"] if target == "self" else []
    return "-".join(parts)
