"""Write the page of the grid from the factors of a condition: prints it, `--write` replaces it."""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from allegiance.study.factors import FACTORS, contradiction
from allegiance.study.prompts import PROMPT_SETS, SCENARIOS

PAGE = Path(__file__).with_name("grid.md")

_OPENING = """\
# The grid

A study names factors and their levels; its conditions are every level of every factor crossed with every other. The
same requests are asked in all of them. This page is made from the program's own list.

```yaml
factors:
  tier: [monitored, unmonitored]
  clause: [silent, may-resist, must-resist]
  framing: classic
```

gives 2 × 3 × 1 conditions. The corpus keeps each factor in a column of its own, `c_tier` and so on, and filters name it
without the prefix: `--where "tier='monitored' and clause='silent'"`.

A factor that a study doesn't name is at its usual level (**bold** below), but for those of which a scenario always asks
several levels: `training_conflict` asks in both tiers and in all framings unless told otherwise. Two conditions that
differ in one factor differ in the words of that factor alone."""


def page() -> str:
    """Print the whole page."""
    parts = [_OPENING, "## Factors and levels"]
    for factor in FACTORS.values():
        rows = [
            f"| {f'**`{level}`**' if level == factor.usual else f'`{level}`'} | {meaning} |"
            for level, meaning in factor.levels.items()
        ]
        parts += [
            f"### {factor.name}",
            f"{factor.meaning} {_known_to(factor.name)}".strip(),
            "\n".join(["| level | meaning |", "|---|---|", *rows]),
        ]
    parts += [
        "## Levels that contradict each other",
        "A study that crosses these is refused before anything is asked.",
        "\n".join(["| this | with this | why not |", "|---|---|---|", *_contradictions()]),
    ]
    return "\n\n".join(parts) + "\n"


def _known_to(factor: str) -> str:
    """Name the scenarios whose words can express a factor, and the levels that organisms read."""
    scenarios = [
        name
        for name in SCENARIOS
        if any(
            factor in words.levels
            for (_, scenario), words in PROMPT_SETS.items()
            if scenario == name
        )
    ]
    if not scenarios:
        return ""
    organisms = sorted(
        {
            scenario
            for (name, scenario), words in PROMPT_SETS.items()
            if name == "organism" and len(words.levels.get(factor, ())) > 1
        }
    )
    read = f" Organisms read it in: {_listed(organisms)}." if organisms else ""
    return f"Scenarios: {_listed(scenarios)}.{read}"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _contradictions() -> Iterator[str]:
    """List what can't stand together: for each reason the levels of one factor and those of the other."""
    found: dict[tuple[str, str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for first, second in itertools.permutations(FACTORS.values(), 2):
        for one, other in itertools.product(first.levels, second.levels):
            said = contradiction({first.name: one, second.name: other})
            if said and said.startswith(f"{first.name} "):
                key = (first.name, second.name, said.split(": ", 1)[1])
                ones, others = found.setdefault(key, ({}, {}))
                ones[one] = others[other] = None
    for (first_name, second_name, why), (ones, others) in found.items():
        yield f"| {first_name} {_listed(list(ones))} | {second_name} {_listed(list(others))} | {why} |"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())
