"""Importing by this program, as jobs: logs or records into a corpus, and what is in it then."""

import shutil
from pathlib import Path
from typing import Any

import lance  # noqa: F401  # loaded on first use otherwise, and loading libraries is in no time

from allegiance.corpus import Corpus, import_paths
from benchmarks.corpus_studies.timing import Clock
from benchmarks.corpus_studies.words import Words


def imported(source: str, corpus: str, mapping: tuple[str, ...] = ()) -> dict[str, Any]:
    """Import into a new corpus."""
    shutil.rmtree(corpus, ignore_errors=True)
    clock = Clock()
    with clock:
        report = import_paths(Corpus.open(corpus, create=True), [source], mapping=mapping)
    stored = Path(corpus) / "transcripts.lance"
    return clock.figures() | {
        "transcripts": report.new,
        "unread": report.errors,
        "disk_mb": sum(f.stat().st_size for f in stored.rglob("*") if f.is_file()) / 1e6,
    }


def read_back(corpus: str) -> dict[str, Any]:
    """Digest what the corpus holds, to compare it with what a peer reads from the same files."""
    words = Words()
    uuids: list[str] = []
    for batch in Corpus.open(corpus).batches(["source_identity", "messages"]):
        for row in batch.to_pylist():
            messages = [(message["role"], message["text"]) for message in row["messages"]]
            uuids.append(row["source_identity"].removeprefix("uuid:"))
            words.add(uuids[-1], messages)
    return {"transcripts": words.transcripts, "digest": words.digest(), "uuids": uuids}
