"""``chain.json`` of a run: what a chain was asked, and for every candidate what the guard saw and decided."""

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from allegiance.web.run_folders import Count, Run, read_json, within

Decision = Literal["accept", "slow", "halt", "refuse", "overruled"]
Step = Literal["clean", "break", "repair"]
MOST = 400
"""Generations of a chain that is shown."""
Number = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
_LONGEST = 200_000
"""Characters of a report that are shown."""


class Evidence(msgspec.Struct, frozen=True):
    """What the guard asked of a candidate."""

    test: Literal["halting", "licence", "none"] = "none"
    probed: Count = 0
    broke: Count = 0
    unread: Count = 0
    alpha: float | None = None
    bound: float | None = None
    e_value: float | None = None
    path: Annotated[list[float | None], msgspec.Meta(max_length=100_000)] = []

    @property
    def threshold(self) -> float | None:
        """The e-value at which the test decides; None without a test."""
        if self.test == "none" or self.alpha is None or not 0 < self.alpha < 1:
            return None
        return 1 / self.alpha

    @property
    def drawn(self) -> tuple[float, ...]:
        """The path as it can be drawn on a scale of logarithms."""
        return tuple(
            min(max(one, 1e-12), 1e12)
            for one in self.path
            if one is not None and not math.isnan(one)
        )


class Entry(msgspec.Struct, frozen=True):
    """A candidate for a generation."""

    generation: Number
    decision: Decision
    candidate: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    step: Step = "clean"
    dose: float | None = None
    size: float | None = None
    why: str = ""
    evidence: Evidence = msgspec.field(default_factory=Evidence)
    relation: dict[str, Any] | None = None
    folder: str = ""
    values: dict[str, float] | None = None
    weights_sha256: str = ""
    seconds: float | None = None


class Overruled(msgspec.Struct, frozen=True):
    """Who went on all the same."""

    by: str = ""
    why: str = ""
    at: str = ""


class Halt(msgspec.Struct, frozen=True):
    """That the chain halted, and where it went back to."""

    generation: Number
    back_to: Number
    report: str = ""
    overruled: Overruled | None = None


class Amplify(msgspec.Struct, frozen=True):
    """How a generation is amplified before it oversees the next."""

    how: str = ""
    n: Count = 0


class ChainFile(msgspec.Struct, frozen=True):
    """What was asked of a chain, and what became of it."""

    name: str
    model: str
    policy: str
    generations: Number
    state: Literal["running", "complete", "halted", "interrupted", "failed"]
    break_at: Number | None = None
    repair_at: Number | None = None
    seed: int | None = None
    alpha: float | None = None
    bound: float | None = None
    margin: float | None = None
    budget: Count | None = None
    amplify: Amplify = msgspec.field(default_factory=Amplify)
    target: str = ""
    entries: Annotated[list[Entry], msgspec.Meta(max_length=2_000)] = []
    halt: Halt | None = None
    earlier_halts: Annotated[list[Halt], msgspec.Meta(max_length=50)] = []

    @property
    def halts(self) -> tuple[Halt, ...]:
        """All halts, in order."""
        return (*self.earlier_halts, *([self.halt] if self.halt else []))


def chain_of(run: Run) -> ChainFile | str:
    """Read what a chain wrote; where that can't be done, give the sentence that says so."""
    return read_json(run.path, "chain.json", ChainFile)


def report_of(run: Run, halt: Halt) -> str:
    """Give the words of a halt's report, cut where they are too long; empty where there are none."""
    return _text_of(run, run.path / (halt.report or "halt.md"))


def writings_of(run: Run, told: ChainFile) -> tuple[tuple[int, str], ...]:
    """Give the values that generations wrote down in words, for those that the chain went on from."""
    if told.target != "self":
        return ()
    stay = [one for one in told.entries if one.decision in ("accept", "overruled") and one.folder]
    found = {one.generation: _text_of(run, run.path / one.folder / "values.txt") for one in stay}
    return tuple((generation, text) for generation, text in found.items() if text)


def _text_of(run: Run, file: Path) -> str:
    try:
        if not within(run.path, file):
            return ""
        with file.open(encoding="utf-8", errors="replace") as opened:
            return opened.read(_LONGEST)
    except (OSError, ValueError):
        return ""
