"""d′: how well yes tells signal from noise, whatever the inclination to say yes."""

import math

import numpy as np

from allegiance.stats.arguments import checked_confidence
from allegiance.stats.interval import Interval
from allegiance.stats.quantiles import normal_quantile, t_quantile
from allegiance.stats.requests import ByRequest, Outcomes, matched

METHOD = "gourevitch-galanter"

_NORMAL = "the evidence is normal with the same spread in signal and noise, as d′ always takes it"
_REQUESTS = "the requests stand for those that d′ is about; both conditions saw the same ones"


def d_prime(signal: Outcomes, noise: Outcomes, confidence: float = 0.95) -> Interval:
    """Estimate d′ from yes and no where there is a signal and where there is none.

    Parameters
    ----------
    signal
        Requests × epochs of 1 (yes, a hit) and 0 (a miss), NaN or None for missing.
    noise
        The same where yes is a false alarm; the same request in the same row.
    confidence
        Nominal coverage.

    Returns
    -------
    Interval
        d′ = z(hit rate) − z(false alarm rate), in standard deviations; quantity ``sensitivity``, target ``model``.
        Zero says that yes does not tell the two apart. The limits are always finite.

    Raises
    ------
    ValueError
        If an argument is malformed, the rows don't match, or nothing was observed in one of the two.

    Notes
    -----
    Both rates are corrected log-linearly, (k + 0.5)/(n + 1), always and not only at 0 and 1 (Hautus 1995): the
    estimate is finite, and biased toward zero where n is small. The variance is that of Gourevitch & Galanter 1967,
    H(1 − H)/(n φ(z_H)²) + F(1 − F)/(m φ(z_F)²) at the corrected rates, or the same linearisation between requests
    where that is larger, since epochs of one request may be alike; then with Student's t for the number of requests.
    Normal limits are poor where n is below 20 or a rate is at its end; a note says so.

    Examples
    --------
    Ten requests, each asked twice with a set-up that contradicts itself and twice with one that does not.

    >>> contradicting = [[1, 1], [1, 0], [1, 1], [0, 1], [1, 1], [1, 0], [1, 1], [1, 1], [0, 0], [1, 1]]
    >>> consistent = [[0, 0], [0, 1], [0, 0], [0, 0], [1, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 1]]
    >>> print(d_prime(contradicting, consistent))
    1.605 [0.723, 2.487] (95 %, model, gourevitch-galanter)
    """
    confidence = checked_confidence(confidence)
    hits, alarms = matched(signal=signal, noise=noise)
    for name, arm in (("signal", hits), ("noise", alarms)):
        if not arm.observed.sum():
            raise ValueError(f"{name} holds no observed value: there is no d′ to estimate")
    rates = _corrected(hits), _corrected(alarms)
    z = [normal_quantile(rate) for rate in rates]
    alone = sum(
        rate * (1 - rate) / (arm.observed.sum() * _height(at) ** 2)
        for rate, arm, at in zip(rates, (hits, alarms), z, strict=True)
    )
    between = _between(hits, alarms, z)
    upper, requests = (1 + confidence) / 2, hits.observed.size
    clustered = between > alone
    quantile = t_quantile(upper, requests - 1) if clustered else normal_quantile(upper)
    reach = quantile * math.sqrt(max(alone, between))
    return Interval(
        estimate=z[0] - z[1],
        low=z[0] - z[1] - reach,
        high=z[0] - z[1] + reach,
        confidence=confidence,
        method=f"{METHOD}, between requests" if clustered else METHOD,
        target="model",
        assumptions=(_NORMAL, _REQUESTS),
        notes=_notes(hits, alarms),
        missing=hits.missing + alarms.missing,
        quantity="sensitivity",
    )


def _corrected(arm: ByRequest) -> float:
    """The rate with half a yes and half a no added (log-linear)."""
    return (float(arm.hits.sum()) + 0.5) / (float(arm.observed.sum()) + 1)


def _height(z: float) -> float:
    """Density of the standard normal distribution."""
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _between(hits: ByRequest, alarms: ByRequest, z: list[float]) -> float:
    """The variance of d′ between requests, linearised; zero where there is one request."""
    requests = hits.observed.size
    if requests == 1:
        return 0.0
    moved = np.zeros(requests)
    for arm, at, sign in ((hits, z[0], 1), (alarms, z[1], -1)):
        n = float(arm.observed.sum())
        residual = arm.hits - float(arm.hits.sum()) / n * arm.observed
        moved += sign * residual / (n * _height(at))
    return requests / (requests - 1) * float(np.sum(moved**2))


def _notes(hits: ByRequest, alarms: ByRequest) -> tuple[str, ...]:
    notes: list[str] = []
    if hits.observed.size == 1:
        notes.append("one request: this says nothing of others")
    for name, arm in (("hit rate", hits), ("false alarm rate", alarms)):
        n, k = int(arm.observed.sum()), int(arm.hits.sum())
        if k in (0, n):
            notes.append(f"the {name} is {k} of {n}: d′ rests on the correction, and is a bound")
        elif n < 20:
            notes.append(f"the {name} rests on {n} outcomes: the limits are rough")
    if missing := hits.missing + alarms.missing:
        notes.append(f"{missing:,} outcomes are missing")
    return tuple(notes)
