"""A transcript on a terminal: plain text that can't steer it, what is hidden left out."""

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from allegiance.cli.app import printable

if TYPE_CHECKING:
    from allegiance.corpus import Transcript

WHO = {"model": "the model", "prefill": "put into the model's mouth", "scripted": ""}
"""How the author of a message is told."""
_INVISIBLE = {"Cf", "Co", "Cn", "Cs"}
"""Categories of characters that a terminal may obey or hide: they are shown by number."""


def visible(text: str) -> str:
    """Make a text safe to print: controls become a mark, invisible characters their number."""
    return "".join(
        f"<U+{ord(c):04X}>" if unicodedata.category(c) in _INVISIBLE else c for c in printable(text)
    )


def print_transcript(
    out: Console, transcript: "Transcript", *, heading: str, facts: Iterable[str] = ()
) -> None:
    """Print a transcript: the heading, what may be known of it, and its messages.

    Parameters
    ----------
    heading
        How it was come by.
    facts
        Lines such as its condition; none where that is hidden.
    """
    whole = (
        not out.is_terminal
    )  # a line that is piped stays one; on a terminal words are kept whole
    out.print(Rule(Text(visible(heading)), align="left", characters="─"))
    for fact in facts:
        out.print(Text(visible(fact), style="dim"))
    for message in transcript.messages:
        who = WHO[message.author]
        out.print(Text(f"\n{visible(message.role)}{f' · {who}' if who else ''}", style="bold"))
        if message.reasoning:
            out.print(Text("reasoning", style="dim italic"))
            out.print(Text(visible(message.reasoning), style="italic"), soft_wrap=whole)
        if message.text:
            out.print(Text(visible(message.text)), soft_wrap=whole)
        for call in message.tool_calls:
            out.print(
                Text(visible(f"→ {call.function} {call.arguments}"), style="dim"), soft_wrap=whole
            )
    out.print()


def as_json(transcript: "Transcript", *, blind: bool) -> dict[str, Any]:
    """Give a transcript as JSON can carry it; blind without condition, model and sample id."""
    shown: dict[str, Any] = {
        "transcript_id": transcript.transcript_id,
        "messages": [
            {
                "role": message.role,
                "author": message.author,
                "reasoning": message.reasoning,
                "text": message.text,
                "tool_calls": [
                    {"function": call.function, "arguments": call.arguments}
                    for call in message.tool_calls
                ],
            }
            for message in transcript.messages
        ],
    }
    if not blind:
        shown |= {
            "model": transcript.model,
            "task": transcript.task,
            "sample_id": transcript.sample_id,
            "epoch": transcript.epoch,
            "condition": dict(transcript.condition),
        }
    return shown


def facts_of(transcript: "Transcript") -> list[str]:
    """Say what is known of a transcript besides its words."""
    condition = ", ".join(f"{name} {level}" for name, level in transcript.condition.items())
    told = [transcript.model or "", transcript.task or "", condition]
    told += [f"sample {transcript.sample_id}"] if transcript.sample_id else []
    told += [f"epoch {transcript.epoch}"] if transcript.epoch is not None else []
    return [transcript.transcript_id, " · ".join(part for part in told if part)]
