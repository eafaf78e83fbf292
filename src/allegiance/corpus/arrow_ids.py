# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Ids from Arrow to numpy and back, without looking at each where all have the usual length."""

import numpy as np
import pyarrow as pa

from allegiance.corpus.order import Ids

_LENGTH = 64
"""Characters of an id."""


def ids_of(column: pa.StringArray) -> Ids:
    """Give ids as numpy has them; without a copy for each where all have the usual length."""
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset :][: len(column) + 1]
    if len(column) and (np.diff(offsets) == _LENGTH).all():
        whole = np.frombuffer(column.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
        return whole.view(f"S{_LENGTH}")
    return np.array([identifier.encode() for identifier in column.to_pylist()], "S")


def arrow_ids(ids: Ids) -> pa.Array:
    """Give ids as Arrow has them; without looking at each where all have the usual length."""
    usual = ids.dtype.itemsize == _LENGTH and len(ids) * _LENGTH < 2**31
    if not usual or not ids.view(np.uint8).reshape(-1, _LENGTH)[:, -1].all():
        return pa.array([one.decode() for one in ids.tolist()], pa.string())
    starts = np.arange(0, _LENGTH * (len(ids) + 1), _LENGTH, dtype=np.int32)
    buffers = [None, pa.py_buffer(starts), pa.py_buffer(np.ascontiguousarray(ids))]
    return pa.Array.from_buffers(pa.string(), len(ids), buffers)
