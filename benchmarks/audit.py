"""The audit, measured: do licensed intervals hold the truth, and what do ledger and certificate cost?

    python benchmarks/audit.py --quick              few repeats, for every change
    python benchmarks/audit.py --write-docs         the full run, which writes docs/audit-coverage.md
    python benchmarks/audit.py --from docs/audit-coverage.json --write-docs     the page anew
    python benchmarks/audit.py --from docs/audit-coverage.json --times --json F     its ratios anew

The seeds below were written down before the first run and are not changed after it; a repeat draws by
(seed of its study, number of the cell, number of the repeat). Exits with 1 where a gated cell falls
below the 0.1 % quantile of Binomial(repeats, promised), shared among all gated cells (Bonferroni), or
where labels given one by one and all at once come to different things. No time makes it fail.
"""

import argparse
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Run as a script, this file stands where it would be found as a package `audit`; its parts are
# found from the folder above.
sys.path[:] = [str(HERE.parent) if Path(p).resolve() == HERE else p for p in sys.path]

from benchmarks import pages
from benchmarks.audit_studies import lies, organism, page, speed, worlds
from benchmarks.audit_studies.sittings import Cell, Repeated, repeated
from benchmarks.coverage_studies import gate
from benchmarks.coverage_studies.results import Result

CORPUS_SEED = 55_001
ORGANISM_SEED = 55_002
LIES_SEED = 55_003
SEEDS = {organism.STUDY: ORGANISM_SEED, lies.STUDY: LIES_SEED}

PACKAGES = ("allegiance", "numpy", "scipy", "pylance", "inspect-ai")
_CHUNK = 25


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes
    ----------
    transcripts, reads
        In the organism's corpus, and how many are read where the number is fixed.
    organism, lies
        Repeats of a cell.
    judges, labels
        How many judges, the first by name, and the numbers of labels.
    whole
        Repeats of a cell of the organism that are read in both ways; lies have one.
    speed
        Of the third study.
    """

    transcripts: int
    reads: int
    organism: int
    lies: int
    judges: int
    labels: tuple[int, ...]
    whole: int
    speed: speed.Size


FULL = Size(10_000, 300, 300, 300, 5, (100, 300), 3,
            speed.Size((1, 10), 100, 3, 300, 100_000, (10_000, 1_000_000), 3))  # fmt: skip
QUICK = Size(800, 60, 20, 10, 2, (50,), 1,
             speed.Size((1, 4), 10, 2, 30, 500, (1_000,), 2))  # fmt: skip


def say(text: str) -> None:
    """Print progress where it doesn't mix with the results."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def measure(
    size: Size, processes: int, work: Path, minutes: float = float("inf")
) -> dict[str, Any]:
    """Run all studies, and put everything into one object that JSON can hold."""
    began = time.monotonic()
    places = {name: work / name for name in (organism.STUDY, lies.STUDY)}
    for place in places.values():
        place.mkdir()
    left_out: list[str] = []
    known: dict[str, Any] = {
        organism.STUDY: worlds.organism(places[organism.STUDY], size.transcripts, CORPUS_SEED, say)
    }
    studies = {organism.STUDY: organism.cells(places[organism.STUDY], size.reads)}
    if worlds.LIES.is_dir():
        judges = worlds.lies(places[lies.STUDY])
        known[lies.STUDY] = judges
        chosen = dict([*judges.items()][: size.judges])
        studies[lies.STUDY] = lies.cells(places[lies.STUDY], chosen, size.labels)
    else:
        left_out.append(f"{lies.STUDY}, because {worlds.LIES} is not there")
    times = speed.measure(worlds.opened(places[organism.STUDY]), size.speed, say)
    found = _repeated(studies, size, processes, began + 60 * minutes)
    results = [result for study in studies for result in _results(study, found[study], known)]
    return {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "machine": f"{os.cpu_count()} processors, {platform.system()}, {platform.machine()}",
        "seeds": {n: value for n, value in globals().items() if n.endswith("_SEED")},
        "meant": {organism.STUDY: size.organism, lies.STUDY: size.lies},
        "minutes": round((time.monotonic() - began) / 60, 1),
        "known": known,
        "compared": sum(one.compared for of in found.values() for _, one in of),
        "problems": [p for of in found.values() for _, one in of for p in one.problems],
        "left_out": left_out,
        "times": times,
        "times_from": "the same run",
        "results": [_rounded(result) for result in results],
    }


def timed(size: Size) -> list[dict[str, Any]]:
    """Run the third study alone."""
    with tempfile.TemporaryDirectory(prefix="allegiance-audit-") as work:
        worlds.organism(Path(work), size.transcripts, CORPUS_SEED, say)
        return speed.measure(worlds.opened(Path(work)), size.speed, say)


def _repeated(
    studies: dict[str, list[Cell]], size: Size, processes: int, until: float
) -> dict[str, list[tuple[Cell, Repeated]]]:
    """Repeat every cell, a few repeats of each at a time, on all processors, until a time."""
    # A store that runs threads is not to be forked.
    context = multiprocessing.get_context("spawn")
    found = {study: [(cell, Repeated()) for cell in cells] for study, cells in studies.items()}
    jobs = sorted(_jobs(studies, size), key=lambda job: job[2].start)
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        pending = [
            (study, number, pool.submit(repeated, studies[study][number], worlds.opened,
                                        (SEEDS[study], number), which, whole))
            for study, number, which, whole in jobs
        ]  # fmt: skip
        for done, (study, number, job) in enumerate(pending):
            if time.monotonic() > until:
                say(f"time is up: {done} of {len(pending)} parts are done")
                pool.shutdown(cancel_futures=True)
                break
            found[study][number][1].extend(job.result())
            if done % 10 == 9:
                say(f"{done + 1} of {len(pending)} parts")
    return {study: [one for one in of if one[1].reads] for study, of in found.items()}


def _jobs(studies: dict[str, list[Cell]], size: Size) -> Iterator[tuple[str, int, range, int]]:
    """Study, number of the cell, numbers of the repeats, and how many of them are read in both ways."""
    for study, cells in studies.items():
        repeats, whole = {
            organism.STUDY: (size.organism, size.whole),
            lies.STUDY: (size.lies, 1),
        }[study]
        for number in range(len(cells)):
            for start in range(0, repeats, _CHUNK):
                yield study, number, range(start, min(start + _CHUNK, repeats)), whole


def _results(
    study: str, found: list[tuple[Cell, Repeated]], known: dict[str, Any]
) -> Iterator[Result]:
    for cell, of in found:
        reads = sum(of.reads) / len(of.reads)
        for method, held in of.held.items():
            width = sum(of.widths[method]) / len(held)
            figures = {"width": width, "reads": reads}
            promised = cell.ours.get(method)
            if study == lies.STUDY and promised is not None:
                counts = known[study][str(cell.name["judge"])]
                figures["saved"] = lies.saved(counts, int(cell.name["labels"]), width)
            ours = promised is not None
            yield Result(
                study, cell.name, method, sum(held), len(held), "coverage",
                promised if ours else 0.95, ours, ours, figures,
            )  # fmt: skip


def _rounded(result: Result) -> dict[str, Any]:
    figures = {name: float(f"{value:.4g}") for name, value in result.figures.items()}
    return result.to_dict() | {"figures": figures}


def results_of(found: dict[str, Any]) -> list[Result]:
    """Read the results of a record."""
    return [Result(**result) for result in found["results"]]


def verdict(found: dict[str, Any]) -> tuple[str, bool]:
    """Say which gated cells fail and where the two ways of labelling differ; and whether none does."""
    results = results_of(found)
    failed = gate.failures(results)
    gated = sum(result.gated for result in results)
    lines = [
        f"FAILED {r.study}, {r.cell}, {r.method}: {r.share:.4f} of {r.promised:g}" for r in failed
    ]
    lines += [f"DIFFERS {problem}" for problem in found["problems"]]
    lines += [f"left out: {sentence}" for sentence in found["left_out"]]
    differing = len(found["problems"])
    lines.append(f"{found['compared']} repeats were read in both ways; {differing} differences")
    lines.append(f"{gated - len(failed)} of {gated} gated cells (*) hold")
    return "\n".join(lines), not failed and not differing


def summary(found: dict[str, Any]) -> str:
    """One line a cell and method, and one a measured time."""
    lines = [f"{'cell':<52} {'method':<42} {'held':>11} {'share':>6} {'points':>7} {'reads':>6}"]
    for r in results_of(found):
        cell = ", ".join(str(value) for value in r.cell.values())
        lines.append(
            f"{cell:<52} {r.method:<42} {r.count:>5} of {r.repeats:<3} {r.share:>5.3f}"
            f"{'*' if r.gated else ' '} {100 * r.figures['width']:>7.2f} {r.figures['reads']:>6.1f}"
        )
    lines += [
        f"{one['what']}: {one['ratio']:.3g} times as long as {one['peer']}"
        for one in found["times"]
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--quick", action="store_true", help="few repeats")
    source.add_argument("--from", dest="earlier", type=Path, metavar="FILE", help="don't run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results")
    parser.add_argument("--write-docs", action="store_true", help="the page and its record")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="begin no more repeats after that"
    )
    parser.add_argument(
        "--times", action="store_true", help="with --from: measure ledger and certificate again"
    )
    options = parser.parse_args()
    if options.quick and options.write_docs:
        parser.error("--write-docs takes the full run, and --quick is not it")
    if options.earlier:
        found = json.loads(options.earlier.read_text(encoding="utf-8"))
        if options.times:
            found |= {"times": timed(FULL), "times_from": "a later run"}
    else:
        with tempfile.TemporaryDirectory(prefix="allegiance-audit-") as work:
            size = QUICK if options.quick else FULL
            found = measure(size, options.processes, Path(work), options.minutes)
    if options.json:
        options.json.write_text(pages.as_text(found), encoding="utf-8")
    text, passed = verdict(found)
    print(summary(found), text, sep="\n")
    if options.write_docs:
        page.write(found)
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
