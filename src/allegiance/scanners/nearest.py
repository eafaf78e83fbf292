# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Near examples: which labelled texts are most like a text, on either side, and the words they share.

Likeness is the cosine of TF-IDF over words: words that few of the labelled texts have weigh most. It says
that texts are written alike, and nothing of whether their labels are right.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

SHARED = 5
"""Words that are named for a near text."""

_WORD = re.compile(r"\w\w+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DECIMALS = 9
"""Similarities are rounded to these, so that the order of texts that are alike is everywhere the same."""


@dataclass(frozen=True)
class Near:
    """A labelled text that is like another.

    Attributes
    ----------
    id, value
        Its id and its label.
    similarity
        From 0, no word in common, to 1.
    shared
        The words that make most of the likeness, the heaviest first.
    """

    id: str
    value: str
    similarity: float
    shared: tuple[str, ...]


def nearest(text: str, labelled: Sequence[tuple[str, str, str]], k: int = 2) -> list[Near]:
    """Find the labelled texts most like a text: so many of each value.

    Parameters
    ----------
    text
        The text of a category's unit.
    labelled
        Id, text and value of each; without the transcript itself, which would be nearest.
    k
        How many of each value.

    Returns
    -------
    list of Near
        The most alike first; ids settle ties. A text without a word in common with `text` is like it
        with a similarity of 0, and is near where there is none that is nearer.
    """
    if not labelled or k < 1:
        return []
    rows, vocabulary = _weighed([*(said for _, said, _ in labelled), text])
    query = rows[-1].toarray()[0]
    cosines = rows[:-1] @ query  # rows have length 1, or 0 where a text has no word
    alike = cast(list[float], np.round(np.clip(cosines, 0, 1), _DECIMALS).tolist())
    order = sorted(range(len(labelled)), key=lambda n: (-alike[n], labelled[n][0]))
    found: list[int] = []
    taken: Counter[str] = Counter()
    for place in order:
        value = labelled[place][2]
        if taken[value] < k:
            taken[value] += 1
            found.append(place)
    return [
        Near(
            labelled[place][0],
            labelled[place][2],
            alike[place],
            _shared(rows[place], query, vocabulary),
        )
        for place in found
    ]


def words(text: str) -> list[str]:
    """Take the words of a text, in small letters.

    Words are of two letters or more; Chinese, Japanese and Korean characters, which stand without
    blanks between them, are a word each.
    """
    small = text.lower()
    return _WORD.findall(_CJK.sub(" ", small)) + _CJK.findall(small)


def _weighed(texts: Sequence[str]) -> tuple[Any, list[str]]:
    """Weigh the words of each text: a row of length 1 each, and the words that the columns stand for.

    A word weighs its count times ln((1 + n) / (1 + having)) + 1, with n texts of which so many have it.
    """
    from scipy import sparse

    places: defaultdict[str, int] = defaultdict()
    places.default_factory = places.__len__
    columns: list[int] = []
    ends = [0]
    for text in texts:
        columns += [places[word] for word in words(text)]
        ends.append(len(columns))
    shape = (len(texts), len(places))
    rows = sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=shape)
    rows.sum_duplicates()
    having = np.bincount(rows.indices, minlength=len(places))
    rows.data *= (np.log((1 + len(texts)) / (1 + having)) + 1)[rows.indices]
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    rows.data /= np.repeat(lengths, np.diff(rows.indptr))
    return rows, list(places)


def _shared(row: Any, query: Any, names: list[str]) -> tuple[str, ...]:
    """Name the words that make most of a likeness."""
    weights = [
        (float(weight * query[column]), names[column])
        for column, weight in zip(row.indices.tolist(), row.data.tolist(), strict=True)
    ]
    heaviest = sorted((-weight, word) for weight, word in weights if weight > 0)
    return tuple(word for _, word in heaviest[:SHARED])
