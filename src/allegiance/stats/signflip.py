"""The sign-flip permutation test: were the two conditions exchangeable within each request?"""

import numpy as np
from numpy.typing import NDArray

_EXACT_UP_TO = 16
_DRAWS = 20_000
_SEED = 20_240_414
_TIE = 1e-12


def sign_flip_p_value(differences: NDArray[np.float64]) -> float:
    """Two-sided p-value for a mean difference of zero.

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
    return _monte_carlo(differing, observed)


def _monte_carlo(differing: NDArray[np.float64], observed: float) -> float:
    rng = np.random.default_rng(_SEED)
    reached, block = 0, 1_000  # in blocks: many requests must not need much memory
    for _ in range(_DRAWS // block):
        signs = rng.integers(0, 2, (block, differing.size), dtype=np.int8)
        sums = (2.0 * signs - 1.0) @ differing
        reached += int(np.count_nonzero(np.abs(sums) >= observed - _TIE * differing.size))
    return (1 + reached) / (1 + _DRAWS)
