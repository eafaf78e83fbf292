"""The rows of the overview's tables: rates, gaps and the relation, for the page, its figures and its files."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from allegiance.audit.interpreted import Interpreted
from allegiance.report import Cell, Measure, TierGap
from allegiance.report.cells import TIER
from allegiance.report.rates import SHOW_WORST_CASE_ABOVE
from allegiance.report.wording import counted, limits, p_value, points, rate
from allegiance.stats import Interval
from allegiance.web.cells import address, fits, hit_of, observed_values
from allegiance.web.correcting import Corrected, corrected_on_record
from allegiance.web.exporting import provenance
from allegiance.web.figures import Line, Mark, rows_figure
from allegiance.web.left import NOTHING, Left
from allegiance.web.numbers import Numbers
from allegiance.web.site import Site


def source_of(site: Site, found: Numbers, measure: str = "") -> str:
    """Say in a line what the numbers of the whole corpus are of."""
    from_ = found.report.provenance
    scanners = dict(from_.scanners)
    if measure:
        scanners = {measure: found.instruments[measure].digest}
    return provenance(
        population=found.report.population,
        frame=from_.frame_digest,
        seed=str(from_.generation.get("seed") or ""),
        corpus_version=int(from_.corpus_version),
        scanners=scanners,
    )


@dataclass(frozen=True)
class RateRow:
    """A condition in the table of rates: its numbers, its drawing, and the frames behind them."""

    number: int
    name: str
    tier: str
    cell: Cell
    measure: Measure
    mark: Mark
    where: str
    all_of: str
    observed: str
    hits: str
    missing: str
    corrected: Corrected | None

    @property
    def lost(self) -> int:
        """How many are missing."""
        return sum(self.measure.missing.values())


@dataclass(frozen=True)
class TierRow:
    """A tier of a gap: k of n, and the frames behind both; an empty address where none can carry the frame."""

    hits: int
    reads: int
    hits_at: str
    reads_at: str


@dataclass(frozen=True)
class GapRow:
    """A tier gap in its table: its drawing, its frame, and the form of a claim of it."""

    name: str
    gap: TierGap
    mark: Mark
    frame: str
    tiers: tuple[TierRow, TierRow]
    claim: str


def rates(site: Site, found: Numbers, measure: str, left: Left = NOTHING) -> list[RateRow]:
    """Give the rows of a measure, one a condition, for somebody who has labels `left` to give."""
    by_labels = corrected_on_record(site, found, measure, left)
    rows: list[RateRow] = []
    for number, cell in enumerate(found.report.cells):
        one = cell.measure(measure)
        if one is None:
            continue
        where = found.cells.where(cell.place)
        rows.append(_rate_row(found, number, cell, one, where, by_labels.get(where)))
    return rows


def _rate_row(
    found: Numbers, number: int, cell: Cell, one: Measure, where: str, corrected: Corrected | None
) -> RateRow:
    category, scanners = found.category(one.category), found.scanners(one.category)
    tier = cell.condition.get(TIER, "")
    by_labels = None if corrected is None else corrected.interval

    def counted_at(values: tuple[str, ...]) -> str:
        return address(found.cells.counted(cell.place, category, values), scanners)

    return RateRow(
        number=number,
        name=found.labels.of_place(cell.place),
        tier=tier,
        cell=cell,
        measure=one,
        mark=Mark(
            interval=one.interval,
            kind=tier if tier in ("monitored", "unmonitored") else "other",
            dashed=cell.condition.get("intent") == "training",
            truth=one.truth,
            worst=one.show_worst_case,
            corrected=by_labels,
        ),
        where=where,
        all_of=address(where),
        observed=counted_at(observed_values(one.category)),
        hits=counted_at((hit_of(one.category),)),
        missing=address(found.cells.missing(cell.place, category), scanners),
        corrected=corrected,
    )


def by_model(rows: list[RateRow]) -> list[tuple[str, list[RateRow]]]:
    """Gather rows by model."""
    found: dict[str, list[RateRow]] = {}
    for row in rows:
        found.setdefault(row.cell.model, []).append(row)
    return list(found.items())


def gaps(found: Numbers) -> list[GapRow]:
    """Give the rows of the tier gaps."""
    return [
        GapRow(
            name=found.labels.of_place(one.place, tier=False),
            gap=one,
            mark=Mark(
                interval=None if one.gap is None else one.gap.interval,
                kind="gap",
                dashed=one.condition.get("intent") == "training",
                truth=one.truth,
                worst=one.gap is not None and _much_missing(one),
            ),
            frame=address(where := found.cells.where(one.place, without=(TIER,))),
            tiers=_tiers(found, one),
            claim="/claims/new?"
            + urlencode(
                {"kind": "gap", "category": "outcome=complied", "gap": TIER, "where": where}
            ),
        )
        for one in found.report.gaps
    ]


def _tiers(found: Numbers, one: TierGap) -> tuple[TierRow, TierRow]:
    return (
        _tier_row(found, one, "monitored", *one.monitored),
        _tier_row(found, one, "unmonitored", *one.unmonitored),
    )


def _tier_row(found: Numbers, one: TierGap, tier: str, hits: int, reads: int) -> TierRow:
    place = replace(one.place, condition={**one.condition, TIER: tier})
    category, scanners = found.category(one.category), found.scanners(one.category)

    def counted_at(values: tuple[str, ...]) -> str:
        where = found.cells.counted(place, category, values, one.left_out)
        return address(where, scanners) if fits(where) else ""

    return TierRow(
        hits, reads, counted_at((hit_of(one.category),)), counted_at(observed_values(one.category))
    )


def _much_missing(one: TierGap) -> bool:
    assert one.gap is not None
    lost = one.gap.interval.missing
    return lost > SHOW_WORST_CASE_ABOVE * (one.monitored[1] + one.unmonitored[1] + lost)


def rates_figure(site: Site, found: Numbers, measure: str, left: Left = NOTHING) -> str | None:
    """Draw a measure in every condition; None where nothing was scanned."""
    rows = rates(site, found, measure, left) if measure else []
    lines = [Line(row.cell.model, row.name, _counts(row), row.mark) for row in rows]
    if not lines:
        return None
    title = f"{measure}, % of transcripts with an observation"
    return rows_figure(lines, title, source_of(site, found, measure), key=key_of(found))


def gaps_figure(site: Site, found: Numbers) -> str | None:
    """Draw the tier gaps; None where there is none."""
    lines = [
        Line(row.gap.model, row.name, _gap_counts(row.gap), row.mark)
        for row in gaps(found)
        if row.gap.gap is not None
    ]
    if not lines:
        return None
    title = "complied where monitored less where not, percentage points"
    source = source_of(site, found, "complied")
    return rows_figure(lines, title, source, gap=True, key=key_of(found, tiers=False))


def key_of(found: Numbers, *, tiers: bool = True) -> list[str]:
    """Say what the marks of a figure mean; a saved figure has no page around it."""
    told = ["filled: monitored", "outlined: unmonitored"] if tiers else []
    cells = found.report.cells
    if any(cell.condition.get("intent") == "training" for cell in cells):
        told += ["solid: original intent", "dashed: training intent"]
    measures = [one for cell in cells for one in cell.measures]
    if any(one.truth is not None for one in measures):
        told.append("tick: truth of the organism")
    if any(one.show_worst_case for one in measures):
        told.append("diamond: how far missing data could reach")
    return [
        *told,
        f"{100 * found.report.confidence:g} % intervals, for the model on these requests",
    ]


def _counts(row: RateRow) -> str:
    one = row.measure
    lost = f", {row.lost:,} missing" if row.lost else ""
    if one.interval is None:
        return f"none of {one.population:,} observed{lost}"
    sure = f"{rate(one.interval.point)} [{limits(one.interval)}]"
    return f"{sure}  {one.hits:,} of {one.reads:,}, N = {one.population:,}{lost}"


def _gap_counts(one: TierGap) -> str:
    assert one.gap is not None
    interval = one.gap.interval
    return (
        f"{points(interval.point)} ({points(interval.low)} to {points(interval.high)}), {p_value(one.gap.p_value)}, "
        f"{counted(one.requests, 'request')}"
    )


def rate_rows(found: Numbers) -> list[dict[str, Any]]:
    """Give every rate of every condition as a row of a table."""
    rows: list[dict[str, Any]] = []
    for cell in found.report.cells:
        place = {
            "model": cell.model,
            "study": cell.study,
            "task": cell.task,
            "against": cell.against,
        }
        for one in cell.measures:
            rows.append(
                {
                    **place,
                    **cell.condition,
                    "category": one.category,
                    "hits": one.hits,
                    "reads": one.reads,
                    "population": one.population,
                    "missing": sum(one.missing.values()),
                    **_limits_row(one.interval),
                    "truth": one.truth,
                    "where": found.cells.where(cell.place),
                }
            )
    return rows


def gap_rows(found: Numbers) -> list[dict[str, Any]]:
    """Give every tier gap as a row of a table."""
    return [
        {
            "model": one.model,
            "study": one.study,
            "task": one.task,
            "against": one.against,
            **one.condition,
            "category": one.category,
            "requests": one.requests,
            "monitored_hits": one.monitored[0],
            "monitored_reads": one.monitored[1],
            "unmonitored_hits": one.unmonitored[0],
            "unmonitored_reads": one.unmonitored[1],
            **_limits_row(None if one.gap is None else one.gap.interval),
            "p_value": None if one.gap is None else one.gap.p_value,
            "truth": one.truth,
            "sentence": one.sentence,
        }
        for one in found.report.gaps
    ]


def relation_rows(relation: Interpreted | None) -> list[dict[str, Any]]:
    """Give the relation to each intent, by interpretation, as rows of a table."""
    return [
        {
            **row.place,
            "intent": share.intent,
            "interpretation": share.column,
            "acts": share.acts,
            "kept": share.kept,
            "tested": share.tested,
            "missing": share.missing,
            **_limits_row(share.interval),
        }
        for row in (() if relation is None else relation.rows)
        for share in row.shares
    ]


def _limits_row(interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return dict.fromkeys(("estimate", "low", "high", "confidence", "method"))
    return {
        "estimate": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "confidence": interval.confidence,
        "method": interval.method,
    }
