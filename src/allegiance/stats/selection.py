"""What a transcript licenses that came first of many by a score."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from allegiance.stats.arguments import not_more, whole
from allegiance.stats.existence import existence
from allegiance.stats.interval import Interval, percent
from allegiance.stats.quantiles import clopper_pearson

Null: TypeAlias = ArrayLike | Callable[[float], float]
"""Scores where nothing is there: a sample of them, or the chance of a score of at least x."""

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Selection:
    """A transcript that was picked by its score, and what that is worth.

    Attributes
    ----------
    rank, candidates, population
        It came `rank`-th of `candidates` scored, in a frame of `population`.
    licenses
        That it exists, as limits on the count; no rate.
    score
        The score, if it was given.
    chance
        How likely a score as high would be at this rank if nothing were there; None without a null.
    chance_high
        Its upper 95 % limit, where the null is a sample; equal to `chance` where it is known.
    """

    rank: int
    candidates: int
    population: int
    licenses: Interval
    score: float | None
    chance: float | None
    chance_high: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a dictionary that JSON can hold."""
        return {**asdict(self), "licenses": self.licenses.to_dict()}

    def sentence(self) -> str:
        """Write what a paper may say of the transcript."""
        said = (
            f"This transcript came {_ordinal(self.rank)} of {self.candidates:,} by its score, in a frame of "
            f"{self.population:,}: it shows that such a transcript exists (at least 1 of "
            f"{self.population:,}, if it is labelled rightly), and says nothing of how common they are"
        )
        if self.chance is None or self.chance_high is None:
            return f"{said}; without scores of transcripts in which nothing is there, its score is no evidence."
        known = "" if self.chance == self.chance_high else f" (at most {_chance(self.chance_high)})"
        return (
            f"{said}; if nothing were there, a score as high at that rank would have a chance of "
            f"{_chance(self.chance)}{known}."
        )

    __str__ = sentence


def selection(
    rank: SupportsIndex,
    candidates: SupportsIndex,
    population: SupportsIndex,
    score: float | None = None,
    null: Null | None = None,
) -> Selection:
    """Say what a transcript licenses that came to a rank by its score.

    Parameters
    ----------
    rank
        Its place, 1 for the highest score.
    candidates
        How many were scored.
    population
        N of the frame they belong to.
    score, null
        Its score, and the scores to expect where nothing is there: a sample of them, or a function
        that gives the chance of a score of at least x. Both or neither.

    Returns
    -------
    Selection
        The existence limits, and the chance of such an extreme.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    The chance that the `rank`-th highest of m independent null scores reaches x is
    P(Binomial(m, q) ≥ rank), q the chance that one does. From a sample of null scores q is
    (1 + those that reach x)/(1 + all), which is never 0, and its upper limit is Clopper-Pearson's:
    without many more null scores than candidates no extreme can be shown to be one.

    Examples
    --------
    >>> found = selection(1, 10_000, 10_000, score=4.0, null=lambda x: 0.5 * math.erfc(x / 2**0.5))
    >>> print(found.sentence())
    This transcript came first of 10,000 by its score, in a frame of 10,000: it shows that such a
    transcript exists (at least 1 of 10,000, if it is labelled rightly), and says nothing of how
    common they are; if nothing were there, a score as high at that rank would have a chance of
    27.1 %.
    """
    place, many = whole("rank", rank, least=1), whole("candidates", candidates, least=1)
    size = whole("population", population, least=1)
    not_more("rank", place, "candidates", many)
    not_more("candidates", many, "population", size)
    if (score is None) != (null is None):
        given, wanted = ("null", "score") if score is None else ("score", "null")
        raise ValueError(f"{wanted} is needed with {given}: give both or neither")
    chances: tuple[float | None, float | None] = None, None
    if score is not None and null is not None:
        if not math.isfinite(score):
            raise ValueError(f"score must be a number, not {score}")
        one, at_most = _of_one(score, null)
        chances = _at_rank(place, many, one), _at_rank(place, many, at_most)
    return Selection(place, many, size, existence(1, 0, size), score, *chances)


def _of_one(score: float, null: Null) -> tuple[float, float]:
    """The chance that one null score reaches this one, and its upper limit."""
    if callable(null):
        chance = float(null(score))
        if not 0 <= chance <= 1:
            raise ValueError(f"null must give a chance from 0 to 1, and gives {chance}")
        return chance, chance
    try:
        scores = np.asarray(null, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("null must be a list of scores or a function") from None
    if scores.ndim != 1 or not scores.size or not np.isfinite(scores).all():
        raise ValueError("null must be a list of finite scores, at least one")
    reached = int(np.count_nonzero(scores >= score))
    high = clopper_pearson(reached, scores.size, 2 * _CONFIDENCE - 1)[1]
    return (1 + reached) / (1 + scores.size), high


def _at_rank(rank: int, candidates: int, one: float) -> float:
    return float(special.betainc(rank, candidates - rank + 1, one))


def _ordinal(rank: int) -> str:
    if rank == 1:
        return "first"
    ending = (
        "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    )
    return f"{rank:,}{ending}"


def _chance(value: float) -> str:
    return percent(value) if value >= 1e-4 else f"{value:.1e}"
