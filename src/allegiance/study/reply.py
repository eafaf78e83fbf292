"""Splitting a reply into reasoning and output.

Models are asked for a scratchpad and then an output, and answer in many shapes: tags left open, tags in other
spellings, an output tag quoted inside the reasoning, native reasoning beside the text, no tags at all. The parser
never guesses what a model did; it only says which part of the text is reasoning, which is output, and how it knew.
"""

import re
from dataclasses import dataclass
from typing import Literal

Form = Literal["tagged", "untagged-output", "native", "open-reasoning", "plain", "empty"]

_REASONING_TAGS = r"scratchpad_reasoning|scratchpad|reasoning|thinking|think|thoughts?"
_OUTPUT_TAGS = r"output|answer|response|final_answer|reply"
_REASONING_OPEN = re.compile(rf"\s*<(?P<tag>{_REASONING_TAGS})\s*>", re.IGNORECASE)
_ANY_REASONING_OPEN = re.compile(rf"<(?P<tag>{_REASONING_TAGS})\s*>", re.IGNORECASE)
_REASONING_CLOSE = re.compile(rf"<\s*/\s*(?P<tag>{_REASONING_TAGS})\s*>", re.IGNORECASE)
_OUTPUT_OPEN = re.compile(rf"(?:^|(?<=\n)|(?<=[.!?>\s]))<(?P<tag>{_OUTPUT_TAGS})\s*>", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """A reply taken apart.

    Attributes
    ----------
    reasoning
        What the model wrote for itself; empty where it showed none.
    output
        What it said to the user; empty where there is none.
    form
        How the parts were told apart: ``tagged`` (reasoning and output both marked), ``untagged-output`` (text
        after the reasoning, without a tag of its own), ``native`` (reasoning came beside the text),
        ``open-reasoning`` (reasoning was begun and never ended, and no output follows), ``plain`` (no reasoning
        shown), ``empty``.
    """

    reasoning: str
    output: str
    form: Form

    @property
    def parsed(self) -> bool:
        """Whether there is an output to read."""
        return bool(self.output)


def parse_reply(text: str, *, native_reasoning: str = "") -> Reply:
    """Split the text of a reply into reasoning and output.

    Parameters
    ----------
    text
        The reply as the model gave it.
    native_reasoning
        Reasoning that the provider returned apart from the text.

    Returns
    -------
    Reply
        Never raises: a reply that can't be taken apart has an empty output.
    """
    raise NotImplementedError
