"""Real instruments, measured: what their own rates are worth, and what a few hundred labels make of them.

    python benchmarks/scanners.py --quick              few repeats, for every change
    python benchmarks/scanners.py --write-docs         the full run, which writes docs/real-instruments.md
    python benchmarks/scanners.py --from docs/real-instruments.json --write-docs     the page anew
    ... --from docs/real-instruments.json --speed --write-docs     with the speeds measured anew

The seeds below were written down before the first run and are not changed after it; a repeat draws by
(seed of its study, number of the cell, number of the repeat). Exits with 1 where a gated cell falls
below the 0.1 % quantile of Binomial(repeats, promised), or false alarms above the 99.9 % quantile,
shared among all gated cells (Bonferroni), or where the shortcut and the whole program differ.
"""

import argparse
import json
import multiprocessing
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Run as a script, this file stands where it would be found as a package `scanners`; its parts are
# found from the folder above.
sys.path[:] = [str(HERE.parent) if Path(p).resolve() == HERE else p for p in sys.path]

from benchmarks import pages
from benchmarks.coverage_studies import gate
from benchmarks.coverage_studies.results import Result
from benchmarks.scanners_studies import (
    confusion,
    correcting,
    machinery,
    page,
    paired,
    speeds,
    uneven,
)
from benchmarks.scanners_studies.judges import VERDICTS, judges

CORRECTING_SEED = 66_001
UNEVEN_SEED = 66_002
MACHINERY_SEED = 66_003
PAIRED_SEED = 66_004

REPEATS, QUICK = 500, 20
PACKAGES = ("allegiance", "numpy", "scipy")
_CHUNK = 50
_STUDIES = {
    correcting.STUDY: (correcting, CORRECTING_SEED),
    uneven.STUDY: (uneven, UNEVEN_SEED),
}


def say(text: str) -> None:
    """Print progress where it doesn't mix with the results."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def measure(quick: bool, processes: int) -> dict[str, Any]:
    """Run all studies, and put everything into one object that JSON can hold."""
    began = time.monotonic()
    left_out = [f"{path} is not there" for path in (VERDICTS, paired.DATA) if not path.exists()]
    found: list[Result] = []
    problems: list[str] = []
    known: dict[str, Any] = {}
    if VERDICTS.exists():
        known = {judge: _known(judge) for judge in judges()}
        chosen = ["gpt-4o"] if quick else [*judges()]
        for judge in chosen:
            labels = 40 if quick else 100
            problems += [f"{judge}: {p}" for p in machinery.compared(judge, labels, MACHINERY_SEED)]
        say("the whole program and the shortcut were compared")
        found = _repeated(quick, processes)
    published: dict[str, Any] = {}
    if VERDICTS.exists():
        published["talk about lying"] = confusion.measured()
    if paired.DATA.exists():
        published |= {
            "string label": paired.string_label(PAIRED_SEED),
            "beside people": paired.beside_people(),
        }
    return {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "machine": f"{os.cpu_count()} processors, {platform.system()}, {platform.machine()}",
        "seeds": {n: value for n, value in globals().items() if n.endswith("_SEED")},
        "repeats": QUICK if quick else REPEATS,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "judges": known,
        "problems": problems,
        "left_out": left_out,
        "published": published,
        "speed": {},
        "results": [_rounded(one) for one in found],
    }


def _known(judge: str) -> dict[str, Any]:
    world = judges()[judge]
    return {
        "transcripts": len(world.ids),
        "lies": sum(world.truth[one] for one in world.ids),
        "missing": world.missing,
        "naive": round(world.naive(), 4),
        **{name: round(rate, 4) for name, rate in world.rates().items()},
    }


def _repeated(quick: bool, processes: int) -> list[Result]:
    """Repeat every cell on all processors, a few repeats at a time."""
    repeats = QUICK if quick else REPEATS
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        pending = [
            (study, cell, pool.submit(module.repeated, cell, number, seed, range(start, end)))
            for study, (module, seed) in _STUDIES.items()
            for number, cell in enumerate(module.cells(quick))
            for start in range(0, repeats, _CHUNK)
            for end in (min(start + _CHUNK, repeats),)
        ]
        seen: dict[tuple[str, Any], Any] = {}
        for done, (study, cell, job) in enumerate(pending, 1):
            key = study, cell
            if key in seen:
                seen[key].extend(job.result())
            else:
                seen[key] = job.result()
            if done % 50 == 0:
                say(f"{done} of {len(pending)} parts")
    return [
        one for (study, cell), of in seen.items() for one in _STUDIES[study][0].results(cell, of)
    ]


def _rounded(result: Result) -> dict[str, Any]:
    figures = {name: float(f"{value:.4g}") for name, value in result.figures.items()}
    return result.to_dict() | {"figures": figures}


def results_of(found: dict[str, Any]) -> list[Result]:
    """Read the results of a record."""
    return [Result(**result) for result in found["results"]]


def verdict(found: dict[str, Any]) -> tuple[str, bool]:
    """Say which gated cells fail, and where the shortcut differs; and whether none does."""
    results = results_of(found)
    failed = gate.failures(results) if results else []
    short = gate.shortfalls(results)
    gated = sum(result.gated for result in results)
    lines = [
        f"FAILED {r.study}, {r.cell}, {r.method}: {r.share:.4f} of {r.promised:g}" for r in failed
    ]
    lines += [f"known to fall short: {r.cell}, {r.method}: {r.share:.4f}" for r in short]
    lines += [f"DIFFERS {problem}" for problem in found["problems"]]
    lines += [f"left out: {sentence}" for sentence in found["left_out"]]
    lines.append(f"{gated - len(failed)} of {gated} gated cells hold")
    lines += speeds.lines(found["speed"]) if found["speed"] else []
    return "\n".join(lines), not failed and not found["problems"]


def summary(found: dict[str, Any]) -> str:
    """One line a cell and method."""
    lines: list[str] = []
    for r in results_of(found):
        cell = ", ".join(str(value) for value in r.cell.values())
        width = f"{100 * r.figures['width']:>7.2f}" if "width" in r.figures else ""
        lines.append(
            f"{cell:<48} {r.method:<24} {r.count:>4} of {r.repeats:<4} {r.share:.3f} {width}"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--quick", action="store_true", help="few repeats")
    source.add_argument("--from", dest="earlier", type=Path, metavar="FILE", help="don't run")
    parser.add_argument(
        "--speed",
        action=argparse.BooleanOptionalAction,
        help="measure speeds beside Inspect Scout's (unless --from is given)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results")
    parser.add_argument("--write-docs", action="store_true", help="the page and its record")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if options.quick and options.write_docs:
        parser.error("--write-docs takes the full run, and --quick is not it")
    if options.earlier:
        found = json.loads(options.earlier.read_text(encoding="utf-8"))
    else:
        found = measure(options.quick, options.processes)
    speed = options.earlier is None if options.speed is None else options.speed
    if speed:
        say("measuring speeds beside Scout's")
        found["speed"] = speeds.measured(quick=options.quick)
    if options.json:
        options.json.write_text(pages.as_text(found), encoding="utf-8")
    text, passed = verdict(found)
    print(summary(found), text, sep="\n")
    if options.write_docs:
        page.write(found)
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
