"""The shortest argument: 100 transcripts read, none is a hit. What does each method say then?"""

from typing import Any

import numpy as np
from scipy.stats import hypergeom

from allegiance.stats import proportion, stratified
from benchmarks.coverage_studies.peers import (
    inspect_ci,
    inspect_ci_wilson,
    ppi_plus_plus,
)
from benchmarks.coverage_studies.populations import Population

LABELS = 100


def no_hit() -> dict[str, Any]:
    """Compute every interval for 0 of 100, in the cell of 1 % and the judge (0.9, 0.95)."""
    population = Population.made(10_000, 0.01, 0.9, 0.95)
    judged = round(LABELS * population.positives / population.size)
    labels = 0, judged, 0, LABELS - judged
    strata = population.positives, population.negatives
    peers = {
        "PPI++ (ppi-python)": ppi_plus_plus(population, *labels),
        "Inspect `ci()`": inspect_ci(population, *labels),
        "Inspect `ci_wilson()`": inspect_ci_wilson(population, *labels),
    }
    ours = {
        "`proportion`": proportion(0, LABELS, population.size),
        "`stratified`, MOVER": stratified((0, 0), labels[1::2], strata, method="mover"),
    }
    limits = peers | {name: (found.low, found.high) for name, found in ours.items()}
    return {
        "labels": LABELS,
        "judged_positive": judged,
        "rate": population.rate,
        "chance": float(hypergeom.pmf(0, population.size, population.hits, LABELS)),
        "intervals": [
            {
                "method": name, "ours": name in ours, "low": low, "high": high,
                "width": float(np.subtract(high, low)), "covers": low <= population.rate <= high,
            }
            for name, (low, high) in limits.items()
        ],
    }  # fmt: skip
