"""The studies of benchmarks/scanners.py; each can be run by itself."""
