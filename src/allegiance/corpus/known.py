# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""What a corpus holds already, in some forty bytes a transcript, so that a million cost little."""

from bisect import bisect_left
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    import lance

_WORDS = npt.NDArray[np.uint64]
_KEYS = ["transcript_id", "facts_hash", "source_identity", "attempt"]
_NO_WORDS: _WORDS = np.zeros(0, np.uint64)


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """One attempt at a sample; the greatest by `rank` is the one that is kept."""

    transcript_id: str
    content_hash: str
    failed: bool
    started_at: str

    def rank(self) -> tuple[bool, str, str]:
        """The greater is the better attempt; ids settle ties, so that order makes no odds."""
        return (not self.failed, self.started_at, self.transcript_id)


class Stored:
    """The transcripts that a version of the corpus holds: their ids and facts, and who is whose.

    Ids and facts are known by the first 16 and 8 bytes of their SHA-256, texts by 8 bytes of a hash.
    """

    def __init__(self, dataset: "lance.LanceDataset | None") -> None:
        self._dataset = dataset
        self._high = self._low = self._facts = self._attempts = _NO_WORDS
        self._events: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._identities = _NO_WORDS
        self._attempts_at: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        if dataset is not None:
            self._read(dataset)

    def facts(self, transcript_id: str) -> int | None:
        """First 8 bytes of the stored transcript's `facts_hash`; None where there is none."""
        place = self._place(transcript_id)
        return None if place is None else int(self._facts[place])

    def has_events(self, transcript_id: str) -> bool:
        """Whether the transcript is stored with its events."""
        place = self._place(transcript_id)
        return place is not None and bool(self._events[place])

    def events(self, transcript_id: str) -> str | None:
        """Read the events that a transcript is stored with."""
        if self._dataset is None or not self.has_events(transcript_id):
            return None
        of_this = f"transcript_id = '{int(transcript_id, 16):064x}'"
        return self._dataset.to_table(columns=["events"], filter=of_this)["events"][0].as_py()

    def has_identity(self, key: int) -> bool:
        """Whether a transcript is stored whose source identity has this `text_key`."""
        return bool(_places(self._identities, key))

    def attempts(self, attempt: str, key: int) -> tuple[Attempt, ...]:
        """Read the stored attempts at a sample, given it and its `text_key`."""
        places = _places(self._attempts, key)
        if self._dataset is None or not places:
            return ()
        rows = self._attempts_at[places.start : places.stop]
        columns = ["transcript_id", "content_hash", "error", "started_at", "attempt"]
        found = self._dataset.take(sorted(rows.tolist()), columns=columns)
        return tuple(
            Attempt(
                row["transcript_id"],
                row["content_hash"],
                row["error"] is not None,
                row["started_at"] or "",
            )
            for row in found.to_pylist()
            if row["attempt"] == attempt
        )

    def _place(self, transcript_id: str) -> int | None:
        if not len(self._high):
            return None
        high, low = id_key(transcript_id)
        places = _places(self._high, high)
        return next((place for place in places if int(self._low[place]) == low), None)

    def _read(self, dataset: "lance.LanceDataset") -> None:
        names = [name for name in _KEYS if name in dataset.schema.names]
        columns: dict[str, Any] = {name: name for name in names}
        columns["events"] = (
            "events IS NOT NULL" if "events" in dataset.schema.names else "transcript_id IS NULL"
        )
        parts: list[tuple[_WORDS, ...]] = []
        for batch in dataset.to_batches(columns=columns, batch_size=8192, scan_in_order=True):
            parts.append(
                (
                    *_hex_words(batch["transcript_id"], 2),
                    *_hex_words(batch["facts_hash"], 1),
                    _text_words(batch["source_identity"]),
                    _text_words(batch["attempt"]),
                    batch["events"].cast(pa.uint8()).to_numpy().astype(np.uint64),
                )
            )
        if not parts:
            return
        high, low, facts, identities, attempts, events = map(
            np.concatenate, zip(*parts, strict=True)
        )
        order = np.argsort(high, kind="stable")
        self._high, self._low, self._facts = high[order], low[order], facts[order]
        self._events = events[order].astype(np.bool_)
        self._identities = np.sort(identities)
        by_attempt = np.argsort(attempts, kind="stable")
        self._attempts, self._attempts_at = attempts[by_attempt], by_attempt


def id_key(transcript_id: str) -> tuple[int, int]:
    """Shorten an id (64 hex digits) to two words of 8 bytes."""
    return int(transcript_id[:16], 16), int(transcript_id[16:32], 16)


def facts_key(facts_hash: str) -> int:
    """Shorten a facts hash to a word of 8 bytes."""
    return int(facts_hash[:16], 16)


def text_key(text: str) -> int:
    """Hash a text to a word of 8 bytes."""
    return int.from_bytes(_digest(text.encode()), "little")


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=8).digest()


def _hex_words(column: pa.Array, words: int) -> list[_WORDS]:
    """Read the first words (8 bytes each) of hashes written as 64 hex digits."""
    digits = b"".join(text[: 16 * words].encode() for text in column.to_pylist())
    raw = np.frombuffer(bytes.fromhex(digits.decode()), dtype=">u8").reshape(-1, words)
    return [raw[:, word].astype(np.uint64) for word in range(words)]


def _text_words(column: pa.Array) -> _WORDS:
    texts: Sequence[str | None] = column.to_pylist()
    data = b"".join(bytes(8) if text is None else _digest(text.encode()) for text in texts)
    return np.frombuffer(data, dtype="<u8").astype(np.uint64)


def _places(ordered: _WORDS, key: int) -> range:
    """Find where a word stands in ordered words.

    A view is searched by bisection, which for a single word takes a tenth of the time of numpy's
    `searchsorted`.
    """
    view = ordered.data
    begin = end = bisect_left(view, key)
    while end < len(view) and view[end] == key:
        end += 1
    return range(begin, end)
