"""How far raters agree on the same items: alpha, AC1 and the plain share, each with its limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from allegiance.stats import Interval, gwet_ac1, krippendorff_alpha, rate

ONE_VALUE = "all said the same value, so that chance would have agreed as well"
"""Why there is no alpha."""


@dataclass(frozen=True)
class Coefficients:
    """Agreement on items that more than one rater labelled.

    Attributes
    ----------
    alpha
        Krippendorff's alpha; None where all said one value, which leaves it undefined.
    ac1
        Gwet's AC1.
    same
        The share of pairs of labels of one item that are the same.
    """

    alpha: Interval | None
    ac1: Interval
    same: Interval


def coefficients(
    items: Sequence[Mapping[str, str]],
    order: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Coefficients:
    """Say how far raters agree.

    Parameters
    ----------
    items
        For each item, rater to value; those with fewer than two raters don't count.
    order
        The values from the least to the most, where they have an order; None where they have none.
    confidence
        Nominal coverage.

    Raises
    ------
    ValueError
        If no item has two raters.
    """
    shared = [said for said in items if len(said) > 1]
    names = sorted({name for said in shared for name in said})
    values = order or sorted({value for said in shared for value in said.values()})
    code = {value: place for place, value in enumerate(values)}
    ratings = [[code[said[name]] if name in said else None for said in shared] for name in names]
    seen = {value for said in shared for value in said.values()}
    pairs = [
        [float(one == other) for one, other in combinations(said.values(), 2)] for said in shared
    ]
    level = "nominal" if order is None else "ordinal"
    return Coefficients(
        alpha=krippendorff_alpha(ratings, level, confidence) if len(seen) > 1 else None,
        ac1=gwet_ac1(ratings, confidence),
        same=rate(pairs, confidence),
    )
