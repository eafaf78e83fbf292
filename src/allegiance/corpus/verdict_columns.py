# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false
"""What scanners said, as columns beside the transcripts of one version.

The verdict table is read once; afterwards what a scanner said of any transcript is at the place where
the transcript lies (see `allegiance.corpus.snapshot`), for hundreds of thousands at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allegiance.corpus.arrow_ids import arrow_ids
from allegiance.corpus.coded import Coded, coded
from allegiance.corpus.order import Ids

if TYPE_CHECKING:
    import lance

_PART = 2_000_000
"""Verdicts that are read at a time."""
_NAMES = ("category", "scanner", "scanner_digest", "value", "status")
_COLUMNS_KEPT = 32

Scores = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Scanner:
    """Who gave verdicts in a category, and how many.

    Attributes
    ----------
    category, name, digest
        The category, and the scanner that looked.
    verdicts
        How many it gave, those on transcripts that are not here included.
    """

    category: str
    name: str
    digest: str
    verdicts: int


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
        self._rows = len(ids)
        parts = [] if verdicts is None else [*_parts(verdicts, arrow_ids(ids))]
        table = _joined(parts)
        self._lies = table.pop("lies")
        self._scores = table.pop("scores")
        self._said = {name: coded(column) for name, column in table.items()}
        self._of_scanner = self._grouped()
        self.column = lru_cache(maxsize=_COLUMNS_KEPT)(self._column)

    @property
    def scanners(self) -> tuple[Scanner, ...]:
        """Who gave verdicts, by category, in the order of its first verdict."""
        return tuple(
            Scanner(category, name or "", digest, len(rows))
            for (category, name, digest), rows in self._of_scanner.items()
        )

    def of(self, category: str) -> list[Scanner]:
        """Give who gave verdicts in a category."""
        return [one for one in self.scanners if one.category == category]

    def _column(self, category: str, digest: str) -> VerdictColumn:
        """Give what a scanner said; where it never did, a column of nothing."""
        rows = [of for (c, _, d), of in self._of_scanner.items() if (c, d) == (category, digest)]
        chosen = np.sort(np.concatenate(rows)) if rows else np.array([], np.int64)
        chosen = chosen[self._lies[chosen] >= 0]
        places = self._lies[chosen]
        scores = np.full(self._rows, np.nan)
        scores[places] = self._scores[chosen]
        return VerdictColumn(
            self._placed("value", chosen, places), scores, self._placed("status", chosen, places)
        )

    def _placed(self, name: str, chosen: Any, places: Any) -> Coded:
        """Put what some rows say where their transcripts lie; only values that are there are kept."""
        said = self._said[name]
        there, codes = np.unique(said.codes[chosen], return_inverse=True)
        missing = int(len(there) > 0 and there[0] < 0)
        laid = np.full(self._rows, -1, np.int32)
        laid[places] = codes - missing
        return Coded(tuple(said.values[code] for code in there[missing:].tolist()), laid)

    def _grouped(self) -> dict[tuple[str, str | None, str], Any]:
        """Sort the rows of the table by scanner."""
        keys = [self._said[name] for name in ("category", "scanner", "scanner_digest")]
        if not len(self._lies):
            return {}
        which = np.zeros(len(self._lies), np.int64)
        for one in keys:
            which = which * (len(one.values) + 1) + one.codes + 1
        _, first, codes = np.unique(which, return_index=True, return_inverse=True)
        order = np.argsort(codes, kind="stable")
        groups = np.split(order, np.searchsorted(codes[order], np.arange(1, len(first))))
        found: dict[Any, Any] = {}
        for group in sorted(groups, key=lambda of: of[0]):
            category, name, digest = (one.at(group[:1])[0] for one in keys)
            found[category, name, digest] = group
        return found


def _parts(verdicts: "lance.LanceDataset", ids: pa.Array) -> Iterator[dict[str, Any]]:
    for start in range(0, verdicts.count_rows(), _PART):
        table = verdicts.to_table(
            columns=["transcript_id", "score", *_NAMES], offset=start, limit=_PART
        )
        lies = pc.index_in(table["transcript_id"], value_set=ids)
        yield {
            "lies": pc.fill_null(lies, -1).to_numpy(),
            "scores": table["score"].to_numpy(),
            **{name: table[name].dictionary_encode() for name in _NAMES},
        }


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "lies": np.concatenate([np.array([], np.int32), *(part["lies"] for part in parts)]),
        "scores": np.concatenate([np.array([], np.float64), *(part["scores"] for part in parts)]),
    }
    for name in _NAMES:
        chunks = [chunk for part in parts for chunk in part[name].chunks]
        kind = pa.dictionary(pa.int32(), pa.string())
        found[name] = pa.chunked_array(chunks, kind).unify_dictionaries()
    return found
