"""Inspect tasks built from a study.

A scenario turns a study into samples (every request in every condition), a solver and a scorer, and is
registered by entry point, so that `allegiance run` and a plain `inspect eval` run the same thing.
"""
