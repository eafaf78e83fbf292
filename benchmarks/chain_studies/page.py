"""docs/chain-guard.md: its prose is written there, its tables are put between the marks."""

from pathlib import Path

from benchmarks import pages
from benchmarks.chain_studies.figure import chains_figure, real_figure
from benchmarks.chain_studies.tables import Row, tables

PAGE = Path(__file__).parents[2] / "docs" / "chain-guard.md"
RECORD, FIGURE = PAGE.with_suffix(".json"), PAGE.parent / "images" / "chain-guard.svg"
REAL = FIGURE.with_name("chain-real.svg")


def write(record: Row) -> None:
    """Write the record, the tables that come from it, and the figure."""
    pages.write(PAGE, record, tables(record))
    FIGURE.write_text(chains_figure(record), encoding="utf-8")
    if drawn := real_figure(record):
        REAL.write_text(drawn, encoding="utf-8")
