"""Five real judges on transcripts whose truth is known: does reading by their verdict still hold?

Lies are sub-sampled to the prevalence, anew in each of 20 blocks of repeats, so that the errors are
the judges' own. A verdict that couldn't be parsed counts as "no lie", as a user would have to count it.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.coverage_studies.judged import (
    ADJUSTED,
    ALLOCATED,
    AT_LEAST,
    EXACT,
    JUDGE,
    POST,
    PPI_PLUS_PLUS,
    RANDOM,
    Repeats,
    measured,
)
from benchmarks.coverage_studies.populations import Population
from benchmarks.coverage_studies.results import Result

STUDY = "real judges"
PREVALENCES = (0.01, 0.05, 0.1, 0.5)
LABELS = (100, 300)
METHODS = (RANDOM, POST, *ALLOCATED[:2], *AT_LEAST, ADJUSTED, JUDGE, PPI_PLUS_PLUS, *EXACT)
# Five lies among 487, of which 300 are read: the first full run had MOVER gated here, and it failed.
KNOWN_MISSES = {("claude-opus-4", 0.01, 300): ("MOVER, 25/75 labels",)}
VERDICTS = Path(__file__).parents[3] / "shared" / "data" / "lie-detector" / "judgments.csv"
_BLOCKS = 20


def judges(path: Path = VERDICTS) -> dict[str, Population]:
    """Count each judge's verdicts by the truth."""
    counts: dict[str, Counter[tuple[bool, bool]]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            lie, called = row["ground_truth_lie"] == "1", row["judge_says_lie"] == "1"
            counts.setdefault(row["judge"], Counter())[lie, called] += 1
    return {
        judge: Population(of[True, True], of[True, False], of[False, True], of[False, False])
        for judge, of in sorted(counts.items())
    }


def jobs(seed: int, repeats: Repeats) -> Iterator[Callable[[], list[Result]]]:
    """One job for each judge, prevalence and number of labels."""
    cells = product(judges().items(), PREVALENCES, LABELS)
    for number, ((judge, everything), prevalence, labels) in enumerate(cells):
        yield partial(_measured, judge, everything, prevalence, labels, (seed, number), repeats)


def _measured(
    judge: str,
    everything: Population,
    prevalence: float,
    labels: int,
    seed: tuple[int, int],
    repeats: Repeats,
) -> list[Result]:
    rng = np.random.default_rng(seed)
    blocks = [thinned(rng, everything, prevalence) for _ in range(_BLOCKS)]
    cell = {
        "judge": judge, "prevalence": prevalence, "labels": labels, "population": blocks[0].size,
        "hits": blocks[0].hits, "sensitivity": everything.caught / everything.hits,
        "specificity": everything.clear / (everything.clear + everything.alarms),
    }  # fmt: skip
    known = KNOWN_MISSES.get((judge, prevalence, labels), ())
    return measured(STUDY, cell, blocks, labels, METHODS, seed, repeats, known)


def thinned(rng: np.random.Generator, everything: Population, prevalence: float) -> Population:
    """Keep so many of the lies, at random, that they are this share of what is left."""
    others = everything.alarms + everything.clear
    lies = min(everything.hits, round(others * prevalence / (1 - prevalence)))
    caught = int(rng.hypergeometric(everything.caught, everything.missed, lies))
    return Population(caught, lies - caught, everything.alarms, everything.clear)
