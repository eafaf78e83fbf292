"""Estimators: numbers in, an `Interval` out.

Pure functions on numpy and scipy. Every result names its target: `corpus` (the share of these N
transcripts) or `model` (the rate of the process that produced them, on these requests). Bad input
raises `ValueError` naming the argument.
"""

from allegiance.stats.gap import Equivalence, Gap, gap
from allegiance.stats.gap_difference import gap_difference
from allegiance.stats.interval import Interval, WorstCase
from allegiance.stats.proportion import proportion
from allegiance.stats.rate import rate
from allegiance.stats.requests import Outcomes

__all__ = [
    "Equivalence",
    "Gap",
    "Interval",
    "Outcomes",
    "WorstCase",
    "gap",
    "gap_difference",
    "proportion",
    "rate",
]
