"""The tables of docs/audit-coverage.md, from what a run recorded."""

from typing import Any

from benchmarks.audit_studies import lies, organism
from benchmarks.coverage_studies.tables import grid, percent, share, times

Row = dict[str, Any]


def tables(record: Row) -> dict[str, str]:
    """Every table by the name that marks its place on the page."""
    return {
        "run": _run(record),
        "known": _known(record),
        "organism": _organism(record),
        "carried-over": _carried_over(record),
        "judges": _judges(record),
        "lies": _lies(record),
        "saved": _saved(record),
        "times": _times(record),
    }


def chosen(record: Row, study: str, **wanted: Any) -> list[Row]:
    """Results of a study with these settings."""
    return [
        row
        for row in record["results"]
        if row["study"] == study
        and all((row if key in row else row["cell"]).get(key) == wanted[key] for key in wanted)
    ]


def _run(record: Row) -> str:
    seeds = record["seeds"]
    rows = [
        ["the organism's corpus", str(seeds["CORPUS_SEED"]), "—"],
        [organism.STUDY, str(seeds["ORGANISM_SEED"]), _repeats(record, organism.STUDY)],
        [lies.STUDY, str(seeds["LIES_SEED"]), _repeats(record, lies.STUDY)],
    ]
    return grid(["what", "seed", "repeats of a cell"], rows)


def _repeats(record: Row, study: str) -> str:
    counts = {row["repeats"] for row in chosen(record, study)}
    if not counts:
        return "left out"
    few, many = min(counts), max(counts)
    return f"{few:,}" if few == many else f"{few:,} to {many:,}"


def _known(record: Row) -> str:
    known = record["known"][organism.STUDY]
    rows = [
        _counted("the whole corpus", known["doubts"], known["transcripts"]),
        _counted("the category", known["doubts_in_category"], known["category"]),
    ]
    return grid(["", "D", "N", "true rate"], rows)


def _counted(name: str, hits: int, size: int) -> list[str]:
    return [name, f"{hits:,}", f"{size:,}", percent(hits / size, 2)]


def _organism(record: Row) -> str:
    """Ours and the peers that anybody could compute from the same reads."""
    methods = {
        organism.LICENSED: f"**{organism.LICENSED}**",
        organism.CLOPPER: organism.CLOPPER,
        organism.INSPECT: organism.INSPECT,
    }
    rows = []
    for way in dict.fromkeys(row["cell"]["way"] for row in chosen(record, organism.STUDY)):
        of = {row["method"]: row for row in chosen(record, organism.STUDY, way=way)}
        reads = next(iter(of.values()))["figures"]["reads"]
        rows.append([way, f"{reads:.0f}", *(_held(of.get(method)) for method in methods)])
    return grid(["how it was read", "reads", *methods.values()], rows)


def _held(row: Row | None) -> str:
    if row is None:
        return "no number"
    return f"{share(row):.3f} / {100 * row['figures']['width']:.1f}"


def _carried_over(record: Row) -> str:
    """What reading of the story and of the top says of the whole corpus."""
    said = (organism.LOWER, organism.CATEGORY_RATE, organism.POOLED, organism.NO_RATE)
    rows = [
        [
            row["cell"]["way"],
            f"**{row['method']}**" if row["ours"] else row["method"],
            f"{row['count']} of {row['repeats']}",
            f"{row['promised']:g}",
        ]
        for row in chosen(record, organism.STUDY)
        if row["method"] in said
    ]
    return grid(["how it was read", "what is said", "held", "promised"], rows)


def _judges(record: Row) -> str:
    rows = [
        [
            judge,
            f"{counts['transcripts']:,}",
            f"{counts['missing']:,}",
            percent(counts["lies"] / counts["transcripts"]),
            percent(counts["called"] / counts["transcripts"]),
            "yes" if _own(record, judge) else "no",
        ]
        for judge, counts in record["known"].get(lies.STUDY, {}).items()
    ]
    header = ["judge", "N", "no verdict", "lies", "called lies", "its own interval holds"]
    return grid(header, rows)


def _own(record: Row, judge: str) -> bool:
    return any(row["count"] for row in chosen(record, lies.STUDY, judge=judge, method=lies.JUDGE))


def _lies(record: Row) -> str:
    return _by_judge(record, lambda row: _held(row))


def _saved(record: Row) -> str:
    return _by_judge(record, lambda row: times(row["figures"]["saved"]))


def _by_judge(record: Row, shown: Any) -> str:
    rows = chosen(record, lies.STUDY, method=lies.LICENSED)
    columns = [*dict.fromkeys((row["cell"]["labels"], row["cell"]["shares"]) for row in rows)]
    found = {
        (row["cell"]["judge"], row["cell"]["labels"], row["cell"]["shares"]): shown(row)
        for row in rows
    }
    judges = dict.fromkeys(row["cell"]["judge"] for row in rows)
    return grid(
        ["judge", *(f"{n}, {shares}" for n, shares in columns)],
        [[judge, *(found[judge, *column] for column in columns)] for judge in judges],
    )


def _times(record: Row) -> str:
    rows = [[one["what"], one["peer"], f"{one['ratio']:.2g}×"] for one in record["times"]]
    return grid(["what", "beside", "takes"], rows)
