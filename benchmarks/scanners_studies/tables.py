"""The tables of docs/real-instruments.md, from what a run recorded."""

from typing import Any

from allegiance.stats import proportion
from benchmarks.coverage_studies.tables import chosen, grid, percent, plain, share
from benchmarks.scanners_studies import confusion, correcting, speeds, uneven
from benchmarks.scanners_studies.judges import DESIGNS, RANDOM

Row = dict[str, Any]
_ERRORS = (*correcting.ERRORS, correcting.CORRECTED, correcting.ALONE)


def tables(record: Row) -> dict[str, str]:
    """Every table by the name that marks its place on the page."""
    return {
        "run": _run(record),
        "judges": _judges(record),
        "corrected": _corrected(record),
        "saved": _saved(record),
        "errors": _errors(record),
        "gaps": _gaps(record),
        "tests": _tests(record),
        "string-label": _string_label(record),
        "people": _people(record),
        "talk": _talk(record),
        "speed": _speed(record),
    }


def _run(record: Row) -> str:
    seeds, repeats = record["seeds"], f"{record['repeats']:,}"
    rows = [
        [correcting.STUDY, str(seeds["CORRECTING_SEED"]), repeats],
        [uneven.STUDY, str(seeds["UNEVEN_SEED"]), repeats],
        ["the whole program beside the shortcut", str(seeds["MACHINERY_SEED"]), "1"],
        ["the string label", str(seeds["PAIRED_SEED"]), "1"],
    ]
    return grid(["what", "seed", "repeats of a cell"], rows)


def _judges(record: Row) -> str:
    rows = [
        [
            name,
            f"{of['transcripts']:,}",
            str(of["missing"]),
            percent(of["lies"] / of["transcripts"]),
            percent(of["naive"]),
            *(f"{of[error]:.3f}" for error in correcting.ERRORS),
        ]
        for name, of in record["judges"].items()
    ]
    header = ["judge", "N", "no verdict", "lies", "called lies", *correcting.ERRORS]
    return grid(header, rows)


def _corrected(record: Row) -> str:
    rows: list[list[str]] = []
    for judge in record["judges"]:
        for prevalence in correcting.PREVALENCES:
            found = [
                _one(record, judge, prevalence, labels, design)
                for labels in correcting.LABELS
                for design in DESIGNS
            ]
            own = next(row["figures"]["naive"] for row in found if row)
            rows.append([f"{judge}, {plain(prevalence)}", percent(own), *map(_held, found)])
    header = [f"{labels}, {design}" for labels in correcting.LABELS for design in DESIGNS]
    return grid(["judge, true rate", "its own rate", *header], rows)


def _one(record: Row, judge: str, prevalence: float, labels: int, design: str) -> Row | None:
    found = chosen(
        record,
        correcting.STUDY,
        judge=judge,
        prevalence=prevalence,
        labels=labels,
        design=design,
        method=correcting.CORRECTED,
    )
    return found[0] if found else None


def _held(row: Row | None) -> str:
    if row is None:
        return "—"
    mark = "" if row["gated"] else " †"
    return f"{share(row):.3f} / {100 * row['figures']['width']:.1f}{mark}"


def _saved(record: Row) -> str:
    """Mean width of the corrected interval for each point of that of the labels alone, random draws."""
    rows: list[list[str]] = []
    for judge in record["judges"]:
        cells = [judge]
        for prevalence in correcting.PREVALENCES:
            two = [
                chosen(
                    record,
                    correcting.STUDY,
                    judge=judge,
                    prevalence=prevalence,
                    labels=300,
                    design=RANDOM,
                    method=method,
                )
                for method in (correcting.CORRECTED, correcting.ALONE)
            ]
            made, alone = (of[0]["figures"]["width"] for of in two)
            cells.append(f"{100 * made:.1f} / {100 * alone:.1f}")
        rows.append(cells)
    return grid(["judge", *(plain(p) for p in correcting.PREVALENCES)], rows)


def _errors(record: Row) -> str:
    rows: list[list[str]] = []
    for method in _ERRORS:
        cells = [method]
        for design in DESIGNS:
            found = chosen(record, correcting.STUDY, design=design, method=method)
            widths = [row["figures"]["width"] for row in found if row["cell"]["prevalence"] == 0.5]
            low = min(share(row) for row in found)
            cells.append(f"{low:.3f} / {100 * min(widths):.0f} to {100 * max(widths):.0f}")
        rows.append(cells)
    return grid(["", *DESIGNS], rows)


def _gaps(record: Row) -> str:
    rows: list[list[str]] = []
    for judge in record["judges"]:
        of = {"judge": judge, "arms": uneven.UNEVEN}
        made = chosen(record, uneven.STUDY, **of, method=uneven.GAP)
        alone = chosen(record, uneven.STUDY, **of, method=uneven.GAP_ALONE)
        figures = made[0]["figures"]
        low, high = 100 * figures["naive_low"], 100 * figures["naive_high"]
        own = f"{100 * figures['naive']:+.1f} [{low:.1f}, {high:.1f}]"
        rows.append([judge, own, *map(_held, (*made, *alone))])
    header = [
        f"{name}, {labels}" for name in ("corrected", "labels alone") for labels in uneven.LABELS
    ]
    return grid(["judge", "its own gap", *header], rows)


def _tests(record: Row) -> str:
    rows: list[list[str]] = []
    for judge in record["judges"]:
        cells = [judge]
        for arms, method in ((uneven.UNEVEN, uneven.CAUGHT), (uneven.EVEN, uneven.ALARM)):
            found = chosen(record, uneven.STUDY, judge=judge, arms=arms, method=method)
            cells += [f"{share(row):.3f}" for row in found]
        even = chosen(record, uneven.STUDY, judge=judge, arms=uneven.EVEN, method=uneven.GAP)
        cells.append(f"{max(row['figures']['naive_excludes_zero'] for row in even):.3f}")
        rows.append(cells)
    header = [f"{what}, {n}" for what in ("found", "false alarms") for n in uneven.LABELS]
    return grid(["judge", *header, "own gap excludes zero, arms at random"], rows)


def _string_label(record: Row) -> str:
    of = record["published"].get("string label")
    if of is None:
        return "The data are not at hand."
    rows = [_measure(name, of["measures"][name]) for name in correcting.ERRORS]
    rate, naive = of["corrected"]["interval"], of["corrected"]["naive"]
    rows += [
        ["its own rate", f"{naive['positives']} of {naive['told']}", percent(naive["rate"])],
        ["corrected", f"{rate['hits']} of {rate['reads']}", _limits(rate)],
        ["all of them, by the rule", f"{of['complied_of_all']} of {of['population']}",
         percent(of["complied_of_all"] / of["population"])],
    ]  # fmt: skip
    return grid(["", "k of n", "% [limits]"], rows)


def _measure(name: str, of: Row) -> list[str]:
    shown = of["reason"] if of["interval"] is None else _limits(of["interval"])
    return [name, f"{of['hits']} of {of['reads']}", shown]


def _limits(interval: Row) -> str:
    low, high = 100 * interval["low"], 100 * interval["high"]
    return f"{100 * interval['estimate']:.1f} [{low:.1f}, {high:.1f}]"


def _people(record: Row) -> str:
    of = record["published"].get("beside people")
    if of is None:
        return "The data are not at hand."
    levels = {one["level"]: one for one in of["by"]["levels"]}
    rows = [_by_people(name, levels[name], made) for name, made in of["each"].items()]
    header = ["model", "n", "judge", "people", "false positives", "misses", "sensitivity", "specificity"]  # fmt: skip
    return grid(header, rows)


def _talk(record: Row) -> str:
    of = record["published"].get("talk about lying")
    return "The data are not at hand." if of is None else confusion.table(of)


def _speed(record: Row) -> str:
    if not record["speed"]:
        return "Not measured."
    header = ["", "verdicts a second", "Scout's", "ratio", "beside the bare work"]
    return grid(header, speeds.table_rows(record["speed"]))


def _by_people(name: str, level: Row, made: Row) -> list[str]:
    terms = {one["name"]: 100 * one["difference"] for one in made["terms"]}
    return [
        name,
        str(level["population"]),
        percent(made["naive"]["rate"]),
        percent(made["interval"]["estimate"]),
        f"{terms['said yes']:+.1f}",
        f"{terms['said no']:+.1f}",
        *(_of(level[error]) for error in ("sensitivity", "specificity")),
    ]


def _of(measure: Row) -> str:
    k, n = measure["hits"], measure["reads"]
    found = proportion(k, n)
    return f"{k} of {n}: {100 * found.point:.0f} [{100 * found.low:.0f}, {100 * found.high:.0f}]"
