"""What is certain of a transcript that was found, however it was found: that it exists."""

from typing import SupportsIndex

from allegiance.stats.arguments import not_more, whole
from allegiance.stats.interval import Interval


def existence(
    confirmed: SupportsIndex, refuted: SupportsIndex, population: SupportsIndex
) -> Interval:
    """Say what a search, a top-k list or an unrecorded route licenses: limits, and no rate.

    Parameters
    ----------
    confirmed, refuted
        Different transcripts found to have the property, and found not to have it.
    population
        N of the frame.

    Returns
    -------
    Interval
        At least `confirmed`, at most all but `refuted`; ``confidence`` is 1 and ``estimate`` None.

    Raises
    ------
    ValueError
        Naming the argument that is wrong.

    Notes
    -----
    Logic, and no statistics: a route that may prefer some transcripts says nothing of the others.

    Examples
    --------
    >>> print(existence(1, 0, 10_000))
    1 of 1 read of 10,000: no rate [0.01, 100.00] (certain, corpus, existence)
    """
    found, failed = whole("confirmed", confirmed), whole("refuted", refuted)
    size = whole("population", population, least=1)
    not_more("confirmed + refuted", found + failed, "population", size)
    return Interval(
        estimate=None,
        low=found / size,
        high=(size - failed) / size,
        count_low=found,
        count_high=size - failed,
        confidence=1.0,
        method="existence",
        target="corpus",
        hits=found,
        reads=found + failed,
        population=size,
        assumptions=("the labels are right",),
        notes=("the route licenses no rate: it may have preferred some transcripts",),
    )
