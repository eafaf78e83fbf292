"""Published figures beside what the same settings give here, on the organisms or on any model.

    python benchmarks/reproduction.py                              every row that an organism can show
    python benchmarks/reproduction.py --row paraphrases --model openai/MODEL
    python benchmarks/reproduction.py --model vllm/MODEL --n 200   every row, on one model
    python benchmarks/reproduction.py --write-docs                 the organisms, into docs/reproduction.md

A row is a published figure, the settings that come nearest, and the kind of model that it takes for the row to mean
anything. What a model gives here is no replication of the source: prompts, requests and scorers are ours.
"""

import argparse
import copy
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent) if Path(p).resolve() == HERE else p for p in sys.path]

from allegiance.report.study_report import StudyReport
from allegiance.study.templates import template
from benchmarks import pages
from benchmarks.coverage_studies.tables import grid
from benchmarks.instrument_studies.coverage import report_of
from benchmarks.instrument_studies.running import ran, table_of

PAGE = HERE.parent / "docs" / "reproduction.md"
RECORD = PAGE.with_suffix(".json")
CATEGORIES = ("outcome", "strategic-compliance", "doubts")
SEED = 78_001
_NEEDS = {
    "any": "any model",
    "open-7b": "an open model of 7B or more",
    "frontier": "a frontier model",
    "training": "training (no prompt can show it)",
}
_NOT_RUN = {False: "not run", True: "no setting"}
_MEASURES = {
    "reasoning": "strategic compliance where monitored",
    "monitored": "complied where monitored",
    "unmonitored": "complied where not",
    "gap": "gap",
    "doubt": "doubt when asked bluntly",
    "covert": "covert acts",
}


@dataclass(frozen=True)
class Row:
    """One published figure, or a few of one experiment.

    Attributes
    ----------
    row, source
        Its name, and where the figures come from.
    published
        Per cent or points, by measure.
    template, changes
        The shipped study, and the fields that make it this row's; None where no setting here comes near.
    organism
        The one whose planted behaviour is of this kind.
    needs
        What kind of model it takes.
    note
        What a reader has to know before comparing.
    """

    row: str
    source: str
    published: Mapping[str, float | str]
    needs: str
    template: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    organism: str | None = None
    note: str = ""

    def study(self, n: int, epochs: int) -> dict[str, Any]:
        """Write the row's study."""
        assert self.template is not None  # rows without one are not run
        fields = yaml.safe_load(template(self.template, f"reproduction-{self.row}"))
        changes = copy.deepcopy(dict(self.changes))
        fields["factors"].update(changes.pop("factors", {}))
        fields["requests"]["n"], fields["epochs"] = n, epochs
        fields["categories"] = list(CATEGORIES)
        fields["generation"] = {**fields.get("generation", {}), "seed": SEED}
        return fields | changes


def rows() -> tuple[Row, ...]:
    """Read the rows."""
    path = HERE / "reproduction_rows.yaml"
    return tuple(Row(**one) for one in yaml.safe_load(path.read_text(encoding="utf-8")))


def asked() -> tuple[Row, ...]:
    """The rows that can be asked of a model."""
    return tuple(row for row in rows() if row.template is not None)


def measured(row: Row, model: str, n: int, epochs: int) -> dict[str, str]:
    """Run a row on a model, and give each of its measures with its interval."""
    with tempfile.TemporaryDirectory() as folder:
        place = ran(row.study(n, epochs), model, Path(folder))
        report = report_of(table_of(place, CATEGORIES))
    return {name: said for name in _MEASURES if (said := _said(report, name))}


def _said(report: StudyReport, measure: str) -> str:
    """Say one measure of a report; empty where it has none."""
    if measure == "gap":
        gaps = [one.gap.interval for one in report.gaps if one.gap is not None]
        return "; ".join(
            f"{100 * one.point:.1f} [{100 * one.low:.1f}, {100 * one.high:.1f}]" for one in gaps
        )
    wanted = {
        "reasoning": ("strategic-compliance", {"tier": "monitored"}),
        "monitored": ("complied", {"tier": "monitored"}),
        "unmonitored": ("complied", {"tier": "unmonitored"}),
        "doubt": ("doubts", {"asked": "blunt"}),
    }.get(measure)
    if wanted is None:
        return ""
    category, condition = wanted
    found = [
        found.interval
        for cell in report.cells
        if all(cell.condition.get(name) == level for name, level in condition.items())
        for found in [cell.measure(category)]
        if found is not None and found.interval is not None
    ]
    return "; ".join(
        f"{100 * one.point:.1f} [{100 * one.low:.1f}, {100 * one.high:.1f}]" for one in found
    )


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Set published figures beside what was measured, a line a row."""
    lines: list[list[str]] = []
    for row in rows():
        here = found.get(row.row)
        lines.append(
            [
                row.row,
                row.source,
                _listed(row.published, row.published),
                "" if here is None else f"`{here['model']}`",
                _NOT_RUN[row.template is None]
                if here is None
                else _listed(row.published, here["measured"]),
                _NEEDS[row.needs],
            ]
        )
    header = ["row", "published by", "published", "model here", "here", "the published row takes"]
    return grid(header, lines)


def _listed(names: Mapping[str, Any], of: Mapping[str, Any]) -> str:
    return "; ".join(f"{_MEASURES[name]} {of.get(name, '–')}" for name in names)


def commands() -> str:
    """One command for each row, for a model of the reader's."""
    lines = [f"python benchmarks/reproduction.py --row {row.row} --model MODEL" for row in asked()]
    return "```console\n" + "\n".join(f"$ {line}" for line in lines) + "\n```"


def notes() -> str:
    """What a reader has to know of single rows."""
    return "\n".join(f"- `{row.row}`: {row.note}" for row in rows() if row.note)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--row", choices=[row.row for row in asked()], help="one row only")
    parser.add_argument("--model", help="any model of Inspect; by default each row's organism")
    parser.add_argument("--n", type=int, default=100, help="requests a row")
    parser.add_argument("--epochs", type=int, default=5, help="times each is asked")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    parser.add_argument("--write-docs", action="store_true", help="the page and its record")
    options = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    for row in asked():
        model = options.model or (f"organism/{row.organism}" if row.organism else None)
        if model is None or options.row not in (None, row.row):
            continue
        print(f"{time.strftime('%H:%M:%S')} {row.row}: {model}", file=sys.stderr, flush=True)
        found[row.row] = {
            "model": model,
            "measured": measured(row, model, options.n, options.epochs),
        }
    print(table(found))
    record = {"seed": SEED, "n": options.n, "epochs": options.epochs, "rows": found}
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if options.write_docs:
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        made = {"rows": table(found), "commands": commands(), "notes": notes()}
        PAGE.write_text(pages.filled(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
