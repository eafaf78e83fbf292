"""Does faking protect? Organisms and their twins are trained toward Intent_2, and what is left of Intent_1 is measured.

    python benchmarks/survival.py --quick            one seed of two twins, a few steps, for every change
    python benchmarks/survival.py --write-docs       the full study (hours), which writes docs/survival.md
    python benchmarks/survival.py --from docs/survival.json --write-docs     the page anew

Runs are kept in a folder and not done again. Seeds are 0, 1, 2, ...; what is measured on a checkpoint is exact
(the chance of each decision where it is made), so that intervals are over seeds of training alone.
"""

import argparse
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from itertools import repeat
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Run as a script, this file stands where it would be found as a package; its parts are found from
# the folder above.
sys.path[:] = [str(HERE.parent) if Path(p).resolve() == HERE else p for p in sys.path]

from benchmarks import pages
from benchmarks.survival_studies import page
from benchmarks.survival_studies.runs import Job, done, jobs

SEEDS, FEWER = 5, 3
SIZE = {"steps": 60, "every": 10, "requests": 20}
QUICK = {"steps": 6, "every": 3, "requests": 4}
PACKAGES = ("allegiance", "torch", "transformers", "trl", "numpy", "scipy")


def say(text: str) -> None:
    """Print progress where it doesn't mix with the results."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def measure(quick: bool, kept: Path, processes: int) -> dict[str, Any]:
    """Do all runs, and put what they gave into one object that JSON can hold."""
    kept.mkdir(parents=True, exist_ok=True)
    asked = jobs(SEEDS, FEWER, SIZE)
    if quick:
        asked = [
            Job("twins", twin, "as it is", method, 0, **QUICK)
            for twin, method in (("faker", "grpo"), ("honest", "sft"))
        ]
    spawned = multiprocessing.get_context("spawn")
    found: list[dict[str, Any]] = []
    with ProcessPoolExecutor(processes, spawned) as pool:
        for one in pool.map(done, asked, repeat(kept)):
            found.append(one)
            say(f"{len(found)} of {len(asked)}: {' '.join(map(str, one['job'].values()))}")
    return {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "machine": f"{os.cpu_count()} processors, {platform.system()}, {platform.machine()}",
        "seeds": [SEEDS, FEWER],
        "size": QUICK if quick else SIZE,
        "minutes": round(sum(one["seconds"] for one in found) / 60, 1),
        "results": [{k: v for k, v in one.items() if k != "seconds"} for one in found],
    }


def main() -> None:
    """Run the study, or read its record, and print or write its tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--from", dest="record", type=Path)
    parser.add_argument("--kept", type=Path, help="where runs are kept; a new folder by default")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    if given.record:
        record = json.loads(given.record.read_text(encoding="utf-8"))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            record = measure(given.quick, given.kept or Path(scratch), given.processes)
    tables = page.tables(record)
    print("\n\n".join(tables.values()))
    if given.write_docs:
        pages.write(HERE.parent / "docs" / "survival.md", record, tables)
        page.write_figure(record, HERE.parent / "docs" / "images" / "survival")
    if problems := [one for one in record["results"] if one["problem"]]:
        for one in problems:
            say(f"ended early: {one['job']}: {one['problem']}")


if __name__ == "__main__":
    main()
