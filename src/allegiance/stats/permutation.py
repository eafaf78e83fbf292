"""Permutation tests: signs flipped within requests, or labels dealt anew between two sets."""

import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

_EXACT_UP_TO = 16
_EXACT_DEALS = 2**_EXACT_UP_TO
_DRAWS = 20_000
_BLOCK = 1_000  # many requests must not need much memory
_SEED = 20_240_414
_TIE = 1e-12


def sign_flip_p_value(differences: NDArray[np.float64]) -> float:
    """Two-sided p-value for a mean difference of zero: are the conditions exchangeable?

    Exact over all flips for up to 16 requests that differ (equal ones change nothing); with more,
    20,000 flips drawn with a fixed seed, counting the observed one, so that the value can't be 0.

    Parameters
    ----------
    differences
        One number a request.
    """
    differing = differences[np.abs(differences) > _TIE]
    observed = abs(float(differing.sum()))
    if differing.size <= _EXACT_UP_TO:
        sums = np.zeros(1)
        for value in differing:
            sums = np.concatenate([sums + value, sums - value])
        return float(np.mean(np.abs(sums) >= observed - _TIE * differing.size))
    return _flipped(differing, observed)


def _flipped(differing: NDArray[np.float64], observed: float) -> float:
    rng = np.random.default_rng(_SEED)
    reached = 0
    for _ in range(_DRAWS // _BLOCK):
        signs = rng.integers(0, 2, (_BLOCK, differing.size), dtype=np.int8)
        sums = (2.0 * signs - 1.0) @ differing
        reached += int(np.count_nonzero(np.abs(sums) >= observed - _TIE * differing.size))
    return (1 + reached) / (1 + _DRAWS)


def label_p_value(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Two-sided p-value for equal means of two independent sets: are their members exchangeable?

    Exact over all ways to deal the labels where there are at most 65,536; with more, 20,000 deals
    drawn with a fixed seed, counting the observed one, so that the value can't be 0.

    Parameters
    ----------
    first, second
        One number a request; the sets may differ in size.
    """
    few, many = sorted((first, second), key=len)
    every = np.concatenate([few, many])
    # The difference of the means grows with the sum of the smaller set about its expectation.
    centred: NDArray[np.float64] = every - every.mean()
    observed = abs(float(centred[: few.size].sum()))
    reached = observed - _TIE * every.size
    if math.comb(every.size, few.size) <= _EXACT_DEALS:
        deals = np.array(list(combinations(range(every.size), few.size)))
        sums = np.abs(centred.take(deals).sum(axis=1))
        return np.count_nonzero(sums >= reached) / sums.size
    return _dealt(centred, few.size, reached)


def _dealt(centred: NDArray[np.float64], few: int, reached: float) -> float:
    rng = np.random.default_rng(_SEED)
    count = 0
    for _ in range(_DRAWS // _BLOCK):
        deals = rng.permuted(np.broadcast_to(centred, (_BLOCK, centred.size)), axis=1)
        count += int(np.count_nonzero(np.abs(deals[:, :few].sum(axis=1)) >= reached))
    return (1 + count) / (1 + _DRAWS)
