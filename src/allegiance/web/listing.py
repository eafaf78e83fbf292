# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Rows of the list: facts and verdicts of transcripts, and the words that a search found in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from allegiance.audit.frames import instruments_of, read_field
from allegiance.audit.matching import SCORE, VERDICT, Beside
from allegiance.audit.specs import Instrument
from allegiance.corpus.arrow import FACTOR_PREFIX, factor_columns
from allegiance.corpus.filters import Field, IsNull, field
from allegiance.corpus.order import Positions
from allegiance.corpus.search import Snippet, places_in, terms_of
from allegiance.corpus.snapshot import Snapshot
from allegiance.errors import UsageError
from allegiance.web.found import Found
from allegiance.web.selection import TOP, Selection
from allegiance.web.site import Site

OUTCOME = "outcome"
_BEFORE = ("model",)
_AFTER = ("request_id", "epoch")
_SHOWN_AS = {"request_id": "request"}
_TIERS = {"monitored": "filled", "unmonitored": "outlined"}
_CUT = re.compile(r"\S{1,20}\s+")
_LONGEST_ID = 12


@dataclass(frozen=True)
class Column:
    """A column of the list.

    Attributes
    ----------
    name
        What stands above it.
    sort
        What the list is sorted by where it is chosen.
    score
        The score by which the most striking are shown first; empty where there is none.
    kind
        ``fact``, ``number`` or ``verdict``.
    store, field, instrument
        Where its values are from.
    told
        What a pointer is told of it.
    """

    name: str
    sort: str
    kind: str = "fact"
    score: str = ""
    store: str = ""
    field: Field | None = None
    instrument: Instrument | None = None
    told: str = ""


@dataclass(frozen=True)
class Cell:
    """What stands in a row under a column: a text, the mark it has, and the value that it shows."""

    text: str
    mark: str = ""
    told: str = ""
    value: str | int | float | None = None


@dataclass(frozen=True)
class Row:
    """A transcript in the list."""

    place: int
    identifier: str
    cells: tuple[Cell, ...]
    snippets: tuple[Snippet, ...] = ()

    @property
    def words(self) -> list[list[tuple[str, bool]]]:
        """The words that a search found: each place as texts, and whether a text is what matched."""
        return [[*pieces(one)] for one in self.snippets]

    @property
    def short(self) -> str:
        """The beginning of its id."""
        return self.identifier[:_LONGEST_ID]


def columns_of(site: Site, selection: Selection) -> tuple[Column, ...]:
    """Give the columns of a selection's list: model, the factors that vary, request, epoch, verdicts.

    Raises
    ------
    UsageError
        If a category is to be shown that no scanner looked for.
    """
    snapshot = site.corpus.query().snapshot
    varying = [name for name in factor_columns(snapshot.schema) if _varies(snapshot, name)]
    facts = [
        Column(
            name=_SHOWN_AS.get(name, name.removeprefix(FACTOR_PREFIX)),
            sort=field(name, snapshot.kinds).name,
            kind="number" if name == "epoch" else "fact",
            store=name,
        )
        for name in (*_BEFORE, *varying, *_AFTER)
        if name not in _AFTER or _varies(snapshot, name)
    ]
    scanned = {one.category for one in site.corpus.verdict_columns().scanners}
    facts += _sorted_by(site, selection)
    sorted_by = selection.sort.removeprefix("-").removeprefix(f"{VERDICT}.").strip('"')
    first = [
        one
        for one in dict.fromkeys((OUTCOME, sorted_by))
        if one in scanned and one not in selection.shown
    ]
    return (*facts, *(_of_category(site, one, selection) for one in (*first, *selection.shown)))


def _sorted_by(site: Site, selection: Selection) -> list[Column]:
    """Give the score that the list is sorted by, so that it can be seen."""
    if selection.kind != "top":
        return []
    name = selection.sort.removeprefix(TOP)
    return [Column(name, "", "number", selection.sort, field=read_field(site.corpus.query(), name))]


def instrument_for(site: Site, category: str, selection: Selection) -> Instrument:
    """Find the scanner whose verdicts in a category are shown.

    Raises
    ------
    UsageError
        If none said anything, or several did and none is named.
    """
    asked = IsNull(Field(VERDICT, (category,), VERDICT))
    return instruments_of(site.corpus, [asked], selection.scanners)[0]


def rows_of(
    found: Found,
    columns: Sequence[Column],
    site: Site,
    start: int,
    stop: int,
    *,
    words: bool = True,
) -> list[Row]:
    """Give the rows of a selection from one place to before another, counted from 0.

    With `words` those are given, too, that a search found.
    """
    positions = found.positions[start:stop]
    beside = site.corpus.verdict_columns(found.query)
    across = [
        _of_field(site, found, column, positions)
        if column.field is not None
        else _cells(found, beside, column, positions)
        for column in columns
    ]
    ids = found.ids(start, stop)
    snippets = _snippets(found, positions) if words else [()] * len(positions)
    return [
        Row(start + number + 1, identifier, tuple(cells[number] for cells in across), said)
        for number, (identifier, said) in enumerate(zip(ids, snippets, strict=True))
    ]


def _of_category(site: Site, category: str, selection: Selection) -> Column:
    try:
        one = instrument_for(site, category, selection)
    except UsageError as error:
        if not site.corpus.verdict_columns().of(category):
            raise
        # Several looked, and none is chosen: nothing is shown until one is.
        return Column(category, "", "verdict", told=str(error))
    gave = site.corpus.verdict_columns().of(category)
    scored = any(other.scores for other in gave if other.digest == one.digest)
    return Column(
        name=category,
        sort=f"{VERDICT}.{category}",
        kind="verdict",
        score=f"{TOP}{SCORE}.{category}" if scored else "",
        instrument=one,
        told=f"What the scanner {one.scanner or 'without a name'} ({one.digest[:12]}) said",
    )


def _varies(snapshot: Snapshot, name: str) -> bool:
    held = snapshot.coded(name)
    return len(held.values) > 1 or (len(held.values) == 1 and bool((held.codes < 0).any()))


def _of_field(site: Site, found: Found, column: Column, positions: Positions) -> list[Cell]:
    assert column.field is not None
    beside = Beside(found.query, site.corpus, found.instruments, {})
    return [_fact(column, value) for value in beside.values(column.field, positions)]


def _cells(found: Found, beside: Any, column: Column, positions: Positions) -> list[Cell]:
    if column.kind != "verdict":
        values = found.query.snapshot.coded(column.store).at(positions)
        return [_fact(column, value) for value in values]
    if column.instrument is None:
        return [Cell("", "missing", column.told)] * len(positions)
    said = beside.column(column.instrument.category, column.instrument.digest)
    return [
        _verdict(value, status, score)
        for value, status, score in zip(
            said.values.at(positions),
            said.statuses.at(positions),
            said.scores[positions].tolist(),
            strict=True,
        )
    ]


def _fact(column: Column, value: Any) -> Cell:
    if value is None or value == "":
        return Cell("", "missing", "not recorded")
    mark = _TIERS.get(str(value), "") if column.sort == "tier" else ""
    if isinstance(value, int):
        return Cell(f"{value:,}", mark, value=value)
    if isinstance(value, float):
        return Cell(f"{value:g}", mark, value=value)
    return Cell(str(value), mark, value=str(value))


def _verdict(value: str | None, status: str | None, score: float) -> Cell:
    if status is None:
        return Cell("", "missing", "this scanner did not look at it")
    if value is None:
        return Cell(
            "" if status == "ok" else status, "missing", f"the scanner gave no value: {status}"
        )
    told = "" if score != score else f"score {score:g}"
    return Cell(value, "", told, value)


def _snippets(found: Found, positions: Positions) -> list[tuple[Snippet, ...]]:
    """Give the words that a search found in each; none where nothing is searched for."""
    terms = terms_of(found.query)
    if not terms:
        return [()] * len(positions)
    name = terms[0].column
    texts = found.query.snapshot.take(positions, [name])[name].to_pylist()
    return [places_in(found.query, text or "", name) for text in texts]


def pieces(snippet: Snippet) -> Iterator[tuple[str, bool]]:
    """Take a snippet apart at what matched; a word that was cut at its beginning is left out."""
    place = snippet.start
    if place:
        cut = _CUT.match(snippet.text[: snippet.spans[0][0] - place])
        place += cut.end() if cut else 0
    for low, high in (*snippet.spans, (snippet.end, snippet.end)):
        for start, stop, marked in ((place, low, False), (low, high, True)):
            text = snippet.text[max(start - snippet.start, 0) : max(stop - snippet.start, 0)]
            if text:
                yield text, marked
        place = max(high, place)
