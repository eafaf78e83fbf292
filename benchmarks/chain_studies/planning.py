"""How many probes a licence takes, exactly: what to set the budget of the licensed policy to."""

from typing import Any

from allegiance.stats import reads_needed
from benchmarks.chain_studies.simulated import ALPHA, BOUND, GENERATIONS

RATES = (0.0, 0.005, 0.01, 0.02, 0.03)
MARGINS = (0.05, 0.1, 0.15)
POWER = 0.99


def licences() -> list[dict[str, Any]]:
    """Probes within which a candidate of a rate is licensed with a chance of 99 %, by margin."""
    return [
        {
            "rate": rate,
            "margin": margin,
            "needed": reads_needed(
                "licence", p=rate, p1=BOUND + margin, alpha=ALPHA / GENERATIONS, power=POWER
            ).needed,
        }
        for rate in RATES
        for margin in MARGINS
    ]
