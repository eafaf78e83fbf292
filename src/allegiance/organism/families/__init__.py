"""The families of organisms: what each reads, how it replies, and what is planted in its members. One file each."""

from collections.abc import Mapping

from allegiance.organism.families import conflict, doubting, gaps, habits
from allegiance.organism.families.family import Cell, Family, Organism, Scene

_MODULES = (conflict, gaps, habits, doubting)

ORGANISMS: Mapping[str, Organism] = {
    organism.name: organism for module in _MODULES for organism in module.ORGANISMS
}
"""Every organism that ships with the package."""

__all__ = ["ORGANISMS", "Cell", "Family", "Organism", "Scene"]
