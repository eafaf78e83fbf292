"""Splitting a reply into reasoning and output.

Models are asked for a scratchpad and then an output, and answer in many shapes: tags left open, tags in other
spellings, a tag quoted inside the reasoning, native reasoning beside the text, no tags at all. The parser never
guesses what a model did; it only says which part of the text is reasoning, which is output, and how it knew.
"""

import re
from dataclasses import dataclass
from typing import Literal

Form = Literal["tagged", "untagged-output", "native", "reasoning-only", "plain", "empty"]

_REASONING = r"scratchpad_reasoning|scratchpad|reasoning|thinking|think|thoughts?"
# An opening tag counts at the start of a line only: inside a sentence it is being talked about.
_REASONING_OPEN = re.compile(rf"^[ \t]*<(?:{_REASONING})\s*>", re.IGNORECASE | re.MULTILINE)
_REASONING_CLOSE = re.compile(rf"<\s*/\s*(?:{_REASONING})\s*>", re.IGNORECASE)
_REASONING_BLOCK = re.compile(
    rf"^[ \t]*<(?P<tag>{_REASONING})\s*>(?P<inside>.*?)<\s*/\s*(?P=tag)\s*>",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_OUTPUT_OPEN = re.compile(r"^[ \t]*<output\s*>", re.IGNORECASE | re.MULTILINE)
# Straight after the reasoning the tag may share its line, and other names for it are known.
_OUTPUT_NEXT = re.compile(r"\s*<(?P<tag>output|answer|response|reply)\s*>", re.IGNORECASE)
_OUTPUT_CLOSE = re.compile(r"<\s*/\s*output\s*>[ \t]*(?=\n|$)", re.IGNORECASE)


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
        How the parts were told apart: ``tagged`` (an output tag was there), ``untagged-output`` (text after the
        reasoning, without a tag of its own), ``native`` (reasoning came beside the text), ``reasoning-only``
        (reasoning and no output), ``plain`` (no reasoning shown), ``empty``.
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
    reasoning, rest, tagged = _split(text)
    thoughts = "\n\n".join(part for part in (native_reasoning.strip(), reasoning) if part)
    if not rest:
        return Reply(thoughts, "", "reasoning-only" if thoughts else "empty")
    if tagged:
        return Reply(thoughts, rest, "tagged")
    if reasoning:
        return Reply(thoughts, rest, "untagged-output")
    return Reply(thoughts, rest, "native" if thoughts else "plain")


def reply_after(begun: str, text: str, *, native_reasoning: str = "") -> Reply:
    """Split a reply whose first words were put into the model's mouth.

    Parameters
    ----------
    begun
        What was put there; empty for nothing. It belongs to the reply only where it ends before any output starts:
        then the text goes on inside a scratchpad that it did not open. What was put there as output is not the
        model's, and stays out.
    text, native_reasoning
        What the model went on with, as `parse_reply` takes it.

    Returns
    -------
    Reply
        As `parse_reply` gives it.
    """
    inside = bool(begun.strip()) and not parse_reply(begun).parsed
    return parse_reply(begun + text if inside else text, native_reasoning=native_reasoning)


def _split(text: str) -> tuple[str, str, bool]:
    """Give the reasoning, the output, and whether a tag marked the output."""
    if "<" not in text:
        return "", text.strip(), False
    first_close = _REASONING_CLOSE.search(text)
    opened = _REASONING_OPEN.search(text)
    if opened and first_close and opened.start() > first_close.start():
        opened = None
    if first_close:
        return _split_closed(text, opened, first_close)
    if output := _OUTPUT_OPEN.search(text, opened.end() if opened else 0):
        before = _without(text[: output.start()], opened)
        return before, _unclosed(text[output.end() :]), True
    if opened:
        return _without(text, opened), "", False
    return "", text.strip(), False


def _split_closed(
    text: str, opened: re.Match[str] | None, close: re.Match[str]
) -> tuple[str, str, bool]:
    """Split where the reasoning has an end.

    A closing tag that is only talked about is followed by the real one before any output starts, so the last one
    before the first output counts.
    """
    output = _OUTPUT_OPEN.search(text, close.end())
    before_output = output.start() if output else close.end()
    for later in _REASONING_CLOSE.finditer(text, close.end(), before_output):
        close = later
    reasoning = _without(text[: close.start()], opened)
    rest = text[close.end() :]
    if marked := _OUTPUT_NEXT.match(rest):
        tag = marked["tag"]
        inside = re.sub(
            rf"<\s*/\s*{tag}\s*>", "", rest[marked.end() :], count=1, flags=re.IGNORECASE
        )
        return reasoning, inside.strip(), True
    if output:
        inside = text[output.end() :]
        return (
            reasoning,
            "\n".join(
                part
                for part in (text[close.end() : output.start()].strip(), _unclosed(inside))
                if part
            ),
            True,
        )
    blocks = [block["inside"].strip() for block in _REASONING_BLOCK.finditer(rest)]
    reasoning = "\n\n".join(part for part in (reasoning, *blocks) if part)
    return reasoning, _unclosed(_REASONING_BLOCK.sub("", rest)), False


def _without(text: str, tag: re.Match[str] | None) -> str:
    """Take an opening tag out of a text."""
    return (text if tag is None else text[: tag.start()] + text[tag.end() :]).strip()


def _unclosed(output: str) -> str:
    """Take out closing output tags, wherever a line ends with one."""
    return _OUTPUT_CLOSE.sub("", output).strip()
