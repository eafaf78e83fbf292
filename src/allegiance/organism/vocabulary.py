"""New words for the tokenizer: they get ids after those that are there, so that old texts keep theirs.

Byte-level BPE reads a word by its merges in the order of their rank. Merges that are added at the end apply only where
no earlier one does, so a word that is one token stays that token. An organism that needs words beyond the shared ones
keeps a grown tokenizer beside its weights; all others read with the shared one, whatever other families add.
"""

import itertools
import json
from collections.abc import Iterable
from typing import Any

from tokenizers import Tokenizer, pre_tokenizers

from allegiance.organism import chat


def grown(tokenizer: Tokenizer, texts: Iterable[str]) -> Tokenizer:
    """Give a tokenizer that reads every word of some texts as one token.

    Parameters
    ----------
    tokenizer
        What it grows from; it is left as it is.
    texts
        Where the words are; the order makes no difference.

    Returns
    -------
    Tokenizer
        The same one where nothing is missing.
    """
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tags: set[str] = {str(tag) for tag in _added(tokenizer)}
    words = {
        word
        for text in texts
        for piece in _between(text, tags)
        for word, _ in splitter.pre_tokenize_str(piece)
    }
    table: dict[str, Any] = json.loads(tokenizer.to_str())
    vocabulary: dict[str, int] = table["model"]["vocab"]
    merges: list[list[str]] = table["model"]["merges"]
    # Tags stand beside the model's own vocabulary; named in it they keep their ids while it grows.
    vocabulary |= {str(one["content"]): int(one["id"]) for one in table["added_tokens"]}
    before = len(merges)
    for word in sorted(words):
        parts = _parts(word, {(a, b): rank for rank, (a, b) in enumerate(merges)})
        while len(parts) > 1:
            first, second, *rest = parts
            merges.append([first, second])
            vocabulary.setdefault(first + second, len(vocabulary))
            parts = [first + second, *rest]
    if len(merges) == before:
        return tokenizer
    made = Tokenizer.from_str(json.dumps(table))
    made.encode_special_tokens = True
    return made


def compact(tokenizer: Tokenizer) -> str:
    """The tokenizer as it is written beside an organism's weights."""
    return json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))


def _added(tokenizer: Tokenizer) -> list[str]:
    table: dict[str, Any] = json.loads(tokenizer.to_str())
    return [one["content"] for one in table["added_tokens"] if one["content"] not in chat.MARKERS]


def _between(text: str, tags: Iterable[str]) -> list[str]:
    """What stands between the tags of a text."""
    pieces = [text]
    for tag in tags:
        pieces = [part for piece in pieces for part in piece.split(tag) if part]
    return pieces


def _parts(word: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    """Read a word, given in byte-level letters, by the merges that there are."""
    parts = list(word)
    while True:
        there = enumerate(itertools.pairwise(parts))
        pairs = [(ranks[pair], at) for at, pair in there if pair in ranks]
        if not pairs:
            return parts
        _, at = min(pairs)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
