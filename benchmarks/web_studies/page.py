"""docs/workbench-speed.md: its prose is written there, its tables are put between the marks."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks import pages

DOCS = Path(__file__).parents[2] / "docs"
PAGE, RECORD = DOCS / "workbench-speed.md", DOCS / "workbench-speed.json"
_HEADER = ("what", "p50", "p95", "aim", "met", "peer", "theirs", "times as good")

Record = dict[str, Any]


def write(record: Record) -> None:
    """Write the tables, and the record they come from."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), record), encoding="utf-8")
    RECORD.write_text(as_text(record), encoding="utf-8")


def filled(text: str, record: Record) -> str:
    """Return the page with every marked table made anew.

    Raises
    ------
    ValueError
        If the page has no place for a table, or a place for one that isn't made.
    """
    cells = [_cells(row) for row in record["rows"]]
    return pages.filled(text, {"run": _run(record), "speed": _table(_HEADER, cells)})


def summary(record: Record) -> Table:
    """Show the rows in the terminal."""
    aimed = [row["met"] for row in record["rows"] if row["met"] is not None]
    left_out = [f"left out: {sentence}" for sentence in record["left_out"]]
    caption = "\n".join([f"{sum(aimed)} of {len(aimed)} aims met", *left_out])
    table = Table(
        title=f"The workbench at {record['size']['transcripts']:,} transcripts", caption=caption
    )
    for name in _HEADER:
        table.add_column(name, justify="left" if name in ("what", "peer") else "right")
    for row in record["rows"]:
        table.add_row(*_cells(row))
    return table


def as_text(record: Record) -> str:
    """Write a record as JSON; figures to four digits, which is more than a run repeats."""
    return json.dumps(_rounded(record), indent=1, ensure_ascii=False) + "\n"


def _cells(row: Record) -> list[str]:
    unit = row["unit"]
    return [
        row["what"],
        f"{_figure(row['ours'])} {unit}",
        f"{_figure(row['more']['p95'])} {unit}" if "p95" in row["more"] else "",
        "" if row["aim"] is None else f"≤ {_figure(row['aim'])} {unit}",
        "" if row["met"] is None else "yes" if row["met"] else "no",
        row["peer"],
        "" if row["theirs"] is None else f"{_figure(row['theirs'])} {unit}",
        "" if row["ratio"] is None else f"{_figure(row['ratio'])}×",
    ]


def _run(record: Record) -> str:
    machine, size = record["machine"], record["size"]
    rows = [
        ["date", record["date"]],
        ["machine", f"{machine['processors']} × {machine['processor']}, {machine['memory_gb']} GB"],
        ["load before", str(machine["load_before"])],
        ["transcripts", f"{size['transcripts']:,}, with four verdicts each"],
        ["peers", f"{size['samples']:,} of the same transcripts"],
        ["asked", f"{size['times']} times each"],
        ["versions", ", ".join(f"{name} {version}" for name, version in record["versions"].items())],
        ["seeds", ", ".join(str(seed) for seed in record["seeds"].values())],
    ]  # fmt: skip
    return _table(("run", ""), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [
        header,
        ["---" if n == 0 or name == "peer" else "--:" for n, name in enumerate(header)],
        *rows,
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
