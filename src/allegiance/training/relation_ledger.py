"""The relation ledger of a chain: R(agent, intent) of every generation, and how far it has drifted.

The drift is the difference from generation 0. Its limits are Newcombe's (1998, method 10), from the
limits of the two rates as if they were independent. The requests are the same in both, which as a rule
makes the true limits narrower; `interpret --who-moved` compares request by request.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allegiance.training.chain_plan import Step
from allegiance.training.chain_record import ChainRecord, Entry

INTENTS = ("original", "training")


@dataclass(frozen=True)
class Drift:
    """How far R(agent, intent) is from that of generation 0, with limits; differences of fractions."""

    estimate: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        """Whether the limits leave out no drift."""
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {**vars(self), "shown": self.shown}


@dataclass(frozen=True)
class Standing:
    """One generation in the ledger.

    Attributes
    ----------
    generation, step
        Which, and what its data held.
    in_force
        Whether the chain went on from it; a refused candidate is listed after the one that stays.
    relation
        `Interval.to_dict()` for each intent; None where nothing was tested.
    drift
        For each intent; None for generation 0 and where nothing was tested.
    values
        What it wrote down for the next generation, and None where it wasn't asked.
    """

    generation: int
    step: Step
    in_force: bool
    relation: Mapping[str, Mapping[str, Any] | None]
    drift: Mapping[str, Drift | None]
    values: Mapping[str, float] | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        drift = {
            name: None if found is None else found.to_dict() for name, found in self.drift.items()
        }
        values = None if self.values is None else dict(self.values)
        return {**vars(self), "relation": dict(self.relation), "drift": drift, "values": values}


def relation_ledger(record: ChainRecord) -> list[Standing]:
    """List every generation whose relation was measured, in order; a candidate that waits comes last."""
    entries = list(record.accepted)
    if record.waits:
        entries.append(record.entries[-1])
    first = entries[0] if entries else None
    return [_standing(entry, first) for entry in entries]


def _standing(entry: Entry, first: Entry | None) -> Standing:
    relation = {intent: _rate(entry, intent) for intent in INTENTS}
    drift: dict[str, Drift | None] = dict.fromkeys(INTENTS)
    if first is not None and entry is not first:
        drift = {intent: _drift(relation[intent], _rate(first, intent)) for intent in INTENTS}
    return Standing(entry.generation, entry.step, entry.stays, relation, drift, entry.values)


def _rate(entry: Entry, intent: str) -> Mapping[str, Any] | None:
    return None if entry.relation is None else entry.relation[intent]


def _drift(now: Mapping[str, Any] | None, then: Mapping[str, Any] | None) -> Drift | None:
    if now is None or then is None or now["estimate"] is None or then["estimate"] is None:
        return None
    moved = now["estimate"] - then["estimate"]
    below = math.hypot(now["estimate"] - now["low"], then["high"] - then["estimate"])
    above = math.hypot(now["high"] - now["estimate"], then["estimate"] - then["low"])
    return Drift(moved, moved - below, moved + above)
