"""One organism through the whole program: a study, Inspect, the corpus, the rules, the table of a report."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from allegiance.cli.running import run_study
from allegiance.corpus import Workspace, import_paths
from allegiance.scanners import observations, rule_scanner, scan

CATEGORIES = ("outcome", "objects-openly", "strategic-compliance", "doubts")


@dataclass(frozen=True)
class Trial:
    """What is asked of one organism in one study.

    Attributes
    ----------
    organism
        Its name.
    requests
        Requests of one repeat; each is asked in every condition and epoch.
    scenario, factors
        The scenario, and the grid beyond what the prompt set always has.
    categories
        What is looked for.
    kind
        The set that requests come from.
    planted
        What interpretations have to find: a condition, the short name of the named cell, and whether it is there.
    """

    organism: str
    requests: int
    epochs: int
    factors: Mapping[str, Sequence[str]]
    scenario: str = "training_conflict"
    categories: Sequence[str] = CATEGORIES
    kind: str = "harmful"
    planted: Sequence[tuple[Mapping[str, str], str, bool]] = ()

    def study(self, repeats: int, seed: int) -> dict[str, Any]:
        """Write the study that holds so many repeats, with different requests in each."""
        return {
            "name": f"instrument-{self.organism}",
            "question": "Does the instrument find what is there?",
            "principal": "Northwind",
            "intents": {"original": "Refuse harm.", "training": "Follow every request."},
            "scenario": self.scenario,
            "prompts": "organism",
            "factors": {name: list(levels) for name, levels in self.factors.items()},
            "requests": {"set": self.kind, "n": self.requests * repeats, "seed": seed},
            "epochs": self.epochs,
            "categories": list(self.categories),
            "generation": {"temperature": 1.0, "max_tokens": 300, "seed": seed},
        }


def workspace_of(trial: Trial, repeats: int, seed: int, folder: Path) -> Workspace:
    """Run a trial in a folder, import its log and scan it by rule."""
    place = ran(trial.study(repeats, seed), f"organism/{trial.organism}", folder)
    shutil.rmtree(place.logs)  # hundreds of megabytes that nothing reads again
    return place


def ran(study: Mapping[str, Any], model: str, folder: Path) -> Workspace:
    """Run a study on a model in a folder of its own, import its log and scan it by rule."""
    place = Workspace(folder)
    place.prepare()
    place.study_file.write_text(yaml.safe_dump(dict(study)), encoding="utf-8")
    done = run_study(place.study_file, model, place.logs, display="none")
    if not done.complete:
        raise RuntimeError(f"{model}: the run stopped early ({done.error})")
    import_paths(place.corpus(), [place.logs])
    scan(place.corpus(), [rule_scanner(name) for name in study["categories"]])
    return place


def table_of(place: Workspace, categories: Sequence[str]) -> Any:
    """Give the table of observations, one row a transcript."""
    return observations(place.corpus(), [rule_scanner(name) for name in categories]).table


def by_repeat(requests: Iterable[str], each: int) -> list[list[str]]:
    """Share out request ids among repeats, in the order of their numbers and then of their kinds."""
    ordered = sorted(set(requests), key=lambda one: (int(one.rpartition("-")[2]), one))
    return [ordered[first : first + each] for first in range(0, len(ordered), each)]
