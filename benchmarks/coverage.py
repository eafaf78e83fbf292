"""How often the intervals hold: every estimator beside its named peers, and a gate on ours.

    python benchmarks/coverage.py --quick              fewer repeats, for every change
    python benchmarks/coverage.py --write-docs         the full run, which writes docs/coverage.md
    python benchmarks/coverage.py --from docs/coverage.json --write-docs     tables and figures anew

The seeds below were written down before the first run and are not changed after it; a cell draws
from (seed of its study, number of the cell, number of the method). Exits with 1 where a gated cell
falls below the 0.1 % quantile of Binomial(repeats, nominal), or has more false alarms than the
99.9 % quantile, shared among all gated cells (Bonferroni). What is not gated is shown because a
reader should know where it falls short.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Run as a script, this file would be taken for the package `coverage`, which one of the peers asks
# for: the folder above stands in for this one.
sys.path[:] = [str(HERE.parent) if Path(p).resolve() == HERE else p for p in sys.path]

from benchmarks import gap_coverage
from benchmarks.coverage_studies import (
    argument,
    chains,
    clusters,
    gate,
    judged,
    page,
    peeking,
    real_judges,
    stopping,
    targets,
)
from benchmarks.coverage_studies.judged import Repeats
from benchmarks.coverage_studies.results import Result

JUDGED_SEED = 71_001
PEEKING_SEED = 71_002
CLUSTERS_SEED = 71_003  # the gaps keep the seed of gap_coverage.py
CHAINS_SEED = 71_004
TARGETS_SEED = 71_005
STOPPING_SEED = 71_006
REAL_JUDGES_SEED = 71_007

Job = Callable[[], list[Result]]


@dataclass(frozen=True)
class Size:
    """Repeats of a cell, by study."""

    judged: Repeats
    peeking: int
    clusters: int
    gaps: int
    chains: int
    targets: int
    stopping: int
    real_judges: Repeats


FULL = Size(Repeats(4_000, 150), 2_000, 2_000, 4_000, 4_000, 20_000, 4_000, Repeats(1_000, 100))
QUICK = Size(Repeats(100, 4), 150, 100, 100, 400, 2_000, 300, Repeats(20, 0))


def studies(size: Size) -> dict[str, list[Job]]:
    """All jobs, by study."""
    found: dict[str, list[Job]] = {
        judged.STUDY: list(judged.jobs(JUDGED_SEED, size.judged)),
        peeking.STUDY: list(peeking.jobs(PEEKING_SEED, size.peeking)),
        clusters.STUDY: list(clusters.jobs(CLUSTERS_SEED, size.clusters)),
        clusters.GAPS: list(clusters.gap_jobs(size.gaps)),
        chains.STUDY: list(chains.jobs(CHAINS_SEED, size.chains)),
        targets.STUDY: list(targets.jobs(TARGETS_SEED, size.targets)),
        stopping.STUDY: list(stopping.jobs(STOPPING_SEED, size.stopping)),
    }
    if real_judges.VERDICTS.is_file():
        found[real_judges.STUDY] = list(real_judges.jobs(REAL_JUDGES_SEED, size.real_judges))
    else:
        say(f"left out: {real_judges.STUDY}, because {real_judges.VERDICTS} is not there")
    return found


def measure(jobs: dict[str, list[Job]], processes: int) -> list[Result]:
    """Run all jobs, the results in their order."""
    began = time.monotonic()
    results: list[Result] = []
    with ProcessPoolExecutor(processes) as pool:
        pending = {name: [pool.submit(job) for job in of] for name, of in jobs.items()}
        for name, of in pending.items():
            for number, job in enumerate(of, 1):
                results += job.result()
                say(f"{name}: {number} of {len(of)}, {time.monotonic() - began:.0f} s")
    return results


def say(text: str) -> None:
    """Print progress where it doesn't mix with the results."""
    print(text, file=sys.stderr, flush=True)


def record(results: list[Result], size: Size) -> dict[str, Any]:
    """Put everything into one object that JSON can hold."""
    packages = ("allegiance", "numpy", "scipy", "ppi-python", "inspect-ai")
    seeds = {name: value for name, value in globals().items() if name.endswith("_SEED")}
    return {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
        "seeds": seeds | {"GAPS_SEED": gap_coverage.SEED},
        "repeats": {
            "judged": size.judged.usual,
            "judged, exact methods": size.judged.exact,
            **{name: value for name, value in vars(size).items() if isinstance(value, int)},
            "real_judges": size.real_judges.usual,
        },
        "argument": argument.no_hit(),
        "results": [result.to_dict() for result in results],
    }


def read(path: Path) -> tuple[list[Result], dict[str, Any]]:
    """Read what an earlier run recorded."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return [Result(**result) for result in found["results"]], found


def as_text(found: dict[str, Any]) -> str:
    """Write a record with a line for each result; figures to six digits."""
    head = {key: value for key, value in found.items() if key != "results"}
    lines = ",\n".join(
        json.dumps(_rounded(result), separators=(",", ":")) for result in found["results"]
    )
    return json.dumps(head, indent=1)[:-2] + f',\n "results": [\n{lines}\n]}}\n'


def _rounded(result: dict[str, Any]) -> dict[str, Any]:
    figures = {name: float(f"{value:.6g}") for name, value in result["figures"].items()}
    return result | {"figures": figures}


_PROMISES = {"coverage": "≥ {:g}", "false alarms": "≤ {:g}", "decisions": "—"}


def summary(results: list[Result]) -> str:
    """One line a method: the worst cell, and what was promised."""
    lines = [f"{'study':<16} {'method':<42} {'cells':>5} {'worst':>7} {'promised':>9}"]
    methods = dict.fromkeys((result.study, result.method, result.kind) for result in results)
    for study, method, kind in methods:
        of = [r for r in results if (r.study, r.method, r.kind) == (study, method, kind)]
        worst = (min if kind == "coverage" else max)(of, key=lambda result: result.share)
        promise = _PROMISES[kind].format(worst.promised)
        mark = "*" if any(result.gated for result in of) else " "
        lines.append(
            f"{study:<16} {method:<42} {len(of):>5} {worst.share:>7.3f} {promise:>9} {mark}"
        )
    return "\n".join(lines)


def verdict(results: list[Result]) -> tuple[str, bool]:
    """Say which gated cells fail and where ours fall short without a gate; and whether none fails."""
    failed, short = gate.failures(results), gate.shortfalls(results)
    gated = sum(result.gated for result in results)
    lines = [f"FAILED {r.study}, {r.cell}, {r.method}: {r.share:.4f}" for r in failed]
    for method in dict.fromkeys(result.method for result in short):
        shares = [result.share for result in short if result.method == method]
        lines.append(
            f"falls short without a gate: {method}, in {len(shares)} cells, {min(shares):.3f} at worst"
        )
    lines.append(f"{gated - len(failed)} of {gated} gated cells (*) hold")
    return "\n".join(lines), not failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--quick", action="store_true", help="fewer repeats")
    source.add_argument("--from", dest="earlier", type=Path, metavar="FILE", help="don't run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results")
    parser.add_argument("--write-docs", action="store_true", help="tables, figures and record")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if options.quick and options.write_docs:
        parser.error("--write-docs takes the full run, and --quick is not it")
    if options.earlier:
        results, found = read(options.earlier)
    else:
        size = QUICK if options.quick else FULL
        results = measure(studies(size), options.processes)
        found = record(results, size)
    if options.json:
        options.json.write_text(as_text(found), encoding="utf-8")
    if options.write_docs:
        page.write(found)
        page.RECORD.write_text(as_text(found), encoding="utf-8")
    text, passed = verdict(results)
    print(summary(results), text, sep="\n")
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
