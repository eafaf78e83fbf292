# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""What can be typed into the filter bar: the columns there are, and the values of one with how often they occur."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

import msgspec
import numpy as np

from allegiance.audit.frames import instruments_of, read_field
from allegiance.audit.matching import LABEL, SCORE, VERDICT, Beside
from allegiance.corpus.arrow import FACTOR_PREFIX, factor_columns
from allegiance.corpus.filters import IsNull, Kind, field
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.inert import inert_line
from allegiance.web.selection import Selection
from allegiance.web.site import Site

_LEFT_OUT = {
    "transcript_id", "content_hash", "source_identity", "facts_hash", "text", "reasoning", "output", "events",
    "provenance", "attempt",
}  # fmt: skip
_LOOKED_INTO = 400
"""Rows in whose JSON names are looked for."""
_MOST_NAMES = 60
_MOST_VALUES = 200


@dataclass(frozen=True)
class Offered:
    """A column that a filter can look at.

    Attributes
    ----------
    name
        As it is written.
    kind
        ``text``, ``numbers``, ``times`` or ``JSON``.
    what
        A factor of the condition, a fact, a score, a verdict, a label.
    """

    name: str
    kind: str
    what: str

    def to_dict(self) -> dict[str, str]:
        """Return it as JSON can carry it."""
        return {**asdict(self), "shown": inert_line(self.name)}


def columns(site: Site, person: Person) -> list[Offered]:
    """Give the columns that this person's filters may look at, those of the condition first."""
    query = site.corpus.query()
    key = ("columns", query.version, site.verdicts_version)
    found = site.kept(key, lambda: [*_columns(site)])
    if person.role == "rater":
        return found
    with site.record() as record:
        labelled = {category for said in record.agreed.values() for category in said}
    return [*found, *(Offered(f"{LABEL}.{one}", "text", "label") for one in sorted(labelled))]


def values(
    site: Site, person: Person, selection: Selection, name: str, begins: str = ""
) -> list[dict[str, Any]]:
    """Give the values of a column with how often they occur, the most frequent first.

    Raises
    ------
    UsageError
        If there is no such column, or it is not for this person.
    """
    query = site.corpus.query()
    place = read_field(query, name)
    if place.column == LABEL and person.role == "rater":
        raise UsageError("What others labelled is not for raters.")
    labels: dict[str, dict[str, str]] = {}
    if place.column == LABEL:
        with site.record() as record:
            labels = record.agreed
    instruments = instruments_of(site.corpus, [IsNull(place)], selection.scanners)
    beside = Beside(query, site.corpus, instruments, labels)
    held = beside.values(place, np.arange(len(query.snapshot.ids)))
    counted = Counter(one for one in held if isinstance(one, (str, int, float)))
    sought = begins.strip().casefold()
    listed = [
        {"value": str(value), "shown": inert_line(str(value)), "number": number}
        for value, number in counted.most_common()
        if sought in str(value).casefold()
    ]
    listed.sort(key=lambda one: not str(one["value"]).casefold().startswith(sought))
    missing = sum(one is None for one in held)
    told = listed[:_MOST_VALUES]
    return [*told, {"value": None, "number": missing}] if missing and not sought else told


def _columns(site: Site) -> Iterator[Offered]:
    snapshot = site.corpus.query().snapshot
    kinds = snapshot.kinds
    for name in factor_columns(snapshot.schema):
        yield Offered(field(name, kinds).name, "text", "condition")
    for name, kind in kinds.items():
        known = name in _LEFT_OUT or name.startswith(FACTOR_PREFIX)
        if not known and kind not in (Kind.NESTED, Kind.JSON):
            yield Offered(name, str(kind), "fact")
    scanners = site.corpus.verdict_columns().scanners
    for category in dict.fromkeys(one.category for one in scanners):
        yield Offered(f"{VERDICT}.{category}", "text", "verdict")
    for category in dict.fromkeys(one.category for one in scanners if one.scores):
        yield Offered(f"{SCORE}.{category}", "numbers", "score of a verdict")
    for column in ("scores", "metadata"):
        for name, number in _names(site, column):
            yield Offered(f"{column}.{name}", "numbers" if number else "text", column)


def _names(site: Site, column: str) -> list[tuple[str, bool]]:
    """Find names inside the JSON of some rows, and whether they hold numbers."""
    snapshot = site.corpus.query().snapshot
    rows = len(snapshot.ids)
    some = np.unique(np.linspace(0, max(rows - 1, 0), min(rows, _LOOKED_INTO)).astype(np.int64))
    found: dict[str, bool] = {}
    for text in snapshot.take(some, [column])[column].to_pylist():
        for name, value in _decoded(text).items():
            inner = cast(dict[str, Any], value).get("value") if isinstance(value, dict) else value
            number = isinstance(inner, (int, float)) and not isinstance(inner, bool)
            found[name] = found.get(name, number) and number
    return sorted(found.items())[:_MOST_NAMES]


def _decoded(text: str | None) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return {}
    return cast(dict[str, Any], told) if isinstance(told, dict) else {}
