"""docs/coverage.md: its prose is written there, its tables are put between the marks."""

import re
from pathlib import Path

from benchmarks.coverage_studies.figures import coverage_figure, labels_figure
from benchmarks.coverage_studies.tables import Row, tables

DOCS = Path(__file__).parents[2] / "docs"
PAGE, RECORD, IMAGES = DOCS / "coverage.md", DOCS / "coverage.json", DOCS / "images"
_MARKED = r"(<!-- table: {name} -->\n).*?(<!-- end -->)"


def filled(page: str, record: Row) -> str:
    """Return the page with every marked table made anew.

    Raises
    ------
    ValueError
        If the page has no place for a table, or a place for one that isn't made.
    """
    made = tables(record)
    places = re.findall(r"<!-- table: (\S+) -->", page)
    if sorted(places) != sorted(made):
        raise ValueError(f"the page has places for {places}, and the tables are {list(made)}")
    for name, table in made.items():
        place = re.compile(_MARKED.format(name=re.escape(name)), re.DOTALL)
        page = place.sub(lambda found, table=table: f"{found[1]}\n{table}\n\n{found[2]}", page)
    return page


def write(record: Row) -> None:
    """Write tables, figures and the record they come from."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), record), encoding="utf-8")
    for name, figure in (("methods", coverage_figure), ("labels", labels_figure)):
        (IMAGES / f"coverage-{name}.svg").write_text(figure(record), encoding="utf-8")
