"""How fast the workbench is: pages, searches, the first paint; beside peers in the same run.

    python benchmarks/web.py --quick              2,000 transcripts, under a minute
    python benchmarks/web.py --write-docs         100,000; writes docs/workbench-speed.md
    python benchmarks/web.py --from docs/workbench-speed.json --write-docs     the page anew

No time makes it fail: it prints every ratio and whether the aim was met. Times are those of whole
answers over loopback, asked one after the other of a server in a process of its own. The workspace
and the logs are made once, in the folder `--work`, and found there by the next run.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Run as a script, this file stands where it would be found as a package `web`; its parts are found
# from the folder above.
sys.path[:] = [str(HERE.parent) if Path(p).resolve() == HERE else p for p in sys.path]

import psutil
from rich.console import Console

from benchmarks.corpus_studies.rows import Findings, Row
from benchmarks.web_studies import asking, making, page, painting, peers

PACKAGES = ("allegiance", "pylance", "fastapi", "uvicorn", "inspect-ai", "inspect-scout")
SCOUT, INSPECT = "Inspect Scout", "Inspect AI"


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes
    ----------
    transcripts
        In the workspace.
    times
        How often each kind of page is asked for.
    samples
        What peers get.
    """

    transcripts: int
    times: int
    samples: int


FULL = Size(100_000, 60, 2_000)
QUICK = Size(2_000, 16, 200)


def measure(size: Size, work: Path, *, with_peers: bool = True) -> Findings:
    """Measure the workbench and, beside it, its peers."""
    found = Findings()
    say(f"a workspace of {size.transcripts:,} transcripts")
    place = making.made(work / f"web-{size.transcripts}", size.transcripts)
    theirs = _peers(found, size, work) if with_peers else {}
    say("pages")
    with asking.served(place.directory) as bench:
        first = asking.first_page(bench)
        ids = place.corpus().ids()
        counted = bench.ask("/api/overview")[1], bench.ask("/api/overview/relation")[1]
        if b'id="rates"' not in bench.ask("/")[2]:
            raise RuntimeError(
                "the overview is without its numbers, so that its time means nothing"
            )
        _pages(found, bench, asking.Paths(ids, size.times), theirs)
        found.rows.append(
            _row("first", "the first list, from when the libraries are loaded", first, 1000)
        )
        found.rows += [
            _row(key, what, took, None)
            for key, what, took in zip(
                ("counted", "related"),
                (
                    "all numbers of the overview, counted anew after a change",
                    "whose intent was kept, read anew after a change",
                ),
                counted,
                strict=True,
            )
        ]
        say("the first paint")
        readers = asking.Paths(ids, 7).readers()
        paint = painting.painted(bench, readers)
    if isinstance(paint, str):
        found.left_out.append(paint)
    else:
        what = "first paint of a transcript in Chromium"
        found.rows.append(_row("paint", what, paint.pop("p50"), 500, more=paint))
    return found


def _peers(found: Findings, size: Size, work: Path) -> dict[str, tuple[str, float]]:
    """Ask the peers first; what they take, by the key of the row that it stands beside."""
    say(f"peers at {size.samples:,}")
    try:
        logs = peers.logs(work / f"web-logs-{size.samples}", size.samples)
        inspect = peers.inspect(logs, size.times)
        scout = peers.scout(logs, work / f"web-scout-{size.samples}", size.times)
    except ImportError as error:
        found.left_out.append(f"peers, because {error.name} is not installed")
        return {}
    at = f"at {size.samples:,}"
    return {
        "list": (f"{INSPECT} samples_df, all {at}", inspect["list"]["p50"]),
        "page": (f"{SCOUT}, a shuffled page of 50 {at}", scout["page"]["p50"]),
        "reader": (f"{INSPECT} read_eval_log_sample {at}", inspect["open"]["p50"]),
    }


def _pages(
    found: Findings,
    bench: asking.Workbench,
    paths: asking.Paths,
    theirs: dict[str, tuple[str, float]],
) -> None:
    asked: list[tuple[str, str, list[str], float | None]] = [
        ("overview", "overview with all its numbers", ["/"] * 13, 300),
        (
            "page",
            "100 rows anywhere in a random order, as a script asks for them",
            paths.pages(),
            80,
        ),
        ("list", "a page of transcripts, with two categories beside it", paths.lists(), 80),
        ("verdict", "a page of those with a verdict", paths.of_verdict(), 80),
        ("filter", "a page of a filter over verdicts never asked before", paths.new_filters(), 80),
        ("order", "a page of a random order never asked before", paths.new_orders(), None),
        ("reader", "one transcript with its verdicts", paths.readers(), 50),
        ("search", "a search for two words never asked before", paths.words(), 100),
        ("common", "a search for one common word never asked before", paths.common(), 100),
        ("regex", "a search of all texts for a regular expression", paths.patterns(), None),
    ]
    for key, what, these, aim in asked:
        bench.ask(these[0])  # what is read once for all pages of a kind is no part of a usual one
        took = bench.times(these[1:])
        if took is None:
            found.left_out.append(f"{what}: the page does not answer")
            continue
        peer, figure = theirs.get(key, ("", None))
        row = _row(key, what, took["p50"], aim, peer=peer, theirs=figure, more={"p95": took["p95"]})
        found.rows.append(row)


def _row(key: str, what: str, ours: float, aim: float | None, **more: Any) -> Row:
    return Row(key, what, ours, "ms", aim=aim, aim_of="figure", **more)


def say(text: str) -> None:
    """Print progress where it doesn't mix with the results."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def record(found: Findings, size: Size, load: float) -> dict[str, Any]:
    """Put everything into one object that JSON can hold."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": {
            "processors": os.cpu_count(),
            "processor": platform.machine(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9),
            "load_before": round(load, 1),
        },
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "seeds": {
            name: value
            for module in (making, asking, peers)
            for name, value in vars(module).items()
            if name.endswith("_SEED")
        },
        "size": vars(size),
        **found.to_dict(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--quick", action="store_true", help="2,000 transcripts")
    source.add_argument("--from", dest="earlier", type=Path, metavar="FILE", help="don't run")
    parser.add_argument("--no-peers", action="store_true", help="the workbench alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results")
    parser.add_argument("--write-docs", action="store_true", help="the page and its record")
    parser.add_argument("--work", type=Path, metavar="DIR", default=_cache(), help="what is made")
    options = parser.parse_args()
    if options.write_docs and (options.quick or options.no_peers):
        parser.error("--write-docs takes the full run with its peers")
    if options.earlier:
        found = json.loads(options.earlier.read_text(encoding="utf-8"))
    else:
        size, load = QUICK if options.quick else FULL, os.getloadavg()[0]
        options.work.mkdir(parents=True, exist_ok=True)
        findings = measure(size, options.work.resolve(), with_peers=not options.no_peers)
        found = record(findings, size, load)
    if options.json:
        options.json.write_text(page.as_text(found), encoding="utf-8")
    if options.write_docs:
        page.write(found)
    Console(width=None if sys.stdout.isatty() else 170).print(page.summary(found))
    return 0


def _cache() -> Path:
    return Path(tempfile.gettempdir()) / "allegiance-benchmark"


if __name__ == "__main__":
    sys.exit(main())
