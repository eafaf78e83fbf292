"""The studies of benchmarks/scanners.py."""
