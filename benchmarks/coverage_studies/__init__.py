"""The studies behind `benchmarks/coverage.py`, one file each, and what they share."""
