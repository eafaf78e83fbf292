"""Searching by this program, as jobs: scan for a pattern, make the text index, look things up."""

import hashlib
import hmac
import json
import random
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import lance  # noqa: F401  # loaded on first use otherwise, and loading libraries is in no time
import pyarrow.compute as pc

from allegiance.corpus import Corpus
from allegiance.corpus.patterns import Pattern
from benchmarks.corpus_studies import short
from benchmarks.corpus_studies.timing import Clock, milliseconds, quantiles

PAGE, SHOWN = 50, 20
DRAW_SEED = 40_004
LOOK_UPS_SEED = 40_006


def scanned(corpus: str, pattern: str, regex: bool) -> dict[str, Any]:
    """Count the matches of a pattern in each transcript; and once more, when all is open."""
    sought = {"count": Pattern(pattern, "regex" if regex else "literal")}
    opened, clock, again = Corpus.open(corpus), Clock(), Clock()
    with clock:
        found = opened.grep(sought)
    with again:
        opened.grep(sought)
    identities = opened.table(["transcript_id", "source_identity"]).to_pydict()
    identity_of = dict(zip(*identities.values(), strict=True))
    counts = {
        identity_of[row["transcript_id"]].removeprefix("uuid:"): row["count"]
        for row in found.filter(pc.field("count") > 0).to_pylist()
    }
    return clock.figures() | {
        "scanned": found.num_rows,
        "again_seconds": again.seconds,
        "counts": counts,
    }


def indexed(corpus: str, keep: bool) -> dict[str, Any]:
    """Make the text index: of the corpus, or of a copy that is thrown away, so that it stays new."""
    with tempfile.TemporaryDirectory(dir=Path(corpus).parent) as folder:
        place = Path(corpus) if keep else Path(folder) / "corpus"
        if not keep:
            shutil.copytree(corpus, place)
        before, opened, clock = _size(place), Corpus.open(place), Clock()
        with clock:
            opened.index()
        disk_mb = _size(place) - before
    return clock.figures() | {"text_mb": _text_mb(corpus), "disk_mb": disk_mb}


def looked_up(corpus: str, source: str, queries: int) -> dict[str, Any]:
    """Search for words, open transcripts by id, and open pages of a draw; compare what is found."""
    opened = Corpus.open(corpus)
    ids = opened.ids()
    words, chosen = short.queries(queries), random.Random(LOOK_UPS_SEED).choices(ids, k=queries)
    matches: dict[str, int] = {}
    shown: dict[str, int] = {}
    read: dict[str, str] = {}
    order = opened.in_order(DRAW_SEED)
    pages: dict[int, list[str]] = {}
    numbers = random.Random(LOOK_UPS_SEED).choices(range(1, len(ids) // PAGE + 1), k=queries)

    def search(word: str) -> None:
        hits = opened.search(word).hits(SHOWN)
        shown[word], matches[word] = len(hits), hits.matches

    def by_id(one: str) -> None:
        found = opened.get(one)
        read[found.sample_id or ""] = found.text

    def page(number: int) -> None:
        pages[number] = order.page(number, size=PAGE)["transcript_id"].to_pylist()

    kinds = {"words": (search, words), "by_id": (by_id, chosen), "page": (page, numbers)}
    times = {name: _timed(work, of) for name, (work, of) in kinds.items()}
    defined = sorted(ids, key=_drawn)
    expected = {n: defined[(n - 1) * PAGE : n * PAGE] for n in pages}
    return times | {
        "matches": matches,
        "shown": shown,
        "other_words": _other_words(source, read),
        "pages": _digest(pages),
        "pages_by_definition": _digest(expected),
    }


def _timed(work: Any, of: list[Any]) -> dict[str, float]:
    """Time all but the first, which opens what the others find open."""
    first, *others = milliseconds(work, of)
    return {"first": first, **quantiles(others)}


def _drawn(transcript_id: str) -> bytes:
    return hmac.digest(str(DRAW_SEED).encode(), transcript_id.encode(), "sha256")


def _digest(pages: dict[int, list[str]]) -> str:
    return hashlib.sha256(json.dumps(sorted(pages.items())).encode()).hexdigest()


def _other_words(source: str, read: dict[str, str]) -> list[str]:
    """Name the records whose words in the file are not those that were read."""
    with Path(source).open(encoding="ascii") as lines:
        records: Iterable[dict[str, Any]] = (
            json.loads(line) for line in lines if line[8:21] in read
        )
        said = {r["id"]: "\n\n".join(m["content"] for m in r["messages"]) for r in records}
    return sorted(one for one in read if said.get(one) != read[one])


def _size(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _text_mb(corpus: str) -> float:
    batches = Corpus.open(corpus).batches(["text"])
    return sum(pc.sum(pc.binary_length(batch["text"])).as_py() for batch in batches) / 1e6
