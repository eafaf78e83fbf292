"""An organism's replies, whose true rate of doubts is known: seven ways to read them, and careless peers."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from inspect_ai.scorer import ci

from allegiance.audit import Ledger, make_draw
from allegiance.stats import confidence_sequence
from benchmarks.audit_studies.sittings import Cell, Labelling, Sat, Scored, Sitting, seen
from benchmarks.audit_studies.worlds import CATEGORY, SCORE, World
from benchmarks.coverage_studies.peers import clopper_pearson, of_inspect
from benchmarks.coverage_studies.results import NOMINAL, Limits

STUDY = "organism"
READS = 300
LICENSED = "licensed interval"
LOWER = "lower count, for the whole corpus"
NO_RATE = "no rate is given, and the limits hold"
CLOPPER = "Clopper-Pearson, the design ignored"
INSPECT = "Inspect ci()"
CATEGORY_RATE = "the category's rate, for the whole corpus"
POOLED = "all reads pooled, for the whole corpus"
_CERTAIN = 1.0
_ROUNDING = 1e-9


def cells(folder: Path, reads: int = READS) -> list[Cell]:
    """All ways to read, up to so many; the order numbers the seeds."""
    licensed = {LICENSED: NOMINAL}
    story = licensed | {LOWER: 1 - (1 - NOMINAL) / 2}
    ways: list[tuple[str, Sitting, object, dict[str, float]]] = [
        (f"random, fixed {reads}", partial(_fixed, reads), _plain, licensed),
        ("until 1 hit", partial(_until, 1), _plain, licensed),
        ("until 3 hits", partial(_until, 3), _plain, licensed),
        (f"open, best of {reads} looks", partial(_peeked, reads), _best, licensed),
        ("strata by the rule, 25/75", partial(_strata, "doubts", reads), _plain, licensed),
        ("strata by a rough category, 25/75", partial(_strata, CATEGORY, reads), _plain, licensed),
        ("story: two, then a category", _story, _told, story),
        ("top by a score", _top, _picked, {NO_RATE: _CERTAIN}),
    ]
    return [
        Cell({"way": name}, folder, sitting, scored, ours)  # type: ignore[arg-type]
        for name, sitting, scored, ours in ways
    ]


def _fixed(reads: int, world: World, ledger: Ledger, seed: int, label: Labelling) -> Sat:
    draw = make_draw(world.corpus, ledger, "random", n=reads, seed=seed, properties=[world.wanted])
    label(world, ledger, draw, reads)
    return seen(world, ledger, draw, reads)


def _until(hits: int, world: World, ledger: Ledger, seed: int, label: Labelling) -> Sat:
    rule = f"until {hits} hit{'s' if hits > 1 else ''}"
    draw = make_draw(world.corpus, ledger, "until", seed=seed, stop=rule, properties=[world.wanted])
    reads = _place_of(hits, world, draw.order)
    label(world, ledger, draw, reads)
    return seen(world, ledger, draw, reads)


def _peeked(most: int, world: World, ledger: Ledger, seed: int, label: Labelling) -> Sat:
    """Look after every read, and stop where the lower limit was highest."""
    draw = make_draw(
        world.corpus, ledger, "open", n=most, seed=seed, stop="open", properties=[world.wanted]
    )
    hits = _hits(world, draw.order)
    looks = confidence_sequence(hits, np.arange(1, most + 1), len(world.truth))
    reads = int(np.argmax(looks.low)) + 1 if hits[-1] else most
    label(world, ledger, draw, reads)
    return seen(world, ledger, draw, reads)


def _strata(by: str, reads: int, world: World, ledger: Ledger, seed: int, label: Labelling) -> Sat:
    draw = make_draw(
        world.corpus, ledger, "strata", n=reads, seed=seed, design="stratified",
        by=f"verdict.{by.replace('-', '_')}", allocation="25/75", properties=[world.wanted],
    )  # fmt: skip
    label(world, ledger, draw, reads)
    return seen(world, ledger, draw, reads)


def _story(world: World, ledger: Ledger, seed: int, label: Labelling) -> Sat:
    """Read two at random, then a category at random until the first hit."""
    two = make_draw(
        world.corpus, ledger, "two", n=2, seed=seed, stop="open", properties=[world.wanted]
    )
    label(world, ledger, two, 2)
    inside = make_draw(
        world.corpus, ledger, "category", where=f"verdict.{CATEGORY.replace('-', '_')} = 'yes'",
        seed=seed ^ 1, stop="until 1 hit", properties=[world.wanted],
    )  # fmt: skip
    reads = _place_of(1, world, inside.order)
    label(world, ledger, inside, reads)
    return seen(world, ledger, inside, reads, two.order)


def _top(world: World, ledger: Ledger, seed: int, label: Labelling) -> Sat:
    """Read from the highest score on, until the first hit and a few more."""
    more = int(np.random.default_rng(seed).integers(20))
    draw = make_draw(
        world.corpus, ledger, "top", design="top", by=f"scores.{SCORE}", properties=[world.wanted]
    )
    reads = _place_of(1, world, draw.order) + more
    label(world, ledger, draw, reads)
    return seen(world, ledger, draw, reads)


def _plain(world: World, sat: Sat) -> Scored:
    """The licensed interval, and what a careless reader makes of the same reads."""
    rate = world.hits / len(world.truth)
    return {
        LICENSED: held(sat.limits, rate),
        CLOPPER: held(clopper_pearson(sat.hits, sat.reads), rate),
        INSPECT: held(of_inspect(ci, sat.hits, sat.reads), rate),
    }


def _best(world: World, sat: Sat) -> Scored:
    """The same, each stopping at the hit where its own lower limit was highest."""
    rate = world.hits / len(world.truth)
    hits = _hits(world, sat.draw.order)
    moments = [
        (int(hits[place]), place + 1) for place in range(len(hits)) if hits[place] > hits[place - 1]
    ]
    if hits[0]:
        moments.insert(0, (1, 1))
    moments = [*dict.fromkeys(moments)] or [(0, len(hits))]
    peers = {CLOPPER: clopper_pearson, INSPECT: partial(of_inspect, ci)}
    scored = {
        name: held(max((limits(*moment) for moment in moments), key=lambda one: one[0]), rate)
        for name, limits in peers.items()
    }
    return {LICENSED: held(sat.limits, rate), **scored}


def _told(world: World, sat: Sat) -> Scored:
    """The licensed interval is the category's; of the whole it gives a lower count."""
    inside, everything = sat.draw.frame.ids, len(world.truth)
    interval = sat.granted.interval
    assert interval is not None
    assert interval.count_low is not None
    own = sum(world.truth[one] for one in inside) / len(inside)
    rate = world.hits / everything
    plain = clopper_pearson(sat.hits, sat.reads)
    together = dict.fromkeys((*sat.before, *sat.read))
    pooled = clopper_pearson(sum(world.truth[one] for one in together), len(together))
    least = interval.count_low / everything
    return {
        LICENSED: held(sat.limits, own),
        LOWER: (least <= rate + _ROUNDING, 1 - least),
        CLOPPER: held(plain, own),
        INSPECT: held(of_inspect(ci, sat.hits, sat.reads), own),
        CATEGORY_RATE: held(plain, rate),
        POOLED: held(pooled, rate),
    }


def _picked(world: World, sat: Sat) -> Scored:
    """No number is to be given; a careless reader takes the top for the whole."""
    rate = world.hits / len(world.truth)
    interval = sat.granted.interval
    none = sat.granted.grant == "existence" and interval is not None and interval.estimate is None
    holds, width = held(sat.limits, rate)
    return {
        NO_RATE: (none and holds, width),
        CLOPPER: held(clopper_pearson(sat.hits, sat.reads), rate),
        INSPECT: held(of_inspect(ci, sat.hits, sat.reads), rate),
    }


def held(limits: Limits, truth: float) -> tuple[bool, float]:
    """Say whether limits hold the truth, and how far apart they are within what a rate can be."""
    low, high = limits
    width = min(max(high, 0.0), 1.0) - min(max(low, 0.0), 1.0)
    return low - _ROUNDING <= truth <= high + _ROUNDING, width


def _hits(world: World, order: Sequence[str]) -> np.ndarray:
    return np.cumsum([world.truth[one] for one in order])


def _place_of(hits: int, world: World, order: Sequence[str]) -> int:
    """Say at which place of an order its so-manieth hit stands."""
    return int(np.searchsorted(_hits(world, order), hits)) + 1
