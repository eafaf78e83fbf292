"""Allegiance: which principal is this model aligned with, and how do you know?"""

__version__ = "0.1.0"
