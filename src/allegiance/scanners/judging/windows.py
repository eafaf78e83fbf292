"""Transcripts that are longer than a judge reads at once: where they are cut, and how parts are put together.

A transcript is cut between messages; each part repeats the last messages of the one before. The parts
are asked one after the other, until one of them settles the value:

=========  ==================================================================================
yes-no     `yes` as soon as a part says yes; `no` where all say no
ordinal    the highest value that a part gives; the highest there is settles it
choice     the value that all parts give which say something; where two differ there is none
=========  ==================================================================================

A part that was refused or could not be read makes the whole so, unless another settles it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from allegiance.corpus.schema import VerdictStatus
from allegiance.scanners.codebook import Category


@dataclass(frozen=True)
class Said:
    """What a judge said of a part of a transcript, or of all of it.

    Attributes
    ----------
    value
        None where the status is another than ``ok``.
    status
        ``ok``, ``refused`` or ``invalid``, or ``too-long`` where the provider found it so.
    reason
        The judge's; of one that is invalid, what was wrong.
    spans, stripped, elsewhere
        See `allegiance.scanners.judging.quotes.Found`.
    """

    value: str | None
    status: VerdictStatus = "ok"
    reason: str = ""
    clause: int | None = None
    spans: tuple[dict[str, Any], ...] = ()
    stripped: int = 0
    elsewhere: int = 0


def cut(sizes: Sequence[int], most: int, overlap: int) -> list[range] | None:
    """Cut a transcript between its messages.

    Parameters
    ----------
    sizes
        Length of each message, in characters as the judge reads it.
    most
        Length of a part.
    overlap
        How many messages the next part repeats, or fewer where there is no room for them.

    Returns
    -------
    list of range or None
        The messages of each part; None where a single one is too long.
    """
    if any(size > most for size in sizes):
        return None
    parts: list[range] = []
    start = end = 0
    while end < len(sizes):
        room = most - sum(sizes[start:end])
        while end < len(sizes) and sizes[end] <= room:
            room -= sizes[end]
            end += 1
        parts.append(range(start, end))
        start = _next_start(sizes, start, end, most, overlap)
    return parts


def _next_start(sizes: Sequence[int], before: int, end: int, most: int, overlap: int) -> int:
    """Begin the next part so early that it repeats messages, and so late that a new one has room."""
    start = max(before + 1, end - overlap)
    while end < len(sizes) and sum(sizes[start : end + 1]) > most:
        start += 1
    return start


def settled(category: Category, said: Said) -> bool:
    """Whether what was said of one part is what the whole has, whatever the others say."""
    most = {"yes-no": "yes", "ordinal": category.values[-1], "choice": None}[category.kind]
    return said.status == "ok" and said.value is not None and said.value == most


def whole(category: Category, parts: Sequence[Said]) -> Said:
    """Put together what was said of the parts of a transcript; the rule stands above."""
    for one in parts:
        if settled(category, one):
            return _counted(one, parts)
    for one in parts:
        if one.status != "ok":
            return replace(one, value=None)
    if category.kind == "choice":
        return _agreed(category, parts)
    rank = category.values.index
    if category.kind == "yes-no":
        return _counted(parts[0], parts)  # none said yes
    return _counted(max(parts, key=lambda one: rank(one.value or category.values[0])), parts)


def _agreed(category: Category, parts: Sequence[Said]) -> Said:
    speaking = [one for one in parts if one.value != category.absent] or list(parts)
    values = sorted({one.value or "" for one in speaking})
    if len(values) > 1:
        return Said(None, "invalid", f"parts of the transcript have {', '.join(values)}")
    return _counted(speaking[0], parts)


def _counted(chosen: Said, parts: Sequence[Said]) -> Said:
    """The part that decides, with what was left out in all of them."""
    return replace(
        chosen,
        stripped=sum(one.stripped for one in parts),
        elsewhere=sum(one.elsewhere for one in parts if one.value == chosen.value),
    )
