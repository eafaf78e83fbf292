"""Pattern scans: verdicts a second by our store, beside Inspect Scout's grep scanner and beside our bare search.

The same logs are imported into both stores, the same patterns looked for, and the counts compared; a
figure is of the whole scan: transcripts read, patterns matched, verdicts stored. Run by itself:

    python -m benchmarks.scanners_studies.pattern_speed --quick
"""

import argparse
import json
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from allegiance.corpus import Corpus, import_paths
from allegiance.scanners import pattern_scanner, scan_patterns
from benchmarks.corpus_studies import logs as log_files
from benchmarks.corpus_studies import peers
from benchmarks.corpus_studies.timing import Clock

PATTERNS = {
    "changed": r"values will (?:not|never) be (?:modified|changed)",
    "password": r"hunter\d",
    "weighs": r"scratchpad (?:consequence|option)",
}
"""What is looked for; the first two are planted in known shares, the last stands in most."""


@dataclass(frozen=True)
class Size:
    """How much is measured: logs, samples of each, how often ours are timed."""

    logs: int
    samples: int
    repeats: int


QUICK = Size(logs=2, samples=60, repeats=3)
WHOLE = Size(logs=10, samples=200, repeats=5)


@dataclass(frozen=True)
class Figures:
    """What a run comes to.

    Attributes
    ----------
    transcripts, patterns
        How many were looked at, for how many patterns: a verdict each.
    ours, scout, bare
        Seconds: our scan (median), Scout's, and our search without verdicts (median).
    same
        Whether both found the same number of places in every transcript, outside system messages
        (which Scout's scanner leaves out, and ours does not).
    found
        Transcripts with a place, by pattern.
    """

    transcripts: int
    patterns: int
    ours: float
    scout: float
    bare: float
    same: bool
    found: dict[str, int]

    @property
    def verdicts(self) -> int:
        """How many verdicts a scan gives."""
        return self.transcripts * self.patterns

    def a_second(self, seconds: float) -> float:
        """Verdicts a second."""
        return self.verdicts / seconds

    def to_dict(self) -> dict[str, Any]:
        """Return the figures with the ratios, as JSON can carry them."""
        return asdict(self) | {
            "verdicts": self.verdicts,
            "ours_a_second": self.a_second(self.ours),
            "scout_a_second": self.a_second(self.scout),
            "bare_a_second": self.a_second(self.bare),
            "times_scout": self.scout / self.ours,
            "share_of_bare": self.bare / self.ours,
        }


def measure(work: Path, size: Size) -> Figures:
    """Make the logs where they are not there yet, import them into both stores, and scan both."""
    logs = log_files.made(work, log_files.GENERATOR, size.logs, size.samples)
    database = work / "scout-db"
    imported = peers.imported_by_scout(str(logs), str(database))
    corpus = Corpus.open(work / "corpus", create=True)
    import_paths(corpus, [logs])
    if corpus.count() != imported["transcripts"]:
        raise RuntimeError("the two stores hold different transcripts")
    ways = (lambda copy: copy.grep(PATTERNS), lambda copy: scan_patterns(copy, _scanners()))
    bare, ours = _medians(size.repeats, work / "corpus", ways)
    counts = _ours(corpus)
    seconds, theirs = _scout(database, work / "scans")
    return Figures(
        transcripts=corpus.count(),
        patterns=len(PATTERNS),
        ours=ours,
        scout=seconds,
        bare=bare,
        same=counts == theirs,
        found={name: sum(name == one for _, one in counts) for name in PATTERNS},
    )


def _scanners() -> list[Any]:
    return [pattern_scanner(f"{name}={pattern}") for name, pattern in PATTERNS.items()]


def _medians(repeats: int, of: Path, ways: Sequence[Callable[[Corpus], object]]) -> list[float]:
    """Time ways of working in turn, several times, each on a fresh copy of a corpus; the medians."""
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(repeats):
        for taken, work in zip(times, ways, strict=True):
            with tempfile.TemporaryDirectory() as folder:
                place = Path(folder) / "corpus"
                shutil.copytree(of, place)
                corpus, clock = Corpus.open(place), Clock()
                with clock:
                    work(corpus)
                taken.append(clock.seconds)
    return [statistics.median(taken) for taken in times]


def _ours(corpus: Corpus) -> dict[tuple[str, str], int]:
    """Scan, and give the places by sample and pattern, of those that have any where Scout looks.

    Its grep scanner leaves out system messages; ours reads them too, and what is there is taken off.
    """
    scan_patterns(corpus, _scanners())
    counts = {
        (row["transcript_id"], row["category"]): int(row["score"])
        for row in corpus.verdicts().to_pylist()
    }
    uuids: dict[str, str] = {}
    for batch in corpus.batches(["transcript_id", "source_identity", "messages"]):
        for row in batch.to_pylist():
            uuids[row["transcript_id"]] = row["source_identity"].removeprefix("uuid:")
            said = [m["text"] for m in row["messages"] if m["role"] == "system"]
            for name, pattern in PATTERNS.items():
                inside = sum(len(re.findall(pattern, text)) for text in said)
                counts[row["transcript_id"], name] -= inside
    return {(uuids[one], name): count for (one, name), count in counts.items() if count}


def _scout(database: Path, scans: Path) -> tuple[float, dict[tuple[str, str], int]]:
    """Scan Scout's own database by its grep scanner, in one process: seconds and places."""
    from inspect_scout import (
        Scanner,
        Transcript,
        grep_scanner,
        scan,
        scan_results_df,
        scanner,
        transcripts_from,
    )

    @scanner(messages="all")
    def grep() -> Scanner[Transcript]:
        sought = {name: [pattern] for name, pattern in PATTERNS.items()}
        return grep_scanner(sought, regex=True, ignore_case=False)

    shutil.rmtree(scans, ignore_errors=True)
    clock = Clock()
    with clock:
        status = scan(
            scanners=[grep()],
            transcripts=transcripts_from(str(database)),
            scans=str(scans),
            max_processes=1,
            display="none",
        )
    if not status.complete:
        raise RuntimeError("Scout's scan did not come to its end")
    found = scan_results_df(status.location).scanners["grep"]
    columns = (found.transcript_id, found.label, found.value)
    return clock.seconds, {
        (uuid, label): int(value) for uuid, label, value in zip(*columns, strict=True) if int(value)
    }


def lines(found: Figures) -> list[str]:
    """Say what came of a run."""
    told = found.to_dict()
    return [
        f"{found.transcripts:,} transcripts, {found.patterns} patterns, {found.verdicts:,} verdicts; "
        f"the same places found: {'yes' if found.same else 'NO'}",
        f"our scan: {told['ours_a_second']:,.0f} verdicts a second, "
        f"{told['times_scout']:.1f} times Inspect Scout's grep scan ({told['scout_a_second']:,.0f})",
        f"our bare search of the same: {told['bare_a_second']:,.0f}; a scan runs at "
        f"{100 * told['share_of_bare']:.0f} % of it",
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and leave with 1 if the two did not find the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small corpus, under a minute")
    parser.add_argument("--work", type=Path, help="where logs and stores are kept")
    parser.add_argument("--json", type=Path, help="write the figures here")
    asked = parser.parse_args(arguments)
    size = QUICK if asked.quick else WHOLE
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.work or Path(folder), size)
    if asked.json:
        asked.json.write_text(json.dumps(found.to_dict(), indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines(found)))
    return 0 if found.same else 1


if __name__ == "__main__":
    sys.exit(main())
