"""Agreement of raters beyond chance: Krippendorff's alpha and Gwet's AC1, with intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import get_args

import numpy as np

from allegiance.stats.arguments import checked_confidence
from allegiance.stats.coefficients import AC1, Alpha, Coefficient, Level, Values
from allegiance.stats.interval import Interval
from allegiance.stats.quantiles import clopper_pearson
from allegiance.stats.ratings import Ratings, RatingsLike, read_ratings

_FEWEST = 100
_MOST_KINDS = 8
_BLOCK = 4_000_000  # numbers held at a time
_ITEMS = "the items stand for those that the agreement is about, rated by these raters"


def krippendorff_alpha(
    ratings: RatingsLike,
    level: Level = "nominal",
    confidence: float = 0.95,
    seed: int = 0,
    resamples: int = 2_000,
) -> Interval:
    """Estimate how far raters agree beyond chance, on items like these.

    One minus the observed disagreement over that expected by chance: 1 is full agreement, 0 is what
    chance gives, and less is possible. Where a label is rare, chance alone agrees nearly always,
    and alpha may be near 0 with hardly a disagreement: look at `gwet_ac1` beside it.

    Parameters
    ----------
    ratings
        Raters × items: numbers, or for the nominal level text or truth values; None or NaN for
        missing. Items with fewer than two ratings don't count.
    level
        What is known of two different ratings: ``nominal``, that they differ; ``ordinal``, which is
        higher; ``interval``, by how much; ``ratio``, by how much, with a true zero.
    confidence
        Nominal coverage; approximate.
    seed, resamples
        Of the bootstrap.

    Returns
    -------
    Interval
        Of quantity ``agreement``; target ``model``: these raters on items like these.

    Raises
    ------
    ValueError
        If an argument is malformed, no item has two ratings, or all ratings are one value: chance
        would have agreed as well, and alpha is not defined.

    Notes
    -----
    Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability". The limits are percentiles of a
    bootstrap over items. Such a bootstrap knows only the kinds of items it saw, so each limit is
    moved out, where it has to be, to where one kind of item not seen could take the estimate: of U
    items at most a share of 1 − (α/2)^(1/U) is of such a kind (Clopper & Pearson 1934). The kinds
    are: agreement on the lowest, highest, commonest or rarest category, and a difference as large
    as the largest seen, or, where all agreed, between any two of those. So agreement on all of a
    few items is never certain. One item leaves the limits at −1 and 1.
    ``benchmarks/agreement_coverage.py`` shows the coverage.

    Examples
    --------
    Four of a hundred items carry a label, each by one of two raters only.

    >>> one = [1, 1, 0, 0] + [0] * 96
    >>> other = [0, 0, 1, 1] + [0] * 96
    >>> sum(a == b for a, b in zip(one, other)) / 100
    0.96
    >>> print(krippendorff_alpha([one, other]))
    -0.015 [-0.036, 0.634] (95 %, model, nominal alpha, item bootstrap, widened)
    >>> print(gwet_ac1([one, other]))
    0.958 [0.913, 0.990] (95 %, model, gwet ac1, item bootstrap)
    """
    if level not in get_args(Level):
        raise ValueError(f"level must be one of {', '.join(get_args(Level))}, not {level!r}")
    plan = _Plan.checked(confidence, seed, resamples)
    read = read_ratings(ratings, nominal=level == "nominal")
    paired = _kept(read, fewest=2)
    if paired.values.size == 1:
        raise ValueError(
            "ratings are all one value: without variation alpha is not defined, and gwet_ac1 is"
        )
    if level == "ratio" and paired.values[0] < 0:
        raise ValueError(f"ratings can't be negative on a ratio scale, and hold {paired.values[0]}")
    return _interval(read, paired, lambda kept: Alpha(kept, level), f"{level} alpha", plan)


def gwet_ac1(
    ratings: RatingsLike, confidence: float = 0.95, seed: int = 0, resamples: int = 2_000
) -> Interval:
    """Estimate how far raters agree beyond chance, where chance is small for rare labels.

    As `krippendorff_alpha` of the nominal level, with another notion of chance: raters guess only
    on items that are hard to rate. It stays near the plain share of agreement where one label is
    much more common than the rest.

    Parameters
    ----------
    ratings
        Raters × items: text, numbers or truth values; None or NaN for missing. Items with one
        rating count for how common a category is.
    confidence
        Nominal coverage; approximate.
    seed, resamples
        Of the bootstrap.

    Returns
    -------
    Interval
        Of quantity ``agreement``; target ``model``: these raters on items like these.

    Raises
    ------
    ValueError
        If an argument is malformed or no item has two ratings.

    Notes
    -----
    Gwet 2008: (a − e) / (1 − e), a the mean over items of the share of pairs that agree, e = Σ π (1
    − π) / (q − 1), π the mean share of each of q categories. The categories are those that were
    seen, and at least two. The limits are made as those of `krippendorff_alpha`.

    Examples
    --------
    >>> print(gwet_ac1([["lie", "lie", "honest", "honest"], ["lie", None, "honest", "lie"]]))
    0.373 [-0.676, 1.000] (95 %, model, gwet ac1, item bootstrap, widened)
    """
    plan = _Plan.checked(confidence, seed, resamples)
    read = read_ratings(ratings, nominal=True)
    _kept(read, fewest=2)
    kept, notes = _kept(read, fewest=1), ()
    if kept.values.size == 1:  # the other category of the scale has not been seen
        kept = Ratings(kept.codes, np.append(kept.values, kept.values + 1))
        notes = ("all ratings are one value: agreement by chance is taken to be 0",)
    else:
        notes = (f"agreement by chance is that of the {kept.values.size} categories seen",)
    return _interval(read, kept, AC1, "gwet ac1", plan, notes)


@dataclass(frozen=True)
class _Plan:
    """How limits are to be made."""

    confidence: float
    seed: int
    resamples: int

    @classmethod
    def checked(cls, confidence: float, seed: int, resamples: int) -> "_Plan":
        for name, value, fewest in (("seed", seed, 0), ("resamples", resamples, _FEWEST)):
            if isinstance(value, float) or value < fewest:
                raise ValueError(f"{name} must be a whole number from {fewest} on, not {value}")
        return cls(checked_confidence(confidence), seed, resamples)


def _kept(read: Ratings, fewest: int) -> Ratings:
    kept = read.kept(read.by_item >= fewest)
    if not kept.items:
        raise ValueError("ratings hold no item that two raters rated: there is no agreement to see")
    return kept


def _interval(
    read: Ratings,
    kept: Ratings,
    coefficient: Callable[[Ratings], Coefficient],
    name: str,
    plan: _Plan,
    notes: tuple[str, ...] = (),
) -> Interval:
    whole = coefficient(kept)
    estimate = float(whole(np.ones((1, kept.items)))[0])
    drawn = _bootstrap(whole, kept.items, plan)
    paired = int(np.count_nonzero(read.by_item >= 2))
    unseen = clopper_pearson(0, paired, plan.confidence)[1]
    tail = (1 - plan.confidence) / 2
    # With the estimate among them there is one even if no resample defines it.
    defined = np.append(drawn[~np.isnan(drawn)], estimate)
    low, high = (float(limit) for limit in np.quantile(defined, [tail, 1 - tail]))
    moved = _with_unseen(kept, coefficient, unseen) if paired > 1 else np.array([-1.0, 1.0])
    lowest, highest = float(moved.min()), float(moved.max())
    wider = [side for side, so in (("lower", lowest < low), ("upper", highest > high)) if so]
    return Interval(
        estimate=estimate,
        low=max(-1.0, min(low, lowest, estimate)),
        high=min(1.0, max(high, highest, estimate)),
        confidence=plan.confidence,
        method=f"{name}, item bootstrap{', widened' if wider else ''}",
        target="model",
        assumptions=(_ITEMS,),
        notes=(
            f"{read.raters:,} raters and {read.items:,} items, {paired:,} of them rated twice or "
            f"more; {read.missing:,} ratings are missing",
            *notes,
            *_on_limits(plan, drawn, wider, unseen, alone=paired == 1),
        ),
        missing=read.missing,
        quantity="agreement",
    )


def _bootstrap(coefficient: Coefficient, items: int, plan: _Plan) -> Values:
    rng = np.random.default_rng(plan.seed)
    block = max(1, _BLOCK // coefficient.width)
    found: list[Values] = []
    for start in range(0, plan.resamples, block):
        size = min(block, plan.resamples - start)
        weights = rng.multinomial(items, np.full(items, 1 / items), size)
        found.append(coefficient(weights.astype(np.float64)))
    return np.concatenate(found)


def _with_unseen(
    kept: Ratings, coefficient: Callable[[Ratings], Coefficient], share: float
) -> Values:
    """Coefficients if a share of the items were of one kind not seen, for each kind looked at."""
    whole = coefficient(kept)
    kinds = _kinds(kept, whole.differing)
    old = np.full((len(kinds), kept.items), 1 - share)
    new = np.eye(len(kinds)) * share * whole.mass
    return coefficient(kept.with_items(kinds))(np.hstack([old, new]))


def _kinds(kept: Ratings, differing: Values) -> list[tuple[int, int]]:
    """Pairs of ratings that an item not seen might have."""
    common = np.bincount(kept.flat()[1], minlength=kept.values.size)
    ends = sorted({0, kept.values.size - 1, int(common.argmax()), int(common.argmin())})
    if differing.max() == 0:  # how far the raters may differ has not been seen
        return list(combinations_with_replacement(ends, 2))
    furthest = np.sort(np.array(kept.pairs()[1:])[:, differing >= differing.max() * (1 - 1e-9)], 0)
    pairs, times = np.unique(furthest, axis=1, return_counts=True)
    chosen = pairs[:, np.argsort(-times, kind="stable")[:_MOST_KINDS]].T
    return [(end, end) for end in ends] + [(int(one), int(other)) for one, other in chosen]


def _on_limits(
    plan: _Plan, drawn: Values, wider: list[str], unseen: float, alone: bool
) -> list[str]:
    notes = [
        f"limits at {100 * plan.confidence:.4g} % from {plan.resamples:,} resamples of the items "
        f"(seed {plan.seed}), approximate"
    ]
    undefined = int(np.count_nonzero(np.isnan(drawn)))
    if undefined:
        notes.append(f"{undefined:,} resamples leave it undefined and were passed over")
    if alone:
        notes.append("one item was rated twice: this says nothing of others")
    elif wider:
        which = "both limits allow" if len(wider) == 2 else f"the {wider[0]} limit allows"
        notes.append(
            f"{which} for a kind of item that was not seen, up to {100 * unseen:.2g} % of all"
        )
    return notes
