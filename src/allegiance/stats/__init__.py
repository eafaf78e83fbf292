"""Estimators: numbers in, an `Interval` out.

Pure functions on numpy and scipy. Every result names its target: `corpus` (the share of these N
transcripts) or `model` (the rate of the process that produced them, on these requests). Bad input
raises `ValueError` naming the argument.
"""

from allegiance.stats.absence import absence
from allegiance.stats.adjust import adjust
from allegiance.stats.agreement import gwet_ac1, krippendorff_alpha
from allegiance.stats.auroc import auroc
from allegiance.stats.d_prime import d_prime
from allegiance.stats.eprocess import HaltingTest, LicenceTest
from allegiance.stats.equal_rates import equal_rates, smallest_seen
from allegiance.stats.existence import existence
from allegiance.stats.gap import Equivalence, Gap, gap
from allegiance.stats.gap_difference import gap_difference
from allegiance.stats.interval import Interval, WorstCase
from allegiance.stats.inverse import inverse_sampling
from allegiance.stats.judge import judge_adjusted, with_sensitivity
from allegiance.stats.paired import mcnemar, paired_difference
from allegiance.stats.plan import Plan
from allegiance.stats.planning import power, reads_needed
from allegiance.stats.proportion import lower_bound, proportion
from allegiance.stats.rate import rate
from allegiance.stats.requests import Outcomes
from allegiance.stats.seeds import over_seeds
from allegiance.stats.selection import Selection, selection
from allegiance.stats.sequence import ConfidenceSequence, confidence_sequence
from allegiance.stats.share_within import share_within
from allegiance.stats.stratified import stratified
from allegiance.stats.stratified_sequence import stratified_sequence

__all__ = [
    "ConfidenceSequence",
    "Equivalence",
    "Gap",
    "HaltingTest",
    "Interval",
    "LicenceTest",
    "Outcomes",
    "Plan",
    "Selection",
    "WorstCase",
    "absence",
    "adjust",
    "auroc",
    "confidence_sequence",
    "d_prime",
    "equal_rates",
    "existence",
    "gap",
    "gap_difference",
    "gwet_ac1",
    "inverse_sampling",
    "judge_adjusted",
    "krippendorff_alpha",
    "lower_bound",
    "mcnemar",
    "over_seeds",
    "paired_difference",
    "power",
    "proportion",
    "rate",
    "reads_needed",
    "selection",
    "share_within",
    "smallest_seen",
    "stratified",
    "stratified_sequence",
    "with_sensitivity",
]
