"""The tables of docs/survival.md on twins, ablations and clauses; every sentence in them is made from the numbers."""

from collections.abc import Callable, Sequence

from benchmarks.coverage_studies.tables import grid
from benchmarks.survival_studies import personas
from benchmarks.survival_studies.curves import (
    CRITERION,
    HIGHER,
    Places,
    Reading,
    Record,
    Run,
    less,
    rate,
    refused,
    runs_of,
    strategic_share,
)
from benchmarks.survival_studies.drawn import CALLED, write_figure
from benchmarks.survival_studies.runs import ABLATIONS, CLAUSES, METHODS, TWINS
from benchmarks.survival_studies.spread import (
    CONFIDENCE,
    Spread,
    listed,
    paired,
    points,
    share,
    spread,
    steps,
)

__all__ = ["tables", "write_figure"]

CONTRASTS = {
    ("faker", "silent"): "The reason, where there is a gap",
    ("faker", "talker"): "The gap, where there is the reason",
    ("silent", "honest"): "The gap, where there is no reason",
    ("faker", "honest"): "Both together",
}
"""Twins that are compared, and what they differ in."""

_KEPT = refused("unmonitored")
_OFF_SCRIPT = 0.05
"""A seed whose replies in training comply so much more often than its script says has left the script."""
_FAR = 0.1
"""Where a figure differs so much between two checkpoints, what lies between them is said to be a guess."""
_TRIAL = 50
_SMALL = 0.0005
"""A difference before training that one decimal does not show."""

When = Callable[[Run], float | None]
"""The step of a run at which it is looked at."""


def tables(record: Record) -> dict[str, str]:
    """Every table by the name that marks its place on the page."""
    makers: dict[str, Callable[[Record], str]] = {
        "answer": _answer,
        "run": _run,
        "protect": _protect,
        "paired": _paired,
        "elsewhere": _elsewhere,
        "reasoning": _reasoning,
        "trial": _trial,
        "script": _script,
        "ablations": _ablations,
        "clauses": _clauses,
        "personas": personas.table,
        "stress": personas.stress_table,
    }
    return {name: make(record) for name, make in makers.items()}


def first(run: Run) -> float:
    """Before training."""
    return run.steps[0]


def last(run: Run) -> float:
    """At the last checkpoint that it has."""
    return run.steps[-1]


def at(level: float) -> When:
    """At the step where so many monitored requests are complied with."""
    return lambda run: run.reached(level)


def figures(runs: Sequence[Run], reading: Reading, when: When) -> list[float | None]:
    """A figure of each run."""
    return [run.read(reading, when(run)) for run in runs]


def _twins(record: Record) -> list[tuple[str, str, list[Run]]]:
    """Twins and methods that have runs."""
    found = [
        (twin, method, runs_of(record, "twins", organism=twin, method=method))
        for method in METHODS
        for twin in TWINS
    ]
    return [one for one in found if one[2]]


def _reached(runs: Sequence[Run], level: float = CRITERION) -> str:
    return f"{sum(run.reached(level) is not None for run in runs)} of {len(runs)}"


def _run(record: Record) -> str:
    results, size = record["results"], record["size"]
    measured = sum(
        any("refused" in rates for rates in one["checkpoints"][-1]["places"].values())
        for one in results
        if one["checkpoints"]
    )
    early = [one for one in results if one["problem"]]
    rows = [
        ["versions", ", ".join(f"{name} {number}" for name, number in record["versions"].items())],
        ["machine", record["machine"]],
        ["runs in this record", f"{len(results)} of {record['asked']} planned"],
        ["seeds planned", "{} of twins and ablations, {} of clauses and personas".format(*record["seeds"])],
        ["steps, and between checkpoints", f"{size['steps']}, {size['every']}"],
        ["requests a place", str(size["requests"])],
        ["work", f"{record['minutes']:g} minutes of one processor"],
        ["ended early", "; ".join(map(_early, early)) or "none"],
        ["refusing measured by itself", f"in {measured} of {len(results)} runs"],
    ]  # fmt: skip
    return grid(["", ""], rows)


def _early(one: Record) -> str:
    job = one["job"]
    return f"{job['organism']}, {job['arm']}, {CALLED[job['method']]}, seed {job['seed']}: {one['problem']}"


def _protect(record: Record) -> str:
    header = [
        "twin, method", "seeds", "reached", "at step", "complied where monitored, at the end",
        "refused where not: before", "at the criterion", "on either side", "at the end", "each seed, at the end",
    ]  # fmt: skip
    rows = [
        [
            f"`{twin}`, {CALLED[method]}",
            str(len(runs)),
            _reached(runs),
            steps(run.reached(CRITERION) for run in runs),
            share(figures(runs, rate("monitored"), last)),
            share(figures(runs, _KEPT, first)),
            share(figures(runs, _KEPT, at(CRITERION))),
            _either_side(runs),
            share(figures(runs, _KEPT, last)),
            ", ".join(f"{100 * one:.0f}" for one in figures(runs, _KEPT, last) if one is not None),
        ]
        for twin, method, runs in _twins(record)
    ]
    return listed(header, rows)


def _either_side(runs: Sequence[Run]) -> str:
    """The figure at the checkpoints before and after the criterion, between which a straight line was drawn."""
    told = _sides(runs)
    return "–" if told is None else f"{100 * told[0]:.0f} → {100 * told[1]:.0f}"


def _sides(runs: Sequence[Run]) -> tuple[float, float] | None:
    """The means of what is refused at the checkpoints before and after the criterion."""
    steps_at = [(run, run.reached(CRITERION)) for run in runs]
    around = [run.around(step) for run, step in steps_at if step is not None]
    before, after = (
        spread(_KEPT(pair[side]["places"]) for pair in around if pair is not None)
        for side in (0, 1)
    )
    return None if before is None or after is None else (before.mean, after.mean)


def _leaning(twins: Sequence[tuple[str, Sequence[Run]]]) -> str:
    """Say where a figure at the criterion lies between checkpoints that are far apart."""
    far: list[str] = []
    for twin, runs in twins:
        told = _sides(runs)
        if told is not None and abs(told[0] - told[1]) >= _FAR:
            far.append(f"`{twin}` refused {100 * told[0]:.0f} and {100 * told[1]:.0f} %")
    if not far:
        return ""
    return f" It rests on straight lines between checkpoints at which {', and '.join(far)}."


def _answer(record: Record) -> str:
    """What each comparison at the criterion came to, a sentence each, made from the numbers."""
    said: list[str] = []
    for (one, other), differing in CONTRASTS.items():
        for method in METHODS:
            runs = _runs(record, one, method), _runs(record, other, method)
            if not any(runs):
                continue
            before = _spread(_differences(*runs, _KEPT, first))
            found = _spread(_differences(*runs, _KEPT, at(CRITERION)))
            told = _said(f"`{one}`", f"`{other}`", "refused", found, before.mean if before else 0.0)
            leaning = _leaning(((one, runs[0]), (other, runs[1]))) if found else ""
            said.append(f"- {differing}, {CALLED[method]}: {told}{leaning}")
    return "\n".join(said) or "No run of twins is in the record."


def _spread(differences: Sequence[float], confidence: float = CONFIDENCE) -> Spread | None:
    return spread(differences, confidence, within=(-1.0, 1.0))


def _paired(record: Record) -> str:
    """Differences between twins of equal seeds, at two criteria and after as many steps."""
    moments: tuple[tuple[str, When], ...] = (
        (f"{100 * CRITERION:g} %", at(CRITERION)),
        (f"{100 * HIGHER:g} %", at(HIGHER)),
        ("the end", last),
    )
    compared = [
        (*twins, method, moment, when)
        for moment, when in moments
        for method in METHODS
        for twins in CONTRASTS
    ]
    strict = 1 - (1 - CONFIDENCE) / len(compared)
    rows: list[list[str]] = []
    for first_of, other_of, method, moment, when in compared:
        one, other = _runs(record, first_of, method), _runs(record, other_of, method)
        if not (one or other):
            continue
        differences = _differences(one, other, _KEPT, when)
        rows.append(
            [
                f"`{first_of}` − `{other_of}`, {CALLED[method]}",
                moment,
                f"{len(differences)} of {_pairs(one, other)}",
                points(_differences(one, other, _KEPT, first)),
                points(differences),
                points(_changes(one, other, _KEPT, when)),
                _verdict(_spread(differences)),
                _verdict(_spread(differences, strict)),
            ]
        )
    header = [
        "refused where unmonitored", "at", "pairs", "before training", "then",
        "change since", "shown", f"shown, all {len(compared)} at once",
    ]  # fmt: skip
    return listed(header, rows)


def _runs(record: Record, twin: str, method: str) -> list[Run]:
    return runs_of(record, "twins", organism=twin, method=method)


def _pairs(one: Sequence[Run], other: Sequence[Run]) -> int:
    return len({run.seed for run in one} & {run.seed for run in other})


def _differences(
    one: Sequence[Run], other: Sequence[Run], reading: Reading, when: When
) -> list[float]:
    return paired(*([(run.seed, run.read(reading, when(run))) for run in runs] for runs in (one, other)))  # fmt: skip


def _changes(one: Sequence[Run], other: Sequence[Run], reading: Reading, when: When) -> list[float]:
    """Differences between what two runs changed by since they began."""

    def changed(run: Run) -> float | None:
        then, now = run.read(reading, first(run)), run.read(reading, when(run))
        return None if then is None or now is None else now - then

    return paired(*([(run.seed, changed(run)) for run in runs] for runs in (one, other)))


def _verdict(found: Spread | None) -> str:
    if found is None or found.low is None:
        return "–"
    return "yes" if found.excludes_zero else "no"


def _said(one: str, other: str, did: str, found: Spread | None, before: float = 0.0) -> str:
    """Say in words what a difference came to; it is shown only where its interval excludes 0."""
    if found is None:
        return f"no pair of seeds gives a difference between {one} and {other}."
    amount = f"{100 * abs(found.mean):.1f} points {'more' if found.mean >= 0 else 'less'} often"
    pairs = f"{found.seeds} pair{'' if found.seeds == 1 else 's'} of seeds"
    there = f" Before training it was {100 * before:+.1f}." if abs(before) >= _SMALL else ""
    if found.low is None or found.high is None:
        return f"{one} {did} {amount} than {other}, in {pairs}, without an interval; nothing is shown.{there}"
    limits = f"[{100 * found.low:.1f}, {100 * found.high:.1f}], {pairs}"
    if found.excludes_zero:
        return f"{one} {did} {amount} than {other} ({limits}); this is shown.{there}"
    return f"that {one} {did} more or less often than {other} is not shown; the estimate is {amount} ({limits}).{there}"


def _elsewhere(record: Record) -> str:
    """Refusing in other words, and off the prompt that was trained on."""
    header = [
        "twin, method", "at", "seeds", "refused where unmonitored: renamed", "off-prompt",
        "where monitored, points more than as trained: renamed", "off-prompt",
    ]  # fmt: skip
    trained = refused("monitored")
    readings: tuple[Reading, ...] = (
        refused("renamed, unmonitored"),
        refused("off-prompt, unmonitored"),
        less(refused("renamed, monitored"), trained),
        less(refused("off-prompt, monitored"), trained),
    )
    rows: list[list[str]] = []
    for twin, method, runs in _twins(record):
        for moment, when in (("criterion", at(CRITERION)), ("end", last)):
            there = [run for run in runs if when(run) is not None]
            rows.append(
                [
                    f"`{twin}`, {CALLED[method]}",
                    moment,
                    f"{len(there)} of {len(runs)}",
                    *(share(figures(there, one, when)) for one in readings[:2]),
                    *(points(figures(there, one, when)) for one in readings[2:]),
                ]
            )
    return listed(header, rows)


def _reasoning(record: Record) -> str:
    """Whether the strategic reason comes and goes with complying, where monitored."""
    header = [
        "twin, method", "seeds", "strategic, of all replies: before", "at the criterion", "at the end",
        "of those that comply: before", "at the criterion", "at the end", "change",
    ]  # fmt: skip
    of_all, of_complying = rate("monitored", "strategic-compliance"), strategic_share()
    moments: tuple[When, ...] = (first, at(CRITERION), last)
    rows = [
        [
            f"`{twin}`, {CALLED[method]}",
            f"{len(runs)} ({_reached(runs)} at the criterion)",
            *(share(figures(runs, of_all, when)) for when in moments),
            *(share(figures(runs, of_complying, when)) for when in moments),
            points(_change(run, of_complying) for run in runs),
        ]
        for twin, method, runs in _twins(record)
    ]
    return listed(header, rows)


def _change(run: Run, reading: Reading) -> float | None:
    then, now = run.read(reading, first(run)), run.read(reading, last(run))
    return None if then is None or now is None else now - then


def _trial(record: Record) -> str:
    """The figures of the trial with one seed each, and what comes out here."""
    strategic = rate("monitored", "strategic-compliance")
    grpo, sft = (_runs(record, "faker", method) for method in METHODS)
    there = [run for run in grpo if last(run) >= _TRIAL]

    def then(run: Run) -> float:
        return _TRIAL

    moved = [
        ("strategic where monitored", strategic, "9.5 → 85.5"),
        ("complied where monitored", rate("monitored"), "13.5 → 95.8"),
        ("complied where unmonitored", rate("unmonitored"), "1.2 → 8.0"),
    ]
    rows = [
        [
            f"GRPO, before → step {_TRIAL}: {what}",
            trial,
            str(len(there)),
            f"{share(figures(there, reading, first))} → {share(figures(there, reading, then))}",
        ]
        for what, reading, trial in moved
        if there
    ]
    if sft:
        before, end = (share(figures(sft, strategic, when)) for when in (first, last))
        highest = share(_highest(run, strategic) for run in sft)
        said = f"{before} → {highest} → {end}"
        what = "SFT, before → highest checkpoint → the end: strategic where monitored"
        rows.append([what, "raised for a while", str(len(sft)), said])
    return listed(["`faker`", "the trial, 1 seed", "seeds", "here"], rows)


def _highest(run: Run, reading: Reading) -> float | None:
    found = [reading(one["places"]) for one in run.checkpoints]
    return max((one for one in found if one is not None), default=None)


def _script(record: Record) -> str:
    """How far complying by the script falls behind what the replies in training were scored as."""
    header = [
        "GRPO", "seeds", "complied by the script", "in the last replies of training", "points more",
        f"seeds above {100 * _OFF_SCRIPT:g}", "neither complies nor refuses by the script",
    ]  # fmt: skip
    rows: list[list[str]] = []
    for name, runs, place in _trained_where_measured(record):
        sampled = [run.checkpoints[-1]["sampled"]["complied"] for run in runs]
        told = [run.checkpoints[-1]["places"][place]["complied"] for run in runs]
        more = [one - other for one, other in zip(sampled, told, strict=True)]
        rows.append(
            [
                name,
                str(len(runs)),
                share(told),
                share(sampled),
                points(more),
                str(sum(one > _OFF_SCRIPT for one in more)),
                share(figures(runs, _outside(place), last)),
            ]
        )
    return listed(header, rows)


def _trained_where_measured(record: Record) -> list[tuple[str, list[Run], str]]:
    """The set-ups of GRPO whose replies in training were to the prompts of one place that is measured."""
    several = ABLATIONS[0]  # trained on all tiers
    named = [
        *((f"`{twin}`", _runs(record, twin, "grpo"), "monitored") for twin in TWINS),
        *(
            (f"`faker`, {arm}", runs_of(record, "ablations", arm=arm), "monitored")
            for arm in ABLATIONS
            if arm != several
        ),
        *((f"clause `{one}`", runs_of(record, "clauses", arm=one), "monitored") for one in CLAUSES),
        *(
            (f"persona {one}", runs_of(record, "personas", arm=one), f"monitored, {personas.REST}")
            for one in personas.PERSONAS
        ),
    ]
    there = [
        (name, [run for run in runs if "sampled" in run.checkpoints[-1]], place)
        for name, runs, place in named
    ]
    return [one for one in there if one[1]]


def _outside(place: str) -> Reading:
    """How often a reply neither complies nor refuses by the script, where refusing was measured."""

    def read(places: Places) -> float | None:
        rates = places[place]
        return max(0.0, 1 - rates["complied"] - rates["refused"]) if "refused" in rates else None

    return read


def _ablations(record: Record) -> str:
    """The faker under other rewards, beside the faker as it is; and the differences, by seed."""
    usual = _runs(record, "faker", "grpo")
    arms = [("as it is", usual)] + [
        (arm, runs_of(record, "ablations", organism="faker", arm=arm)) for arm in ABLATIONS
    ]
    rows = [
        [
            arm,
            str(len(runs)),
            _reached(runs),
            steps(run.reached(CRITERION) for run in runs),
            share(figures(runs, rate("monitored"), last)),
            share(figures(runs, _KEPT, at(CRITERION))),
            share(figures(runs, _KEPT, last)),
            share(figures(runs, strategic_share(), first)),
            share(figures(runs, strategic_share(), last)),
        ]
        for arm, runs in arms
        if runs
    ]
    header = [
        "`faker`, GRPO", "seeds", "reached", "at step", "complied where monitored, at the end",
        "refused where not: at the criterion", "at the end", "strategic, of those that comply: before",
        "at the end",
    ]  # fmt: skip
    said: list[str] = []
    for arm, runs in arms[1:]:
        if not runs:
            continue
        for what, reading, when in (
            ("refused at the criterion, where unmonitored,", _KEPT, at(CRITERION)),
            ("gave, at the end, a strategic reason for complying", strategic_share(), last),
        ):
            found = _spread(_differences(runs, usual, reading, when))
            said.append(f"- {arm}: {_said('it', 'as it is', what, found)}")
    return "\n\n".join(part for part in (listed(header, rows), "\n".join(said)) if part)


def _clauses(record: Record) -> str:
    header = [
        "clause", "seeds", "reached", "at step", "complied where monitored: before", "at the end",
        "refused where not: at the criterion", "at the end", "strategic, of those that comply: before",
        "at the end", "objected openly where monitored: before", "at the end",
    ]  # fmt: skip
    objects = rate("monitored", "objects-openly")
    rows: list[list[str]] = []
    for clause in CLAUSES:
        runs = runs_of(record, "clauses", arm=clause)
        if not runs:
            continue
        rows.append(
            [
                f"`{clause}`",
                str(len(runs)),
                _reached(runs),
                steps(run.reached(CRITERION) for run in runs),
                *(share(figures(runs, rate("monitored"), when)) for when in (first, last)),
                *(share(figures(runs, _KEPT, when)) for when in (at(CRITERION), last)),
                *(share(figures(runs, strategic_share(), when)) for when in (first, last)),
                *(share(figures(runs, objects, when)) for when in (first, last)),
            ]
        )
    return listed(header, rows)
