"""A corpus interval read as the model's rate: right about these transcripts, wrong about the model."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from allegiance.stats import proportion
from benchmarks.coverage_studies.results import Limits, Result, covered, limits_of, mean_width

STUDY = "targets"
RATE = 0.14
READ_OF = ((400, 400), (200, 400), (100, 400), (300, 10_000))


def jobs(seed: int, repeats: int) -> Iterator[Callable[[], list[Result]]]:
    """One job for each number of reads and size of corpus."""
    for number, (reads, size) in enumerate(READ_OF):
        yield partial(_measured, reads, size, (seed, number), repeats)


def _measured(reads: int, size: int, seed: tuple[int, int], repeats: int) -> list[Result]:
    rng = np.random.default_rng(seed)
    hits = rng.binomial(size, RATE, repeats)  # every repeat is a corpus of its own
    seen = rng.hypergeometric(hits, size - hits, reads)
    corpus = limits_of(partial(_limits, reads, size), seen[:, None])
    model = limits_of(partial(_limits, reads, None), seen[:, None])
    claims = (
        ("corpus interval, for the corpus", corpus, hits / size, True),
        ("model interval, for the model", model, RATE, True),
        ("corpus interval, for the model", corpus, RATE, False),
    )
    cell = {"reads": reads, "population": size, "rate": RATE}
    return [
        Result(
            STUDY, cell, name, int(covered(limits, truth).sum()), repeats, ours=meant, gated=meant,
            figures={"width": mean_width(limits)},
        )
        for name, limits, truth, meant in claims
    ]  # fmt: skip


def _limits(reads: int, size: int | None, hits: int) -> Limits:
    found = proportion(hits, reads, size)
    return found.low, found.high
