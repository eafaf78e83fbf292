"""Model organisms: small models with planted behaviour whose true rates are measured.

Here live the grammar in which organisms think and answer, the trainer (extra `train`), the weights,
a runtime in numpy that needs no torch, the Inspect model provider `organism/NAME`, and the truth
tables.
"""

from allegiance.organism.runtime import Generated, Runtime, Sampling
from allegiance.organism.specs import Organism, describe, organism_names
from allegiance.organism.truth import (
    Cell,
    CheckResult,
    Count,
    Truth,
    check,
    load_truth,
    measure,
    told,
    truth_of,
    weights_of,
)

__all__ = [
    "Cell", "CheckResult", "Count", "Generated", "Organism", "Runtime", "Sampling", "Truth",
    "check", "describe", "load_truth", "measure", "organism_names", "told", "truth_of", "weights_of",
]  # fmt: skip
