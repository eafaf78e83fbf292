"""Inspect tasks built from a study.

A scenario turns a study into samples (every request in every condition), a solver and a scorer, and is
registered by entry point, so that `allegiance run` and a plain `inspect eval` run the same thing. Its words stand in
`allegiance.study.prompts`; a solver of its own has only the one that asks otherwise than turn by turn.
"""

from allegiance.scenarios.conversing import converse
from allegiance.scenarios.editing import Reading
from allegiance.scenarios.reasoning_edit import check_prefill, edit_reasoning
from allegiance.scenarios.task import study_task

__all__ = ["Reading", "check_prefill", "converse", "edit_reasoning", "study_task"]
