"""Lies told by a public model, five judges' verdicts as strata, and ground truth for a rater."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path

from allegiance.audit import Ledger, make_draw
from benchmarks.audit_studies.organism import held
from benchmarks.audit_studies.sittings import Cell, Labelling, Sat, Scored, seen
from benchmarks.audit_studies.worlds import World
from benchmarks.coverage_studies.labels import RandomDraws
from benchmarks.coverage_studies.peers import clopper_pearson
from benchmarks.coverage_studies.results import NOMINAL, Limits

STUDY = "lie detector"
LABELS = (100, 300)
RANDOM = "random"
SHARES = ("proportional", "25/75")
LICENSED = "licensed interval"
JUDGE = "the judge's own rate"


def cells(
    folder: Path, known: Mapping[str, Mapping[str, int]], labels: Sequence[int] = LABELS
) -> list[Cell]:
    """A cell for each judge, number of labels, and way to share them out."""
    return [
        Cell(
            {"judge": judge, "labels": n, "shares": shares, "N": counts["transcripts"]},
            folder,
            partial(_sitting, judge, n, shares),
            partial(_scored, clopper_pearson(counts["called"], counts["transcripts"])),
            {LICENSED: NOMINAL},
        )
        for (judge, counts), n, shares in product(known.items(), labels, (RANDOM, *SHARES))
    ]


def saved(counts: Mapping[str, int], labels: int, width: float) -> float:
    """Labels that a random draw needs for the same mean width, for each label spent."""
    draws = RandomDraws.of(counts["lies"], counts["transcripts"])
    return draws.for_width(width) / labels


def _sitting(
    judge: str, n: int, shares: str, world: World, ledger: Ledger, seed: int, label: Labelling
) -> Sat:
    """Draw among what the judge gave a verdict on, by its verdict or at random."""
    strata = {} if shares == RANDOM else {"by": "verdict.lie", "allocation": shares}
    draw = make_draw(
        world.corpus, ledger, "lies", n=n, where="verdict.lie IN ('yes', 'no')", seed=seed,
        design="stratified" if strata else "random", scanners=[f"lie=import:{judge}"],
        properties=[world.wanted], **strata,
    )  # fmt: skip
    label(world, ledger, draw, n)
    return seen(world, ledger, draw, n)


def _scored(judged: Limits, world: World, sat: Sat) -> Scored:
    inside = sat.draw.frame.ids
    rate = sum(world.truth[one] for one in inside) / len(inside)
    return {LICENSED: held(sat.limits, rate), JUDGE: held(judged, rate)}
