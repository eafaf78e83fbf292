"""Instruments that assign categories to transcripts.

A category is a written, neutral definition; a scanner is a rule, a judge, a classifier or an import with
a digest; what it says is a verdict, kept under (transcript, category, scanner digest) with its status.
"""

from allegiance.scanners.classifier import Classifier, Labelled, Settings, Target, learned
from allegiance.scanners.classifying import Classified, scan_classifier
from allegiance.scanners.codebook import Category, Codebook, category, codebook, codebook_with
from allegiance.scanners.observations import Observed, observations
from allegiance.scanners.patterns import PatternScanner, pattern_scanner, scan_patterns
from allegiance.scanners.phrases import PhraseScanner
from allegiance.scanners.rules import CORE, Rules, RuleScanner, rule_categories, rule_scanner
from allegiance.scanners.scan import Scanned, counts, counts_of, scan

__all__ = [
    "CORE",
    "Category",
    "Classified",
    "Classifier",
    "Codebook",
    "Labelled",
    "Observed",
    "PatternScanner",
    "PhraseScanner",
    "RuleScanner",
    "Rules",
    "Scanned",
    "Settings",
    "Target",
    "category",
    "codebook",
    "codebook_with",
    "counts",
    "counts_of",
    "learned",
    "observations",
    "pattern_scanner",
    "rule_categories",
    "rule_scanner",
    "scan",
    "scan_classifier",
    "scan_patterns",
]
