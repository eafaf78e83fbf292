# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""A column by its different values: what is asked of a value is asked once, however many rows hold it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from allegiance.corpus.order import Positions

Codes = np.ndarray[tuple[int], np.dtype[np.int32]]

NOTHING = -1
"""The code of a row that holds nothing."""


@dataclass(frozen=True)
class Coded:
    """What a column holds.

    Attributes
    ----------
    values
        The different values there are, in no particular order.
    codes
        By position: which of them; `NOTHING` where there is none.
    """

    values: tuple[Any, ...]
    codes: Codes = field(repr=False)

    def counts(self, positions: Positions | None = None) -> dict[Any, int]:
        """Count rows by value, the most frequent first; None counts those that hold nothing.

        Parameters
        ----------
        positions
            The rows that matter; all by default.
        """
        codes = self.codes if positions is None else self.codes[positions]
        number = np.bincount(codes + 1, minlength=len(self.values) + 1).tolist()
        found = {value: n for value, n in zip(self.values, number[1:], strict=True) if n}
        counted = dict(sorted(found.items(), key=lambda entry: (-entry[1], str(entry[0]))))
        return {**counted, None: number[0]} if number[0] else counted

    def at(self, positions: Positions) -> list[Any]:
        """Give the values of some rows; None where there is none."""
        values = (*self.values, None)
        return [values[code] for code in self.codes[positions].tolist()]


def coded(column: pa.ChunkedArray) -> Coded:
    """Find the different values of a column."""
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    codes = encoded.indices.fill_null(NOTHING).to_numpy(zero_copy_only=False)
    return Coded(tuple(encoded.dictionary.to_pylist()), np.asarray(codes, np.int32))


def numbered(values: Iterable[Any]) -> Coded:
    """As `coded`, of values that Python has; None is nothing."""
    known: dict[Any, int] = {}
    codes = [NOTHING if one is None else known.setdefault(one, len(known)) for one in values]
    return Coded(tuple(known), np.array(codes, np.int32))
