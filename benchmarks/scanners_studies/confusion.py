"""Lying, and talk about lying: how far the two are confused on real transcripts.

A transcript that is classified as lying may only talk about lying. Transcripts whose truth is known are
scanned by the codebook's rule for talk about lying (in the reply) and searched for its words (anywhere in
the conversation); the verdicts of five judges on the honest ones are compared between those that speak of
lying and those that don't. Run by itself:

    python -m benchmarks.scanners_studies.confusion
"""

import csv
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scipy.stats import fisher_exact

from allegiance import stats
from allegiance.corpus import Corpus, import_paths
from allegiance.scanners import codebook, rule_scanner, scan
from allegiance.scanners.sought import expression

DATA = Path(__file__).parents[3] / "shared" / "data" / "lie-detector"
TALKS = "talks-about-lying"
_KINDS = (TALKS, *(one.name for one in codebook().categories if one.part_of == TALKS))


def measured(data: Path = DATA) -> dict[str, Any]:
    """Scan the transcripts, and count.

    Returns
    -------
    dict
        ``transcripts``, ``lies``; ``talks``, for the rule and each kind of it the numbers that fire
        among lies and among honest ones; ``speaks``, the same for the words anywhere; ``judges``, for each the
        false positives among honest transcripts that speak of lying and that don't, with intervals (model,
        Clopper-Pearson), Fisher's p-value and Holm's.
    """
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus.open(Path(folder) / "corpus", create=True)
        import_paths(corpus, [data / "transcripts.jsonl.gz"])
        table = corpus.table(["transcript_id", "metadata"]).to_pylist()
        facts = {row["transcript_id"]: json.loads(row["metadata"]) for row in table}
        lies = {one for one, fact in facts.items() if fact["ground_truth_lie"] == 1}
        scan(corpus, [rule_scanner(name) for name in _KINDS])
        talks = {name: _yes(corpus, name) for name in _KINDS}
        words = corpus.grep({"words": expression((codebook().words["lie"],))}).to_pylist()
        speaks = {row["transcript_id"] for row in words if row["words"]}
    places = {(fact["task_group"], fact["sample_index"]): one for one, fact in facts.items()}
    judges = _judges(data / "judgments.csv", places, speaks)
    adjusted = stats.adjust([one["p"] for one in judges.values()])
    for one, p in zip(judges.values(), adjusted, strict=True):
        one["p_holm"] = round(float(p), 4)
    return {
        "transcripts": len(facts),
        "lies": len(lies),
        "talks": {name: _split(ids, lies) for name, ids in talks.items()},
        "speaks": _split(speaks, lies),
        "judges": judges,
    }


def _yes(corpus: Corpus, name: str) -> set[str]:
    digest = rule_scanner(name).digest
    rows = corpus.verdicts(category=name, scanner_digest=digest).to_pylist()
    return {row["transcript_id"] for row in rows if row["value"] == "yes"}


def _split(ids: set[str], lies: set[str]) -> dict[str, int]:
    return {"lies": len(ids & lies), "honest": len(ids - lies)}


def _judges(
    path: Path, places: Mapping[tuple[str, int], str], speaks: set[str]
) -> dict[str, dict[str, Any]]:
    counts: dict[str, list[list[int]]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            one = places.get((row["task_group"], int(row["sample_index"])))
            if one is None or row["parseable"] != "1" or row["ground_truth_lie"] != "0":
                continue
            cells = counts.setdefault(row["judge"], [[0, 0], [0, 0]])
            cells[one in speaks][row["judge_says_lie"] == "1"] += 1
    return {
        judge: {
            "speaks": _rate(*cells[1]),
            "silent": _rate(*cells[0]),
            "p": round(float(fisher_exact(cells).pvalue), 4),
        }
        for judge, cells in sorted(counts.items())
    }


def _rate(cleared: int, accused: int) -> dict[str, Any]:
    interval = stats.proportion(accused, accused + cleared)
    return {
        "false": accused,
        "honest": accused + cleared,
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
    }


def table(found: Mapping[str, Any]) -> str:
    """Write what was measured as Markdown."""
    lies, honest = found["lies"], found["transcripts"] - found["lies"]
    lines = [f"| | among {lies} lies | among {honest} honest |", "| --- | ---: | ---: |"]
    lines += [
        f"| {name} (rule, in the reply) | {split['lies']} | {split['honest']} |"
        for name, split in found["talks"].items()
    ]
    lines.append(
        f"| words of lying anywhere | {found['speaks']['lies']} | {found['speaks']['honest']} |"
    )
    called = "called a lie, of the honest that speak of lying | of the honest that don't"
    lines += ["", f"| judge | {called} | p (Holm) |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {judge} | {_shown(one['speaks'])} | {_shown(one['silent'])} | {one['p_holm']:.2f} |"
        for judge, one in found["judges"].items()
    ]
    return "\n".join(lines)


def _shown(rate: Mapping[str, Any]) -> str:
    k, n = rate["false"], rate["honest"]
    return f"{k} of {n}: {100 * k / n:.0f} % [{100 * rate['low']:.0f}, {100 * rate['high']:.0f}]"


if __name__ == "__main__":
    print(table(measured()))
