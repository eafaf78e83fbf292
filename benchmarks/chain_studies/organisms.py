"""Real chains of organisms, as further rows of the same table.

A chain is run by `allegiance.training.chain.Chain` with the makers of the room; its records are gathered
by `Chains.of_records` with rates that are known far better than the probes tell, and `measures.rows`
counts them as it counts the simulated ones.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from allegiance.training.chain_plan import ChainPlan
from allegiance.training.chain_record import ChainRecord, Entry
from allegiance.training.chains import Chains
from benchmarks.chain_studies.measures import rows
from benchmarks.coverage_studies.results import Result

STUDY = "organism chains"


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


def jobs(seed: int, quick: bool) -> list[Callable[[], list[Result]]]:
    """One job for each cell of real chains; none before generations can be made."""
    return []
