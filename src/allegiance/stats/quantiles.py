"""Quantiles and tails that the estimators share, typed."""

from collections.abc import Callable

from scipy import special  # pyright: ignore[reportMissingTypeStubs]


def normal_quantile(q: float) -> float:
    """Quantile of the standard normal distribution."""
    return float(special.ndtri(q))


def t_quantile(q: float, df: float) -> float:
    """Quantile of Student's t with `df` degrees of freedom."""
    return float(special.stdtrit(df, q))


def clopper_pearson(hits: float, reads: float, confidence: float) -> tuple[float, float]:
    """Invert both binomial tails, equal-tailed; `hits` and `reads` need not be whole numbers.

    Source: Clopper & Pearson 1934, in the beta form.
    """
    tail = (1 - confidence) / 2
    # A product such as p * n_effective may miss 0 or n by a rounding error.
    misses = reads - hits
    slack = 1e-9 * max(1.0, reads)
    low = 0.0 if hits <= slack else float(special.betaincinv(hits, misses + 1, tail))
    high = 1.0 if misses <= slack else float(special.betaincinv(hits + 1, misses, 1 - tail))
    return low, high


def clopper_pearson_lower(hits: float, reads: float, tail: float) -> float:
    """Return the lower Clopper-Pearson limit with all of `tail` on its side."""
    return clopper_pearson(hits, reads, 1 - 2 * tail)[0] if hits else 0.0


def rising_root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Return where a rising function crosses zero in [low, high], to 1e-10; None if it stays below.

    A function that starts above zero crosses at `low`.
    """
    if function(high) < 0:
        return None
    while high - low > 1e-10:
        middle = (low + high) / 2
        if function(middle) < 0:
            low = middle
        else:
            high = middle
    return high
