"""The organisms by name, and which of them read what."""

from collections.abc import Mapping, Sequence

from allegiance.errors import UsageError
from allegiance.organism.families import ORGANISMS, Organism

__all__ = ["ORGANISMS", "Organism", "describe", "organism_names", "readers", "reads"]


def organism_names() -> list[str]:
    """The organisms that ship with the package."""
    return list(ORGANISMS)


def describe(name: str) -> Organism:
    """What is planted in an organism.

    Raises
    ------
    UsageError
        There is no organism of that name.
    """
    if name not in ORGANISMS:
        raise UsageError(
            f"There is no organism {name!r}; choose one of {', '.join(organism_names())}, "
            "or give the directory of a checkpoint."
        )
    return ORGANISMS[name]


def readers(scenario: str, conditions: Sequence[Mapping[str, str]]) -> list[str]:
    """The organisms that read every one of some conditions of a scenario."""
    return [
        name
        for name, organism in ORGANISMS.items()
        if scenario in organism.family.scenarios
        and not any(organism.family.unread(condition) for condition in conditions)
    ]


def reads(organism: str, scenario: str, conditions: Sequence[Mapping[str, str]]) -> str | None:
    """Say why an organism can't be run in a scenario's conditions, or nothing where it can.

    Parameters
    ----------
    organism
        One that ships with the package.
    scenario, conditions
        What a study asks of it.
    """
    family = describe(organism).family
    if scenario not in family.scenarios:
        problem = f"{organism} does not know the scenario `{scenario}`"
    elif found := next(filter(None, map(family.unread, conditions)), None):
        problem = f"{organism} does not read {found[0]} `{found[1]}`"
    else:
        return None
    others = readers(scenario, conditions)
    if others:
        return f"{problem}; organisms that read this study: {', '.join(others)}"
    return (
        f"{problem}, and no organism reads all of this study's levels together; name fewer of them"
    )
