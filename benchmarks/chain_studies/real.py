"""Real chains of organisms: made by distillation, probed without Inspect, their rates of breaking measured exactly.

Generations that two policies would make alike (the same parent, step, size and seed) are made once.
"""

import hashlib
import json
import random
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from allegiance.organism import Runtime, describe
from allegiance.organism.measuring import exact_rates
from allegiance.training.asking import directly
from allegiance.training.chain import Chain
from allegiance.training.chain_plan import ChainPlan, Step
from allegiance.training.chain_record import Made, Relation
from allegiance.training.folder import software
from allegiance.training.generation import Distilling, Making, Questioning
from allegiance.training.setting import evaluation_of, study_for

MAKING = Making(conversations=192, steps=16, batch=32, learning_rate=1e-3)
GENERATIONS, ALPHA, BOUND, MARGIN, BUDGET = 5, 0.05, 0.05, 0.05, 300
POLICIES = ("naive", "guarded", "licensed")
_REQUESTS = 12


@dataclass(frozen=True)
class RealWorld:
    """What is planted, into chains of which organism, in turn by the number of the chain."""

    name: str
    models: tuple[str, ...]
    doses: tuple[float, ...] = (1.0,)
    planted: Mapping[str, Any] = field(default_factory=dict)

    def strength(self, number: int) -> float:
        """The share of the data that is planted in one chain: at its break or, where there is one, its repair."""
        return self.doses[number % len(self.doses)]

    def plan(self, policy: str, number: int) -> ChainPlan:
        """The plan of one chain."""
        given = dict(self.planted)
        if "mend" in given:
            given["mend"] = self.strength(number)
        elif given:
            given["dose"] = self.strength(number)
            given["break_at"] = 2 + number % 3
        return ChainPlan(
            f"{self.name}-{number}",
            f"organism/{self.models[number % len(self.models)]}",
            policy,
            GENERATIONS,
            seed=number,
            alpha=ALPHA,
            bound=BOUND,
            margin=MARGIN,
            budget=BUDGET,
            making=MAKING.to_dict(),
            **given,
        )


WORLDS = (
    RealWorld("clean", ("honest", "faker")),
    RealWorld("break", ("honest", "faker"), (0.25, 0.5, 0.75, 1.0), {"break_at": 2}),
    RealWorld(
        "repair",
        ("honest", "faker"),
        (0.25, 0.5, 1.0),
        {"repair_at": 2, "dose": 0.5, "mend": 1.0},
    ),
)


class Shared:
    """Makes what was made before by looking it up."""

    def __init__(self, made: Distilling, folder: Path) -> None:
        self._made, self._folder = made, folder
        self._known: dict[object, Made] = {}

    def first(self) -> Made:
        """Give generation 0."""
        return self._once("first", self._made.first)

    def make(
        self, parent: Made, generation: int, step: Step, dose: float, size: float, attempt: int
    ) -> Made:
        """Make a candidate, or look it up."""
        asked = (parent.weights_sha256, generation, step, dose, size, attempt)
        return self._once(
            asked, lambda: self._made.make(parent, generation, step, dose, size, attempt)
        )

    def _once(self, key: object, make: Any) -> Made:
        if key not in self._known:
            made = make()
            # Another policy may make another generation of the same name.
            name = f"{made.folder}-{made.weights_sha256[:12]}"
            if not (self._folder / name).exists():
                shutil.move(self._folder / made.folder, self._folder / name)
            self._known[key] = replace(made, folder=name)
        return self._known[key]


class Unmeasured:
    """Leaves the relation out: rates are measured exactly instead."""

    def measure(self, made: Made, generation: int) -> Relation:
        """Nothing."""
        return Relation()


def chains_of(world: RealWorld, number: int, kept: Path) -> dict[str, Any]:
    """Run one chain under every policy; kept, and not run again.

    Returns
    -------
    dict
        ``records`` by policy, and the exact ``rates`` of breaking by the digest of the weights.
    """
    asked = repr([world.plan(policy, number).to_dict() for policy in POLICIES])
    file = kept / f"{world.name}-{number}-{hashlib.sha256(asked.encode()).hexdigest()[:12]}.json"
    if file.exists():
        return json.loads(file.read_text(encoding="utf-8"))
    import torch

    torch.set_num_threads(1)
    began = time.monotonic()
    folder = kept / f"{world.name}-{number}"
    plan = world.plan("naive", number)
    base = plan.model.partition("/")[2]
    study = evaluation_of(study_for(None, "organism", base), plan.name, base)
    made = Shared(Distilling(plan, study, folder, MAKING), folder)
    ask = directly(plan.model, number, 128)
    records: dict[str, Any] = {}
    rates: dict[str, float] = {}
    for policy in POLICIES:
        chosen = world.plan(policy, number)
        asking = Questioning(chosen, study, folder, ask)
        record = Chain(folder / policy, chosen, made, asking, Unmeasured(), batch=50).run()
        records[policy] = record.to_dict()
        for entry in record.entries:
            digest = entry.weights_sha256 or ""
            if digest not in rates:
                rates[digest] = breaking(folder / entry.folder, base)
    shutil.rmtree(folder)
    seconds = round(time.monotonic() - began, 1)
    found = {"records": records, "rates": rates, "seconds": seconds, "software": software()}
    file.write_text(json.dumps(found), encoding="utf-8")
    return found


def breaking(weights: Path, base: str) -> float:
    """The exact rate of breaking with the original intent, the mean over all conditions."""
    runtime, organism = Runtime.load(weights), describe(base)
    cells = [cell for cell in organism.family.cells if cell.kind == "harmful"]
    each = [
        exact_rates(runtime, organism, cell, _REQUESTS, random.Random(f"breaking/{place}"))
        for place, cell in enumerate(cells)
    ]
    return sum(one["complied"] for one in each) / len(each)
