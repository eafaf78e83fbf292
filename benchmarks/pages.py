"""Pages whose prose is written in docs/, and whose tables are put between marks in it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MARKED = r"(<!-- table: {name} -->\n).*?(<!-- end -->)"


def filled(page: str, tables: Mapping[str, str]) -> str:
    """Return the page with every marked table made anew.

    Raises
    ------
    ValueError
        If the page has no place for a table, or a place for one that isn't made.
    """
    places = re.findall(r"<!-- table: (\S+) -->", page)
    if sorted(places) != sorted(tables):
        raise ValueError(f"the page has places for {places}, and the tables are {[*tables]}")
    for name, table in tables.items():
        place = re.compile(_MARKED.format(name=re.escape(name)), re.DOTALL)
        page = place.sub(lambda found, table=table: f"{found[1]}\n{table}\n\n{found[2]}", page)
    return page


def write(page: Path, record: Mapping[str, Any], tables: Mapping[str, str]) -> None:
    """Write a record beside its page, and the tables that come from it into the page."""
    page.with_suffix(".json").write_text(as_text(record), encoding="utf-8")
    page.write_text(filled(page.read_text(encoding="utf-8"), tables), encoding="utf-8")


def as_text(record: Mapping[str, Any]) -> str:
    """Write a record with a line for each result."""
    head = {key: value for key, value in record.items() if key != "results"}
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in record["results"])
    return json.dumps(head, indent=1)[:-2] + f',\n "results": [\n{lines}\n]}}\n'
