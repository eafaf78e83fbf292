"""What people read: tables, figures and the study report.

Takes the corpus, its verdicts and the estimators, and says what they license: one self-contained HTML file,
a terminal table, or JSON. A rate is never printed without k, n, N and its interval.
"""
