"""The parts of `benchmarks/instrument.py`."""
