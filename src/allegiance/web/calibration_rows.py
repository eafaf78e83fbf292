"""A calibration as rows: the intervals of its figure, and the cells of its table."""

from dataclasses import dataclass
from typing import Any

from allegiance.audit import Calibration
from allegiance.stats import Interval, WorstCase


@dataclass(frozen=True)
class Row:
    """One interval of a figure."""

    name: str
    interval: Interval | None
    told: str
    point: float | None = None


def rows_of(one: Calibration) -> list[Row]:
    """The measures of a scanner."""
    return [
        Row(
            m.name.capitalize() if m.name[1].islower() else m.name,
            m.interval,
            f"{m.hits:,} of {m.reads:,}",
        )
        for m in one.found.measures
    ]


def rate_rows(one: Calibration, rates: list[dict[str, Any]]) -> list[Row]:
    """The scanner's own rate, the corrected one, and that of the labels alone, of one draw."""
    rows: list[Row] = []
    for rate in rates:
        if rate["scanner"]["digest"] != one.instrument.digest:
            continue
        naive = rate["naive"]
        own = f"{naive['positives']:,} of {naive['told']:,}"
        rows.append(Row("Scanner's own rate", None, own, naive["rate"]))
        for by_draw in rate["corrected"]:
            if by_draw["draw"] == one.draw.name and by_draw["found"] is not None:
                for name, key in (("Corrected by labels", "interval"), ("Labels alone", "labels")):
                    made = by_draw["found"][key]
                    told = "" if made is None or made["hits"] is None else _seen(made)
                    rows.append(Row(name, None if made is None else _interval(made), told))
    return rows


def _seen(made: dict[str, Any]) -> str:
    return f"{made['hits']:,} of {made['reads']:,}"


def _interval(fields: dict[str, Any]) -> Interval:
    plain = {k: v for k, v in fields.items() if k not in ("worst_case", "assumptions", "notes")}
    worst = fields["worst_case"]
    return Interval(**plain, worst_case=None if worst is None else WorstCase(**worst))


def measured(one: Calibration, number: int) -> list[dict[str, Any]]:
    """The measures of a calibration as rows of a table: of all, and by condition."""
    who = {
        "queue": number,
        "scanner": one.instrument.scanner,
        "digest": one.instrument.digest,
    }
    parts = [("", "", one.found.measures)]
    parts += [(f.factor, level.name, level.measures) for f in one.factors for level in f.levels]
    rows: list[dict[str, Any]] = []
    for by, level, measures in parts:
        for m in measures:
            row = {**who, "by": by, "level": level, "measure": m.name}
            rows.append({**row, **_cells(m.hits, m.reads, m.interval), "reason": m.reason})
    seen = one.prevalence
    rows.append({**who, "measure": "prevalence", **_cells(seen.hits, seen.reads, seen)})
    cells = one.found.table.to_dict()
    rows += [
        {**who, "measure": name.replace("_", " "), "hits": many} for name, many in cells.items()
    ]
    missing = one.found.missing
    return rows + [{**who, "measure": f"missing: {why}", "hits": n} for why, n in missing.items()]


def _cells(hits: int | None, reads: int | None, interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return {"hits": hits, "reads": reads}
    return {
        "hits": hits,
        "reads": reads,
        "estimate": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "confidence": interval.confidence,
        "method": interval.method,
    }


def notes_of(one: Calibration) -> list[str]:
    """Say what else has to be known of a calibration."""
    found = list(one.reasons)
    if one.cut:
        found.append("the frame is cut by this scanner's own verdicts; its rates are of that frame")
    unscanned = sum(g.population for g in one.sample.groups() if g.told is None)
    if unscanned:
        found.append(
            f"{unscanned:,} of the {len(one.draw.frame):,} have no verdict of this scanner"
        )
    if one.strangers:
        found.append(
            f"{one.strangers:,} of its verdicts are on transcripts that are not in this corpus, and count nowhere"
        )
    if one.reading.beyond:
        found.append(
            f"{one.reading.beyond:,} labels beyond the first place without one don't count"
        )
    return found
