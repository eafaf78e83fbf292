# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Texts as numbers: how often each run of words and of characters stands in them, hashed.

Hashing needs no vocabulary, so that what is kept in memory does not grow with the corpus, and any
script can be read. A text becomes one sparse row: words and pairs of words, then runs of 3, 4 and 5
characters, each in columns of its own.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

WORDS = (1, 2)
"""Runs of so many words."""
CHARACTERS = (3, 4, 5)
"""Runs of so many characters."""
BITS = 18
"""Each of them is hashed into 2**18 columns: one set for words, one for each length of characters."""
LONGEST = 200_000
"""Characters of a text that are read: of a longer one half of them from its beginning and half from its end."""

STATED = {
    "words": list(WORDS),
    "characters": list(CHARACTERS),
    "columns": (1 + len(CHARACTERS)) << BITS,
    "longest_text": LONGEST,
    "weights": "(1 + ln count) x idf, rows of length 1",
}
"""What is said of the features wherever they count."""

_AT_ONCE = 2_000_000
"""Characters that are turned into features at once, about 200 MB of memory."""

_MULTIPLIER = np.uint32(0x01000193)
_MIX = (np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35))


def counted(texts: Sequence[str]) -> Any:
    """Count the runs in each text.

    Returns
    -------
    scipy.sparse.csr_matrix
        A row a text, (1 + 3) x 2**18 columns, counts as float32.
    """
    from scipy import sparse
    from sklearn.feature_extraction.text import HashingVectorizer

    make: Any = HashingVectorizer  # its types say nothing of None and of float32
    words = make(
        n_features=1 << BITS,
        ngram_range=WORDS,
        token_pattern=r"(?u)\b\w+\b",
        alternate_sign=False,
        norm=None,
        dtype=np.float32,
    )
    rows: list[Any] = []
    for some in _slices([short(text) for text in texts]):
        parts = [words.transform(some), *_runs(some)]
        rows.append(sparse.hstack(parts, format="csr", dtype=np.float32))
    return sparse.vstack(rows, format="csr") if rows else words.transform([])


def short(text: str) -> str:
    """Take from a text that is longer than `LONGEST` its beginning and its end."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


def _slices(texts: Sequence[str]) -> Iterator[list[str]]:
    some: list[str] = []
    size = 0
    for text in texts:
        if some and size + len(text) > _AT_ONCE:
            yield some
            some, size = [], 0
        some.append(text)
        size += len(text)
    if some:
        yield some


def _runs(texts: Sequence[str]) -> Iterator[Any]:
    """Count runs of characters, without regard to capitals; white space of any kind is one blank."""
    from scipy import sparse

    plain = [" ".join(text.lower().split()) for text in texts]
    joined = "".join(plain).encode("utf-32-le", "replace")
    codes = np.frombuffer(joined, "<u4").astype(np.uint32, copy=False)
    lengths = np.array([len(text) for text in plain], np.int64)
    ends = np.cumsum(lengths)
    hashed = np.zeros(len(codes), np.uint32)
    for size in range(1, max(CHARACTERS) + 1):
        # The hash of the run that begins at each place, one character longer than before.
        hashed = hashed[: len(codes) - size + 1] * _MULTIPLIER ^ codes[size - 1 :]
        if size not in CHARACTERS:
            continue
        there = np.maximum(lengths - size + 1, 0)
        begins = np.repeat(ends - lengths - np.cumsum(there) + there, there)
        places = begins + np.arange(len(begins))
        columns = _mixed(hashed[places]) >> np.uint32(32 - BITS)
        found = sparse.csr_matrix(
            (
                np.ones(len(columns), np.float32),
                columns.astype(np.int32),
                np.concatenate([[0], np.cumsum(there)]),
            ),
            shape=(len(texts), 1 << BITS),
        )
        found.sum_duplicates()
        yield found


def _mixed(hashed: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Spread a hash over all its bits (the last steps of MurmurHash3)."""
    hashed = (hashed ^ (hashed >> np.uint32(16))) * _MIX[0]
    hashed = (hashed ^ (hashed >> np.uint32(13))) * _MIX[1]
    return hashed ^ (hashed >> np.uint32(16))
