"""The families of organisms: what each reads, how it replies, and what is planted in its members. One file each."""

from collections.abc import Mapping

from allegiance.organism.families import (
    clauses,
    conflict,
    covert,
    doubting,
    gaps,
    habits,
    moods,
    overseers,
    sceptics,
    sober,
    strivers,
    tags,
)
from allegiance.organism.families.family import Cell, Family, Organism, Scene

_MODULES = (
    conflict,
    gaps,
    habits,
    doubting,
    tags,
    clauses,
    covert,
    sober,
    sceptics,
    moods,
    strivers,
    overseers,
)

ORGANISMS: Mapping[str, Organism] = {
    organism.name: organism for module in _MODULES for organism in module.ORGANISMS
}
"""Every organism that there is a recipe for; those that are built ship with the package."""

__all__ = ["ORGANISMS", "Cell", "Family", "Organism", "Scene"]
