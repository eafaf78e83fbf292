"""Asking a checkpoint through Inspect, and keeping what it says in the workspace's corpus."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from allegiance.errors import AllegianceError

if TYPE_CHECKING:
    from inspect_ai import Task

    from allegiance.corpus import Workspace
    from allegiance.study import Study


def write_study(study: "Study", path: Path) -> None:
    """Write a study beside what is made by it."""
    import yaml

    path.parent.mkdir(parents=True, exist_ok=True)
    fields = study.model_dump(mode="json")
    path.write_text(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True), encoding="utf-8")


def ask_checkpoint(
    place: "Workspace",
    study_file: Path,
    model: str,
    weights: Path,
    logs: Path,
    *,
    task: "Callable[[Study], Task] | None" = None,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Ask a checkpoint a study, and import its transcripts.

    Parameters
    ----------
    place
        The workspace.
    study_file
        The study, in the words that the checkpoint reads.
    model
        Its name in the corpus, with the Inspect provider that reads it.
    weights
        The folder of its weights.
    logs
        Where Inspect writes; what is finished there is not asked again.
    task
        Builds the task; by default every request in every condition.
    progress
        Called with the number of samples finished so far.

    Returns
    -------
    Path
        The log.

    Raises
    ------
    AllegianceError
        The evaluation stopped early; it goes on from there with the same call.
    """
    from allegiance.cli.importing import imported_on_record
    from allegiance.cli.running import run_study
    from allegiance.corpus import import_paths

    ran = run_study(
        study_file,
        model,
        logs,
        model_args=_where(model, weights),
        display="none",
        progress=progress,
        task=task,
    )
    if ran.log is not None:
        imported_on_record(place, import_paths(place.corpus(), [ran.log]))
    if ran.error == "interrupted":
        raise KeyboardInterrupt
    if not ran.complete or ran.log is None:
        raise AllegianceError(
            f"the evaluation of {model} stopped early ({ran.error or 'no reason given'}); what was finished is kept, "
            "and the same command goes on from there"
        )
    return ran.log


def replies_in(log: Path) -> dict[tuple[str, int], str]:
    """Read the whole replies of a log, by sample id and epoch; what was cut off or failed is not among them."""
    from inspect_ai.log import read_eval_log

    from allegiance.training.episode import CUT_OFF

    found: dict[tuple[str, int], str] = {}
    for sample in read_eval_log(str(log)).samples or []:
        choices = sample.output.choices
        # Not every provider of Inspect says why a reply ended: `hf` never does, and then the reply decides.
        if sample.error is None and choices and choices[0].stop_reason not in CUT_OFF:
            found[str(sample.id), sample.epoch] = sample.output.completion
    return found


def _where(model: str, weights: Path) -> dict[str, Any]:
    """Tell a provider of Inspect where the weights are."""
    if model.startswith("organism/"):
        return {"directory": str(weights.resolve())}
    if model.startswith("hf/"):
        return {"model_path": str(weights.resolve()), "tokenizer_path": str(weights.resolve())}
    return {"model_path": str(weights.resolve())}
