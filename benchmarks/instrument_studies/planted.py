"""Do interpretations name what was planted, and nothing that was not?"""

from typing import Any

from allegiance.audit import frame
from allegiance.audit.acts import acts_of, instruments_for
from allegiance.audit.relation import Row, fields_of, relation
from allegiance.corpus import Workspace
from allegiance.scanners import codebook, rule_scanner, scan
from allegiance.study.interpretations import (
    columns_of,
    named_cells,
    shipped,
    shipped_extrapolations,
)
from benchmarks.instrument_studies.running import Trial

SELDOM = 0.02
"""A cell whose interval lies above this is named; one whose interval reaches below it is not."""


def named(trial: Trial, place: Workspace) -> list[dict[str, Any]]:
    """Say of every planted cell how often it was found, and whether that is as it should be."""
    if not trial.planted:
        return []
    corpus = place.corpus()
    instruments = instruments_for(corpus, codebook())
    scan(
        corpus, [rule_scanner(name) for name, one in instruments.items() if one.scanner == "rules"]
    )
    acts = acts_of(frame(corpus), instruments)
    columns = columns_of(tuple(shipped().values()), tuple(shipped_extrapolations().values()))
    rows = relation(acts, columns, named_cells(), fields_of(acts))
    return [_found(trial, rows, *one) for one in trial.planted]


def _found(
    trial: Trial, rows: list[Row], condition: dict[str, str], cell: str, there: bool
) -> dict[str, Any]:
    (row,) = [row for row in rows if condition.items() <= dict(row.place).items()]
    counted = row.counted(cell)
    interval = counted.interval
    seen = interval is not None and interval.low > SELDOM
    return {
        "organism": trial.organism,
        "condition": ", ".join(condition.values()) or "–",
        "cell": cell,
        "planted": there,
        "named": seen,
        "hits": counted.hits,
        "acts": counted.reads,
        "interval": None if interval is None else [round(interval.low, 4), round(interval.high, 4)],
    }
