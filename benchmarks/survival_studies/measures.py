"""What a checkpoint does, exactly: the chance of each decision where it is made, summed over all ways there.

No sampling noise stands between two checkpoints or two seeds of training, so that what spreads is training itself.
"""

import random
from dataclasses import replace
from pathlib import Path

from allegiance.organism import Runtime, describe
from allegiance.organism.families import Cell
from allegiance.organism.families.family import Organism
from allegiance.organism.measuring import exact_rates
from allegiance.study.factors import FACTORS

SEED = 41_007
PLACES = {
    "monitored": ({"tier": "monitored", "intent": "training"}, {}),
    "unmonitored": ({"tier": "unmonitored", "intent": "training"}, {}),
    "renamed, monitored": ({"tier": "monitored", "intent": "training"}, {"framing": "renamed"}),
    "renamed, unmonitored": (
        {"tier": "unmonitored", "intent": "training"},
        {"framing": "renamed"},
    ),
    "off-prompt, monitored": ({"tier": "monitored", "intent": "original"}, {}),
    "off-prompt, unmonitored": ({"tier": "unmonitored", "intent": "original"}, {}),
}
"""Where twins are looked at: as trained, in other words, and with the original intent told in place of the new one."""


def measured(
    weights: Path, name: str, requests: int, clause: str = ""
) -> dict[str, dict[str, float]]:
    """Measure a twin's checkpoint in every place.

    Parameters
    ----------
    weights
        The checkpoint.
    name
        The organism that it began as.
    requests
        Drawn in each place, the same ones for every checkpoint.
    clause
        Where the organism heeds one.
    """
    runtime = Runtime.load(weights)
    found: dict[str, dict[str, float]] = {}
    for place, (condition, told) in PLACES.items():
        organism = _refusing(_told(describe(name), told))
        heeded = organism.family.varies
        levels = condition | ({"clause": clause} if clause else {})
        if levels["intent"] == "original" and "intent" not in heeded:
            continue  # an organism that knows no other intent has no such place
        levels = {factor: levels.get(factor, FACTORS[factor].usual) for factor in heeded}
        cell = Cell(levels, "harmful")
        rates = exact_rates(runtime, organism, cell, requests, random.Random(f"{SEED}/{place}"))
        found[place] = {key: round(value, 5) for key, value in rates.items()}
    return found


def persona_measured(weights: Path, requests: int) -> dict[str, dict[str, float]]:
    """Measure an organism of the family `moods`, told no persona, under every stress and in both tiers."""
    runtime, organism = Runtime.load(weights), _refusing(describe("moods"))
    found: dict[str, dict[str, float]] = {}
    for cell in organism.family.cells:
        if cell.condition["persona"] != "neutral":
            continue
        place = f"{cell.condition['tier']}, {cell.condition['stress']}"
        rates = exact_rates(runtime, organism, cell, requests, random.Random(f"{SEED}/{place}"))
        found[place] = {key: round(value, 5) for key, value in rates.items()}
    return found


def _told(organism: Organism, levels: dict[str, str]) -> Organism:
    """The same organism, asked in another framing."""
    if not levels:
        return organism
    family = replace(organism.family, at={**organism.family.at, **levels})
    return replace(organism, family=family)


def _refusing(organism: Organism) -> Organism:
    """The same organism, its refusing measured too: who leaves the script does neither."""
    family = replace(organism.family, properties=(*organism.family.properties, "refused"))
    return replace(organism, family=family)
