"""This program's estimators, asked for the share of hits in a judged population."""

import functools

from allegiance.stats import (
    judge_adjusted,
    lower_bound,
    proportion,
    stratified,
    with_sensitivity,
)
from benchmarks.coverage_studies.populations import PLANTED, Population
from benchmarks.coverage_studies.results import Limits


def random_draw(
    population: Population, hits: int, reads: int, more_hits: int, more_reads: int
) -> Limits:
    """`proportion`: the labels are a random draw, the verdicts are not used."""
    return _share(hits + more_hits, reads + more_reads, population.size)


@functools.cache
def _share(hits: int, reads: int, population: int) -> Limits:
    found = proportion(hits, reads, population)
    return found.low, found.high


def mover(population: Population, hits: int, reads: int, more_hits: int, more_reads: int) -> Limits:
    """`stratified` on the verdict, by MOVER."""
    return _stratified(population, (hits, more_hits), (reads, more_reads), "mover")


def berger_boos(
    population: Population, hits: int, reads: int, more_hits: int, more_reads: int
) -> Limits:
    """`stratified` on the verdict, by Berger and Boos."""
    return _stratified(population, (hits, more_hits), (reads, more_reads), "berger-boos")


def _stratified(population: Population, hits, reads, method) -> Limits:
    strata = (population.positives, population.negatives)
    found = stratified(hits, reads, strata, method=method)
    return found.low, found.high


def at_least_by_random_draw(
    population: Population, hits: int, reads: int, more_hits: int, more_reads: int
) -> Limits:
    """`lower_bound` on a random draw."""
    return _at_least(hits + more_hits, reads + more_reads, population.size), 1.0


def at_least_by_positives(population: Population, hits: int, reads: int, *rest: int) -> Limits:
    """`lower_bound` on the judge's positives: there are at least these in the whole."""
    low = _at_least(hits, reads, population.positives)
    return low * population.positives / population.size, 1.0


@functools.cache
def _at_least(hits: int, reads: int, population: int) -> float:
    return lower_bound(hits, reads, population).low


def planted(population: Population, hits: int, reads: int, _: int, __: int, caught: int) -> Limits:
    """`with_sensitivity`: labels on the judge's positives, sensitivity from planted cases."""
    found = with_sensitivity(hits, reads, population.positives, population.size, caught, PLANTED)
    return found.low, found.high


def adjusted(
    population: Population, hits: int, reads: int, more_hits: int, more_reads: int
) -> Limits:
    """`judge_adjusted`, the judge's errors told from a random draw; no statement without hits."""
    real, others = hits + more_hits, reads + more_reads - hits - more_hits
    if not real or not others:
        return 0.0, 1.0
    found = judge_adjusted(
        population.positives / population.size,
        population.size,
        (more_reads - more_hits) / others,
        others,
        hits / real,
        real,
    )
    return found.low, found.high
