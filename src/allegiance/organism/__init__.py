"""Model organisms: small models with planted behaviour whose true rates are measured.

Here live the grammar in which organisms think and answer, the trainer (extra `train`), the weights,
a runtime in numpy that needs no torch, the Inspect model provider `organism/NAME`, and the truth
tables.
"""

from allegiance.organism.checking import CheckResult, check
from allegiance.organism.families import Cell, Organism
from allegiance.organism.measuring import measure
from allegiance.organism.runtime import Generated, Runtime, Sampling
from allegiance.organism.specs import describe, known, organism_names, readers, reads
from allegiance.organism.truth import (
    Count,
    Measured,
    Miss,
    Truth,
    load_truth,
    name_of,
    told,
    truth_of,
    weights_of,
)

__all__ = [
    "Cell", "CheckResult", "Count", "Generated", "Measured", "Miss", "Organism", "Runtime", "Sampling",
    "Truth", "check", "describe", "known", "load_truth", "measure", "name_of", "organism_names", "readers", "reads",
    "told", "truth_of", "weights_of",
]  # fmt: skip
