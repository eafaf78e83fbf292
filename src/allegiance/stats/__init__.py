"""Estimators: numbers in, an `Interval` out.

Pure functions on numpy and scipy. Every result names its target: `corpus` (the share of these N transcripts)
or `model` (the rate of the process that produced them, on these requests).
"""
