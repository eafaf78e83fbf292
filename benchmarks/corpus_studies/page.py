"""docs/speed.md: its prose is written there, its tables are put between the marks."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks import pages
from benchmarks.corpus_studies.figure import ratios

DOCS = Path(__file__).parents[2] / "docs"
PAGE, RECORD, FIGURE = DOCS / "speed.md", DOCS / "speed.json", DOCS / "images" / "speed.svg"

Record = dict[str, Any]


def write(record: Record) -> None:
    """Write the tables, the figure and the record they come from, all of the same digits."""
    record = _rounded(record)
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), record), encoding="utf-8")
    FIGURE.write_text(ratios(record), encoding="utf-8")
    RECORD.write_text(as_text(record), encoding="utf-8")


def filled(text: str, record: Record) -> str:
    """Return the page with every marked table made anew.

    Raises
    ------
    ValueError
        If the page has no place for a table, or a place for one that isn't made.
    """
    return pages.filled(
        text, {"speed": _speed(record), "run": _run(record), "equal": _equal(record)}
    )


def summary(record: Record) -> Table:
    """Show the rows, and what was not equal, in the terminal."""
    table = Table(title="The corpus beside its peers", caption=verdict(record))
    for name in _HEADER:
        table.add_column(name, justify="left" if name in ("what", "peer") else "right")
    for row in record["rows"]:
        table.add_row(*_cells(row))
    return table


def verdict(record: Record) -> str:
    """Say how many aims were met, what was left out, and what was not equal."""
    aimed = [row["met"] for row in record["rows"] if row["met"] is not None]
    lines = [f"{sum(aimed)} of {len(aimed)} aims met"]
    lines += [f"left out: {sentence}" for sentence in record["left_out"]]
    unequal = [check for check in record["checks"] if not check["equal"]]
    lines += [f"NOT EQUAL, {check['what']}: {check['said']}" for check in unequal]
    equal = len(record["checks"]) - len(unequal)
    return "\n".join([*lines, f"{equal} of {len(record['checks'])} checks found equal results"])


def as_text(record: Record) -> str:
    """Write a record as JSON; figures to four digits, which is more than a run repeats."""
    return json.dumps(_rounded(record), indent=1, ensure_ascii=False) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value


_HEADER = ("what", "ours", "peer", "theirs", "times as good", "aim", "met")


def _cells(row: Record) -> list[str]:
    unit = row["unit"]
    theirs = "" if row["theirs"] is None else f"{figure(row['theirs'])} {unit}"
    ratio = "" if row["ratio"] is None else f"{figure(row['ratio'])}×"
    met = {True: "yes", False: "no", None: ""}[row["met"]]
    ours = f"{figure(row['ours'])} {unit}"
    if "p95" in row["more"]:
        ours += f" (p95 {figure(row['more']['p95'])})"
    return [row["what"], ours, row["peer"] or "", theirs, ratio, aim(row), met]


def aim(row: Record) -> str:
    """Write what is aimed at."""
    if row["aim"] is None:
        return ""
    if row["aim_of"] == "ratio":
        return f"{row['aim']:g}×"
    return f"{'≤' if row['better'] == 'less' else '≥'} {row['aim']:g} {row['unit']}"


def figure(value: float) -> str:
    """Write a figure to three digits, or whole from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of Markdown; all columns but the first are set to the right."""
    marks = ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))


def _speed(record: Record) -> str:
    return grid(_HEADER, [_cells(row) for row in record["rows"]])


def _run(record: Record) -> str:
    machine, versions, size = record["machine"], record["versions"], record["size"]
    scouted = "the same" if size["scouted"] is None else f"{size['scouted']} of the samples"
    rows = [
        ["date", record["date"]],
        ["machine", f"{machine['processors']} × {machine['processor']}, {machine['memory_gb']} GB"],
        ["system", machine["system"]],
        ["load before", f"{machine['load_before']}"],
        ["logs", f"{size['logs']} of {size['samples']} samples; Scout: {scouted}"],
        ["short transcripts", f"{size['short']:,}"],
        ["versions", ", ".join(f"{name} {version}" for name, version in versions.items())],
        ["seeds", ", ".join(map(str, record["seeds"].values()))],
        *(["left out", sentence] for sentence in record["left_out"]),
    ]
    return grid(["run", ""], rows)


def _equal(record: Record) -> str:
    rows = [
        [check["what"], "equal" if check["equal"] else f"**not equal**: {check['said']}"]
        for check in record["checks"]
    ]
    return grid(["compared", ""], rows)
