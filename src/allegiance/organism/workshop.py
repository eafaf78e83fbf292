"""The workshop: from a name or a spec to a directory with weights, a truth table and a card (extra `train`).

Several seeds are trained side by side, the best is chosen on one set of requests, and it is accepted on another that
had no part in the choice. One that misses what was planted is not written.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import declared, origin
from allegiance.organism.build import QUICK, Recipe, recipe_of, require_torch
from allegiance.organism.card import card
from allegiance.organism.declared import Spec
from allegiance.organism.directory import require_empty, write_whole
from allegiance.organism.families import Organism
from allegiance.organism.families.from_spec import organism_from
from allegiance.organism.measuring import measure
from allegiance.organism.runtime import directory_of
from allegiance.organism.seeds import Order, Trained, train_all
from allegiance.organism.specs import describe
from allegiance.organism.truth import Miss, Progress, Truth

SEEDS = 3
"""How many seeds of a shipped organism are trained by default."""


class MissedError(AllegianceError):
    """No seed came close enough to what was planted.

    Attributes
    ----------
    truth
        What was measured of the best seed.
    """

    def __init__(self, name: str, truth: Truth) -> None:
        self.truth = truth
        worst = max(self.misses, key=lambda miss: abs(miss.planted - miss.reached), default=None)
        told = (
            f"{len(self.misses)} of its rates miss, most of all {worst}"
            if worst
            else "; ".join(truth.problems())
        )
        super().__init__(
            f"No seed of {name} was accepted, and nothing was written: {told}; try other seeds or more conversations."
        )

    @property
    def misses(self) -> Sequence[Miss]:
        """Every miss."""
        return self.truth.misses()


@dataclass(frozen=True)
class _Asked:
    """What is to be built: the organism, and the file and text of its spec where there is one."""

    organism: Organism
    spec: Spec | None = None
    text: str = ""


def build(
    what: str | Path,
    out_dir: str | Path,
    seeds: int | None = None,
    *,
    quick: bool = False,
    first_seed: int | None = None,
    progress: Progress | None = None,
) -> Truth:
    """Train an organism, choose the best of several seeds, measure it, and write it to a directory.

    Parameters
    ----------
    what
        A shipped organism, or the YAML file of a spec.
    out_dir
        A new folder, where ``model.safetensors``, ``config.json``, ``truth.json``, ``origin.json``, ``card.md`` and,
        of a spec, ``organism.yaml`` are written.
    seeds, first_seed
        How many are trained, and the first of them; by default what the spec says, or 3 from 0.
    quick
        Train a few steps and accept whatever comes of it; for trying the way, not for use.
    progress
        Called as the work goes on.

    Returns
    -------
    Truth
        The measured rates, on requests that had no part in the choice.

    Raises
    ------
    UsageError
        There is no such organism, its spec is wrong, the folder is not empty, or the extra ``train`` is not installed.
    MissedError
        No seed came close enough to what was planted; nothing is written.
    """
    asked = _asked(what)
    out = Path(out_dir)
    require_empty(out)
    require_torch()
    many, first = _seeds(asked.spec, seeds, first_seed)
    recipe, requests, samples = (QUICK, 5, 20) if quick else (recipe_of(asked.organism), 100, 1000)
    with tempfile.TemporaryDirectory() as scratch:
        order = _order(asked, Path(scratch), recipe, requests, samples)
        found = train_all(order, range(first, first + many), Path(scratch), progress)
        best = min(found, key=lambda one: one.miss)
        truth = measure(best.directory, requests, samples, 0, progress, meant=asked.organism)
        if truth.problems() and not quick:
            raise MissedError(asked.organism.name, truth)
        _describe(asked, best, truth, found, recipe, accepted=not truth.problems())
        write_whole(best.directory, out)
    return truth


def _asked(what: str | Path) -> _Asked:
    path = Path(what)
    if path.suffix not in (".yaml", ".yml") and not path.is_file():
        return _Asked(describe(str(what)))
    spec = declared.load(path)
    return _Asked(organism_from(spec), spec, path.read_text(encoding="utf-8"))


def _seeds(spec: Spec | None, seeds: int | None, first_seed: int | None) -> tuple[int, int]:
    many = seeds if seeds is not None else spec.seeds if spec else SEEDS
    if many < 1:
        raise UsageError(f"An organism needs at least one seed; {many} were asked for.")
    return many, first_seed if first_seed is not None else spec.first_seed if spec else 0


def _order(asked: _Asked, scratch: Path, recipe: Recipe, requests: int, samples: int) -> Order:
    source = asked.organism.name
    if asked.spec is not None:
        kept = scratch / declared.FILE
        kept.write_text(asked.text, encoding="utf-8")
        source = str(kept)
    return Order(source, asdict(recipe), requests // 2, samples // 2)


def _describe(
    asked: _Asked,
    best: Trained,
    truth: Truth,
    found: Sequence[Trained],
    recipe: Recipe,
    *,
    accepted: bool,
) -> None:
    """Write beside the weights what they are and how they came about."""
    organism, directory = asked.organism, best.directory
    begins = organism.family.begins
    began = begins if begins != organism.name else None
    made = origin.Origin(
        kind="build",
        name=organism.name,
        summary=organism.summary,
        of=declared.FILE if asked.spec else organism.name,
        seeds=tuple(one.seed for one in found),
        chosen=best.seed,
        accepted=accepted,
        recipe=asdict(recipe),
        began=began,
        began_sha256=_digest(directory_of(began)) if began else None,
        software=origin.software(),
    )
    if asked.spec:
        (directory / declared.FILE).write_text(asked.text, encoding="utf-8")
    (directory / "truth.json").write_text(truth.to_json(), encoding="utf-8")
    (directory / origin.FILE).write_text(made.to_json(), encoding="utf-8")
    (directory / "card.md").write_text(card(organism, truth, made, asked.spec), encoding="utf-8")


def _digest(directory: Path) -> str:
    return hashlib.sha256((directory / "model.safetensors").read_bytes()).hexdigest()
