"""Examples on the documentation's pages come out as printed."""

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(
    str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if "```pycon" in page.read_text()
)


def test_some_page_has_examples():
    assert "routes.md" in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_come_out(page):
    blocks = re.findall(r"```pycon\n(.*?)```", (DOCS / page).read_text(), flags=re.DOTALL)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, page, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(examples).failed == 0
