# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false
"""What scanners said, as columns beside the transcripts of one version.

A column is read once; afterwards what a scanner said of any transcript is at the place where the
transcript lies (see `allegiance.corpus.snapshot`), for hundreds of thousands at a time.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allegiance.corpus.arrow import VERDICTS
from allegiance.corpus.arrow_ids import arrow_ids
from allegiance.corpus.coded import NOTHING, Coded, coded
from allegiance.corpus.filter_printing import for_store
from allegiance.corpus.filters import bound, kinds
from allegiance.corpus.order import Ids

if TYPE_CHECKING:
    import lance

_PART = 2_000_000
"""Verdicts that are read at a time."""
_WHO = ["category", "scanner", "scanner_digest"]
_COLUMNS_KEPT = 32

Scores = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Scanner:
    """Who gave verdicts in a category, and how many.

    Attributes
    ----------
    category, name, digest
        The category, and the scanner that looked.
    verdicts, scores
        How many it gave, and how many of them with a score; those on transcripts that are not here
        included.
    """

    category: str
    name: str
    digest: str
    verdicts: int
    scores: int = 0


@dataclass(frozen=True)
class VerdictColumn:
    """What one scanner said in one category, by the position of the transcript.

    Attributes
    ----------
    values
        The values; nothing where it gave none.
    scores
        The scores; NaN where it gave none.
    statuses
        ``ok`` and the like; nothing where it did not look.
    """

    values: Coded
    scores: Scores = field(repr=False)
    statuses: Coded = field(repr=False)

    @property
    def looked(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Whether the scanner looked at a transcript."""
        return self.statuses.codes >= 0


class VerdictColumns:
    """All verdicts of one version of their table, beside one version of the transcripts.

    Parameters
    ----------
    verdicts
        The version of the verdicts; None where there are none.
    ids
        The ids of the transcripts, by position.
    """

    def __init__(self, verdicts: "lance.LanceDataset | None", ids: Ids) -> None:
        self._verdicts = verdicts
        self._ids = ids
        self.column = lru_cache(maxsize=_COLUMNS_KEPT)(self._column)

    @cached_property
    def scanners(self) -> tuple[Scanner, ...]:
        """Who gave verdicts, by category."""
        return () if self._verdicts is None else _counted(self._verdicts, None)

    def of(self, category: str) -> list[Scanner]:
        """Give who gave verdicts in a category."""
        if self._verdicts is None:
            return []
        if "scanners" in self.__dict__:
            return [one for one in self.scanners if one.category == category]
        return [*_counted(self._verdicts, _asked(category=category))]

    def _column(self, category: str, digest: str) -> VerdictColumn:
        """Give what a scanner said; where it never did, a column of nothing."""
        if self._verdicts is None:
            table = VERDICTS.empty_table()
        else:
            table = self._verdicts.to_table(
                columns=["transcript_id", "value", "score", "status"],
                filter=_asked(category=category, scanner_digest=digest),
            )
        lies = pc.fill_null(pc.index_in(table["transcript_id"], value_set=arrow_ids(self._ids)), -1)
        places = lies.to_numpy()
        here = places >= 0  # a verdict may be on a transcript that is not
        scores = np.full(len(self._ids), np.nan)
        scores[places[here]] = table["score"].to_numpy()[here]
        return VerdictColumn(
            self._laid(table["value"], places, here),
            scores,
            self._laid(table["status"], places, here),
        )

    def _laid(self, column: pa.ChunkedArray, places: Any, here: Any) -> Coded:
        """Put what was said where its transcript lies."""
        said = coded(column)
        codes = np.full(len(self._ids), NOTHING, np.int32)
        codes[places[here]] = said.codes[here]
        return Coded(said.values, codes)


def _asked(**wanted: str) -> str | None:
    return for_store(bound(wanted, kinds(VERDICTS)))


def _counted(verdicts: "lance.LanceDataset", asked: str | None) -> tuple[Scanner, ...]:
    """Count verdicts by who gave them."""
    number: Counter[tuple[str, str, str]] = Counter()
    scored: Counter[tuple[str, str, str]] = Counter()
    rows = verdicts.count_rows(filter=asked)
    for start in range(0, rows, _PART):
        table = verdicts.to_table(columns=[*_WHO, "score"], filter=asked, offset=start, limit=_PART)
        counts = [([], "count_all"), ("score", "count")]
        for one in table.group_by(_WHO).aggregate(counts).to_pylist():
            key = (one["category"], one["scanner"] or "", one["scanner_digest"])
            number[key] += one["count_all"]
            scored[key] += one["score_count"]
    return tuple(Scanner(*key, count, scored[key]) for key, count in sorted(number.items()))
