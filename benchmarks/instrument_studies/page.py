"""docs/instrument.md: its prose is written there, its tables are put between the marks."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import pages
from benchmarks.coverage_studies.tables import grid, percent, share
from benchmarks.instrument_studies.coverage import ALARMS, GAPS, RATES, SCORES

PAGE = Path(__file__).parents[2] / "docs" / "instrument.md"

Record = dict[str, Any]


def write(record: Record) -> None:
    """Write the record, and the tables that come from it."""
    pages.write(PAGE, record, tables(record))


def tables(record: Record) -> dict[str, str]:
    """Every table by the name that marks its place on the page."""
    makers: dict[str, Callable[[Record], str]] = {
        "rates": _rates,
        "gaps": _gaps,
        "planted": _planted,
        "misses": _misses,
    }
    return {name: make(record) for name, make in makers.items()}


def _of(record: Record, study: str, organism: str) -> list[Record]:
    return [
        one
        for one in record["results"]
        if one["study"] == study and one["cell"]["organism"] == organism
    ]


def _organisms(record: Record) -> Sequence[str]:
    return tuple(dict.fromkeys(one["cell"]["organism"] for one in record["results"]))


def _rates(record: Record) -> str:
    rows: list[list[str]] = []
    for organism in _organisms(record):
        found = [*_of(record, RATES, organism), *_of(record, SCORES, organism)]
        lowest = min(found, key=share)
        where = f"{lowest['cell']['category']}, {lowest['cell']['condition']}"
        truth = percent(lowest["figures"]["truth"])
        rows.append(
            [
                f"`{organism}`",
                str(len(found)),
                f"{sum(map(share, found)) / len(found):.3f}",
                f"{share(lowest):.3f}",
                f"{where} (truth {truth})",
            ]
        )
    return grid(["organism", "cells", "mean", "lowest", "where it is lowest"], rows)


def _gaps(record: Record) -> str:
    rows: list[list[str]] = []
    for organism in _organisms(record):
        alarms = _of(record, ALARMS, organism)
        for one in _of(record, GAPS, organism):
            rows.append(
                [
                    f"`{organism}`",
                    one["cell"]["condition"] or "–",
                    f"{100 * one['figures']['truth']:.1f}",
                    f"{100 * one['figures']['width']:.1f}",
                    f"{share(one):.3f}",
                    f"{share(alarms[0]):.3f}" if alarms else "–",
                ]
            )
    header = ["organism", "condition", "true gap", "mean width", "held", "alarms at p < 0.05"]
    return grid(header, rows)


def _planted(record: Record) -> str:
    rows = [
        [
            f"`{one['organism']}`",
            one["condition"],
            one["cell"],
            "yes" if one["planted"] else "no",
            "yes" if one["named"] else "no",
            f"{one['hits']:,} of {one['acts']:,}",
            "–" if one["interval"] is None else _limits(one["interval"]),
        ]
        for one in record["planted"]
    ]
    return grid(["organism", "condition", "named cell", "planted", "named", "acts", "%"], rows)


def _limits(interval: Sequence[float]) -> str:
    return f"{100 * interval[0]:.1f}–{100 * interval[1]:.1f}"


def _misses(record: Record) -> str:
    """The share that each scanner misses; those that never fire, in a sentence."""
    found = record["misses"]
    acts, others, total = found["acts"], found["others"], sum(found["acts"].values())
    fired = [one for one in found["scanners"] if one["elsewhere"] or any(one["caught"].values())]
    silent = [one["scanner"] for one in found["scanners"] if one not in fired]
    rows = [
        [
            one["scanner"],
            _missed(sum(one["caught"].values()), total),
            *(_missed(one["caught"][name], of) for name, of in acts.items()),
            percent(one["elsewhere"] / others),
        ]
        for one in fired
    ]
    header = ["scanner", f"of all {total:,}", *(f"{at} ({of})" for at, of in acts.items())]
    counted = f"{len(silent)} of {len(found['scanners'])} rules never fire on this organism"
    return "\n\n".join(
        (
            grid([*header, "fires on the other replies"], rows),
            f"{counted}, and miss 100 %: {', '.join(silent)}.",
        )
    )


def _missed(caught: int, acts: int) -> str:
    return percent(1 - caught / acts) if acts else "–"
