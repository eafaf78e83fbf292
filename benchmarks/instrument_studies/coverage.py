"""Do `model` intervals of a report cover an organism's truth, and do organisms without a gap show none?

What a scenario counts in its own way is taken from its scores.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from allegiance.corpus import Workspace
from allegiance.organism import truth_of
from allegiance.report import study_report
from allegiance.report.provenance import Provenance
from allegiance.report.study_report import StudyReport
from allegiance.stats import Interval
from benchmarks.coverage_studies.results import Result
from benchmarks.instrument_studies import scored
from benchmarks.instrument_studies.running import Trial, by_repeat, table_of

RATES, SCORES, GAPS, ALARMS = "rates", "scores", "gaps", "gaps that are not there"
LEVEL = 0.05
_Key = tuple[str, str, str]
"""Study, condition, category."""
NO_GAP = 0.005
"""A true gap smaller than this is none: organisms are measured to about half a point."""


def reports(trial: Trial, table: Any) -> Iterator[StudyReport]:
    """Make the report of each repeat, as if its requests were all there are."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, request in enumerate(table["request_id"].to_pylist()):
        rows[request].append(row)
    for inside in by_repeat(rows, trial.requests):
        yield report_of(table.take(pa.array(sorted(i for one in inside for i in rows[one]))))


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


def measured(trial: Trial, place: Workspace) -> list[Result]:
    """Count for every condition and category how often the interval held, and the false alarms."""
    kept = _Kept(trial)
    for row in scored.rows(trial, place):
        kept.take(SCORES, row.where, row.score, row.interval, row.truth)
    for report in reports(trial, table_of(place, trial.categories)):
        for cell in report.cells:
            for measure in cell.measures:
                if measure.interval is None or measure.truth is None:
                    continue
                where = _named(trial, cell.condition)
                kept.take(RATES, where, measure.category, measure.interval, measure.truth)
        for one in report.gaps:
            if one.gap is None or one.truth is None:
                continue
            kept.take(
                GAPS,
                _named(trial, one.condition),
                one.category,
                one.gap.interval,
                one.truth,
            )
            if abs(one.truth) < NO_GAP:
                kept.alarms.append(one.gap.p_value < LEVEL)
    return kept.results()


@dataclass
class _Kept:
    """What the repeats of a trial gave."""

    trial: Trial
    held: defaultdict[_Key, list[bool]] = field(default_factory=lambda: defaultdict(list))
    widths: defaultdict[_Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    truths: dict[_Key, float] = field(default_factory=dict[_Key, float])
    alarms: list[bool] = field(default_factory=list[bool])

    def take(
        self, study: str, condition: str, category: str, interval: Interval, truth: float
    ) -> None:
        """Keep whether an interval held the truth, and how wide it was."""
        key = (study, condition, category)
        self.held[key].append(interval.low <= truth <= interval.high)
        self.widths[key].append(interval.high - interval.low)
        self.truths[key] = truth

    def results(self) -> list[Result]:
        """One for every condition and category, and one for all false alarms."""
        name = self.trial.organism
        found = [
            Result(
                study=study,
                cell={"organism": name, "condition": condition, "category": category},
                method="model interval",
                count=sum(of),
                repeats=len(of),
                ours=True,
                gated=True,
                figures={
                    "truth": self.truths[study, condition, category],
                    "width": sum(self.widths[study, condition, category]) / len(of),
                },
            )
            for (study, condition, category), of in self.held.items()
        ]
        if self.alarms:
            found.append(
                Result(
                    study=ALARMS,
                    cell={"organism": name, "condition": "all", "category": "complied"},
                    method="p < 0.05",
                    count=sum(self.alarms),
                    repeats=len(self.alarms),
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
