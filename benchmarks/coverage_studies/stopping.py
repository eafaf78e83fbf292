"""Reading until a hit: the declared rule has its own interval, an undeclared one has none."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from allegiance.stats import inverse_sampling
from benchmarks.coverage_studies.peeking import READS, read_on
from benchmarks.coverage_studies.peers import Z, clopper_pearson
from benchmarks.coverage_studies.results import Limits, Result, covered, limits_of, mean_width

STUDY, UNDECLARED = "stopping", "undeclared rules"
SIZE = 10_000
PREVALENCES = (0.001, 0.01, 0.05, 0.3)
STOPS = (1, 3)  # at the first hit, at the third
CANDIDATES = (1, 5, 20)  # properties, each in 0.5 % of the transcripts
_CANDIDATE_HITS = 50


def jobs(seed: int, repeats: int) -> Iterator[Callable[[], list[Result]]]:
    """One job for each prevalence and stop, and for each undeclared rule."""
    cells = [partial(_declared, p, stop) for p in PREVALENCES for stop in STOPS]
    cells += [partial(_best_looking, p) for p in PREVALENCES[1:]]
    cells += [partial(_any_candidate, count) for count in CANDIDATES]
    cells += [partial(_most_telling, p) for p in PREVALENCES[1:]]
    for number, cell in enumerate(cells):
        yield partial(cell, seed=(seed, number), repeats=repeats)


def _declared(prevalence: float, stop: int, seed: tuple[int, int], repeats: int) -> list[Result]:
    hits = round(SIZE * prevalence)
    reads = reads_until(np.random.default_rng(seed), hits, stop, repeats)
    methods: dict[str, Callable[[int], Limits]] = {
        "inverse_sampling": partial(_inverse, stop),
        "Clopper-Pearson, as if n had been fixed": partial(clopper_pearson, stop),
        "Wald, as if n had been fixed": partial(_wald, stop),
    }
    results: list[Result] = []
    for number, (name, method) in enumerate(methods.items()):
        limits = limits_of(method, reads[:, None])
        results.append(
            Result(
                STUDY, {"prevalence": prevalence, "stop": stop}, name,
                int(covered(limits, prevalence).sum()), repeats, ours=number == 0,
                gated=number == 0,
                figures={"width": mean_width(limits), "mean reads": float(reads.mean())},
            )
        )  # fmt: skip
    return results


def reads_until(rng: np.random.Generator, hits: int, stop: int, repeats: int) -> NDArray[np.int64]:
    """Draw the number of reads at which the hit that ends the reading comes."""
    before = np.arange(stop - 1, SIZE - hits + stop)
    chances = hypergeom.pmf(stop - 1, SIZE, hits, before) * (hits - stop + 1) / (SIZE - before)
    return rng.choice(before + 1, repeats, p=chances / chances.sum())


def _inverse(stop: int, reads: int) -> Limits:
    found = inverse_sampling(reads, stop, SIZE)
    return found.low, found.high


def _wald(stop: int, reads: int) -> Limits:
    p = stop / reads
    half = Z * (p * (1 - p) / reads) ** 0.5
    return p - half, p + half


def _best_looking(prevalence: float, seed: tuple[int, int], repeats: int) -> list[Result]:
    """Read 300, then report the hit at which hits ÷ reads stood highest, as if declared."""
    histories = read_on(np.random.default_rng(seed), round(SIZE * prevalence), repeats)
    best = (histories / np.arange(1, READS + 1)).argmax(axis=1)
    hits = histories[np.arange(repeats), best]
    stopped = hits > 0  # without a hit nothing is reported
    lows = np.zeros(repeats)
    pairs = np.stack([best + 1, hits], axis=1)[stopped]
    lows[stopped] = limits_of(lambda reads, stop: _inverse(stop, reads), pairs)[:, 0]
    cell = {"rule": "the hit of 300 reads with the highest share so far", "prevalence": prevalence}
    return [_missed(cell, lows, prevalence, 0.025)]


def _most_telling(prevalence: float, seed: tuple[int, int], repeats: int) -> list[Result]:
    """Read 300, then report the hit that gives the highest lower limit, as if declared."""
    histories = read_on(np.random.default_rng(seed), round(SIZE * prevalence), repeats)
    fresh = np.diff(histories, axis=1, prepend=0) > 0
    repeat, read = np.nonzero(fresh)
    pairs = np.stack([read + 1, histories[fresh]], axis=1)
    lows = np.zeros(repeats)
    found = limits_of(lambda reads, stop: _inverse(stop, reads), pairs)[:, 0]
    np.maximum.at(lows, repeat, found)
    cell = {"rule": "the hit of 300 reads with the highest limit", "prevalence": prevalence}
    return [_missed(cell, lows, prevalence, 0.025)]


def _any_candidate(candidates: int, seed: tuple[int, int], repeats: int) -> list[Result]:
    """Stop at the first hit of whichever property, and claim "at least" for that one."""
    rng = np.random.default_rng(seed)
    reads = reads_until(rng, _CANDIDATE_HITS, 1, (candidates, repeats)).min(axis=0)
    lows = limits_of(_at_least, reads[:, None])[:, 0]
    prevalence = _CANDIDATE_HITS / SIZE
    rule = (
        "the first hit" if candidates == 1 else f"the first hit of any of {candidates} properties"
    )
    cell = {"rule": rule, "prevalence": prevalence}
    return [_missed(cell, lows, prevalence, 0.05, declared=candidates == 1)]


def _at_least(reads: int) -> Limits:
    found = inverse_sampling(reads, 1, SIZE, confidence=0.9)  # 5 % in either tail
    return found.low, found.high


def _missed(
    cell: dict[str, object],
    lows: NDArray[np.float64],
    truth: float,
    promised: float,
    declared: bool = False,
) -> Result:
    missed = lows > truth + 1e-9
    rule = "declared" if declared else "undeclared"
    return Result(
        UNDECLARED, cell, f"inverse_sampling, rule {rule}", int(missed.sum()), len(missed),
        kind="false alarms", promised=promised, ours=declared, gated=declared,
    )  # fmt: skip
