"""Real chains of organisms, as further rows of the same table.

A chain is run by `allegiance.training.chain.Chain` with the makers of the room; its records are gathered
by `Chains.of_records` with rates that are known far better than the probes tell, and `measures.rows`
counts them as it counts the simulated ones.
"""

import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

from allegiance.training.chain_plan import ChainPlan
from allegiance.training.chain_record import ChainRecord, Entry, record_of
from allegiance.training.chains import Chains
from benchmarks.chain_studies import real
from benchmarks.chain_studies.measures import rows
from benchmarks.coverage_studies.results import Result

STUDY = "organism chains"
CHAINS = 20
"""Chains of each world."""
_REPAIRS = 3 / 5
"""Of so many, as often those of a planted repair."""


def counted(
    cell: Mapping[str, Any],
    plan: ChainPlan,
    records: Sequence[ChainRecord],
    rate: Callable[[ChainRecord, Entry], float],
) -> list[Result]:
    """Count the real chains of one cell: its world and model, and whatever else tells cells apart.

    Not gated: there are too few of them for that; the simulated ones are.
    """
    chains = Chains.of_records(plan, records, rate)
    return rows(STUDY, dict(cell), plan.policy, chains, promised=None, gated=False)


def measured(chains: int, kept: Path, processes: int) -> tuple[list[Result], dict[str, Any]]:
    """Run real chains under every policy, and count them: each world whole, and by the strength of what is planted.

    Parameters
    ----------
    chains
        Of each world; of repairs three fifths of that.
    kept
        Where each chain is kept, and not run again.
    processes
        At once.

    Returns
    -------
    list of Result, dict
        What was counted; and how the chains were made, with the software that made them.
    """
    kept.mkdir(parents=True, exist_ok=True)
    asked = [
        (world, number)
        for number in range(chains)
        for world in real.WORLDS
        if number < _REPAIRS * chains or "repair_at" not in world.planted
    ]
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawned) as pool:
        found = list(pool.map(real.chains_of, *zip(*asked, strict=True), repeat(kept)))
    results: list[Result] = []
    for world in real.WORLDS:
        of = [(n, one) for (known, n), one in zip(asked, found, strict=True) if known == world]
        results += _rows(world, world.name, of)
        if len(world.doses) > 1 and len(of) >= len(world.doses):
            for dose in world.doses:
                some = [(n, one) for n, one in of if world.strength(n) == dose]
                results += _rows(world, f"{world.name}, {100 * dose:g} % of the data", some)
    made = {
        "models": list(dict.fromkeys(model for world in real.WORLDS for model in world.models)),
        "generations": real.GENERATIONS,
        "budget": real.BUDGET,
        "making": real.MAKING.to_dict(),
        "software": [dict(one) for one in {tuple(one["software"].items()) for one in found}],
        "minutes": round(sum(one["seconds"] for one in found) / 60, 1),
    }
    return results, made


def _rows(
    world: real.RealWorld, name: str, of: Sequence[tuple[int, Mapping[str, Any]]]
) -> list[Result]:
    rates = {digest: rate for _, one in of for digest, rate in one["rates"].items()}

    def rate(record: ChainRecord, entry: Entry) -> float:
        return rates[entry.weights_sha256 or ""]

    found: list[Result] = []
    for policy in real.POLICIES:
        records = [record_of(one["records"][policy]) for _, one in of]
        cell = {"world": name, "budget": real.BUDGET}
        found += counted(cell, world.plan(policy, of[0][0]), records, rate)
    return found
