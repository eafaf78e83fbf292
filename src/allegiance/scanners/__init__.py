"""Instruments that assign categories to transcripts.

A category is a written, neutral definition; a scanner is a rule, a judge, a classifier or an import with
a digest; what it says is a verdict, kept under (transcript, category, scanner digest) with its status.
"""

from allegiance.scanners.codebook import Category, category, codebook
from allegiance.scanners.observations import Observed, observations
from allegiance.scanners.rules import RuleScanner, rule_categories, rule_scanner
from allegiance.scanners.scan import Scanned, counts, scan

__all__ = [
    "Category",
    "Observed",
    "RuleScanner",
    "Scanned",
    "category",
    "codebook",
    "counts",
    "observations",
    "rule_categories",
    "rule_scanner",
    "scan",
]
