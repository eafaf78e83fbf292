"""Running a study through Inspect: the one way in which `run` and `demo` do it."""

import asyncio
import io
import re
import zipfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import inspect_ai
from inspect_ai import Task
from inspect_ai.hooks import Hooks, SampleEnd, hooks
from inspect_ai.log import EvalLog
from inspect_ai.model import Model, ModelInfo, get_model, get_model_info, set_model_info

from allegiance.errors import UsageError
from allegiance.registry import refuse_unfit, task_of
from allegiance.scanners.codebook import FILE, codebook_with
from allegiance.scanners.judging.asking import fewer_collections
from allegiance.study import Study

Display = Literal["full", "conversation", "rich", "plain", "log", "none"]
RETRIES = 8
"""Of a request, after errors that pass: about ten minutes of waiting, and then its sample has failed."""
_NO_SYSTEM = re.compile(
    r"system.{0,20}(?:role|message|prompt|instruction).{0,60}(?:not|n't|un)|(?:not|n't|un).{0,40}system.{0,20}(?:role|message|prompt|instruction)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\[/?[a-z][a-z ]*\]")


@dataclass(frozen=True)
class Ran:
    """What became of a run.

    Attributes
    ----------
    log
        The log it wrote or, where all was finished before, the log that is there; none where it could write none.
    complete
        Whether every sample is in it.
    samples, total
        Samples finished by this run, and samples that the study has (requests times conditions times epochs).
    error
        What ended it early.
    """

    log: Path | None
    complete: bool
    samples: int
    total: int
    error: str | None


_LOCAL = ("hf", "vllm")
"""Providers that hold weights in memory, which Inspect would keep after an evaluation."""


def run_study(
    study_file: Path,
    model: str,
    log_dir: Path,
    *,
    base_url: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    display: Display | None = None,
    max_connections: int | None = None,
    max_retries: int = RETRIES,
    progress: Callable[[int], None] | None = None,
    task: Callable[[Study], Task] | None = None,
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
    max_retries
        How often a request is made again after an error that may pass, with waits that double.
    progress
        Called with the number of samples finished so far, for a display of one's own.
    task
        Builds the task of the study; by default as its scenario does.

    Raises
    ------
    UsageError
        Where the study or the model can't be used; nothing was asked then.
    """
    chosen = model_of(model, base_url, model_args or {})
    study = _study_for(study_file, str(chosen))
    is_organism = _is_organism(str(chosen))
    _refuse_broken_logs(log_dir)
    total = len(study.asked) * len(study.conditions) * study.epochs
    build = task or task_of

    def attempt() -> Ran:
        with _watched(progress, display), fewer_collections():
            _, logs = inspect_ai.eval_set(  # pyright: ignore[reportUnknownMemberType]
                build(study),
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
                max_retries=max_retries,
                **_options(is_organism, display, max_connections),
            )
        if not logs:  # interrupted; on a terminal Inspect raises instead
            raise KeyboardInterrupt
        return _ran(logs[0], total)

    try:
        ran = attempt()
        # Where Inspect can't begin its log nothing was asked, and what stood in its way is often gone a moment later.
        return ran if ran.log else attempt()
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _interrupted(log_dir, total)
    except Exception as error:
        if type(error).__name__ == "PrerequisiteError":  # Inspect keeps its class to itself
            raise UsageError(_plain(error)) from None
        raise
    finally:
        if model.partition("/")[0] in _LOCAL:
            chosen.api.close()


def _study_for(study_file: Path, model: str) -> Study:
    """Read the study in the words of a model, and see that it can be asked of it."""
    study = Study.load(study_file)
    book = codebook_with(study_file.parent / FILE)
    for name in study.categories:
        book.find(name)
    study = study.worded_for(model, str(study_file))
    if _is_organism(model) and study.generation.system != "message":
        raise UsageError(
            f"{study_file}: generation.system: organisms read a system message; leave this field out for them"
        )
    if _is_organism(model) and study.prompts != "organism":
        raise UsageError(
            f"{study_file}: prompts: organisms read `organism` prompts only; write `prompts: organism` or name "
            "another model"
        )
    refuse_unfit(study, model, str(study_file))
    return study


def _is_organism(model: str) -> bool:
    return model.startswith("organism/")


def _refuse_broken_logs(log_dir: Path) -> None:
    """Say which log can't be read, where Inspect would end with a traceback when it looks for a run to go on with."""
    for path in sorted(log_dir.glob("*.eval")):
        if not zipfile.is_zipfile(path):
            raise UsageError(
                f"{path}: this log is empty or cut short, so a run can't go on beside it; move it elsewhere and give "
                "the command again"
            )


def _interrupted(log_dir: Path, total: int) -> Ran:
    """What was finished before a person interrupted the run is in the log on disk."""
    written = sorted(log_dir.glob("*.eval"), key=lambda path: path.stat().st_mtime)
    return Ran(written[-1] if written else None, False, 0, total, "interrupted")


def _options(
    is_organism: bool, display: Display | None, max_connections: int | None
) -> dict[str, Any]:
    """Settings of Inspect's that are given only where they differ from its own."""
    options: dict[str, Any] = {}
    if max_connections is not None:
        options["max_connections"] = max_connections
    if is_organism:
        # Replies come by the hundred: nobody can watch them live, and the buffer for it takes most of the time.
        options["log_realtime"] = False
    if display == "none":
        options["score_display"] = False
    return options


class _Finished(Hooks):
    """Counts finished samples for whoever watches; Inspect makes the one instance itself."""

    tell: Callable[[int], None] | None = None
    count = 0

    def enabled(self) -> bool:
        return _Finished.tell is not None

    async def on_sample_end(self, data: SampleEnd) -> None:
        _Finished.count += 1
        if _Finished.tell is not None:
            _Finished.tell(_Finished.count)


@cache
def _register_counter() -> None:
    """Register the counter at its first use only, since Inspect announces every hook that is there at its start."""
    hooks(name="progress", description="Counts finished samples for a display.")(_Finished)


@contextmanager
def _watched(progress: Callable[[int], None] | None, display: Display | None) -> Generator[None]:
    """Tell of finished samples while a run goes on; with display ``none`` nothing else is said on standard output."""
    if progress is not None:
        _register_counter()
    _Finished.tell, _Finished.count = progress, 0
    try:
        with redirect_stdout(io.StringIO()) if display == "none" else nullcontext():
            yield
    finally:
        _Finished.tell = None


def model_of(name: str, base_url: str | None, args: Mapping[str, Any]) -> Model:
    """Find a model for an evaluation.

    Parameters
    ----------
    name
        As Inspect names it.
    base_url, args
        Passed to its provider.

    Raises
    ------
    UsageError
        It can't be had; a sentence says why.
    """
    if "/" not in name:
        raise UsageError(
            f"--model {name}: a model is named by its provider and its name, such as organism/faker or openai/gpt-4o"
        )
    told = dict(args)
    served = told.pop("model_path", None) if name.startswith("vllm/") else None
    try:
        model = get_model(name, base_url=base_url, memoize=False, **told)
    except (
        Exception
    ) as error:  # providers raise what they like: a missing package, a missing key, a wrong name
        raise UsageError(f"--model {name}: {_plain(error)}") from None
    if served is not None:
        # Inspect's vLLM provider serves what a model is named, and passes on the rest as options of the server.
        cast(Any, model.api).base_model = served
    if get_model_info(model) is None:
        # Inspect would build the model once more, by its name alone, to ask what is known of it: a second
        # set of weights in memory, or a question to a hub about a name that only the workspace knows.
        set_model_info(str(model), ModelInfo())
    return model


def _ran(log: EvalLog, total: int) -> Ran:
    # Inspect gives a path for a log it wrote, and a URL for one that it found.
    path = Path(log.location.removeprefix("file://").removeprefix("file:"))
    return Ran(
        log=path if path.exists() else None,  # it names the log it could not begin, too
        complete=log.status == "success",
        samples=log.results.completed_samples if log.results else 0,
        total=total,
        error=_explained(_plain(log.error.message)) if log.error else None,
    )


def _explained(error: str) -> str:
    """Add what to do where a provider takes no system message."""
    if not _NO_SYSTEM.search(error):
        return error
    return (
        f"{error.rstrip('.')}. The model seems to take no system message: write `system: user` under `generation` in "
        "the study, which puts that text in front of the user's"
    )


def _plain(error: object) -> str:
    """Take Inspect's markup and line breaks out of a message."""
    text = " ".join(_MARKUP.sub("", str(error)).split())
    return text.removeprefix("ERROR: ").removeprefix("ERROR:").strip() or type(error).__name__
