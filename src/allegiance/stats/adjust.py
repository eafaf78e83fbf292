"""P-values of many tests at once, adjusted: Holm's for any error, Benjamini-Hochberg's for a share."""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Adjustment = Literal["holm", "bh"]


def adjust(
    p_values: NDArray[np.float64] | Sequence[float], method: Adjustment = "holm"
) -> NDArray[np.float64]:
    """Adjust p-values for having been many.

    An adjusted p-value below alpha says: with Holm, that the chance of even one false finding among
    all is at most alpha, however the tests depend on each other; with Benjamini-Hochberg, that the
    expected share of false ones among the findings is at most alpha, for tests that are independent
    or positively dependent.

    Parameters
    ----------
    p_values
        One for each test that was made, the ones that found nothing included.
    method
        ``holm`` or ``bh``.

    Returns
    -------
    NDArray
        Adjusted p-values, in the order given.

    Raises
    ------
    ValueError
        If there are no p-values, one is NaN or outside [0, 1], or the method is unknown.

    Notes
    -----
    Holm 1979 (step-down); Benjamini & Hochberg 1995 (step-up).

    Examples
    --------
    >>> adjust([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    >>> adjust([0.01, 0.04, 0.03], method="bh")
    array([0.03, 0.04, 0.04])
    """
    if method not in get_args(Adjustment):
        raise ValueError(f"method must be one of {', '.join(get_args(Adjustment))}, not {method!r}")
    values = _checked(p_values)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(_STEPS[method](values[order]), 1.0)
    return adjusted


def _holm(rising: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum.accumulate(rising * np.arange(rising.size, 0, -1))


def _benjamini_hochberg(rising: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled = rising * (rising.size / np.arange(1, rising.size + 1))
    return np.minimum.accumulate(scaled[::-1])[::-1]


_STEPS: dict[Adjustment, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "holm": _holm,
    "bh": _benjamini_hochberg,
}


def _checked(p_values: NDArray[np.float64] | Sequence[float]) -> NDArray[np.float64]:
    try:
        values = np.asarray(p_values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"p_values must be numbers, not {p_values!r}"[:200]) from None
    if values.ndim != 1:
        raise ValueError(
            f"p_values must be one row of numbers, and have {values.ndim} dimension(s)"
        )
    if not values.size:
        raise ValueError("p_values are empty: there is nothing to adjust")
    wrong = values[~((values >= 0) & (values <= 1))]  # also finds NaN
    if wrong.size:
        raise ValueError(f"p_values must lie between 0 and 1, and hold {wrong[0]:g}")
    return values
