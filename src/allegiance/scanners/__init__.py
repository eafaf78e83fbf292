"""Instruments that assign categories to transcripts.

A category is a written, neutral definition; a scanner is a rule, a judge, a classifier or an import with a
digest; what it says is a verdict, kept under (transcript, category, scanner digest) with its status.
"""
