"""Outside instruments: verdicts that came with the transcripts, set beside our own."""

from collections import Counter
from dataclasses import dataclass

from allegiance import stats
from allegiance.report.cells import MISSING_OUTCOMES, OBSERVED_OUTCOMES
from allegiance.report.observations import OUTCOME, Record, Table
from allegiance.report.wording import counted, per_cent
from allegiance.stats import Interval

_YES = {"true", "yes", "1", "1.0", "y", "t"}
_NO = {"false", "no", "0", "0.0", "n", "f"}


@dataclass(frozen=True)
class Comparison:
    """Our verdicts and those of an outside instrument, on the transcripts that both judged.

    Attributes
    ----------
    both_yes, ours_only, theirs_only, both_no
        The 2 × 2 table.
    ours_missing, theirs_missing, unreadable
        Transcripts that could not be compared: no observation of ours; none of theirs; a value of
        theirs that is neither yes nor no. A transcript is counted under the first that holds.
    disagreement
        Target ``corpus``, a census of the transcripts that both judged; None if there are none.
    """

    category: str
    instrument: str
    both_yes: int
    ours_only: int
    theirs_only: int
    both_no: int
    ours_missing: int
    theirs_missing: int
    unreadable: int
    disagreement: Interval | None
    sentence: str


def comparisons(table: Table) -> list[Comparison]:
    """Compare every imported verdict with our own of the same category."""
    return [
        _compare(table, place, category, instrument)
        for place, (category, instrument) in enumerate(table.instruments)
    ]


def _compare(table: Table, place: int, category: str, instrument: str) -> Comparison:
    counts: Counter[str] = Counter()
    for record in table.records:
        theirs = record.imported[place]
        counts[_agreement(_ours(record, table, category), theirs)] += 1
    compared = sum(counts[kind] for kind in ("both_yes", "ours_only", "theirs_only", "both_no"))
    differ = counts["ours_only"] + counts["theirs_only"]
    return Comparison(
        category=category,
        instrument=instrument,
        both_yes=counts["both_yes"],
        ours_only=counts["ours_only"],
        theirs_only=counts["theirs_only"],
        both_no=counts["both_no"],
        ours_missing=counts["ours_missing"],
        theirs_missing=counts["theirs_missing"],
        unreadable=counts["unreadable"],
        disagreement=stats.proportion(differ, compared, compared) if compared else None,
        sentence=_sentence(category, instrument, counts, compared, differ),
    )


def _ours(record: Record, table: Table, category: str) -> bool | None:
    """Read our own verdict; None where there is no observation."""
    name, yes = (OUTCOME, category) if category in OBSERVED_OUTCOMES else (category, "yes")
    if name not in table.categories:
        return None
    value = record.verdicts[table.categories.index(name)].value
    if value is None or (name == OUTCOME and value in MISSING_OUTCOMES):
        return None
    return value == yes


def _agreement(ours: bool | None, theirs: str | None) -> str:
    if ours is None:
        return "ours_missing"
    if theirs is None or not theirs.strip():
        return "theirs_missing"
    said = theirs.strip().lower()
    if said in _YES:
        return "both_yes" if ours else "theirs_only"
    if said in _NO:
        return "ours_only" if ours else "both_no"
    return "unreadable"


def _sentence(
    category: str, instrument: str, counts: Counter[str], compared: int, differ: int
) -> str:
    left_out = ", ".join(
        f"{counts[kind]:,} {words}"
        for kind, words in (
            ("ours_missing", "without an observation of ours"),
            ("theirs_missing", "without one of theirs"),
            ("unreadable", "where theirs is neither yes nor no"),
        )
        if counts[kind]
    )
    left_out = f" Not compared: {left_out}." if left_out else ""
    if not compared:
        return f"{instrument} and our {category} judged no transcript in common.{left_out}"
    return (
        f"{instrument} disagrees with our {category} on {differ:,} of "
        f"{counted(compared, 'transcript')} that both judged ({per_cent(differ, compared)}, all of "
        "them counted): "
        f"{counts['ours_only']:,} are {category} by ours only, "
        f"{counts['theirs_only']:,} by theirs only.{left_out}"
    )
