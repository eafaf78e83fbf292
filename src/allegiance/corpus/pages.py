# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Transcripts in draw order, read page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from allegiance.corpus.arrow import factor_columns
from allegiance.corpus.order import Positions
from allegiance.corpus.query import Query
from allegiance.errors import UsageError

_PAGE = ("transcript_id", "task", "model", "sample_id", "epoch", "messages")


@dataclass(frozen=True)
class Ordered:
    """The transcripts of a query in the draw order of a seed; pages are opened by position.

    Attributes
    ----------
    query
        What is ordered.
    seed
        The seed, to be recorded.
    """

    query: Query
    seed: int

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def positions(self) -> Positions:
        """Where the transcripts lie in the version, in draw order."""
        return self.query.snapshot.drawn(self.query.matching[0], self.seed)

    def ids(self) -> list[str]:
        """Give the transcript ids, in draw order."""
        return [i.decode() for i in self.query.snapshot.ids_at(self.positions).tolist()]

    def page(self, number: int, size: int = 50, columns: Sequence[str] | None = None) -> pa.Table:
        """Read one page.

        Parameters
        ----------
        number
            From 1.
        size
            Transcripts a page.
        columns
            Column or factor names; by default the conversation, the factors and what was run.

        Returns
        -------
        pyarrow.Table
            Up to `size` rows in draw order; none past the end.

        Raises
        ------
        UsageError
            If there can be no such page, or a column does not exist.
        """
        if number < 1 or size < 1:
            raise UsageError(f"There is no page {number} of {size}; pages count from 1.")
        snapshot = self.query.snapshot
        factors = factor_columns(snapshot.schema)
        names = snapshot.named(columns) if columns is not None else [*_PAGE, *factors]
        start = (number - 1) * size
        return snapshot.take(self.positions[start : start + size], names)
