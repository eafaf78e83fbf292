"""Harnesses: what asked a model and read its replies, taken from a log, a study or a workspace, and compared.

A harness decides results as much as a model does: a tag in another case, a suffix, a stop string or a token limit is
enough. `read_harness` says what one was, `differences` what two do not share.
"""

from allegiance.corpus.harness.differences import Difference, Kind, differences, remarks
from allegiance.corpus.harness.kept import Asked, Harness
from allegiance.corpus.harness.reading import read_harnesses

__all__ = ["Asked", "Difference", "Harness", "Kind", "differences", "read_harnesses", "remarks"]
