"""Parts of benchmarks/survival.py: the runs, what is measured on their checkpoints, and the page."""
