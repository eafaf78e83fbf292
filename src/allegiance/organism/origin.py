"""How an organism's weights came about, kept beside them in ``origin.json``."""

import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from allegiance.errors import AllegianceError
from allegiance.study.fields import Strict

FILE = "origin.json"

_SOFTWARE = ("allegiance", "torch", "transformers", "numpy", "safetensors", "tokenizers")


class Origin(Strict):
    """How weights came about.

    Attributes
    ----------
    kind
        ``build`` where rates were planted; ``export`` where a checkpoint of a training run was taken over.
    name, summary
        What it is called, and one sentence on it.
    of
        The shipped organism whose words and script it has, or ``organism.yaml`` where its own spec says them.
    seeds, chosen
        The seeds that were trained and the one that was taken.
    recipe
        How it was trained.
    began, began_sha256
        The organism from whose weights it began, and their digest.
    trained
        Of an export: what ``run.json`` says of the run, and the checkpoint that was taken.
    software
        The versions of what made it.
    """

    format: Literal[1] = 1
    kind: Literal["build", "export"]
    name: str
    summary: str
    of: str
    seeds: tuple[int, ...] = ()
    chosen: int | None = None
    accepted: bool | None = None
    recipe: Mapping[str, float] = Field(default_factory=dict)
    began: str | None = None
    began_sha256: str | None = None
    trained: Mapping[str, Any] = Field(default_factory=dict)
    software: Mapping[str, str] = Field(default_factory=dict)

    def to_json(self) -> str:
        """The text of ``origin.json``."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"


def load(directory: Path) -> Origin | None:
    """Read how the weights in a directory came about; None where it does not say.

    Raises
    ------
    AllegianceError
        The file is damaged.
    """
    path = directory / FILE
    try:
        return Origin.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise AllegianceError(
            f"{path} can't be read ({first}); build or export the organism again."
        ) from error


def software() -> dict[str, str]:
    """The versions of the packages that make an organism, of those that are installed."""
    found: dict[str, str] = {}
    for name in _SOFTWARE:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
