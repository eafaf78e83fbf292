"""Write the page of categories from the shipped codebook: prints it, `--write` replaces it."""

import sys
from collections.abc import Iterator
from pathlib import Path

from allegiance.scanners import codebook, rule_categories
from allegiance.scanners.codebook import Category, Example

PAGE = Path(__file__).with_name("categories.md")


def page() -> str:
    """Print the whole page."""
    parts = [
        "# Categories",
        "This page is made from the shipped codebook, version "
        f"{codebook().version}. Each category is an observation of a text and no verdict on the model; "
        "[Codebooks](codebook.md) tells how they are read and how to add your own. Where no rule is shipped, a "
        "category takes a judge or a rater.",
    ]
    for one in codebook().categories:
        parts += [f"## {one.name}", *_about(one)]
    return "\n\n".join(parts) + "\n"


def _about(one: Category) -> Iterator[str]:
    rule = "a rule is shipped" if one.name in rule_categories() else "no rule"
    kind = f"{one.kind}: {', '.join(one.values)}"
    wider = f", a kind of [{one.part_of}](#{one.part_of})" if one.part_of else ""
    yield f"*{one.unit}; {kind}; {rule}{wider}.*" + (f" {one.caution}." if one.caution else "")
    yield "\n".join(
        f"{n}. {' '.join(clause.split())}" for n, clause in enumerate(one.definition, 1)
    )
    yield "\n".join(
        [
            *(_example(e, one, "yes") for e in one.include),
            *(_example(e, one, "no") for e in one.exclude),
        ]
    )
    for side in one.terms:
        yield f"In the terms of side {side.side}, *{side.name}*: {side.wording} {side.analogy}"


def _example(example: Example, one: Category, meant: str) -> str:
    value = example.value if one.kind != "yes-no" else "it"
    text = " ".join(example.text.split()).replace(" || ", " → ")
    return f"- {'is' if meant == 'yes' else 'is not'} {value}: “{text}”"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())
