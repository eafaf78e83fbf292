"""Estimators: numbers in, an `Interval` out.

Pure functions on numpy and scipy. Every result names its target: `corpus` (the share of these N
transcripts) or `model` (the rate of the process that produced them, on these requests). Bad input
raises `ValueError` naming the argument.
"""

from allegiance.stats.adjust import adjust
from allegiance.stats.agreement import gwet_ac1, krippendorff_alpha
from allegiance.stats.eprocess import HaltingTest, LicenceTest
from allegiance.stats.gap import Equivalence, Gap, gap
from allegiance.stats.interval import Interval, WorstCase
from allegiance.stats.proportion import proportion
from allegiance.stats.rate import rate
from allegiance.stats.requests import Outcomes

__all__ = [
    "Equivalence",
    "Gap",
    "HaltingTest",
    "Interval",
    "LicenceTest",
    "Outcomes",
    "WorstCase",
    "adjust",
    "gap",
    "gwet_ac1",
    "krippendorff_alpha",
    "proportion",
    "rate",
]
