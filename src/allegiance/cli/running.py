"""Running a study through Inspect: the one way in which `run` and `demo` do it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import inspect_ai
from inspect_ai.hooks import Hooks, SampleEnd, hooks
from inspect_ai.log import EvalLog
from inspect_ai.model import Model, get_model

from allegiance.errors import UsageError
from allegiance.registry import training_conflict
from allegiance.scanners.rules import rule_scanner
from allegiance.study import Study

Display = Literal["full", "conversation", "rich", "plain", "log", "none"]
_MARKUP = re.compile(r"\[/?[a-z][a-z ]*\]")


@dataclass(frozen=True)
class Ran:
    """What became of a run.

    Attributes
    ----------
    log
        The log it wrote or, where all was finished before, the log that is there.
    complete
        Whether every sample is in it.
    samples, total
        Samples in the log, and samples that the study has (requests times conditions times epochs).
    error
        What ended it early.
    """

    log: str
    complete: bool
    samples: int
    total: int
    error: str | None


def run_study(
    study_file: Path,
    model: str,
    log_dir: Path,
    *,
    base_url: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    display: Display | None = None,
    max_connections: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Ran:
    """Run a study on a model, or go on with a run that was interrupted.

    Parameters
    ----------
    study_file
        The study (YAML).
    model
        Any model of Inspect, such as ``organism/faker`` or ``openai/gpt-4o``.
    log_dir
        Where Inspect writes its logs. Finished samples of an unfinished run of the same study on the same model are
        kept and not asked again.
    base_url, model_args
        Passed to the model's provider.
    display
        Inspect's progress display; by default what Inspect chooses for the terminal.
    max_connections
        How many requests are under way at once; by default the provider's own number.
    progress
        Called with the number of samples finished so far, for a display of one's own.

    Raises
    ------
    UsageError
        Where the study or the model can't be used; nothing was asked then.
    """
    study = Study.load(study_file)
    for name in study.categories:
        rule_scanner(name)
    chosen = _model(model, base_url, model_args or {})
    if str(chosen).startswith("organism/") and study.prompts != "organism":
        raise UsageError(
            f"{study_file}: prompts: organisms read `organism` prompts only; write `prompts: organism` or name "
            "another model"
        )
    connections: dict[str, Any] = (
        {} if max_connections is None else {"max_connections": max_connections}
    )
    _Finished.watch(progress)
    try:
        _, logs = inspect_ai.eval_set(
            training_conflict(study=str(study_file.resolve())),
            log_dir=str(log_dir),
            model=chosen,
            display=display,
            log_dir_allow_dirty=True,
            # An errored sample is an outcome of its own; only where most fail is the run itself at fault.
            fail_on_error=0.5,
            retry_on_error=1,
            retry_immediate=False,
            retry_attempts=0,
            retry_cleanup=False,
            **connections,
        )
    except Exception as error:
        if type(error).__name__ == "PrerequisiteError":  # Inspect keeps its class to itself
            raise UsageError(_plain(error)) from None
        raise
    finally:
        _Finished.watch(None)
    return _ran(logs[0], study)


@hooks(name="allegiance_progress", description="Counts finished samples for the progress of a run.")
class _Finished(Hooks):
    _tell: Callable[[int], None] | None = None
    _count = 0

    @classmethod
    def watch(cls, tell: Callable[[int], None] | None) -> None:
        cls._tell, cls._count = staticmethod(tell) if tell else None, 0

    def enabled(self) -> bool:
        return type(self)._tell is not None

    async def on_sample_end(self, data: SampleEnd) -> None:
        cls = type(self)
        cls._count += 1
        if cls._tell is not None:
            cls._tell(cls._count)


def _model(name: str, base_url: str | None, args: Mapping[str, Any]) -> Model:
    """Find the model, or say in a sentence why it can't be had."""
    if "/" not in name:
        raise UsageError(
            f"--model {name}: a model is named by its provider and its name, such as organism/faker or openai/gpt-4o"
        )
    try:
        return get_model(name, base_url=base_url, **args)
    except (
        Exception
    ) as error:  # providers raise what they like: a missing package, a missing key, a wrong name
        raise UsageError(f"--model {name}: {_plain(error)}") from None


def _ran(log: EvalLog, study: Study) -> Ran:
    done = log.results.completed_samples if log.results else 0
    return Ran(
        log=log.location,
        complete=log.status == "success",
        samples=done,
        total=len(study.asked) * len(study.conditions) * study.epochs,
        error=_plain(log.error.message) if log.error else None,
    )


def _plain(error: object) -> str:
    """Take Inspect's markup and line breaks out of a message."""
    text = " ".join(_MARKUP.sub("", str(error)).split())
    return text.removeprefix("ERROR: ").removeprefix("ERROR:").strip() or type(error).__name__
