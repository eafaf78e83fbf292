"""What people read: tables, figures and the study report.

Takes the corpus, its verdicts and the estimators, and says what they license: one self-contained
HTML file, a terminal table, or JSON. A rate is never printed without k, n, N and its interval.
"""

from allegiance.report.found import ClaimLine, DrawLine, Found, found_of
from allegiance.report.gaps import TierGap
from allegiance.report.html import render_html
from allegiance.report.instruments import Comparison
from allegiance.report.observations import Observations
from allegiance.report.provenance import Provenance
from allegiance.report.rates import Cell, Measure, Truth
from allegiance.report.study_report import Source, StudyReport, TruthCheck, study_report
from allegiance.report.terminal import render_terminal
from allegiance.report.why_page import render_why
from allegiance.report.write import write_report, write_whole

__all__ = [
    "Cell",
    "ClaimLine",
    "Comparison",
    "DrawLine",
    "Found",
    "Measure",
    "Observations",
    "Provenance",
    "Source",
    "StudyReport",
    "TierGap",
    "Truth",
    "TruthCheck",
    "found_of",
    "render_html",
    "render_terminal",
    "render_why",
    "study_report",
    "write_report",
    "write_whole",
]
