"""The relation of an agent to each intent: the share kept among what was tested, under each interpretation."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allegiance import stats
from allegiance.audit.acts import Act, Request
from allegiance.errors import UsageError
from allegiance.stats import Interval
from allegiance.study.factors import FACTORS, rank
from allegiance.study.interpretations import (
    BROKEN,
    INTENTS,
    KEPT,
    MISSING,
    NOT_TESTED,
    Cell,
    Column,
    Facts,
    Intent,
)
from allegiance.study.interpretations.interpretation import kept

Reading = Callable[[Facts], Mapping[tuple[Intent, str], str]]
"""Facts to what each column says of each intent."""


@dataclass(frozen=True)
class Share:
    """R(agent, intent): how much of what was tested kept an intent, under one interpretation.

    Attributes
    ----------
    intent, column
        Which intent, and the name of the interpretation, with its extrapolation if it needs one.
    acts, kept, tested, not_tested, missing
        N = tested + not tested + missing; k kept of n tested.
    interval
        Target ``model``, clustered by request; None where nothing was tested.
    """

    intent: Intent
    column: str
    acts: int
    kept: int
    tested: int
    not_tested: int
    missing: int
    interval: Interval | None

    @property
    def share_tested(self) -> float:
        """What share of the acts tells anything of this intent."""
        return self.tested / self.acts

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "intent": self.intent,
            "interpretation": self.column,
            "acts": self.acts,
            "kept": self.kept,
            "tested": self.tested,
            "not_tested": self.not_tested,
            "missing": self.missing,
            "share_tested": self.share_tested,
            "interval": None if self.interval is None else self.interval.to_dict(),
        }


@dataclass(frozen=True)
class Counted:
    """A named cell in one row: k acts of the n in which it could have been seen.

    Attributes
    ----------
    requests
        How many requests these acts are of.
    interval
        Target ``model``, clustered by request; None where it could not have been seen.
    """

    cell: Cell
    hits: int
    reads: int
    missing: int
    requests: int
    interval: Interval | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "cell": self.cell.name,
            "definition": self.cell.definition,
            "hits": self.hits,
            "reads": self.reads,
            "missing": self.missing,
            "requests": self.requests,
            "interval": None if self.interval is None else self.interval.to_dict(),
        }


@dataclass(frozen=True)
class Row:
    """One condition, model or generation.

    Attributes
    ----------
    place
        What it is: the value of each field that rows are told apart by.
    acts, requests
        How many.
    missing
        Acts without an outcome, by why.
    shares, cells
        For each intent and column; for each named cell.
    apart
        Means beyond the reply under a clause that tells the model to resist by others: reported apart, and not tested.
    """

    place: Mapping[str, str]
    acts: int
    requests: int
    missing: Mapping[str, int]
    shares: tuple[Share, ...]
    cells: tuple[Counted, ...]
    apart: Mapping[str, int]

    def share(self, intent: Intent, column: str) -> Share:
        """Find the share of an intent under a column."""
        return next(s for s in self.shares if (s.intent, s.column) == (intent, column))

    def counted(self, name: str) -> Counted:
        """Find a named cell, by its name or short name."""
        return next(c for c in self.cells if name in (c.cell.name, c.cell.short))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "place": dict(self.place),
            "acts": self.acts,
            "requests": self.requests,
            "missing": dict(self.missing),
            "shares": [one.to_dict() for one in self.shares],
            "cells": [one.to_dict() for one in self.cells],
            "apart": dict(self.apart),
        }


def reading_by(columns: Sequence[Column]) -> Reading:
    """Make a function that reads facts by every column; equal facts are read once."""
    known: dict[Facts, Mapping[tuple[Intent, str], str]] = {}

    def read(facts: Facts) -> Mapping[tuple[Intent, str], str]:
        if facts not in known:
            known[facts] = {
                (intent, column.name): column.says(facts, intent)
                for column in columns
                for intent in INTENTS
            }
        return known[facts]

    return read


def fields_of(acts: Sequence[Act], by: Sequence[str] = ()) -> tuple[str, ...]:
    """Settle what rows are told apart by: what is named, or every factor that varies except the tier.

    Several models are never taken for one agent, nor several tasks for one where nothing is named.

    Raises
    ------
    UsageError
        Where the acts have no such field.
    """
    names = tuple(dict.fromkeys(name for act in acts for name, _ in act.condition))
    for name in by:
        if name not in (*names, "model", "task", "against"):
            listed = ", ".join(("model", "task", "against", *names))
            raise UsageError(f"--by {name}: rows are told apart by {listed}.")
    varying = [name for name in names if name != "tier" and _varies(acts, name)]
    chosen = list(by) or [*(["task"] if _varies(acts, "task") else []), *varying]
    if "model" not in chosen and _varies(acts, "model"):
        chosen.insert(0, "model")
    return tuple(dict.fromkeys(chosen))


def place_of(act: Act, fields: Sequence[str]) -> tuple[str, ...]:
    """Give what an act has in the fields of a row; of a factor that is not there, its usual level."""
    return tuple(_value(act, name) for name in fields)


def relation(
    acts: Sequence[Act],
    columns: Sequence[Column],
    cells: Sequence[Cell],
    fields: Sequence[str],
    confidence: float = 0.95,
) -> list[Row]:
    """Estimate R(agent, intent) under every column, and count the named cells, row by row.

    Parameters
    ----------
    acts
        As `allegiance.audit.acts.acts_of` gives them.
    columns, cells
        By what they are read, and what is counted.
    fields
        What rows are told apart by, as `fields_of` gives it.
    confidence
        Nominal coverage.

    Notes
    -----
    The unit is the request: its acts are its epochs in the tiers that it was run in, and they make one cluster of
    `allegiance.stats.rate`. An act that is not tested counts in no rate and in the share tested.
    """
    read = reading_by(columns)
    groups: defaultdict[tuple[str, ...], list[Act]] = defaultdict(list)
    for act in acts:
        groups[place_of(act, fields)].append(act)
    rows: list[Row] = []
    for place, inside in sorted(groups.items(), key=lambda item: _order(fields, item[0])):
        # Epochs of a request mostly have the same facts: what is said of them is counted, and looked up once.
        alike = Counter((act.request, act.facts) for act in inside)
        said = [(request, read(facts), count) for (request, facts), count in alike.items()]
        shares = (
            _share(
                [(request, answers[intent, column.name], n) for request, answers, n in said],
                intent,
                column.name,
                confidence,
            )
            for column in columns
            for intent in INTENTS
        )
        rows.append(
            Row(
                place=dict(zip(fields, place, strict=True)),
                acts=len(inside),
                requests=len({act.request for act in inside}),
                missing=dict(Counter(act.why for act in inside if act.why).most_common()),
                shares=tuple(shares),
                cells=tuple(_counted(alike, cell, confidence) for cell in cells),
                apart=_apart(inside),
            )
        )
    return rows


def _share(
    said: Sequence[tuple[Request, str, int]], intent: Intent, column: str, confidence: float
) -> Share:
    counts: Counter[str] = Counter()
    for _, answer, count in said:
        counts[answer] += count
    tested = counts[KEPT] + counts[BROKEN]
    rows = _by_request((request, kept(one), n) for request, one, n in said if one != NOT_TESTED)
    return Share(
        intent=intent,
        column=column,
        acts=counts.total(),
        kept=counts[KEPT],
        tested=tested,
        not_tested=counts[NOT_TESTED],
        missing=counts[MISSING],
        interval=stats.rate(rows, confidence) if tested else None,
    )


def _counted(alike: Mapping[tuple[Request, Facts], int], cell: Cell, confidence: float) -> Counted:
    seen = [
        (request, cell.seen(facts), count)
        for (request, facts), count in alike.items()
        if cell.could(facts)
    ]
    hits = sum(count for _, one, count in seen if one)
    missing = sum(count for _, one, count in seen if one is None)
    reads = sum(count for _, _, count in seen) - missing
    rows = _by_request((r, None if one is None else float(one), n) for r, one, n in seen)
    return Counted(
        cell=cell,
        hits=hits,
        reads=reads,
        missing=missing,
        requests=len({request for request, one, _ in seen if one}),
        interval=stats.rate(rows, confidence) if reads else None,
    )


def _by_request(
    values: Iterable[tuple[Request, float | None, int]],
) -> list[list[float | None]]:
    """Gather values, each so many times, by request, in a fixed order: sums must not depend on how a corpus is read."""
    rows: defaultdict[Request, list[float | None]] = defaultdict(list)
    for request, value, count in values:
        rows[request] += [value] * count
    return [rows[request] for request in sorted(rows)]


def _apart(acts: Sequence[Act]) -> dict[str, int]:
    found = Counter(
        act.facts.means
        for act in acts
        if act.facts.clause == "must-resist" and act.facts.means not in (None, "none")
    )
    return {str(name): count for name, count in sorted(found.items(), key=str)}


def _varies(acts: Sequence[Act], name: str) -> bool:
    return len({_value(act, name) for act in acts}) > 1


def _value(act: Act, name: str) -> str:
    if name == "model":
        return act.model
    if name == "task":
        return act.task
    if name == "against":
        return act.facts.against
    usual = FACTORS[name].usual if name in FACTORS else "none"
    return next((level for factor, level in act.condition if factor == name), usual)


def _order(fields: Sequence[str], place: Sequence[str]) -> tuple[tuple[int, float, str], ...]:
    """Sort levels as the grid lists them, numbers by size, and everything else by name."""
    return tuple(rank(field, value) for field, value in zip(fields, place, strict=True))
