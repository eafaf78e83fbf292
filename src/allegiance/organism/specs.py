"""The organisms by name or by what their directory says of them, and which of them read what.

A directory tells whose weights it holds: ``organism.yaml`` is the spec that it was built from, ``origin.json``, or in
older ones ``truth.json``, names the shipped organism that it is, and ``run.json`` beside it, in the folder of a
training run, names the model that was trained.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from allegiance.errors import UsageError
from allegiance.organism import declared, origin
from allegiance.organism.families import ORGANISMS, Organism
from allegiance.organism.families.from_spec import organism_from

__all__ = [
    "ORGANISMS", "Organism", "describe", "known", "organism_names", "readers", "reads", "spec_in",
]  # fmt: skip


def organism_names() -> list[str]:
    """The organisms that ship with the package."""
    return list(ORGANISMS)


def describe(name_or_path: str | Path) -> Organism:
    """What is planted in an organism.

    Parameters
    ----------
    name_or_path
        A shipped organism, or a directory that says which organism it holds.

    Raises
    ------
    UsageError
        There is no organism of that name, or the directory's own spec is damaged.
    """
    found = known(name_or_path)
    if found is None:
        raise UsageError(
            f"There is no organism {str(name_or_path)!r}; choose one of {', '.join(organism_names())}, "
            "or give the directory of a checkpoint."
        )
    return found


def known(name_or_path: str | Path) -> Organism | None:
    """The organism of a name or a directory; None for a directory that does not say whose weights it holds.

    Raises
    ------
    UsageError
        The directory's own spec is damaged.
    """
    if str(name_or_path) in ORGANISMS:
        return ORGANISMS[str(name_or_path)]
    directory = Path(name_or_path)
    if not directory.is_dir():
        return None
    made = origin.load(directory)
    found = _family(directory, made)
    if found is None:
        return None
    if made is not None and made.kind == "export":
        return replace(found, name=made.name, summary=made.summary, planted=False)
    trained = made is None and _base(directory) is not None
    return replace(found, planted=False) if trained else found


def spec_in(directory: Path) -> Path | None:
    """Where the spec of a directory's organism lies: in it, or in that of what was trained."""
    for place in _ancestry(directory):
        if (place / declared.FILE).is_file():
            return place / declared.FILE
    return None


def _family(directory: Path, made: origin.Origin | None) -> Organism | None:
    """The organism whose words and script these weights have."""
    spec = spec_in(directory)
    if spec is not None:
        return organism_from(declared.load(spec))
    for place in _ancestry(directory):
        origin_of = made if place == directory else origin.load(place)
        name = origin_of.of if origin_of else _fields(place / "truth.json").get("organism")
        if (found := ORGANISMS.get(str(name)) or ORGANISMS.get(place.name)) is not None:
            return found
    return None


_OLDEST = 20
"""Checkpoints of checkpoints are followed so far back, so that records that name each other come to an end."""


def _ancestry(directory: Path) -> list[Path]:
    """A directory, what was trained to what lies in it, what was trained to that, and so on."""
    found = [directory]
    while len(found) < _OLDEST and (base := _base(found[-1])) is not None:
        found.append(base)
    return found


def _base(directory: Path) -> Path | None:
    """What a checkpoint of a run was before it was trained, by the ``run.json`` beside it; None for any other."""
    folder = directory.resolve().parent
    provider, _, name = str(_fields(folder / "run.json").get("model", "")).partition("/")
    if provider != "organism" or not name:
        return None
    # A path counts from where the command was given, which is mostly the workspace that holds `runs`.
    listed = (place for place in (Path(name), folder.parent.parent / name) if place.is_dir())
    return next(listed, Path(name))


def _fields(path: Path) -> Mapping[str, Any]:
    try:
        data: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast(Mapping[str, Any], data) if isinstance(data, dict) else {}


def readers(scenario: str, conditions: Sequence[Mapping[str, str]]) -> list[str]:
    """The organisms that read every one of some conditions of a scenario."""
    return [
        name
        for name, organism in ORGANISMS.items()
        if scenario in organism.family.scenarios
        and not any(organism.family.unread(condition) for condition in conditions)
    ]


def reads(
    organism: str | Path, scenario: str, conditions: Sequence[Mapping[str, str]]
) -> str | None:
    """Say why an organism can't be run in a scenario's conditions, or nothing where it can.

    Parameters
    ----------
    organism
        One that ships with the package, or a directory that says which organism it holds.
    scenario, conditions
        What a study asks of it.
    """
    asked = describe(organism)
    if scenario not in asked.family.scenarios:
        problem = f"{asked.name} does not know the scenario `{scenario}`"
    elif found := next(filter(None, map(asked.family.unread, conditions)), None):
        problem = f"{asked.name} does not read {found[0]} `{found[1]}`"
    else:
        return None
    others = readers(scenario, conditions)
    if others:
        return f"{problem}; organisms that read this study: {', '.join(others)}"
    return (
        f"{problem}, and no organism reads all of this study's levels together; name fewer of them"
    )
