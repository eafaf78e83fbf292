"""The studies of benchmarks/audit.py."""
