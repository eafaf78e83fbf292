"""Interpretations: facts of an act and a way to read the intents, to kept, broken or not tested.

The four that are shipped are tables in `shipped.yaml`; users write their own in the same form, or as a function. Where
an intent is silent they cite an extrapolation, which has an author and a date. Pure: it reads no transcripts.
"""

from allegiance.study.interpretations.cells import Cell, named_cells
from allegiance.study.interpretations.extrapolations import (
    Extrapolation,
    extrapolations_with,
    shipped_extrapolations,
)
from allegiance.study.interpretations.facts import FACTS, Facts, where_unmonitored
from allegiance.study.interpretations.interpretation import (
    INTENTS,
    Column,
    Function,
    Intent,
    Interpretation,
    Table,
    columns_of,
)
from allegiance.study.interpretations.parsing import load_tables, parse_tables, shipped
from allegiance.study.interpretations.principal import Moved, principal_moved
from allegiance.study.interpretations.rules import BROKEN, KEPT, MISSING, NOT_TESTED

__all__ = [
    "BROKEN",
    "FACTS",
    "INTENTS",
    "KEPT",
    "MISSING",
    "NOT_TESTED",
    "Cell",
    "Column",
    "Extrapolation",
    "Facts",
    "Function",
    "Intent",
    "Interpretation",
    "Moved",
    "Table",
    "columns_of",
    "extrapolations_with",
    "load_tables",
    "named_cells",
    "parse_tables",
    "principal_moved",
    "shipped",
    "shipped_extrapolations",
    "where_unmonitored",
]
