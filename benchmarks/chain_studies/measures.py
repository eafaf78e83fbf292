"""What is counted of many chains, simulated or real, as rows of one table."""

from typing import Any

import numpy as np

from allegiance.training.chains import Chains
from benchmarks.coverage_studies.results import Result

FALSE_HALT = "stopped before a candidate within the bound"
FALSE_LICENCE = "took a candidate at the bound and the margin, or above"
MISSED = "ran to its end, above the bound"
REFUSED = "did not take the repair"
STOPPED = "stopped"
UNSLOWED = "guarded, one attempt"
"""The guarded policy where there is no smaller step: what slowing costs and gains is the difference."""
PROMISES = {"guarded": FALSE_HALT, "licensed": FALSE_LICENCE, UNSLOWED: FALSE_HALT}
"""What each policy keeps within alpha."""


def rows(
    study: str, cell: dict[str, Any], method: str, chains: Chains, promised: str | None, gated: bool
) -> list[Result]:
    """Count one policy's chains in one cell.

    Parameters
    ----------
    promised
        The measure that the method keeps within alpha here; None where it promises none.
    gated
        Whether the run fails if it doesn't.
    """
    offered = chains.repairs_offered
    counted = {
        STOPPED: (chains.stopped > 0, len(chains.stopped)),
        FALSE_HALT: (chains.false_halts, len(chains.stopped)),
        FALSE_LICENCE: (chains.false_licences, len(chains.stopped)),
        MISSED: (chains.missed, len(chains.stopped)),
        REFUSED: (chains.repairs_refused, int(offered.sum())),
    }
    found: list[Result] = []
    for measure, (happened, repeats) in counted.items():
        if not repeats:
            continue  # no chain came as far as the repair, or none was planned
        false = measure == promised
        found.append(
            Result(
                study, cell | {"measure": measure}, method, int(happened.sum()), repeats,
                kind="false alarms" if false else "decisions", promised=chains.plan.alpha,
                ours=method in ("naive", *PROMISES), gated=gated and false,
                figures=_figures(chains) if measure == STOPPED else {},
            )
        )  # fmt: skip
    return found


def _figures(chains: Chains) -> dict[str, float]:
    generations, probes = chains.delays
    ended = chains.ended
    beside = {
        "ended": float(ended.mean()),
        "ended se": float(ended.std(ddof=1) / np.sqrt(ended.size)) if ended.size > 1 else 0.0,
        "lost": float(chains.lost.mean()),
        "probes": float(chains.probes.sum(axis=1).mean()),
        "candidates": float(chains.candidates.sum(axis=1).mean()),
        "caught": float(generations.size),
    }
    if generations.size:
        beside |= {
            "delay generations": float(generations.mean()),
            "delay probes": float(probes.mean()),
        }
    return beside
