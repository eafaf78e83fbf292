"""The tables of docs/coverage.md, from what a run recorded."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.coverage_studies import (
    chains,
    clusters,
    judged,
    peeking,
    real_judges,
    stopping,
    targets,
)

Row = dict[str, Any]

SAVINGS = ("MOVER, random labels", "MOVER, 10/90 labels", "MOVER, 25/75 labels")
AT_LEAST = "at least, judge-positives only"


def tables(record: Row) -> dict[str, str]:
    """Every table by the name that marks its place on the page."""
    makers: dict[str, Callable[[Row], str]] = {
        "run": _run,
        "no-hit": _no_hit,
        "judged": _judged,
        "widths": _widths,
        "labels": _labels,
        "planted": _planted,
        "peeking": _peeking,
        "clusters": _clusters,
        "gaps": _gaps,
        "chains": _chains,
        "targets": _targets,
        "stopping": _stopping,
        "undeclared": _undeclared,
        "judges": _judges,
        "judges-labels": _judges_labels,
    }
    return {name: maker(record) for name, maker in makers.items()}


def grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of Markdown; all columns but the first are set to the right."""
    marks = ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))


def chosen(record: Row, study: str, **wanted: Any) -> list[Row]:
    """Results of a study with this method and these settings."""
    return [
        row
        for row in record["results"]
        if row["study"] == study
        and all((row if key in row else row["cell"]).get(key) == wanted[key] for key in wanted)
    ]


def names(rows: Iterable[Row]) -> list[str]:
    """The methods in their order; that of the study of judges is fixed, as not all are everywhere."""
    found = dict.fromkeys(row["method"] for row in rows)
    fixed = {method.name: place for place, method in enumerate(judged.METHODS)}
    return sorted(found, key=lambda name: fixed.get(name, 0))


def share(row: Row) -> float:
    """Share of repeats that covered, or decided."""
    return row["count"] / row["repeats"]


def percent(fraction: float, digits: int = 1) -> str:
    """Write a fraction in per cent."""
    return f"{100 * fraction:.{digits}f} %"


def plain(fraction: float) -> str:
    """Write a prevalence in per cent, without needless zeros."""
    return f"{100 * fraction:g} %"


def times(ratio: float) -> str:
    """Write how many times as many."""
    return f"{ratio:.1f}×" if ratio < 10 else f"{ratio:.0f}×"


def _run(record: Row) -> str:
    seeds, repeats = record["seeds"], record["repeats"]
    studies = (
        ("a judge and few labels", "judged"),
        ("looking at every step", "peeking"),
        ("requests asked several times", "clusters"),
        ("gaps", "gaps"),
        ("chains of generations", "chains"),
        ("corpus or model", "targets"),
        ("stopping at a hit", "stopping"),
        ("real judges", "real_judges"),
    )
    rows = [
        [title, str(seeds[f"{name.upper()}_SEED"]), f"{repeats[name]:,}"] for title, name in studies
    ]
    return grid(["study", "seed", "repeats of a cell"], rows)


def _no_hit(record: Row) -> str:
    rows = [
        [
            f"**{one['method']}**" if one["ours"] else one["method"],
            f"{abs(100 * one['low']):.2f} %",
            f"{100 * one['high']:.2f} %",
            f"{100 * one['width']:.2g}",
            "yes" if one["covers"] else "no",
        ]
        for one in record["argument"]["intervals"]
    ]
    return grid(["0 of 100", "from", "to", "width, points", "holds 1 %"], rows)


def _judged(record: Row) -> str:
    rows: list[list[str]] = []
    for name in names(chosen(record, judged.STUDY)):
        of = chosen(record, judged.STUDY, method=name)
        shares = [share(row) for row in of]
        widths = [row["figures"].get("width") for row in of]
        width = "" if None in widths else f"{100 * sum(widths) / len(widths):.1f}"
        rows.append(
            [
                f"**{name}**" if of[0]["ours"] else name,
                f"{len(of)}",
                f"{min(shares):.3f}",
                f"{sum(shares) / len(shares):.3f}",
                width,
                "yes" if of[0]["gated"] else "",
            ]
        )
    header = ["method", "cells", "lowest coverage", "mean", "mean width, points", "gated"]
    return grid(header, rows)


def _widths(record: Row) -> str:
    methods = ("random, hypergeometric", *SAVINGS, "MOVER, 50/50 labels")
    rows = [
        [f"{plain(p)}, {n} labels"]
        + [
            f"{100 * row['figures']['width']:.1f}"
            for method in methods
            for row in chosen(
                record, judged.STUDY, method=method, prevalence=p, labels=n, sensitivity=0.9
            )
        ]
        for p in judged.PREVALENCES
        for n in judged.LABELS
    ]
    return grid(["mean width, points", *methods], rows)


def _labels(record: Row) -> str:
    rows: list[list[str]] = []
    for p in judged.PREVALENCES:
        for sensitivity, specificity in judged.JUDGES:
            settings = {"prevalence": p, "sensitivity": sensitivity}
            rows.append(
                [f"{plain(p)}, judge {sensitivity} / {specificity}"]
                + [
                    _range(chosen(record, judged.STUDY, method=method, **settings))
                    for method in (*SAVINGS, AT_LEAST)
                ]
            )
    return grid(["labels of a random draw", *SAVINGS, AT_LEAST], rows)


def _range(rows: Sequence[Row]) -> str:
    ratios = sorted(row["figures"]["random_labels"] for row in rows)
    low, high = times(ratios[0]), times(ratios[-1])
    return low if low == high else f"{low.removesuffix('×')}–{high}"


def _planted(record: Row) -> str:
    rows = [
        [
            name,
            f"{len(of)}",
            f"{min(map(share, of)):.3f}",
            f"{sum(map(share, of)) / len(of):.3f}",
        ]
        for name in ("planted positives", "planted positives, too easy")
        for of in [chosen(record, judged.STUDY, method=name, sensitivity=0.7)]
    ]
    return grid(["judge 0.7 / 0.99", "cells", "lowest coverage", "mean"], rows)


def _peeking(record: Row) -> str:
    return _by_prevalence(record, peeking.STUDY, peeking.PREVALENCES, _missed, "runs that missed")


def _missed(row: Row) -> str:
    return percent(1 - share(row))


def _by_prevalence(
    record: Row,
    study: str,
    prevalences: Sequence[float],
    show: Callable[[Row], str],
    title: str,
    **settings: Any,
) -> str:
    rows = [
        [name]
        + [
            show(row)
            for p in prevalences
            for row in chosen(record, study, method=name, prevalence=p, **settings)
        ]
        for name in names(chosen(record, study))
    ]
    return grid([title, *map(plain, prevalences)], rows)


def _cells(
    record: Row, study: str, cells: Sequence[Any], label: Callable[[Any], list[str]]
) -> list[list[str]]:
    """A line for each cell: its settings, whether it is gated, and coverage / width by method."""
    rows: list[list[str]] = []
    for cell in cells:
        settings = {key: value for key, value in vars(cell).items() if key != "gated"}
        of = chosen(record, study, **settings)
        shown = [f"{share(row):.3f} / {100 * row['figures']['width']:.1f}" for row in of]
        rows.append([*label(cell), *shown, "yes" if of[0]["gated"] else ""])
    return rows


def _clusters(record: Row) -> str:
    rows = _cells(
        record,
        clusters.STUDY,
        clusters.CELLS,
        lambda cell: [f"{cell.requests} × {cell.epochs}", plain(cell.rate), f"{cell.rho:g}"],
    )
    methods = names(chosen(record, clusters.STUDY))
    return grid(["requests × epochs", "rate", "rho", *methods, "gated"], rows)


def _gaps(record: Row) -> str:
    rows = _cells(
        record,
        clusters.GAPS,
        clusters.gap_coverage.CELLS,
        lambda cell: [
            f"{cell.requests} × {cell.epochs}",
            f"{plain(cell.first)} → {plain(cell.second)}",
            f"{cell.rho:g}",
        ],
    )
    methods = names(chosen(record, clusters.GAPS))
    return grid(["requests × epochs", "rates", "rho", *methods, "gated"], rows)


def _chains(record: Row) -> str:
    rows: list[list[str]] = []
    for decision, rates in chains.RATES.items():
        for number, rate in enumerate(rates):
            for row in chosen(record, chains.STUDY, decision=decision, rate=rate):
                threshold = plain(chains.THRESHOLDS[decision])
                step = row["figures"].get("mean step")
                rows.append(
                    [
                        row["method"],
                        f"{decision}, bound {threshold}",
                        plain(rate),
                        percent(share(row)) + (" *" if number == 0 else ""),
                        "" if step is None else f"{step:.0f}",
                    ]
                )
    return grid(["test", "decision", "true rate", "decided by step 500", "mean step"], rows)


def _targets(record: Row) -> str:
    header = [f"{n} of {size:,}" for n, size in targets.READ_OF]
    rows = [
        [name]
        + [
            percent(share(row))
            for n, size in targets.READ_OF
            for row in chosen(record, targets.STUDY, method=name, reads=n, population=size)
        ]
        for name in names(chosen(record, targets.STUDY))
    ]
    return grid(["read", *header], rows)


def _stopping(record: Row) -> str:
    rows: list[list[str]] = []
    for stop in stopping.STOPS:
        for name in names(chosen(record, stopping.STUDY)):
            of = [
                row
                for p in stopping.PREVALENCES
                for row in chosen(record, stopping.STUDY, method=name, prevalence=p, stop=stop)
            ]
            rows.append([f"{name}, hit {stop}", *(f"{share(row):.3f}" for row in of)])
    return grid(["coverage", *map(plain, stopping.PREVALENCES)], rows)


def _undeclared(record: Row) -> str:
    rows = [
        [
            row["cell"]["rule"],
            plain(row["cell"]["prevalence"]),
            plain(row["promised"]),
            percent(share(row)),
        ]
        for row in sorted(chosen(record, stopping.UNDECLARED), key=lambda row: row["promised"])
    ]
    return grid(["stopped at", "true rate", "misses promised", "misses seen"], rows)


def _judges(record: Row) -> str:
    methods = names(chosen(record, real_judges.STUDY))
    judges = dict.fromkeys(row["cell"]["judge"] for row in chosen(record, real_judges.STUDY))
    rows: list[list[str]] = []
    for method in methods:
        of = {
            judge: chosen(record, real_judges.STUDY, method=method, judge=judge) for judge in judges
        }
        ours = next(iter(of.values()))[0]["ours"]
        rows.append(
            [f"**{method}**" if ours else method]
            + [f"{min(map(share, rows)):.3f}" for rows in of.values()]
        )
    return grid(["lowest coverage", *judges], rows)


def _judges_labels(record: Row) -> str:
    rows: list[list[str]] = []
    judges = {row["cell"]["judge"]: row["cell"] for row in chosen(record, real_judges.STUDY)}
    for judge, cell in judges.items():
        skill = f"{judge} ({cell['sensitivity']:.2f} / {cell['specificity']:.2f})"
        for p in real_judges.PREVALENCES:
            settings = {"judge": judge, "prevalence": p}
            size = chosen(record, real_judges.STUDY, **settings)[0]["cell"]["population"]
            rows.append(
                [skill, plain(p), f"{size:,}"]
                + [
                    _range(chosen(record, real_judges.STUDY, method=method, **settings))
                    for method in (*SAVINGS, AT_LEAST)
                ]
            )
    return grid(["judge", "lies", "N", *SAVINGS, AT_LEAST], rows)
