"""The words in which two prompts differ: each prompt as runs of words that are the same and words that are its own."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

_WORD = re.compile(r"\S+\s*|\s+")
_MOST = 1_000_000
"""Comparisons of words with words; beyond, lines are compared first, and beyond that they count as changed."""
_LONG, _KEPT = 700, 220
"""Of what is the same, a run longer than this is folded, but for so many characters at its ends."""


@dataclass(frozen=True)
class Run:
    """Words that follow each other: ``same`` in both, ``own`` to this one, or ``folded`` (the same, and long)."""

    text: str
    kind: Literal["same", "own", "folded"]


def compared(left: str, right: str) -> tuple[list[Run], list[Run]]:
    """Compare two prompts, word by word."""
    if left == right:
        return [*_folded([Run(left, "same")])], [*_folded([Run(right, "same")])]
    one, other = _WORD.findall(left), _WORD.findall(right)
    blocks = [*_blocks(one, other)]
    lefts = _joined((same, "".join(one[a:b])) for same, a, b, _, _ in blocks)
    rights = _joined((same, "".join(other[c:d])) for same, _, _, c, d in blocks)
    return [*_folded(lefts)], [*_folded(rights)]


_Block = tuple[bool, int, int, int, int]


def _blocks(one: Sequence[str], other: Sequence[str]) -> Iterator[_Block]:
    """Give stretches of both that are the same, and those that are not, by their words."""
    start = 0
    most = min(len(one), len(other))
    while start < most and one[start] == other[start]:
        start += 1
    end = 0
    while end < most - start and one[-1 - end] == other[-1 - end]:
        end += 1
    yield True, 0, start, 0, start
    yield from _between(one, other, start, len(one) - end, start, len(other) - end)
    yield True, len(one) - end, len(one), len(other) - end, len(other)


def _between(
    one: Sequence[str], other: Sequence[str], a: int, b: int, c: int, d: int, *, lines: bool = True
) -> Iterator[_Block]:
    if (b - a) * (d - c) <= _MOST:
        found = SequenceMatcher(None, one[a:b], other[c:d], autojunk=False).get_opcodes()
        for kind, p, q, r, s in found:
            yield kind == "equal", a + p, a + q, c + r, c + s
        return
    if not lines:
        yield False, a, b, c, d
        return
    ours, theirs = _lines(one, a, b), _lines(other, c, d)
    if len(ours) * len(theirs) > _MOST:
        yield False, a, b, c, d
        return
    texts = ["".join(one[p:q]) for p, q in ours], ["".join(other[p:q]) for p, q in theirs]
    for kind, p, q, r, s in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        low, high = _span(ours, p, q, a)
        from_, to = _span(theirs, r, s, c)
        if kind == "equal":
            yield True, low, high, from_, to
        else:
            yield from _between(one, other, low, high, from_, to, lines=False)


def _lines(words: Sequence[str], start: int, end: int) -> list[tuple[int, int]]:
    """Give where the lines of some words start and end."""
    found: list[tuple[int, int]] = []
    at = start
    for place in range(start, end):
        if "\n" in words[place] or place == end - 1:
            found.append((at, place + 1))
            at = place + 1
    return found


def _span(lines: Sequence[tuple[int, int]], start: int, end: int, first: int) -> tuple[int, int]:
    if start < end:
        return lines[start][0], lines[end - 1][1]
    at = lines[start][0] if start < len(lines) else lines[-1][1] if lines else first
    return at, at


def _joined(blocks: Iterator[tuple[bool, str]]) -> list[Run]:
    """Join what follows each other; white space after words of its own is no part of them."""
    told: list[tuple[bool, str]] = []
    for same, text in blocks:
        words = text if same or not text.strip() else text.rstrip()
        told += [(same, words), (True, text[len(words) :])]
    return [
        Run("".join(text for _, text in group), "same" if same else "own")
        for same, group in groupby((one for one in told if one[1]), key=lambda one: one[0])
    ]


def _folded(runs: Sequence[Run]) -> Iterator[Run]:
    for place, run in enumerate(runs):
        if run.kind != "same" or len(run.text) <= _LONG:
            yield run
            continue
        before = _KEPT if place else _KEPT // 2
        after = _KEPT if place < len(runs) - 1 else _KEPT // 2
        start = run.text.rfind(" ", 0, before) + 1 or before
        end = run.text.find(" ", len(run.text) - after) + 1 or len(run.text) - after
        yield Run(run.text[:start], "same")
        yield Run(run.text[start:end], "folded")
        yield Run(run.text[end:], "same")
