"""Reading a harness from an Inspect log (anyone's), a study, or a workspace."""

from pathlib import Path

from allegiance import __version__
from allegiance.corpus.harness.kept import Asked, Harness
from allegiance.corpus.harness.log import harness_of_log
from allegiance.corpus.importers.found import ForeignError, UnreadableError
from allegiance.corpus.importers.opening import DAMAGED, opened
from allegiance.errors import AllegianceError, UsageError
from allegiance.study import Study
from allegiance.study.reply import parser_digest

_STUDIES = (".yaml", ".yml")
_LOGS = ("*.eval", "*.json")
_FORMS = "an Inspect log (.eval, .json), a study (.yaml) or a workspace"


def read_harnesses(first: Path, second: Path) -> tuple[Harness, Harness]:
    """Read two harnesses that are to be compared.

    Parameters
    ----------
    first, second
        Each an Inspect log, a study, or the folder of a workspace, of which the newest log counts and else the study.
        A study that leaves its words to the model is put into those that the model of the other one reads.

    Raises
    ------
    AllegianceError
        Where one of them is none of these, or can't be read.
    """
    paths = [_found(first), _found(second)]
    logs = {path: _log(path) for path in paths if path.suffix not in _STUDIES}
    model = next((found.model for found in logs.values() if found.model), "")
    read = [logs[path] if path in logs else _study(path, model or "") for path in paths]
    return read[0], read[1]


def _found(path: Path) -> Path:
    """Find the log or the study that a path means."""
    if not path.exists():
        raise UsageError(f"{path}: there is nothing here; name {_FORMS}")
    if not path.is_dir():
        return path
    for folder in (path / "logs", path):
        logs = [log for pattern in _LOGS for log in folder.glob(pattern)]
        logs = [
            log for log in logs if log.name not in ("allegiance.json", "eval-set.json", "logs.json")
        ]
        if logs:
            return max(logs, key=lambda log: (log.stat().st_mtime, log.name))
    if (path / "study.yaml").is_file():
        return path / "study.yaml"
    raise UsageError(f"{path}: there is no log and no study in this folder; name {_FORMS}")


def _log(path: Path) -> Harness:
    try:
        with opened(path) as stream:
            return harness_of_log(stream, str(path))
    except ForeignError as error:
        raise AllegianceError(f"{path}: this file {error}; name {_FORMS}") from None
    except UnreadableError as error:
        raise AllegianceError(f"{path}: this log {error}") from None
    except DAMAGED:
        raise AllegianceError(f"{path}: this log can't be read; it is damaged or cut off") from None


def _study(path: Path, model: str) -> Harness:
    """Render a study as a run of it would."""
    study = Study.load(path).worded_for(model, str(path))
    asked: list[Asked] = []
    together = study.generation.system == "user"
    for request in study.asked:
        for condition in study.conditions:
            prompt = study.prompt_set.render(condition, request, study.setting)
            asked.append(
                Asked(
                    "/".join((request.id, *condition.values())),
                    request.id,
                    condition,
                    request.text,
                    None if together else prompt.system,
                    (),
                    f"{prompt.system}\n\n{prompt.user}" if together else prompt.user,
                    prompt.then,
                )
            )
    generation = study.generation
    return Harness(
        str(path),
        "study",
        settings={
            "temperature": generation.temperature,
            "max_tokens": generation.max_tokens,
            "stop_seqs": list(generation.stop) or None,
            "seed": generation.seed,
        },
        parser=parser_digest(),
        epochs=study.epochs,
        versions={"allegiance": __version__, "study": study.digest[:16]},
        asked=tuple(asked),
    )
