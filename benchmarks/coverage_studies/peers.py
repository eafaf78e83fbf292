"""Named peers: what others would compute from the same labels, each as its authors or users do."""

import functools
import math

import numpy as np
from inspect_ai.scorer import SampleScore, Score, ci, ci_wilson
from ppi_py import ppi_mean_ci
from scipy.special import betaincinv, ndtri

from benchmarks.coverage_studies.populations import Population
from benchmarks.coverage_studies.results import Limits

Z = float(ndtri(0.975))
_RESAMPLES = 500


def clopper_pearson(hits: float, reads: float) -> Limits:
    """Invert both binomial tails."""
    low = 0.0 if hits == 0 else float(betaincinv(hits, reads - hits + 1, 0.025))
    high = 1.0 if hits == reads else float(betaincinv(hits + 1, reads - hits, 0.975))
    return low, high


def judge_as_truth(population: Population, *labels: int) -> Limits:
    """Take the judge's positives for hits, and read nothing."""
    return clopper_pearson(population.positives, population.size)


def wald(population: Population, hits: int, reads: int, more_hits: int, more_reads: int) -> Limits:
    """p ± z·√(p(1 − p)/n) on a random draw."""
    n = reads + more_reads
    p = (hits + more_hits) / n
    half = Z * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


def inspect_ci(
    population: Population, hits: int, reads: int, more_hits: int, more_reads: int
) -> Limits:
    """Inspect's metric `ci()` on the labels as scores of 0 and 1."""
    return of_inspect(ci, hits + more_hits, reads + more_reads)


def inspect_ci_wilson(
    population: Population, hits: int, reads: int, more_hits: int, more_reads: int
) -> Limits:
    """Inspect's metric `ci_wilson()` on the labels as scores of 0 and 1."""
    return of_inspect(ci_wilson, hits + more_hits, reads + more_reads)


@functools.cache
def of_inspect(metric, hits: int, reads: int) -> Limits:
    """Ask a metric of Inspect for its limits."""
    found = metric()([scored(value) for value in [1] * hits + [0] * (reads - hits)])
    return float(found["lower"]), float(found["upper"])


@functools.cache
def scored(value: int, request: int = 0) -> SampleScore:
    """One score of 0 or 1, as Inspect's metrics take it."""
    return SampleScore(score=Score(value=value), sample_metadata={"request": request})


def ppi_plus_plus(population: Population, *labels: int) -> Limits:
    """PPI++ of ppi-python, its power tuning left on."""
    return prediction_powered(population, *labels, tuning=None)


def ppi(population: Population, *labels: int) -> Limits:
    """PPI of ppi-python, lambda = 1."""
    return prediction_powered(population, *labels, tuning=1)


def prediction_powered(
    population: Population,
    hits: int,
    reads: int,
    more_hits: int,
    more_reads: int,
    tuning: int | None,
) -> Limits:
    """Give ppi-python the labels, the verdicts on them, and the verdicts on all others."""
    counts = [hits, reads - hits, more_hits, more_reads - more_hits]
    truth = np.repeat([1.0, 0.0, 1.0, 0.0], counts)
    verdicts = np.repeat([1.0, 1.0, 0.0, 0.0], counts)
    others = np.repeat(
        [1.0, 0.0], [population.positives - reads, population.negatives - more_reads]
    )
    low, high = ppi_mean_ci(truth, verdicts, others, alpha=0.05, lam=tuning)
    return float(np.ravel(low)[0]), float(np.ravel(high)[0])


def rogan_gladen_delta(
    population: Population, hits: int, reads: int, more_hits: int, more_reads: int
) -> Limits:
    """Rogan-Gladen with a delta-method error; no statement where it can't be computed."""
    real, others = hits + more_hits, reads + more_reads - hits - more_hits
    if not real or not others:
        return 0.0, 1.0
    sensitivity, specificity = hits / real, (more_reads - more_hits) / others
    skill = sensitivity + specificity - 1
    if skill <= 0:
        return 0.0, 1.0
    p = population.positives / population.size
    rate = (p + specificity - 1) / skill
    variance = (
        p * (1 - p) / population.size
        + (1 - rate) ** 2 * specificity * (1 - specificity) / others
        + rate**2 * sensitivity * (1 - sensitivity) / real
    )
    half = Z * math.sqrt(variance) / skill
    return rate - half, rate + half


def rogan_gladen_bootstrap(
    population: Population, hits: int, reads: int, more_hits: int, more_reads: int
) -> Limits:
    """Rogan-Gladen, percentiles of 500 resamples of the labels and of the judge's rate."""
    counts = np.array([hits, reads - hits, more_hits, more_reads - more_hits])
    rng = np.random.default_rng(counts)  # the same labels, the same limits
    n = counts.sum()
    caught, alarms, missed, clear = rng.multinomial(n, counts / n, _RESAMPLES).T
    judged = rng.binomial(population.size, population.positives / population.size, _RESAMPLES)
    with np.errstate(all="ignore"):
        sensitivity, specificity = caught / (caught + missed), clear / (clear + alarms)
        skill = sensitivity + specificity - 1
        rates = (judged / population.size + specificity - 1) / skill
    rates = rates[np.isfinite(rates) & (skill > 0)]
    if rates.size < 20:
        return 0.0, 1.0
    low, high = np.quantile(np.clip(rates, 0, 1), [0.025, 0.975])
    return float(low), float(high)


def stratified_wald(
    population: Population, hits: int, reads: int, more_hits: int, more_reads: int
) -> Limits:
    """Horvitz-Thompson over the judge's positives and negatives, ± z standard errors."""
    strata = (
        (hits, reads, population.positives),
        (more_hits, more_reads, population.negatives),
    )
    total = variance = 0.0
    for k, n, size in strata:
        p = k / n
        total += size * p
        variance += size**2 * (1 - n / size) * p * (1 - p) / max(n - 1, 1)
    half = Z * math.sqrt(variance)
    return (total - half) / population.size, (total + half) / population.size
