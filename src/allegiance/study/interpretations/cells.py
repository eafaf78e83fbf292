"""The named cells: what an act is called, one list for the whole program."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from allegiance.study.interpretations.facts import Facts
from allegiance.study.interpretations.parsing import parse_when
from allegiance.study.interpretations.rules import When, holds
from allegiance.study.interpretations.yaml_file import shipped_yaml


@dataclass(frozen=True)
class Cell:
    """A cell with a name.

    Attributes
    ----------
    name, short
        In full, and where room is scarce.
    definition
        Printed wherever it is counted.
    among
        The acts in which it could have been seen.
    when
        What makes one of these an act of the cell.
    """

    name: str
    short: str
    definition: str
    among: When
    when: When

    def seen(self, facts: Facts) -> bool | None:
        """Say whether an act that `could` belong does; None where a missing fact decides that."""
        return holds(self.when, facts) if holds(self.among, facts) else None

    def could(self, facts: Facts) -> bool:
        """Say whether the act may belong, as far as what is not missing tells."""
        return holds(self.among, facts) is not False


@cache
def named_cells() -> tuple[Cell, ...]:
    """Give the named cells, in the order in which they are shown."""
    listed: list[dict[str, Any]] = shipped_yaml("cells.yaml")
    return tuple(
        Cell(
            name=one["name"],
            short=one.get("short", one["name"]),
            definition=" ".join(one["definition"].split()),
            among=parse_when(one["among"], f"{one['name']}: among"),
            when=parse_when(one["when"], f"{one['name']}: when"),
        )
        for one in listed
    )
