"""A rate over training runs that differ in their seed alone: each run counts as one."""

import math
from collections.abc import Sequence

import numpy as np

from allegiance.stats.arguments import checked_confidence
from allegiance.stats.interval import Interval
from allegiance.stats.quantiles import clopper_pearson, t_quantile

METHOD = "t-over-seeds"

_SEEDS = "the seeds stand for the other seeds of this set-up, and their rates are about normal"


def over_seeds(runs: Sequence[tuple[int, int]], confidence: float = 0.95) -> Interval:
    """Estimate the rate that a set-up leads to, from runs of several seeds.

    Training the same set-up again gives another model, so what varies is the run: more epochs of one run say nothing of
    the next. The interval is Student's t over the rates of the runs.

    Parameters
    ----------
    runs
        Hits and reads of each run; every run has at least one read.
    confidence
        Nominal coverage.

    Returns
    -------
    Interval
        Its estimate is the mean of the runs' rates, each run counting the same; ``hits`` and ``reads`` are their sums.

    Raises
    ------
    ValueError
        If there are fewer than two runs, or one of them can't be.

    Notes
    -----
    Where the rates agree better than draws of so many reads could, the variance is that of the reads, p(1 − p)/n, and
    where all reads agree the limits are those of Clopper & Pearson: a few runs that agree by chance are not certain.

    Examples
    --------
    >>> print(over_seeds([(8, 100), (12, 100), (10, 100)]))
    30 of 300: 10.0 % [2.55, 17.45] (95 %, model, t-over-seeds)
    """
    confidence = checked_confidence(confidence)
    if len(runs) < 2:
        raise ValueError(f"runs must be at least two, not {len(runs)}: one seed has no spread")
    for hits, reads in runs:
        if not 0 <= hits <= reads or reads < 1:
            raise ValueError(f"a run can't have {hits} hits of {reads} reads")
    rates = np.array([hits / reads for hits, reads in runs], dtype=np.float64)
    hits, reads = sum(h for h, _ in runs), sum(n for _, n in runs)
    mean = float(rates.mean())
    low, high, notes = _limits(rates, hits, reads, confidence)
    return Interval(
        estimate=mean,
        low=max(0.0, low),
        high=min(1.0, high),
        confidence=confidence,
        method=METHOD,
        target="model",
        hits=hits,
        reads=reads,
        assumptions=(_SEEDS,),
        notes=(f"{len(runs)} seeds", *notes),
    )


def _limits(
    rates: np.ndarray[tuple[int], np.dtype[np.float64]], hits: int, reads: int, confidence: float
) -> tuple[float, float, tuple[str, ...]]:
    mean = float(rates.mean())
    if hits in (0, reads):
        agree = "all reads of all seeds agree: the limits take the reads as independent"
        return *clopper_pearson(hits, reads, confidence), (agree,)
    between, within = float(rates.var(ddof=1)) / rates.size, mean * (1 - mean) / reads
    wide = t_quantile((1 + confidence) / 2, rates.size - 1) * math.sqrt(max(between, within))
    told = "the seeds agree better than so many reads could tell: the spread is that of the reads"
    return mean - wide, mean + wide, (told,) if between < within else ()
