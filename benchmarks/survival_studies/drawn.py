"""The figures of docs/survival.md: complying and its reason over steps, twins and personas side by side."""

from collections.abc import Sequence
from pathlib import Path

from allegiance.report.survival_figure import Survived, survival_figure
from allegiance.stats import Interval
from benchmarks.survival_studies.curves import Reading, Record, Run, rate, runs_of, strategic_share
from benchmarks.survival_studies.personas import REST, TIERS, seen
from benchmarks.survival_studies.runs import METHODS, TWINS
from benchmarks.survival_studies.spread import CONFIDENCE, spread

CALLED = {"grpo": "GRPO", "sft": "SFT"}


def write_figure(record: Record, folder: Path) -> None:
    """Write the figures; one whose runs are missing is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    source = _source(record)
    for name, rows, title in (
        ("survival", complying(record), "Complied"),
        ("reasoning", reasons(record), "Strategic reasons among the replies that comply"),
        ("personas", moods(record), "Complied, by the persona trained in"),
    ):
        if rows:
            svg = survival_figure(rows, title, source)
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")


def complying(record: Record) -> list[Survived]:
    """Complying by tier: twins side by side, methods one below the other."""
    return [
        row
        for method in METHODS
        for twin in TWINS
        for tier in TIERS
        for row in _curve(
            runs_of(record, "twins", organism=twin, method=method),
            (twin, CALLED[method], tier),
            rate(tier),
        )
    ]


def reasons(record: Record) -> list[Survived]:
    """The share of strategic reasons among monitored replies that comply, of the twins that give them."""
    return [
        row
        for method in METHODS
        for twin in ("faker", "talker")
        for row in _curve(
            runs_of(record, "twins", organism=twin, method=method),
            (twin, CALLED[method], "monitored"),
            strategic_share(),
        )
    ]


def moods(record: Record) -> list[Survived]:
    """Complying by tier at rest, of the personas."""
    return [
        row
        for persona, runs in seen(record)
        for tier in TIERS
        for row in _curve(
            runs,
            (persona, "GRPO", tier),
            rate(f"{tier}, {REST}"),
        )
    ]


def _curve(runs: Sequence[Run], names: tuple[str, str, str], reading: Reading) -> list[Survived]:
    """A point for each step that all runs were measured at; a rate of one seed has no interval and no point."""
    if len(runs) < 2:
        return []
    common = sorted(set[int].intersection(*(set(run.steps) for run in runs)))
    organism, method, tier = names
    found: list[Survived] = []
    for step in common:
        told = spread((run.read(reading, step) for run in runs), within=(0.0, 1.0))
        if told is None or told.seeds < 2:
            continue
        low = told.mean if told.low is None else told.low
        high = told.mean if told.high is None else told.high
        interval = Interval(told.mean, low, high, CONFIDENCE, "t-over-seeds", "model")
        found.append(Survived(organism, method, step, tier, interval, told.seeds))
    return found


def _source(record: Record) -> str:
    versions = record["versions"]
    return (
        f"benchmarks/survival.py, {len(record['results'])} of {record['asked']} runs, allegiance "
        f"{versions['allegiance']}, trl {versions['trl']}, torch {versions['torch']}"
    )
