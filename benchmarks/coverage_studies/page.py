"""docs/coverage.md: its prose is written there, its tables are put between the marks."""

from pathlib import Path

from benchmarks import pages
from benchmarks.coverage_studies.figures import coverage_figure, labels_figure
from benchmarks.coverage_studies.tables import Row, tables

DOCS = Path(__file__).parents[2] / "docs"
PAGE, RECORD, IMAGES = DOCS / "coverage.md", DOCS / "coverage.json", DOCS / "images"


def filled(page: str, record: Row) -> str:
    """Return the page with every marked table made anew.

    Raises
    ------
    ValueError
        If the page has no place for a table, or a place for one that isn't made.
    """
    return pages.filled(page, tables(record))


def write(record: Row) -> None:
    """Write tables, figures and the record they come from."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), record), encoding="utf-8")
    for name, figure in (("methods", coverage_figure), ("labels", labels_figure)):
        (IMAGES / f"coverage-{name}.svg").write_text(figure(record), encoding="utf-8")
