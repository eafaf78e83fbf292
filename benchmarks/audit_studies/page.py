"""docs/audit-coverage.md: its prose is written there, its tables are put between the marks."""

from pathlib import Path
from typing import Any

from benchmarks import pages
from benchmarks.audit_studies.tables import tables

DOCS = Path(__file__).parents[2] / "docs"
PAGE, RECORD = DOCS / "audit-coverage.md", DOCS / "audit-coverage.json"

Record = dict[str, Any]


def write(record: Record) -> None:
    """Write the record, and the tables that come from it."""
    pages.write(PAGE, record, tables(record))


def filled(text: str, record: Record) -> str:
    """Return the page with every marked table made anew.

    Raises
    ------
    ValueError
        If the page has no place for a table, or a place for one that isn't made.
    """
    return pages.filled(text, tables(record))
