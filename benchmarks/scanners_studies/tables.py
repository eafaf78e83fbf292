"""The tables of docs/real-instruments.md, from what a run recorded."""

from typing import Any

Row = dict[str, Any]


def tables(record: Row) -> dict[str, str]:
    """Every table by the name that marks its place on the page."""
    return {}
