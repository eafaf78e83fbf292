"""The study report: everything that a study's transcripts license, as plain data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any

from allegiance.audit.interpreted import Interpreted
from allegiance.errors import AllegianceError
from allegiance.report.cells import grouped
from allegiance.report.found import Found
from allegiance.report.gaps import TierGap, tier_gaps
from allegiance.report.instruments import Comparison, comparisons
from allegiance.report.methods import methods_paragraph
from allegiance.report.observations import Observations, Table, read_observations
from allegiance.report.provenance import Provenance
from allegiance.report.rates import Cell, Truth, cell
from allegiance.report.wording import counted
from allegiance.stats import Interval


@dataclass(frozen=True)
class Source:
    """How many transcripts of a model came from where."""

    model: str
    source_format: str
    source_uri: str
    count: int


@dataclass(frozen=True)
class TruthCheck:
    """Intervals set beside an organism's truth.

    Attributes
    ----------
    intervals, misses
        How many there are, and how many don't hold the truth.
    expected_misses
        What the confidence promises, on average.
    """

    intervals: int
    misses: int
    expected_misses: float
    sentence: str


@dataclass(frozen=True)
class StudyReport:
    """What a study's transcripts license.

    Attributes
    ----------
    provenance
        What the numbers come from.
    confidence
        Nominal coverage of every interval.
    population, requests, conditions
        N, the transcripts of the frame; the different requests and conditions among them (None if
        no transcript names its request).
    unobserved
        Transcripts without an observed outcome; None if none was scanned for the outcome.
    sources
        Counts by model and source.
    cells
        One for each model and condition.
    gaps, comparisons, truth_check
        Tier gaps, outside instruments, and the organisms' truth (None where there is none).
    found
        How transcripts were found: draws and claims (None where nothing is on record).
    relation
        How much of each intent was kept, by interpretation (None where nothing was tested).
    notes
        What a reader has to know before the numbers, and what to do about it.
    methods
        A paragraph for a paper.
    """

    provenance: Provenance
    confidence: float
    population: int
    requests: int | None
    conditions: int
    unobserved: int | None
    sources: tuple[Source, ...]
    cells: tuple[Cell, ...]
    gaps: tuple[TierGap, ...]
    comparisons: tuple[Comparison, ...]
    truth_check: TruthCheck | None
    found: Found | None
    relation: Interpreted | None
    notes: tuple[str, ...]
    methods: str

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a dictionary that JSON can hold."""
        return _plain(self)


def study_report(
    observations: Observations,
    provenance: Provenance,
    truth: Truth | None = None,
    confidence: float = 0.95,
    found: Found | None = None,
    relation: Interpreted | None = None,
) -> StudyReport:
    """Make the report of a table of observations.

    Parameters
    ----------
    observations
        One row a transcript; see `Observations` for the columns.
    provenance
        Where they come from; its N must be the number of rows.
    truth
        Measured rates of organisms, by category; None for a model that is no organism.
    confidence
        Nominal coverage of the intervals.
    found
        How transcripts were found, if a ledger says.
    relation
        The same frame read by interpretations, if it has what they read.

    Raises
    ------
    AllegianceError
        If the table lacks a column, holds a value it may not hold, or is not the whole frame.
    """
    table = read_observations(observations)
    if len(table.records) != provenance.population:
        raise AllegianceError(
            f"the frame holds {provenance.population:,} transcripts and the table of observations "
            f"{len(table.records):,}: report on the whole frame"
        )
    groups = grouped(table, provenance.models)
    cells = tuple(cell(group, table, truth, confidence) for group in groups)
    gaps, obstacles = tier_gaps(groups, table, truth, confidence)
    return StudyReport(
        provenance=provenance,
        confidence=confidence,
        population=len(table.records),
        requests=len({r.request for r in table.records if r.has_request}) or None,
        conditions=len({tuple(sorted(cell.condition.items())) for cell in cells if cell.condition}),
        unobserved=_unobserved(cells),
        sources=_sources(table),
        cells=cells,
        gaps=tuple(gaps),
        comparisons=tuple(comparisons(table)),
        truth_check=_truth_check(cells, gaps, confidence),
        found=found,
        relation=relation,
        notes=(*_notes(table, cells), *obstacles),
        methods=methods_paragraph(provenance, cells, gaps, confidence),
    )


def _sources(table: Table) -> tuple[Source, ...]:
    # What follows `#` is the place of one transcript in its file.
    counts = Counter(
        (r.model, r.source_format, r.source_uri.partition("#")[0]) for r in table.records
    )
    return tuple(Source(*key, count) for key, count in sorted(counts.items()))


def _unobserved(cells: Sequence[Cell]) -> int | None:
    measures = [measure for cell in cells if (measure := cell.measure("complied")) is not None]
    return sum(sum(measure.missing.values()) for measure in measures) if measures else None


def _truth_check(
    cells: Sequence[Cell], gaps: Sequence[TierGap], confidence: float
) -> TruthCheck | None:
    beside = [m.holds for cell in cells for m in cell.measures] + [gap.holds for gap in gaps]
    held = [holds for holds in beside if holds is not None]
    if not held:
        return None
    misses, expected = held.count(False), (1 - confidence) * len(held)
    promise = (
        "one interval in twenty is expected to miss"
        if round(confidence, 6) == 0.95
        else f"{100 * (1 - confidence):.3g} % of intervals are expected to miss"
    )
    sentence = (
        f"{counted(len(held), 'interval')} {'stands' if len(held) == 1 else 'stand'} beside the "
        f"truth, and {misses or 'none'} {'miss' if misses > 1 else 'misses'} it; {promise}."
    )
    return TruthCheck(len(held), misses, expected, sentence)


def _notes(table: Table, cells: Sequence[Cell]) -> list[str]:
    notes: list[str] = []
    if not table.records:
        notes.append("The frame holds no transcripts: import some, or widen the filter.")
    elif not any(cell.measures for cell in cells):
        notes.append(
            "Nothing was scanned, so there are counts and no rates: `allegiance scan` assigns "
            "categories."
        )
    if any(cell.measures for cell in cells):
        loose = sum(not record.has_request for record in table.records)
        if loose:
            notes.append(
                f"{loose:,} of {counted(len(table.records), 'transcript')} name no request; each "
                "counts as a request of its own, which makes intervals too narrow if some answer "
                "the same one."
            )
    return notes


def _plain(value: Any) -> Any:
    if isinstance(value, (Interval, Interpreted)):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}  # pyright: ignore
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]  # pyright: ignore
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
