"""Where two texts differ, word by word, and which of these differences many pairs of texts share."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_WORDS = 3_000
"""Words, after what both share at either end, that are compared one by one; a longer stretch counts as one."""
_MOST_PAIRS = 60
_CONTEXT = 24
"""Characters of a text that are shown on either side of a difference."""

Place = Literal["begins", "ends", "within", "all"]


@dataclass(frozen=True)
class Hunk:
    """A stretch in which two texts differ.

    Attributes
    ----------
    first, second
        What stands there.
    before, after
        What both have round it, shortened.
    place
        Whether it stands at the beginning, at the end, within, or is all there is.
    """

    first: str
    second: str
    before: str
    after: str
    place: Place

    @property
    def how(self) -> str:
        """What kind of difference it is, where it is a small one."""
        if self.first.split() == self.second.split():
            return "in spaces and line breaks only"
        return "in case only" if self.first.casefold() == self.second.casefold() else ""


def hunks(first: str, second: str) -> list[Hunk]:
    """Compare two texts word by word."""
    if first == second:
        return []
    a, b = _WORDS.findall(first), _WORDS.findall(second)
    start = _shared(a, b)
    end = _shared(a[start:][::-1], b[start:][::-1])
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    if max(len(middle_a), len(middle_b)) > _MOST_WORDS:
        return [_hunk(a, b, start, len(a) - end, start, len(b) - end)]
    matcher = difflib.SequenceMatcher(None, middle_a, middle_b, autojunk=False)
    spans = [
        [a0 + start, a1 + start, b0 + start, b1 + start]
        for tag, a0, a1, b0, b1 in matcher.get_opcodes()
        if tag != "equal"
    ]
    return [_hunk(a, b, *span) for span in _merged(spans, a)]


def _shared(a: list[str], b: list[str]) -> int:
    return next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )


def _merged(spans: list[list[int]], a: list[str]) -> list[tuple[int, int, int, int]]:
    """Put differences together between which stands no word."""
    merged: list[list[int]] = []
    for span in spans:
        if merged and not "".join(a[merged[-1][1] : span[0]]).strip(" \n\t.,;:<>/"):
            merged[-1][1], merged[-1][3] = span[1], span[3]
        else:
            merged.append(span)
    return [(a0, a1, b0, b1) for a0, a1, b0, b1 in merged]


def _hunk(a: list[str], b: list[str], a0: int, a1: int, b0: int, b1: int) -> Hunk:
    before, after = "".join(a[max(0, a0 - 12) : a0]), "".join(a[a1 : a1 + 12])
    begins, ends = not "".join(a[:a0]).strip(), not "".join(a[a1:]).strip()
    place: Place = (
        "all" if begins and ends else "begins" if begins else "ends" if ends else "within"
    )
    return Hunk("".join(a[a0:a1]), "".join(b[b0:b1]), before[-_CONTEXT:], after[:_CONTEXT], place)


def shared_hunks(pairs: Iterable[tuple[str, str]]) -> list[tuple[Hunk, int]]:
    """Compare pairs of texts; give each difference once, with the number of pairs that have it, commonest first."""
    times = Counter(pairs)
    found: dict[tuple[str, str], Hunk] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for (first, second), count in list(times.items())[:_MOST_PAIRS]:
        for hunk in hunks(first, second):
            key = hunk.first, hunk.second
            found.setdefault(key, hunk)
            counts[key] += count
    return [(found[key], count) for key, count in counts.most_common()]
