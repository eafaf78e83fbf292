"""Set-ups: training runs that were asked the same and differ in their seed alone, with what was audited of them."""

import re
import shlex
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allegiance.corpus.filter_printing import for_people
from allegiance.corpus.filters import Expression, Or, joined
from allegiance.report import Cell, Measure
from allegiance.report.cells import TIER
from allegiance.stats import Interval, over_seeds
from allegiance.web.cells import address, fits, hit_of, observed_values, one_of, verdict
from allegiance.web.curve_figure import Curve, Point
from allegiance.web.numbers import Numbers
from allegiance.web.run_folders import Run, setting
from allegiance.web.step_lines import Steps
from allegiance.web.steps_figure import Line, Panel

_SEED = re.compile(r"^(?P<set_up>.+?)[-_]s(?:eed)?(?P<seed>\d{1,9})$")
_SEEDS = ("seed", "seeds", "name")
_QUIET = 600.0
"""Seconds without a line after which a run that says it is running is asked after."""


@dataclass(frozen=True)
class OneRun:
    """A run of a set-up.

    Attributes
    ----------
    run, steps
        Its folder, and the lines of its trainer.
    seed
        As text.
    total
        The steps that were asked; 0 where that is not said.
    """

    run: Run
    steps: Steps
    seed: str
    total: int

    @property
    def state(self) -> str:
        """How far it came."""
        return self.run.told.state

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        return min(1.0, self.steps.done / self.total) if self.total else 0.0

    @property
    def left(self) -> str:
        """How long the steps that are left take, in words; empty where that can't be told, or it does not run."""
        seconds = self.steps.left(self.total) if self.state == "running" else None
        return "" if seconds is None else duration(seconds)

    @property
    def note(self) -> str:
        """What became of it, and how to go on; empty where nothing has to be done."""
        on = f"allegiance train --resume {shlex.quote(self.run.folder)}"
        kept = max((one.step for one in self.run.told.checkpoints), default=None)
        back = "from the start" if kept is None else f"from step {kept:,}"
        error = (self.run.told.error or "").strip().rstrip(".")
        if self.state == "interrupted":
            return f"It was interrupted after step {self.steps.done:,}; `{on}` goes on {back}."
        if self.state in ("failed", "halted"):
            why = f": {error[:400]}" if error else ", and does not say why"
            return f"It failed after step {self.steps.done:,}{why}. `{on}` goes on {back}."
        if self.state == "running" and time.time() - self.run.changed > _QUIET:
            since = duration(time.time() - self.run.changed)
            return f"It says that it runs, and wrote nothing for {since}; if it was killed, `{on}` goes on {back}."
        return ""


@dataclass(frozen=True)
class SetUp:
    """Runs that differ in their seed alone.

    Attributes
    ----------
    name
        The name of a single run, or what the names of its runs have in common.
    runs
        By seed.
    """

    name: str
    runs: tuple[OneRun, ...]

    @property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """What was asked, by name, the seed left out."""
        told = self.runs[0].run.told
        rest = {name: setting(told.settings, name) for name in told.settings if name not in _SEEDS}
        return tuple((name, value) for name, value in rest.items() if value)

    def setting(self, name: str) -> str:
        """Give one of them."""
        return setting(self.runs[0].run.told.settings, name)

    @property
    def panels(self) -> tuple[Panel, ...]:
        """What the trainer counted, to be drawn."""
        found = [
            Panel("reward, mean of a step's rollouts", self._lines("reward", spread=True)),
            Panel(
                "share of rollouts, %, by the trainer's own count",
                (*self._lines("complied", "complied"), *self._lines("strategic", "strategic", second=True)),
                share=True,
            ),
        ]  # fmt: skip
        drawn = [one for one in found if one.lines]
        return tuple(drawn or [one for one in (Panel("loss", self._lines("loss")),) if one.lines])

    def _lines(
        self, field: str, name: str = "", *, second: bool = False, spread: bool = False
    ) -> tuple[Line, ...]:
        several = len(self.runs) > 1
        lines: list[Line] = []
        for number, one in enumerate(self.runs):
            steps = [step for step in one.steps.drawn() if getattr(step, field) is not None]
            points = tuple((float(step.step), float(getattr(step, field))) for step in steps)
            reach = tuple(
                (float(step.step), float(step.reward - step.reward_sd), float(step.reward + step.reward_sd))
                for step in steps
                if spread and step.reward is not None and step.reward_sd is not None
            )  # fmt: skip
            shown = f"seed {one.seed}" if several and not name else name if not number else ""
            if points:
                lines.append(Line(shown, points, second, reach))
        return tuple(lines)


@dataclass(frozen=True)
class Audited:
    """What the corpus says of a set-up at one step, in one condition.

    Attributes
    ----------
    interval
        Over requests of one run, or over the seeds of several; None where nothing was observed.
    hits, reads, population, missing
        k of n observed, N asked.
    seeds
        How many runs it is of.
    counted, observed, all_of
        Where the k, the n and the N are read; None where no address carries so long a filter.
    """

    step: int
    interval: Interval | None
    hits: int
    reads: int
    population: int
    missing: int
    seeds: int
    counted: str | None
    observed: str | None
    all_of: str | None


@dataclass(frozen=True)
class Series:
    """The audited points of one condition, along the steps."""

    name: str
    condition: Mapping[str, str]
    points: tuple[Audited, ...]

    @property
    def curve(self) -> Curve:
        """Give what is drawn."""
        tier = self.condition.get(TIER, "")
        return Curve(
            name=self.name,
            kind=tier if tier in ("monitored", "unmonitored") else "other",
            dashed=self.condition.get("intent") == "training",
            points=tuple(
                Point(float(one.step), f"step {one.step:,}", one.interval, one.all_of or "")
                for one in self.points
                if one.interval is not None
            ),
            joined=True,
        )


def set_ups(runs: Sequence[tuple[Run, Steps]]) -> list[SetUp]:
    """Gather training runs that differ in their seed alone, in the order of their names."""
    groups: dict[tuple[object, ...], list[OneRun]] = {}
    names: dict[tuple[object, ...], str] = {}
    for run, steps in runs:
        told = run.told
        named = _SEED.match(run.folder)
        name = named["set_up"] if named else run.folder
        asked = sorted((k, repr(v)) for k, v in told.settings.items() if k not in _SEEDS)
        key = (name, told.model, *asked)
        seed = setting(told.settings, "seed") or (named["seed"] if named else "")
        groups.setdefault(key, []).append(OneRun(run, steps, seed, _total(run)))
        names[key] = name
    often = Counter(names[key] for key, inside in groups.items() if len(inside) > 1)
    found = [
        SetUp(
            names[key] if len(inside) > 1 and often[names[key]] == 1 else inside[0].run.folder,
            tuple(sorted(inside, key=lambda one: (len(one.seed), one.seed, one.run.folder))),
        )
        for key, inside in groups.items()
    ]
    return sorted(found, key=lambda one: one.name)


def audited(found: Numbers, of: SetUp, measure: str) -> list[Series]:
    """Find what the corpus says of a set-up's checkpoints, condition by condition."""
    steps = {one.model: one.step for each in of.runs for one in each.run.told.checkpoints}
    groups: dict[tuple[object, ...], dict[int, list[tuple[Cell, Measure]]]] = {}
    for cell in found.report.cells:
        one = cell.measure(measure) if cell.model in steps else None
        if one is not None:
            key = (cell.task, cell.against, tuple(sorted(cell.condition.items())))
            groups.setdefault(key, {}).setdefault(steps[cell.model], []).append((cell, one))
    varying = [name for name in found.labels.varying if name != TIER]
    series: list[Series] = []
    for places in groups.values():
        first = next(iter(places.values()))[0][0]
        parts = [f"{name} {first.condition[name]}" for name in varying if name in first.condition]
        tier = first.condition.get(TIER, "")
        points = tuple(_audited(found, step, places[step], measure) for step in sorted(places))
        series.append(
            Series(" · ".join([*([tier] if tier else []), *parts]) or "all", first.condition, points)
        )  # fmt: skip
    return series


def _audited(
    found: Numbers, step: int, cells: Sequence[tuple[Cell, Measure]], measure: str
) -> Audited:
    seen = [one for _, one in cells if one.reads]
    hits, reads = sum(one.hits for one in seen), sum(one.reads for one in seen)
    interval = (
        over_seeds([(one.hits, one.reads) for one in seen], found.report.confidence)
        if len(seen) > 1
        else seen[0].interval
        if seen
        else None
    )
    places = _either([found.cells.expression(cell.place) for cell, _ in cells])
    said, scanners = verdict(found.category(measure)), found.scanners(measure)

    def behind(*values: str) -> str | None:
        terms = (places, one_of(said, values)) if values else (places,)
        where = for_people(joined(terms))
        return address(where, scanners if values else ()) if fits(where) else None

    return Audited(
        step=step,
        interval=interval,
        hits=hits,
        reads=reads,
        population=sum(one.population for _, one in cells),
        missing=sum(sum(one.missing.values()) for _, one in cells),
        seeds=len(seen),
        counted=behind(hit_of(measure)),
        observed=behind(*observed_values(measure)),
        all_of=behind(),
    )


def _either(terms: Sequence[Expression]) -> Expression:
    return terms[0] if len(terms) == 1 else Or(tuple(terms))


def _total(run: Run) -> int:
    asked = run.told.settings.get("steps")
    return asked if type(asked) is int and 0 < asked < 2**53 else 0


def duration(seconds: float) -> str:
    """Write how long something takes."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.0f} days"
