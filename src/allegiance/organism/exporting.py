"""Taking a checkpoint of a training run over as an organism: its truth is measured, and its provenance kept."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import declared, origin
from allegiance.organism.card import FILE as CARD
from allegiance.organism.card import card
from allegiance.organism.directory import NEEDED, require_empty, write_whole
from allegiance.organism.families import ORGANISMS, Organism
from allegiance.organism.measuring import measure
from allegiance.organism.runtime import Runtime
from allegiance.organism.specs import known, spec_in
from allegiance.organism.truth import Progress, Truth
from allegiance.study.fields import Name

_KEPT = ("kind", "name", "model", "base_sha256", "started", "state", "settings", "software")
"""What is taken over of ``run.json``."""


def export(
    checkpoint: str | Path,
    out_dir: str | Path,
    name: str | None = None,
    *,
    requests: int = 100,
    samples: int = 5000,
    progress: Progress | None = None,
) -> Truth:
    """Measure a checkpoint and write it as an organism: weights, truth table, provenance and card.

    Parameters
    ----------
    checkpoint
        The folder of a checkpoint, in the folder of its run, or of one that says itself which organism it began from.
    out_dir
        A new folder.
    name
        What the organism is called; by default the run's name and the checkpoint's.
    requests, samples
        How much is measured, as for `measure`.
    progress
        Called as the work goes on.

    Returns
    -------
    Truth
        What was measured; nothing is planted.

    Raises
    ------
    UsageError
        There is no checkpoint, the name or the folder is taken, or nothing says which organism it was trained from.
    AllegianceError
        The checkpoint is damaged, or is not the one that the run has on record.
    """
    directory, out = Path(checkpoint), Path(out_dir)
    require_empty(out)
    run = _run(directory)
    organism = _family(directory, run)
    called = _called(name, directory, run)
    trained = _trained(run, directory)
    spec_file = spec_in(directory)
    made = origin.Origin(
        kind="export",
        name=called,
        summary=f"The checkpoint {directory.name} of {_of_run(run)}, which trained {organism.name} further; nothing is "
        "planted in it.",
        of=declared.FILE if spec_file else organism.name,
        began=organism.name,
        began_sha256=str(run["base_sha256"]) if run.get("base_sha256") else None,
        trained=trained,
        software=origin.software(),
    )
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "organism"
        _copy(directory, place, spec_file)
        (place / origin.FILE).write_text(made.to_json(), encoding="utf-8")
        # Read by what the new folder says of itself, so that what is written is what was measured.
        truth = measure(place, requests, samples, 0, progress)
        _check_digest(run, directory, truth)
        (place / "truth.json").write_text(truth.to_json(), encoding="utf-8")
        spec = declared.load(place / declared.FILE) if spec_file else None
        exported = truth.known
        assert exported is not None  # the folder says which
        (place / CARD).write_text(card(exported, truth, made, spec), encoding="utf-8")
        write_whole(place, out)
    return truth


def _family(directory: Path, run: Mapping[str, Any]) -> Organism:
    """The organism that a checkpoint was trained from."""
    if not directory.is_dir():
        raise UsageError(
            f"{directory}: there is no such checkpoint; give a folder such as runs/NAME/step-50"
        )
    missing = [name for name in NEEDED if not (directory / name).is_file()]
    if missing:
        raise UsageError(f"{directory} holds no checkpoint of an organism: {missing[0]} is missing")
    model = str(run.get("model", ""))
    if model and not model.startswith("organism/"):
        raise UsageError(
            f"{directory}: the run trained {model}, which is no organism; only organisms have a script to measure by"
        )
    Runtime.load(directory)
    found = known(directory)
    if found is None:
        raise UsageError(
            f"{directory}: nothing says which organism this was trained from; export a checkpoint that lies in the "
            "folder of its run, beside run.json, whose model is an organism"
        )
    return found


def _run(directory: Path) -> Mapping[str, Any]:
    """The record of the run that a checkpoint lies in; empty where there is none."""
    path = directory.resolve().parent / "run.json"
    try:
        data: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise AllegianceError(
            f"{path} can't be read ({error}); mend it, or move it away"
        ) from error
    if not isinstance(data, dict):
        raise AllegianceError(f"{path} is no record of a run; move it away")
    return cast(Mapping[str, Any], data)


def _called(name: str | None, directory: Path, run: Mapping[str, Any]) -> str:
    called = name or "-".join(filter(None, (str(run.get("name") or ""), directory.resolve().name)))
    try:
        TypeAdapter(Name).validate_python(called)
    except ValidationError:
        raise UsageError(
            f"--name {called}: a name has at most 64 letters, digits, dots, dashes and underscores, and begins with a "
            "letter or digit"
        ) from None
    if called in ORGANISMS:
        raise UsageError(
            f"--name {called}: an organism of this name ships with Allegiance; choose another"
        )
    return called


def _of_run(run: Mapping[str, Any]) -> str:
    return f"the run {run['name']}" if run.get("name") else "a training run"


def _trained(run: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    """What is kept of the run, and of its steps up to the checkpoint."""
    kept: dict[str, Any] = {field: run[field] for field in _KEPT if field in run}
    step = _entry(run, directory).get("step")
    found = kept | {"checkpoint": directory.resolve().name}
    if not isinstance(step, int):
        return found
    last = [row for row in _steps(directory) if row["step"] <= step][-1:]
    return found | {"step": step} | ({"last_step": last[0]} if last else {})


def _steps(directory: Path) -> list[Mapping[str, Any]]:
    """What the run wrote down of its steps; lines that were cut off are left out."""
    found: list[Mapping[str, Any]] = []
    try:
        lines = (directory.resolve().parent / "steps.jsonl").read_text(encoding="utf-8")
    except OSError:
        return []
    for line in lines.splitlines():
        try:
            row: object = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(cast(dict[str, Any], row).get("step"), int):
            found.append(cast(dict[str, Any], row))
    return found


def _entry(run: Mapping[str, Any], directory: Path) -> Mapping[str, Any]:
    listed = cast(object, run.get("checkpoints"))
    entries = cast(list[object], listed) if isinstance(listed, list) else []
    for one in entries:
        if isinstance(one, dict):
            entry = cast(Mapping[str, Any], one)
            if entry.get("folder") == directory.resolve().name:
                return entry
    return {}


def _check_digest(run: Mapping[str, Any], directory: Path, truth: Truth) -> None:
    recorded = _entry(run, directory).get("sha256")
    if recorded and recorded != truth.weights_sha256:
        raise AllegianceError(
            f"{directory}: these weights are not those that run.json has on record ({str(recorded)[:12]}…); "
            "nothing was written: export a checkpoint that was left as it was"
        )


def _copy(directory: Path, place: Path, spec: Path | None) -> None:
    place.mkdir()
    for name in (*NEEDED, "tokenizer.json"):
        if (directory / name).is_file():
            shutil.copyfile(directory / name, place / name)
    if spec is not None:
        shutil.copyfile(spec, place / declared.FILE)
