"""Populations in which the truth and the judge's verdict are known, and ways to read them.

The population is fixed; only the choice of what is read is random. An outcome is a row of counts:
hits and reads among the judge's positives, hits and reads among its negatives.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PLANTED = 200
TOO_EASY = 0.9  # how often the judge catches planted cases that are easier than real ones


@dataclass(frozen=True)
class Population:
    """Transcripts counted by truth and verdict.

    Attributes
    ----------
    caught, missed
        Real hits that the judge calls positive, and that it doesn't.
    alarms, clear
        The others that it calls positive, and that it doesn't.
    """

    caught: int
    missed: int
    alarms: int
    clear: int

    @classmethod
    def made(
        cls, size: int, prevalence: float, sensitivity: float, specificity: float
    ) -> "Population":
        """Make the population that comes nearest to these rates."""
        hits = round(size * prevalence)
        caught = round(sensitivity * hits)
        alarms = round((1 - specificity) * (size - hits))
        return cls(caught, hits - caught, alarms, size - hits - alarms)

    @property
    def size(self) -> int:
        return self.caught + self.missed + self.alarms + self.clear

    @property
    def hits(self) -> int:
        return self.caught + self.missed

    @property
    def positives(self) -> int:
        return self.caught + self.alarms

    @property
    def negatives(self) -> int:
        return self.missed + self.clear

    @property
    def rate(self) -> float:
        return self.hits / self.size


Draw = Callable[[np.random.Generator, Population, int, int], NDArray[np.int64]]


def at_random(
    rng: np.random.Generator, population: Population, labels: int, repeats: int
) -> NDArray[np.int64]:
    """Read at random, whatever the judge said."""
    kinds = [population.caught, population.alarms, population.missed, population.clear]
    caught, alarms, missed, clear = rng.multivariate_hypergeometric(kinds, labels, repeats).T
    return np.stack([caught, caught + alarms, missed, missed + clear], axis=1)


def by_verdict(
    share: float, rng: np.random.Generator, population: Population, labels: int, repeats: int
) -> NDArray[np.int64]:
    """Read a share of the labels among the judge's positives, the rest among its negatives."""
    above = min(population.positives, max(2, round(share * labels)))
    below = min(population.negatives, labels - above)
    return np.stack(
        [
            rng.hypergeometric(population.caught, population.alarms, above, repeats),
            np.full(repeats, above),
            rng.hypergeometric(population.missed, population.clear, below, repeats),
            np.full(repeats, below),
        ],
        axis=1,
    )


def positives_only(
    rng: np.random.Generator, population: Population, labels: int, repeats: int
) -> NDArray[np.int64]:
    """Read nothing but what the judge calls positive."""
    reads = min(population.positives, labels)
    outcomes = np.zeros((repeats, 4), dtype=np.int64)
    outcomes[:, 0] = rng.hypergeometric(population.caught, population.alarms, reads, repeats)
    outcomes[:, 1] = reads
    return outcomes


def with_planted(
    sensitivity: float | None,
    rng: np.random.Generator,
    population: Population,
    labels: int,
    repeats: int,
) -> NDArray[np.int64]:
    """Read the judge's positives, and show the judge planted cases; a fifth count is those caught.

    Parameters
    ----------
    sensitivity
        How often it catches them; None where they are as easy to catch as the real ones.
    """
    real = population.caught / population.hits
    caught = rng.binomial(PLANTED, real if sensitivity is None else sensitivity, repeats)
    return np.column_stack([positives_only(rng, population, labels, repeats), caught])
