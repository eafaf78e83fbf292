"""Interpretations by name or by file: the shipped ones, a table of the user's, or a function that the user names."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Workspace
    from allegiance.study.interpretations import Extrapolation, Function, Interpretation


def interpretations_named(names: Sequence[str]) -> "list[Interpretation]":
    """Find interpretations: a shipped name, ``FILE.yaml`` or ``FILE.yaml:NAME``, or ``FILE.py:FUNCTION``.

    Code in a file runs only because its name was given; a YAML file holds none.

    Raises
    ------
    UsageError
        Where there is none of a name; the sentence says what there is.
    """
    from allegiance.study.interpretations import shipped

    found: list[Interpretation] = []
    for text in names or tuple(shipped()):
        file, _, name = text.rpartition(":")
        if file.endswith(".py"):
            found.append(_function(Path(file), name))
        elif text.endswith(".py"):
            raise UsageError(f"--interpretation {text}: name the function as well: {text}:NAME")
        elif text.endswith((".yaml", ".yml")) or file.endswith((".yaml", ".yml")):
            found += _tables(text, file, name)
        elif text in shipped():
            found.append(shipped()[text])
        else:
            raise UsageError(
                f"--interpretation {text}: there is no interpretation of this name"
                f"{_choices(text, tuple(shipped()))}; your own is FILE.yaml or FILE.py:FUNCTION"
            )
    _check_names(found)
    return found


def extrapolations_named(
    place: "Workspace", names: Sequence[str]
) -> "tuple[list[Extrapolation], Mapping[str, Extrapolation]]":
    """Find the extrapolations to read a silent clause by, all on file where none is named, and all there are.

    Raises
    ------
    UsageError
        Where there is none of a name, or it says nothing of the clause.
    """
    from allegiance.study.interpretations import extrapolations_with, shipped_extrapolations
    from allegiance.study.interpretations.extrapolations import FILE

    on_file = (
        extrapolations_with(place.directory / FILE)
        if place.location.is_folder
        else shipped_extrapolations()
    )
    reading = {name: one for name, one in on_file.items() if one.reads and one.of == "original"}
    for name in names:
        if name not in on_file:
            raise UsageError(
                f"--extrapolation {name}: there is none of this name on file"
                f"{_choices(name, tuple(reading))}; write your own into {FILE}"
            )
        if name not in reading:
            raise UsageError(
                f"--extrapolation {name}: it does not say what a silent clause of Intent_1 is to be read as"
            )
    return [reading[name] for name in names or reading], on_file


def _tables(text: str, file: str, name: str) -> "list[Interpretation]":
    from allegiance.study.interpretations import load_tables

    path, wanted = (text, "") if text.endswith((".yaml", ".yml")) else (file, name)
    tables = load_tables(Path(path))
    if wanted and wanted not in tables:
        raise UsageError(
            f"--interpretation {text}: {path} has no `{wanted}`{_choices(wanted, tuple(tables))}"
        )
    return [tables[wanted]] if wanted else list(tables.values())


def _function(path: Path, name: str) -> "Function":
    from allegiance.study.interpretations import Function

    shown = f"--interpretation {path}:{name}"
    if not path.is_file():
        raise UsageError(f"{shown}: there is no such file")
    spec = importlib.util.spec_from_file_location(f"interpretations_of_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{shown}: this is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # so that dataclasses and pickles in it find their module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{shown}: it can't be run ({type(error).__name__}: {error})") from error
    function = getattr(module, name, None)
    if not callable(function):
        known = [one for one, value in vars(module).items() if callable(value) and one[0] != "_"]
        raise UsageError(f"{shown}: there is no function `{name}` in it{_choices(name, known)}")
    return Function(name, function)


def _check_names(found: "Sequence[Interpretation]") -> None:
    names = [one.name for one in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"--interpretation: two interpretations are called `{twice}`")


def _choices(given: str, known: Sequence[str]) -> str:
    from allegiance.study.interpretations.yaml_file import choices

    return choices(given, known)
