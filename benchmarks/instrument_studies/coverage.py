"""Do `model` intervals of a report cover an organism's truth, and do organisms without a gap show none?"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from allegiance.organism import truth_of
from allegiance.report import study_report
from allegiance.report.provenance import Provenance
from allegiance.report.study_report import StudyReport
from benchmarks.coverage_studies.results import Result
from benchmarks.instrument_studies.running import Trial

RATES, GAPS, ALARMS = "rates", "gaps", "gaps that are not there"
LEVEL = 0.05
NO_GAP = 0.005
"""A true gap smaller than this is none: organisms are measured to about half a point."""


def reports(trial: Trial, table: Any, repeats: int) -> Iterator[StudyReport]:
    """Make the report of each repeat, as if its requests were all there are."""
    numbers = [int(name.rpartition("-")[2]) for name in table["request_id"].to_pylist()]
    for repeat in range(repeats):
        first = repeat * trial.requests
        rows = [i for i, one in enumerate(numbers) if first <= one < first + trial.requests]
        part = table.take(pa.array(rows))
        yield report_of(part)


def report_of(table: Any) -> StudyReport:
    """Make the report of a table, beside the truth where the models are organisms."""
    provenance = Provenance(
        corpus_version=0,
        frame_digest="",
        population=table.num_rows,
        software_version="benchmark",
        created_at=datetime.now(UTC),
        scanners={},
        models=tuple(dict.fromkeys(table["model"].to_pylist())),
    )
    return study_report(table, provenance, truth_of)


def measured(trial: Trial, table: Any, repeats: int) -> list[Result]:
    """Count for every condition and category how often the interval held, and the false alarms."""
    held: defaultdict[tuple[str, str, str], list[bool]] = defaultdict(list)
    widths: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    truths: dict[tuple[str, str, str], float] = {}
    alarms: list[bool] = []
    for report in reports(trial, table, repeats):
        for cell in report.cells:
            for measure in cell.measures:
                if measure.holds is None or measure.interval is None or measure.truth is None:
                    continue
                key = (RATES, _named(trial, cell.condition), measure.category)
                held[key].append(measure.holds)
                widths[key].append(measure.interval.high - measure.interval.low)
                truths[key] = measure.truth
        for one in report.gaps:
            if one.gap is None or one.holds is None or one.truth is None:
                continue
            key = (GAPS, _named(trial, one.condition), one.category)
            held[key].append(one.holds)
            widths[key].append(one.gap.interval.high - one.gap.interval.low)
            truths[key] = one.truth
            if abs(one.truth) < NO_GAP:
                alarms.append(one.gap.p_value < LEVEL)
    found = [
        Result(
            study=study,
            cell={"organism": trial.organism, "condition": condition, "category": category},
            method="model interval",
            count=sum(of),
            repeats=len(of),
            ours=True,
            gated=True,
            figures={
                "truth": truths[study, condition, category],
                "width": sum(widths[study, condition, category]) / len(of),
            },
        )
        for (study, condition, category), of in held.items()
    ]
    if alarms:
        found.append(
            Result(
                study=ALARMS,
                cell={"organism": trial.organism, "condition": "all", "category": "complied"},
                method="p < 0.05",
                count=sum(alarms),
                repeats=len(alarms),
                kind="false alarms",
                promised=LEVEL,
                ours=True,
                gated=True,
            )
        )
    return found


def _named(trial: Trial, condition: dict[str, str]) -> str:
    """Name a condition by the factors that the trial crosses."""
    return ", ".join(level for name, level in condition.items() if name in trial.factors)
