"""Does faking protect? Organisms and their twins are trained toward Intent_2, and what is left of Intent_1 is measured.

    python benchmarks/survival.py --quick            one seed of two twins, a few steps, for every change
    python benchmarks/survival.py --write-docs       the full study (hours), which writes docs/survival.md
    python benchmarks/survival.py --kept DIR --collect      what is kept so far, running nothing
    python benchmarks/survival.py --from docs/survival.json --write-docs     the page anew

Runs are kept in a folder (--kept) and not done again. Seeds are 0, 1, 2, ...; what is measured on a checkpoint is exact
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
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from itertools import repeat
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "survival.md"
# Run as a script, this file stands where it would be found as a package; its parts are found from
# the folder above.
sys.path[:] = [str(HERE.parent) if Path(p).resolve() == HERE else p for p in sys.path]

from benchmarks import pages
from benchmarks.survival_studies import page
from benchmarks.survival_studies.runs import Job, done, jobs, kept_in

SEEDS, FEWER = 5, 3
SIZE = {"steps": 60, "every": 10, "requests": 20}
QUICK = {"steps": 2, "every": 2, "requests": 3}
LATEST = 5
"""Steps before a checkpoint whose replies are taken together."""
PACKAGES = ("allegiance", "torch", "transformers", "trl", "numpy", "scipy")


def _installed() -> Iterator[tuple[str, str]]:
    """Name the versions; runs that were kept are collected also where nothing can be trained."""
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            yield name, version(name)


def say(text: str) -> None:
    """Print progress where it doesn't mix with the results."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def planned(quick: bool) -> list[Job]:
    """The runs of the study, or the few of a quick one."""
    if not quick:
        return jobs(SEEDS, FEWER, SIZE)
    pairs = (("faker", "grpo"), ("honest", "sft"))
    return [Job("twins", twin, "as it is", method, 0, **QUICK) for twin, method in pairs]


def measure(quick: bool, kept: Path, processes: int) -> dict[str, Any]:
    """Do all runs, and put what they gave into one object that JSON can hold."""
    kept.mkdir(parents=True, exist_ok=True)
    asked = planned(quick)
    spawned = multiprocessing.get_context("spawn")
    found: list[dict[str, Any]] = []
    with ProcessPoolExecutor(processes, spawned) as pool:
        for one in pool.map(done, asked, repeat(kept)):
            found.append(one)
            say(f"{len(found)} of {len(asked)}: {' '.join(map(str, one['job'].values()))}")
    return recorded(found, len(asked), quick)


def collect(quick: bool, kept: Path) -> dict[str, Any]:
    """Put together what a folder has of the runs, and run nothing."""
    asked = planned(quick)
    found = kept_in(asked, kept)
    say(f"{len(found)} of {len(asked)} runs are kept in {kept}")
    return recorded(found, len(asked), quick)


def recorded(found: Sequence[dict[str, Any]], asked: int, quick: bool) -> dict[str, Any]:
    """The record of a study, of which some runs may be missing."""
    return {
        "versions": {"python": platform.python_version()} | dict(_installed()),
        "machine": f"{os.cpu_count()} processors, {platform.system()}, {platform.machine()}",
        "seeds": [1, 0] if quick else [SEEDS, FEWER],
        "size": QUICK if quick else SIZE,
        "asked": asked,
        "minutes": round(sum(one["seconds"] for one in found) / 60, 1),
        "results": [_short(one) for one in found],
    }


def _short(one: dict[str, Any]) -> dict[str, Any]:
    """A run without its steps; of them every checkpoint keeps the mean of the last few before it."""
    checkpoints: list[dict[str, Any]] = []
    for checkpoint in one["checkpoints"]:
        step = checkpoint["step"]
        latest = [row for row in one["steps"] if step - LATEST < row["step"] <= step]
        sampled = {
            key: round(sum(row[key] for row in latest) / len(latest), 5)
            for key in ("complied", "strategic")
            if latest and all(key in row for row in latest)
        }
        checkpoints.append(checkpoint | ({"sampled": sampled} if sampled else {}))
    return {"job": one["job"], "checkpoints": checkpoints, "problem": one["problem"]}


def main() -> None:
    """Run the study, or read its record, and print or write its tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--from", dest="record", type=Path, metavar="FILE", help="don't run")
    source.add_argument("--collect", action="store_true", help="take what is kept; don't run")
    parser.add_argument("--quick", action="store_true", help="two runs of a few steps")
    parser.add_argument("--kept", type=Path, metavar="DIR", help="where runs are kept, and found")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the record")
    parser.add_argument(
        "--write-docs", action="store_true", help="the page, its record, its figures"
    )
    given = parser.parse_args()
    if given.quick and given.write_docs:
        parser.error("--write-docs takes the full study, and --quick is not it")
    if given.collect and given.kept is None:
        parser.error("--collect: name the folder of the runs (--kept DIR)")
    record = _record(given)
    if not record["results"]:
        parser.error(f"no run of the study is kept in {given.kept}")
    if given.json:
        given.json.write_text(pages.as_text(record), encoding="utf-8")
    tables = page.tables(record)
    print("\n\n".join(tables.values()))
    if given.write_docs:
        pages.write(PAGE, record, tables)
        page.write_figure(record, PAGE.parent / "images" / "survival")
    for one in record["results"]:
        if one["problem"]:
            say(f"ended early: {one['job']}: {one['problem']}")


def _record(given: argparse.Namespace) -> dict[str, Any]:
    if given.record:
        return json.loads(given.record.read_text(encoding="utf-8"))
    if given.collect:
        return collect(given.quick, given.kept)
    with tempfile.TemporaryDirectory() as scratch:
        return measure(given.quick, given.kept or Path(scratch), given.processes)


if __name__ == "__main__":
    main()
