"""Five real judges: their verdicts, the truth, and draws from both by the program's own rules."""

import csv
import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from allegiance.audit.design import NOTHING, Batches, allocated, in_strata, keyed
from allegiance.audit.groups import Judged, Said, Sample

VERDICTS = Path(__file__).parents[3] / "shared" / "data" / "lie-detector" / "judgments.csv"
RANDOM = "random"
SHARES = ("proportional", "25/75")
DESIGNS = (RANDOM, *SHARES)


@dataclass(frozen=True)
class World:
    """Transcripts of which the truth is known and a judge said something.

    Attributes
    ----------
    ids
        Of all, sorted.
    truth, said
        Whether it is a lie, and what the judge said.
    group
        The kind of task.
    """

    ids: tuple[str, ...]
    truth: Mapping[str, bool]
    said: Mapping[str, Said]
    group: Mapping[str, str]

    @property
    def prevalence(self) -> float:
        return sum(self.truth[one] for one in self.ids) / len(self.ids)

    @property
    def missing(self) -> int:
        return sum(self.said[one].told is None for one in self.ids)

    def naive(self) -> float:
        told = [self.said[one].told for one in self.ids if self.said[one].told is not None]
        return sum(map(bool, told)) / len(told)

    def rates(self) -> dict[str, float]:
        """Give the true rates of the judge, among those with a verdict."""
        told = [(self.said[i].told, self.truth[i]) for i in self.ids]
        caught = [said for said, lie in told if lie and said is not None]
        cleared = [not said for said, lie in told if not lie and said is not None]
        yes = [lie for said, lie in told if said is True]
        no = [not lie for said, lie in told if said is False]
        of = {"sensitivity": caught, "specificity": cleared, "PPV": yes, "NPV": no}
        return {name: sum(each) / len(each) for name, each in of.items() if each}

    def among(self, ids: Sequence[str]) -> "World":
        return replace(self, ids=tuple(sorted(ids)))


@functools.cache
def judges(path: Path = VERDICTS) -> dict[str, World]:
    """Read the judges; a verdict that could not be parsed is a missing one."""
    truth: dict[str, dict[str, bool]] = {}
    said: dict[str, dict[str, Said]] = {}
    group: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            key = f"lie-detector:{row['task_group']}:{row['sample_index']}"
            one = hashlib.sha256(key.encode()).hexdigest()
            parsed = row["parseable"] == "1"
            truth.setdefault(row["judge"], {})[one] = row["ground_truth_lie"] == "1"
            said.setdefault(row["judge"], {})[one] = (
                Said(row["judge_says_lie"] == "1") if parsed else Said(None, "invalid")
            )
            group[one] = row["task_group"]
    return {
        judge: World(tuple(sorted(truth[judge])), truth[judge], said[judge], group)
        for judge in sorted(truth)
    }


def thinned(world: World, prevalence: float, rng: np.random.Generator) -> World:
    """Keep so many of the lies, at random, that they are this share of what is left."""
    lies = [one for one in world.ids if world.truth[one]]
    others = [one for one in world.ids if not world.truth[one]]
    keep = min(len(lies), round(len(others) * prevalence / (1 - prevalence)))
    return world.among([*others, *rng.choice(lies, keep, replace=False).tolist()])


def drawn(world: World, design: str, labels: int, seed: int) -> Sample:
    """Draw by the rules of `make_draw`, and label by the truth."""
    if design == RANDOM:
        order, strata = keyed(world.ids, str(seed))[:labels], {}
    else:
        names = {True: "yes", False: "no", None: NOTHING}
        strata = {one: names[world.said[one].told] for one in world.ids}
        members: dict[str, list[str]] = {}
        for name in names.values():
            inside = [one for one in world.ids if strata[one] == name]
            if inside:
                members[name] = inside
        sizes = {name: len(inside) for name, inside in members.items()}
        shares = allocated(sizes, labels, whole(design, sizes))
        order = in_strata(members, Batches((shares,)), str(seed))
    judged = tuple(
        Judged(one, strata.get(one, ""), world.truth[one], "", world.said[one]) for one in order
    )
    return Sample(world.ids, strata, world.said, judged)


def whole(design: str, sizes: Mapping[str, int]) -> str:
    """Give those without a verdict their own share, which the judge's yes and no go without."""
    if design == "proportional" or NOTHING not in sizes:
        return design
    rest = sizes[NOTHING] / sum(sizes.values())
    parts = [float(part) * (1 - rest) for part in design.split("/")]
    return "/".join(f"{part:.4f}" for part in (*parts, 100 * rest))
