"""The parts of benchmarks/chain.py: simulated chains, peers of the guard, real chains, and the page."""
