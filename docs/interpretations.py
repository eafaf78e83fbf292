"""Fill the tables of the page of interpretations from the shipped data: prints the page, `--write` replaces it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from allegiance.study.interpretations import (
    FACTS,
    INTENTS,
    named_cells,
    shipped,
    shipped_extrapolations,
)
from allegiance.study.interpretations.rules import When

PAGE = Path(__file__).with_name("interpretations.md")
_BLOCK = re.compile(r"(<!-- made of: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NAMES = {"original": "Intent_1", "training": "Intent_2"}


def page() -> str:
    """Give the page with every table made anew."""
    text = PAGE.read_text(encoding="utf-8")

    def made(found: re.Match[str]) -> str:
        lines = "\n".join(_BLOCKS[found[2]]()).rstrip()
        return f"{found[1]}\n{lines}\n\n{found[3]}"

    return _BLOCK.sub(made, text)


def _tables() -> Iterator[str]:
    for table in shipped().values():
        cites = f" It cites the extrapolation `{table.cites}`." if table.cites else ""
        yield f"### {table.name}\n\n{table.meaning}{cites}\n"
        yield "| intent | when | then |\n|---|---|---|"
        for intent in INTENTS:
            for rule in table.rows(intent):
                says = rule.says or f"as {rule.as_}"
                yield f"| {_NAMES[intent]} | {_conditions(rule.when)} | {says} |"
        yield ""


def _cells() -> Iterator[str]:
    yield "| cell | definition | counted where | out of the acts with |\n|---|---|---|---|"
    for cell in named_cells():
        found, among = _conditions(cell.when), _conditions(cell.among)
        yield f"| {cell.name} | {cell.definition} | {found} | {among} |"


def _extrapolations() -> Iterator[str]:
    yield "| name | text | author, date | the silent clause is read as |\n|---|---|---|---|"
    for one in shipped_extrapolations().values():
        read_as = one.reading or "(cited only)"
        yield f"| `{one.name}` | {one.text} | {one.author}, {one.date} | {read_as} |"


def _facts() -> Iterator[str]:
    yield "| fact | value | meaning |\n|---|---|---|"
    for name, values in FACTS.items():
        for value, meaning in values.items():
            yield f"| {name} | `{value}` | {meaning.rstrip('.')} |"


def _conditions(when: When) -> str:
    return "; ".join(f"{name} {' or '.join(values)}" for name, values in when.items()) or "always"


_BLOCKS = {
    "tables": _tables,
    "cells": _cells,
    "extrapolations": _extrapolations,
    "facts": _facts,
}

if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())
