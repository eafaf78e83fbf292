"""When should a chain stop? Simulated and real chains under every policy, beside two peers.

    python benchmarks/chain.py --quick              fewer chains, and one real one of each world, for every change
    python benchmarks/chain.py --write-docs         the full run, which writes docs/chain-guard.md
    python benchmarks/chain.py --from docs/chain-guard.json --write-docs     the page anew
    python benchmarks/chain.py --from docs/chain-guard.json --real 20 --kept DIR --write-docs     real chains anew

The seed below was written down before the first run and is not changed after it; a cell draws from
(seed, number of the cell, number of the method). Exits with 1 where a gated share is above the 99.9 %
quantile of Binomial(chains, alpha), shared among all gated cells (Bonferroni): for `guarded` the chains
that were stopped before a candidate within the bound, for `licensed` those that took one at the bound
and the margin or above. What the policies don't promise is shown and not gated.
"""

import argparse
import importlib.util
import json
import os
import platform
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Run as a script, this file stands where it would be found as a package; its parts are found from
# the folder above.
sys.path[:] = [str(HERE.parent) if Path(p).resolve() == HERE else p for p in sys.path]

from benchmarks import pages
from benchmarks.chain_studies import organisms, page, planning, simulated
from benchmarks.coverage_studies import gate
from benchmarks.coverage_studies.results import Result

SEED = 79_001
CHAINS, QUICK = 4_000, 300
PACKAGES = ("allegiance", "numpy", "scipy")


def measure(quick: bool, processes: int) -> dict[str, Any]:
    """Run all chains, and put everything into one object that JSON can hold."""
    began = time.monotonic()
    chains, budgets = (QUICK, simulated.BUDGETS[:1]) if quick else (CHAINS, simulated.BUDGETS)
    results: list[Result] = []
    with ProcessPoolExecutor(processes) as pool:
        jobs = list(simulated.jobs(SEED, chains, budgets))
        for number, job in enumerate([pool.submit(job) for job in jobs], 1):
            results += job.result()
            say(f"{number} of {len(jobs)} cells, {time.monotonic() - began:.0f} s")
    return {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "seed": SEED,
        "chains": chains,
        "terms": {
            "generations": simulated.GENERATIONS,
            "alpha": simulated.ALPHA,
            "bound": simulated.BOUND,
            "margin": simulated.MARGIN,
            "broken at": simulated.AT,
        },
        "planning": planning.licences(),
        "results": [_rounded(result) for result in results],
    }


def with_real_chains(
    found: dict[str, Any], chains: int, kept: Path, processes: int
) -> dict[str, Any]:
    """Put real chains into a record, in the place of those that are there."""
    simulated_ones = [row for row in found["results"] if row["study"] != organisms.STUDY]
    real_ones, made = organisms.measured(chains, kept, processes)
    say(f"{chains} real chains of each world")
    return found | {"real": made, "results": [*simulated_ones, *map(_rounded, real_ones)]}


def _rounded(result: Result) -> dict[str, Any]:
    figures = {name: float(f"{value:.5g}") for name, value in result.figures.items()}
    return result.to_dict() | {"figures": figures}


def say(text: str) -> None:
    """Print progress where it doesn't mix with the results."""
    print(text, file=sys.stderr, flush=True)


def verdict(found: dict[str, Any]) -> tuple[str, bool]:
    """Say which gated shares are too high, and whether none is."""
    results = [Result(**one) for one in found["results"]]
    failed = gate.failures(results)
    gated = sum(one.gated for one in results)
    lines = [
        f"FAILED {r.method}, {r.cell}: {r.share:.4f} where at most {r.promised:g} is promised"
        for r in failed
    ]
    lines.append(f"{gated - len(failed)} of {gated} gated shares hold")
    return "\n".join(lines), not failed


def summary(found: dict[str, Any]) -> str:
    """One line for what a method promises, or would: its worst share over all worlds."""
    alarms = [Result(**one) for one in found["results"] if one["kind"] == "false alarms"]
    lines: list[str] = []
    for method in dict.fromkeys(one.method for one in alarms):
        of = [one for one in alarms if one.method == method]
        worst = max(of, key=lambda one: one.share)
        where = f"{worst.cell['world']}, {worst.cell['budget']} probes"
        lines.append(
            f"{method:<30} {worst.cell['measure']:<56} {len(of):>3} cells, at worst "
            f"{worst.share:.3f} of {worst.promised:g} ({where})"
        )
    return "\n".join(lines)


def _real_chains(options: argparse.Namespace) -> int:
    """How many real chains there are to be: as asked, else those of a full run, or one where that is quick."""
    if options.real is not None or options.earlier:
        return options.real or 0
    if importlib.util.find_spec("trl") is None:
        say("no real chains: they need the extra `train` (pip install 'allegiance[train]')")
        return 0
    return 1 if options.quick else organisms.CHAINS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--quick", action="store_true", help="fewer chains, one budget")
    source.add_argument("--from", dest="earlier", type=Path, metavar="FILE", help="don't run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results")
    parser.add_argument(
        "--write-docs", action="store_true", help="the page, its figure, its record"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument(
        "--real", type=int, metavar="N", help="real chains of each world; takes the extra `train`"
    )
    parser.add_argument("--kept", type=Path, help="where real chains are kept; nowhere by default")
    options = parser.parse_args()
    if options.quick and options.write_docs:
        parser.error("--write-docs takes the full run, and --quick is not it")
    earlier = options.earlier
    found = (
        json.loads(earlier.read_text()) if earlier else measure(options.quick, options.processes)
    )
    if real := _real_chains(options):
        with tempfile.TemporaryDirectory() as scratch:
            kept = options.kept or Path(scratch)
            found = with_real_chains(found, real, kept, options.processes)
    if options.json:
        options.json.write_text(pages.as_text(found), encoding="utf-8")
    if options.write_docs:
        page.write(found)
    text, passed = verdict(found)
    print(summary(found), text, sep="\n")
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
