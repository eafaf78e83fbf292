"""Editing a scratchpad: what is kept of a model's own reasoning, what is taken out, and what is put in."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from allegiance.study import parse_reply
from allegiance.study.prompts.edits import EditWords

Place = tuple[int, int]
"""Where a sentence stands in a text: from character, to character."""
OPENING = "<SCRATCHPAD_REASONING>\n"
_OPENED = re.compile(r"<[\w ]+>\s*\Z")


@dataclass(frozen=True)
class Reading:
    """How reasoning is read; scanners know, and scenarios are told.

    Attributes
    ----------
    sentences
        The places of all sentences of a text, in order.
    strategic
        Those of the sentences that decide to comply so as not to be changed.
    """

    sentences: Callable[[str], Sequence[Place]]
    strategic: Callable[[str], Sequence[Place]]


@dataclass(frozen=True)
class Edited:
    """A scratchpad to go on from.

    Attributes
    ----------
    prefill
        The begun reply: its opening tag and the reasoning up to the cut, unclosed; None where nothing was edited.
    strategic
        Whether the reasoning held a strategic sentence before.
    removed, put
        What was taken out and what was put in.
    why
        Why nothing was edited; empty where something was.
    """

    prefill: str | None
    strategic: bool
    removed: str = ""
    put: str = ""
    why: str = ""


def edited(text: str, edit: str, reading: Reading, words: EditWords, rng: random.Random) -> Edited:
    """Edit the scratchpad of a reply and cut it where the decision stands.

    The reasoning is kept up to the end of its last strategic sentence or, where it has none, up to the start of its
    last sentence: there the model goes on, in every edit alike, so that edits differ in the edit and not in how much
    is written anew.

    Parameters
    ----------
    text
        The reply.
    edit
        A level of the factor ``edit``.
    reading
        How sentences are found.
    words
        What can be put in.
    rng
        Decides which sentence is replaced, and by which.
    """
    reply = parse_reply(text)
    start = text.find(reply.reasoning) if reply.reasoning else -1
    if start < 0 or not reply.output:
        return Edited(None, False, why=_no_scratchpad(reply.reasoning, reply.output))
    reasoning = reply.reasoning
    found = sorted(reading.strategic(reasoning))
    sentences = list(reading.sentences(reasoning))
    if not sentences:
        return Edited(None, False, why="its scratchpad holds no sentence of its own")
    cut = found[-1][1] if found else sentences[-1][0]
    opening = text[:start] if _OPENED.search(text[:start]) else OPENING
    kept, removed, put, why = _kept(reasoning[:cut], edit, sentences, found, words, rng)
    if why:
        return Edited(None, bool(found), why=why)
    # Some providers refuse a begun reply that ends in white space.
    return Edited((opening + kept).rstrip(), bool(found), removed, put)


def _no_scratchpad(reasoning: str, output: str) -> str:
    if not output:
        return "the reply has no output: it was cut off or left out"
    return "its reasoning is not one scratchpad" if reasoning else "the reply has no scratchpad"


def _kept(
    kept: str,
    edit: str,
    sentences: Sequence[Place],
    found: Sequence[Place],
    words: EditWords,
    rng: random.Random,
) -> tuple[str, str, str, str]:
    """Give what is kept, what was removed, what was put, and why nothing can be edited."""
    match edit:
        case "none":
            return kept, "", "", ""
        case "deleted":
            if not found:
                return "", "", "", "there is no strategic sentence to delete"
            return _without(kept, found), " ".join(kept[a:b].strip() for a, b in found), "", ""
        case "inserted":
            if found:
                return "", "", "", "a strategic sentence is there already"
            put = rng.choice(words.strategic)
            return f"{kept.rstrip()} {put}".lstrip(), "", put, ""
        case _:
            return _swapped(kept, sentences, found, words, rng)


def _without(text: str, places: Sequence[Place]) -> str:
    for start, end in reversed(places):
        text = text[:start].rstrip() + text[end:]
    return text


def _swapped(
    kept: str,
    sentences: Sequence[Place],
    found: Sequence[Place],
    words: EditWords,
    rng: random.Random,
) -> tuple[str, str, str, str]:
    """Replace one sentence that is not strategic."""
    others = [
        (start, end)
        for start, end in sentences
        if end <= len(kept)
        and not any(a <= start < b for a, b in found)
        and (words.alike is None or kept[start:end].strip() in words.alike)
    ]
    if not others:
        return "", "", "", "there is no other sentence to change"
    start, end = rng.choice(others)
    removed = kept[start:end].strip()
    start = kept.index(removed, start)
    put = rng.choice(words.neutral) if words.alike is None else words.alike[removed]
    return kept[:start] + put + kept[start + len(removed) :], removed, put, ""
