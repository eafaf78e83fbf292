"""The families of organisms: what each reads, how it replies, and what is planted in its members. One file each."""

from collections.abc import Mapping

from allegiance.organism.families import conflict, doubting, gaps, habits, overseers
from allegiance.organism.families.family import Cell, Family, Organism, Scene

_MODULES = (conflict, gaps, habits, doubting, overseers)

ORGANISMS: Mapping[str, Organism] = {
    organism.name: organism for module in _MODULES for organism in module.ORGANISMS
}
"""Every organism that ships with the package."""

__all__ = ["ORGANISMS", "Cell", "Family", "Organism", "Scene"]
