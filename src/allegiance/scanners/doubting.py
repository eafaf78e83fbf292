# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
"""Kinds of doubt in a whole reply: an answer to a question about the set-up stands in the output."""

from collections.abc import Sequence
from typing import Any

from allegiance.scanners.codebook import codebook
from allegiance.scanners.outcome import Subject
from allegiance.scanners.phrases import PhraseScanner, texts_of
from allegiance.scanners.reasons import doubts
from allegiance.scanners.sought import Part

UNNAMED = "unnamed"
"""A doubt that is none of the seven kinds."""
_PREFIX = "doubts-"


def kinds_of_doubt(subjects: Sequence[Subject]) -> list[frozenset[str]]:
    """Say of each last reply, reasoning and output together, which kinds of doubt are in it.

    Parameters
    ----------
    subjects
        Their last replies are read: the answer where a question was asked.

    Returns
    -------
    list of frozenset
        Names of the seven kinds without ``doubts-``; ``unnamed`` where the rule of `doubts` holds and that of no kind.
    """
    texts = ["\n\n".join((one.reasoning, one.output)) for one in subjects]
    columns: dict[Part, Any] = {
        "reasoning": texts_of(texts),
        "request": texts_of([one.request for one in subjects]),
    }
    found: list[set[str]] = [set() for _ in subjects]
    for category in codebook().categories:
        if category.part_of != "doubts" or not category.rule:
            continue
        for place, one in enumerate(PhraseScanner(category).find_all(columns, len(subjects))):
            if one.value != category.absent:
                found[place].add(category.name.removeprefix(_PREFIX))
    whole = [
        Subject(request=one.request, reasoning=text)
        for one, text in zip(subjects, texts, strict=True)
    ]
    for place, one in enumerate(doubts(whole)):
        if one.value == "yes" and not found[place]:
            found[place].add(UNNAMED)
    return [frozenset(one) for one in found]
