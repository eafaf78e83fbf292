"""The tables of docs/chain-guard.md, from what a run recorded."""

from collections.abc import Callable, Sequence
from typing import Any

from allegiance.stats import proportion
from benchmarks.chain_studies import measures, organisms, simulated
from benchmarks.coverage_studies.tables import grid, percent, share

Row = dict[str, Any]

CLEAN = (
    "clean, never breaks",
    "clean, at 2 %",
    "clean, at the bound",
    "drift from 1 % to the bound",
    "clean, at 1 %, 3 % unread",
    "clean, at 1 %, 20 % unread",
)
BROKEN = (
    "at the bound and the margin",
    "drift from 1 % to 17 %",
    *(world.name for world in simulated.WORLDS if "break_at" in world.planted),
)
REPAIRED = tuple(world.name for world in simulated.WORLDS if "repair_at" in world.planted)
METHODS = tuple(simulated.METHODS)
ASKING = tuple(name for name in METHODS if name != "naive")
_BOUNDED = (measures.FALSE_HALT, measures.MISSED)
SHOWN = 300
"""Probes of a first attempt, where a table shows one budget only."""


def tables(record: Row) -> dict[str, str]:
    """Every table by the name that marks its place on the page."""
    makers: dict[str, Callable[[Row], str]] = {
        "run": _run,
        "clean": lambda of: _shares(of, CLEAN, measures.FALSE_HALT, ASKING),
        "missed": lambda of: _shares(of, BROKEN, measures.MISSED, METHODS),
        "licences": lambda of: _shares(of, BROKEN, measures.FALSE_LICENCE, METHODS),
        "delay": _delay,
        "refused": lambda of: _shares(of, REPAIRED, measures.REFUSED, METHODS),
        "ended": _ended,
        "probes": _probes,
        "planning": _planning,
        "real": _real,
        "organisms": _organisms,
    }
    return {name: make(record) for name, make in makers.items()}


def row_of(record: Row, world: str, budget: int, method: str, measure: str) -> Row | None:
    """What was counted of one method's simulated chains; None where nothing could be."""
    cell = {"world": world, "budget": budget, "measure": measure}
    found = [
        row
        for row in record["results"]
        if (row["study"], row["method"]) == (simulated.STUDY, method) and row["cell"] == cell
    ]
    return found[0] if found else None


def _bold(name: str) -> str:
    return f"**{name}**" if name in measures.PROMISES else name


def _run(record: Row) -> str:
    terms = record["terms"]
    rows = [
        ["seed", str(record["seed"])],
        ["chains of a policy in a world", f"{record['chains']:,}"],
        ["generations", str(terms["generations"])],
        ["alpha, over the whole chain", f"{terms['alpha']:g}"],
        ["bound", percent(terms["bound"], 0)],
        ["margin", percent(terms["margin"], 0)],
    ]
    return grid(["what", "as run"], rows)


def _shares(record: Row, worlds: Sequence[str], measure: str, methods: Sequence[str]) -> str:
    """A line for each world and budget; what a method promises to keep within alpha has a star."""
    rows = [
        [world, f"{budget:,}", *(_share(record, world, budget, name, measure) for name in methods)]
        for world in worlds
        for budget in simulated.BUDGETS
    ]
    return grid(["world", "probes", *map(_bold, methods)], rows)


def _share(record: Row, world: str, budget: int, method: str, measure: str) -> str:
    row = row_of(record, world, budget, method, measure)
    if row is None:
        return "–"
    promised = row["kind"] == "false alarms" and method in measures.PROMISES
    return percent(share(row)) + (" *" if promised else "")


def _figure(record: Row, world: str, budget: int, method: str, name: str) -> float | None:
    row = row_of(record, world, budget, method, measures.STOPPED)
    return None if row is None else row["figures"].get(name)


def _delay(record: Row) -> str:
    """Generations and probes from the break to the stop, over the chains that stopped."""
    rows: list[list[str]] = []
    for world in BROKEN:
        for budget in simulated.BUDGETS:
            cells = [_delayed(record, world, budget, name) for name in ASKING]
            rows.append([world, f"{budget:,}", *cells])
    return grid(["generations / probes", "probes", *map(_bold, ASKING)], rows)


def _delayed(record: Row, world: str, budget: int, method: str) -> str:
    generations = _figure(record, world, budget, method, "delay generations")
    probes = _figure(record, world, budget, method, "delay probes")
    if generations is None or probes is None:
        return "–"
    return f"{generations:.1f} / {probes:,.0f}"


def _ended(record: Row) -> str:
    worlds = [world.name for world in simulated.WORLDS]
    rows = [[world, *(_end(record, world, name) for name in METHODS)] for world in worlds]
    return grid(["breaks at the end", *map(_bold, METHODS)], rows)


def _end(record: Row, world: str, method: str) -> str:
    ended = _figure(record, world, SHOWN, method, "ended")
    return "–" if ended is None else percent(ended)


def _probes(record: Row) -> str:
    rows: list[list[str]] = []
    for budget in simulated.BUDGETS:
        counts = [_figure(record, "clean, at 2 %", budget, name, "probes") for name in ASKING]
        rows.append([f"{budget:,}", *("–" if one is None else f"{one:,.0f}" for one in counts)])
    return grid(["probes of a first attempt", *map(_bold, ASKING)], rows)


def _planning(record: Row) -> str:
    found = record["planning"]
    margins = list(dict.fromkeys(one["margin"] for one in found))
    rows = [
        [f"{100 * rate:g} %"]
        + [
            next(
                f"{one['needed']:,}"
                for one in found
                if (one["rate"], one["margin"]) == (rate, margin)
            )
            for margin in margins
        ]
        for rate in dict.fromkeys(one["rate"] for one in found)
    ]
    bound = record["terms"]["bound"]
    header = [f"below {100 * (bound + margin):g} %" for margin in margins]
    return grid(["true rate", *header], rows)


def _real(record: Row) -> str:
    """How the real chains were made."""
    made = record.get("real")
    if not made:
        return "No real chains are in this record yet."
    rows = [
        ["organisms, in turn", ", ".join(f"`{name}`" for name in made["models"])],
        ["generations", f"{made['generations']}"],
        ["conversations that train a generation", f"{made['making']['conversations']:,}"],
        [
            "steps of training, and conversations a step",
            f"{made['making']['steps']} × {made['making']['batch']}",
        ],
        ["learning rate", f"{made['making']['learning_rate']:g}"],
        ["probes of a first attempt", f"{made['budget']:,}"],
        ["minutes of one processor, all chains", f"{made['minutes']:,.0f}"],
        *(["software", ", ".join(f"{k} {v}" for k, v in one.items())] for one in made["software"]),
    ]
    return grid(["what", "as run"], rows)


def _counted(row: Row | None) -> str:
    """A count and, of what happened never or rarely, how often it might: the upper end of the 95 % interval."""
    if row is None:
        return "–"
    told = f"{row['count']} of {row['repeats']}"
    if row["cell"]["measure"] not in _BOUNDED:
        return told
    high = percent(proportion(row["count"], row["repeats"]).high, 0).replace(" ", "&nbsp;")
    return f"{told} (≤&nbsp;{high})"


def _organisms(record: Row) -> str:
    found = [row for row in record["results"] if row["study"] == organisms.STUDY]
    if not found:
        return "No real chains are in this record yet."
    cells = list(
        dict.fromkeys((row["cell"]["world"], row["cell"]["budget"], row["method"]) for row in found)
    )
    shown = (
        measures.STOPPED,
        measures.FALSE_HALT,
        measures.MISSED,
        measures.REFUSED,
    )
    rows: list[list[str]] = []
    for world, budget, method in cells:
        of = {
            row["cell"]["measure"]: row
            for row in found
            if (row["cell"]["world"], row["cell"]["budget"], row["method"])
            == (world, budget, method)
        }
        counts = [_counted(of.get(name)) for name in shown]
        figures = of[measures.STOPPED]["figures"]
        delay = figures.get("delay generations")
        rows.append(
            [
                world,
                _bold(method),
                *counts,
                "–" if delay is None else f"{delay:.1f} / {figures['delay probes']:,.0f}",
                percent(figures["ended"]),
            ]
        )
    header = ["chain", "policy", *shown, "delay, generations / probes", "breaks at the end"]
    return grid(header, rows)
