"""What is asked: principals, intents, clauses, requests and the grid of conditions.

A study is a declared question, written in YAML and checked field by field before anything runs. This
room also holds what everything else must agree on and that needs no I/O: the seven outcomes, the wording
of the prompt sets, and the parser that splits a reply into reasoning and output. It imports no other room.
"""

from typing import TYPE_CHECKING, Any

from allegiance.study.outcomes import Outcome
from allegiance.study.reply import Reply, parse_reply, reply_after

if TYPE_CHECKING:
    from allegiance.study.study import Study

__all__ = ["Outcome", "Reply", "Study", "parse_reply", "reply_after"]


def __getattr__(name: str) -> Any:
    """Load `Study` when it is asked for: who only takes replies apart need not wait for YAML."""
    if name != "Study":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from allegiance.study.study import Study

    return Study
