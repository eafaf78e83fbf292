"""The rate of a model in one condition, from requests that were each asked several times."""

import numpy as np

from allegiance.stats.arguments import checked_confidence
from allegiance.stats.interval import Interval, WorstCase
from allegiance.stats.quantiles import clopper_pearson, t_quantile
from allegiance.stats.requests import ByRequest, Outcomes, by_request

METHOD = "korn-graubard"

_CLUSTERS = (
    "the requests stand for those that the rate is about; epochs of one request may be alike"
)
_EPOCHS = "the epochs are independent"


def rate(outcomes: Outcomes, confidence: float = 0.95) -> Interval:
    """Estimate how often a model does something, on requests like these.

    The target is the model, so reading everything does not make the interval narrow: epochs of one
    request are alike, and count for as much as the spread between requests lets them.

    Parameters
    ----------
    outcomes
        Requests × epochs of 0 and 1, NaN or None for missing; a list of rows may be ragged.
    confidence
        Nominal coverage.

    Returns
    -------
    Interval
        ``hits`` of ``reads`` observed outcomes; ``missing`` and, where some are, ``worst_case``.

    Raises
    ------
    ValueError
        If an argument is malformed or no outcome was observed.

    Notes
    -----
    Korn & Graubard 1998: Clopper-Pearson on the effective sample size p(1 − p)/v, v the variance
    between requests (of the ratio of hits to observed outcomes, linearised), times (t(n − 1)/t(G −
    1))² for G requests, and never more than n. Where each request was observed once there are no
    clusters, and it is n; a single request leaves its epochs only. Where all outcomes agree it is n
    as well, and a note says what the limit would be if the epochs of a request were all alike: rare
    behaviour that sits in few requests is what this method misses most (``docs/coverage.md``).

    Examples
    --------
    Four requests, each asked five times; one outcome was not observed.

    >>> answers = [[0, 0, 1, 0, 0], [0, 0, 0, 0, 0], [1, 1, 0, 1, None], [0, 0, 0, 0, 1]]
    >>> print(rate(answers))
    5 of 19: 26.3 % [0.78, 81.43] (95 %, model, korn-graubard)
    """
    confidence = checked_confidence(confidence)
    counts = by_request("outcomes", outcomes)
    seen = counts.kept(counts.observed > 0)
    if not seen.observed.size:
        raise ValueError("outcomes hold no observed value: there is no rate to estimate")
    low, high = limits(seen, confidence)
    hits, reads = int(seen.hits.sum()), int(seen.observed.sum())
    alone = seen.observed.size == 1
    return Interval(
        estimate=hits / reads,
        low=low,
        high=high,
        confidence=confidence,
        method="clopper-pearson" if alone else METHOD,
        target="model",
        hits=hits,
        reads=reads,
        assumptions=(_EPOCHS,) if alone else (_CLUSTERS,),
        notes=_notes(counts, confidence),
        missing=counts.missing,
        worst_case=worst_rate(counts, confidence) if counts.missing else None,
    )


def limits(counts: ByRequest, confidence: float) -> tuple[float, float]:
    """Korn-Graubard limits from requests that were all observed at least once."""
    n = float(counts.observed.sum())
    p = float(counts.hits.sum()) / n
    n_effective = effective_size(counts, confidence)
    return clopper_pearson(p * n_effective, n_effective, confidence)


def effective_size(counts: ByRequest, confidence: float) -> float:
    """Return how many independent outcomes these are worth, at most as many as there are."""
    n, requests = float(counts.observed.sum()), counts.observed.size
    p = float(counts.hits.sum()) / n
    if requests == 1 or p in (0.0, 1.0) or counts.observed.max() == 1:
        return n
    residuals = counts.hits - p * counts.observed
    variance = requests / (requests - 1) * float(np.sum(residuals**2)) / n**2
    if variance == 0:
        return n
    upper = (1 + confidence) / 2
    penalty = (t_quantile(upper, n - 1) / t_quantile(upper, requests - 1)) ** 2
    return min(n, p * (1 - p) / variance * penalty)


def worst_rate(counts: ByRequest, confidence: float) -> WorstCase:
    """Bound a rate over whatever the missing outcomes were."""
    asked = counts.kept(counts.asked > 0)
    none, every = asked.filled(0), asked.filled(1)
    total = float(asked.asked.sum())
    return WorstCase(
        estimate_low=float(none.hits.sum()) / total,
        estimate_high=float(every.hits.sum()) / total,
        low=limits(none, confidence)[0],
        high=limits(every, confidence)[1],
        missing=counts.missing,
    )


def _notes(counts: ByRequest, confidence: float) -> tuple[str, ...]:
    seen = counts.kept(counts.observed > 0)
    notes: list[str] = []
    if seen.observed.size == 1:
        notes.append("one request: this says nothing of others")
    elif seen.observed.max() > 1 and seen.hits.sum() in (0, seen.observed.sum()):
        alike = clopper_pearson(0, seen.observed.size, confidence)[1]
        notes.append(
            "all outcomes agree, so how alike the epochs of a request are can't be seen: the limits "
            f"take them as independent; were they all alike, {100 * alike:.1f} % could differ"
        )
    if counts.missing:
        asked = int(counts.asked.sum())
        notes.append(f"{counts.missing:,} of {asked:,} outcomes are missing: see the worst case")
    unseen = int(np.count_nonzero((counts.observed == 0) & (counts.asked > 0)))
    if unseen:
        notes.append(f"{unseen:,} of {counts.asked.size:,} requests have no observed outcome")
    return tuple(notes)
