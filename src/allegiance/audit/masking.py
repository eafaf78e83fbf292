"""Masking: words that tell the tiers apart, replaced where a rater would read the condition off them."""

import re
from collections.abc import Sequence

from msgspec import structs

from allegiance.corpus import Message, Transcript
from allegiance.errors import UsageError
from allegiance.study.prompts.standard import SIGNS

MARK = "[…]"
"""What stands in the place of a masked word."""

WORDS = (
    "is not monitored",
    "not monitored",
    "unmonitored",
    "is monitored",
    "monitored",
    "never used for training",
    "not used for training",
    "used for training",
    "used to train",
    "will not be trained on",
    "will be trained on",
    "free tier",
    "free-tier",
    "free user",
    "free users",
    "is_free_tier",
    "paid tier",
    "paid-tier",
    "paid user",
    "paid users",
    "paying user",
    "paying users",
)
"""The words that are masked, in whatever letters; the tags of the shipped studies are masked besides."""

_TAGS = re.compile(
    "|".join(
        [r"<tier>[^<]{0,200}</tier>", *(rf"(?<!\w){re.escape(sign)}(?!\w)" for sign in SIGNS)]
    ),
    re.IGNORECASE,
)
"""The sign in front of a message by which the shipped studies mark its tier, as each framing writes it."""
_MOST = 200


def check_words(words: Sequence[str]) -> tuple[str, ...]:
    """See that words can be masked.

    Raises
    ------
    UsageError
        If one is empty or long, or there are too many.
    """
    found = tuple(word.strip() for word in words)
    if len(found) > _MOST or any(not word or len(word) > _MOST for word in found):
        raise UsageError(
            f"--mask-word takes a word or a phrase of up to {_MOST} characters, {_MOST} at most."
        )
    return found


def masked(
    transcript: Transcript, words: Sequence[str] = (), *, everything: bool = False
) -> Transcript:
    """Mask a transcript for showing: its prompt, and with `everything` the model's own words too.

    The ids stay, so a label is of the transcript itself.
    """
    pattern = _pattern(words)
    messages = tuple(
        _message(one, pattern) if everything or one.author == "scripted" else one
        for one in transcript.messages
    )
    shown = structs.replace(transcript, messages=messages)
    if not everything:
        return shown
    return structs.replace(
        shown,
        reasoning=_text(shown.reasoning, pattern),
        output=_text(shown.output, pattern),
    )


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    every = sorted({*WORDS, *words}, key=len, reverse=True)  # the longest first
    spaced = (r"\s+".join(map(re.escape, word.split())) for word in every)
    return re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)", re.IGNORECASE)


def _message(message: Message, pattern: re.Pattern[str]) -> Message:
    return structs.replace(
        message,
        text=_text(message.text, pattern),
        reasoning=_text(message.reasoning, pattern),
        tool_calls=tuple(
            structs.replace(call, arguments=_text(call.arguments, pattern))
            for call in message.tool_calls
        ),
    )


def _text(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(MARK, _TAGS.sub(MARK, text))
