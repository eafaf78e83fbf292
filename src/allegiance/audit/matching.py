# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Which transcripts a filter keeps that looks at verdicts and labels: asked once of each value, not of each row.

An answer is true, unknown or false, as 1, 0 or -1: so AND is the least of its terms, OR the greatest,
and NOT the opposite sign. What a single condition says of a value is said by `filter_rows.holds`.
"""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from allegiance.audit.specs import Instrument
from allegiance.corpus import Corpus, Query
from allegiance.corpus.coded import Coded, numbered
from allegiance.corpus.filter_rows import holds, value_of
from allegiance.corpus.filters import And, Compare, Expression, Field, IsNull, Kind, Not, Or
from allegiance.corpus.order import Positions
from allegiance.corpus.verdict_columns import VerdictColumn
from allegiance.errors import AllegianceError, UsageError

VERDICT, SCORE, LABEL = "verdict", "verdict_score", "label"
BESIDE = {VERDICT: Kind.JSON, SCORE: Kind.JSON, LABEL: Kind.JSON}
"""What filters of frames know besides the columns of the transcripts."""

Labels = Mapping[str, Mapping[str, str]]
"""Transcript id to category to what its labels agree on; ``disputed`` where they don't."""
Answers = np.ndarray[tuple[int], np.dtype[np.int8]]

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EXACT = 2**53
"""Whole numbers below it are numbers with a fraction, too."""


class Beside:
    """Transcripts of one version with what stands beside them: verdicts and labels.

    Parameters
    ----------
    query
        The version.
    instruments
        Whose verdicts count, in their categories.
    labels
        What labels say.
    """

    def __init__(
        self, query: Query, corpus: Corpus, instruments: Sequence[Instrument], labels: Labels
    ) -> None:
        self._snapshot = query.snapshot
        self._corpus = corpus
        self._columns = corpus.verdict_columns(query)
        self._instruments = {one.category: one for one in instruments}
        self._labels = labels

    def keeps(self, condition: Expression, among: Positions) -> Positions:
        """Give those of some transcripts for which a condition is true, in their order."""
        return among[self._answers(condition)[among] > 0]

    def unscanned(self, among: Positions) -> int:
        """Count those of some transcripts that an instrument passed over."""
        scanned = np.ones(len(among), bool)
        for one in self._instruments.values():
            scanned &= self._said(one).looked[among]
        return int(len(among) - scanned.sum())

    def values(self, place: Field, among: Positions) -> list[Any]:
        """Give what a field holds for some transcripts; None where nothing."""
        if place.column == SCORE:
            scores = self._scored(place)[among].tolist()
            return [None if score != score else score for score in scores]
        held = self._held(place)
        if place.column in BESIDE or not place.path:
            return held.at(among)
        known = [value_of(place, {place.column: one}) for one in (*held.values, None)]
        return [known[code] for code in held.codes[among].tolist()]

    def sorted(
        self, place: Field, among: Positions, *, descending: bool = False, nothing: bool = True
    ) -> Positions:
        """Sort some transcripts by what a field holds; ids settle ties.

        Parameters
        ----------
        nothing
            Whether those for which it holds nothing come at the end; else they are left out.

        Raises
        ------
        UsageError
            If what it holds can't be compared with each other.
        """
        by_id = self._snapshot.sorted(among)
        ranks, most = self._ranks(place, by_id)
        if descending:
            ranks = np.where(ranks < most, most - 1 - ranks, ranks)
        ordered = by_id[np.argsort(ranks, kind="stable")]
        return ordered if nothing else ordered[: int((ranks < most).sum())]

    def _ranks(self, place: Field, positions: Positions) -> tuple[Any, int]:
        """Give the rank of what a field holds, from 0, and the number that stands for nothing."""
        if place.column == SCORE:
            scores = self._scored(place)[positions]
            different, ranks = np.unique(scores, return_inverse=True, equal_nan=True)
            most = int((~np.isnan(different)).sum())
            return ranks, most
        held = self._held(place)
        inside = place.column not in BESIDE and bool(place.path)
        values = [value_of(place, {place.column: v}) if inside else v for v in held.values]
        try:
            order = {value: rank for rank, value in enumerate(sorted({*values} - {None}))}
        except TypeError as error:
            raise UsageError("What it is sorted by holds values of several kinds.") from error
        rank_of = [*(order.get(value, len(order)) for value in values), len(order)]
        return np.array(rank_of, np.int64)[held.codes[positions]], len(order)

    def _answers(self, condition: Expression) -> Answers:
        match condition:
            case And(terms):
                return self._together(np.minimum, terms, 1)
            case Or(terms):
                return self._together(np.maximum, terms, -1)
            case Not(term):
                return -self._answers(term)
            case _:
                return self._of_one(condition)

    def _together(self, join: Any, terms: Sequence[Expression], start: int) -> Answers:
        found = np.full(len(self._snapshot.ids), start, np.int8)
        for term in terms:
            join(found, self._answers(term), out=found)
        return found

    def _of_one(self, condition: Any) -> Answers:
        """Answer a single condition."""
        place: Field = condition.field
        if place.column == SCORE:
            quick = _of_numbers(condition, self._scored(place))
            if quick is not None:
                return quick
        held = self._held(place)
        rows = [_row(place, value) for value in (*held.values, None)]
        answers = [_signed(holds(condition, row)) for row in rows]
        return np.array(answers, np.int8)[held.codes]

    def _held(self, place: Field) -> Coded:
        if place.column not in BESIDE:
            return self._snapshot.coded(place.column)
        if place.column == LABEL:
            return self._labelled(self._category(place))
        if place.column == VERDICT:
            return self._said(self._instrument(place)).values
        scores = self._scored(place).tolist()
        return numbered(None if score != score else score for score in scores)

    def _scored(self, place: Field) -> Any:
        return self._said(self._instrument(place)).scores

    def _said(self, one: Instrument) -> VerdictColumn:
        return self._columns.column(one.category, one.digest)

    def _labelled(self, category: str) -> Coded:
        said = [(i, of[category]) for i, of in self._labels.items() if category in of]
        found = numbered(value for _, value in said)
        places = self._snapshot.places([identifier for identifier, _ in said])
        codes = np.full(len(self._snapshot.ids), -1, np.int32)
        codes[places[places >= 0]] = found.codes[places >= 0]
        return Coded(found.values, codes)

    def _category(self, place: Field) -> str:
        return category_of(place.path[0], self._corpus)

    def _instrument(self, place: Field) -> Instrument:
        category = self._category(place)
        if category not in self._instruments:
            raise AllegianceError(
                f"The filter looks at verdicts in {category}, and the frame names no scanner of them."
            )
        return self._instruments[category]


def category_of(written: str, corpus: Corpus) -> str:
    """Find the category that a name in a filter stands for; underscores may stand for hyphens."""
    hyphened = written.replace("_", "-")
    if written == hyphened or corpus.verdict_columns().of(written):
        return written
    return hyphened


def _row(place: Field, value: Any) -> dict[str, Any]:
    """Put a value where a condition looks for it."""
    if place.column in BESIDE:
        return {place.column: json.dumps({place.path[0]: value})}
    return {place.column: value}


def _signed(answer: bool | None) -> int:
    return 0 if answer is None else 1 if answer else -1


def _of_numbers(condition: Expression, scores: Any) -> Answers | None:
    """Answer a condition on many different numbers at once; None where it has to be asked of each."""
    missing = np.isnan(scores)
    if isinstance(condition, IsNull):
        return np.where(missing, 1, -1).astype(np.int8)
    if not isinstance(condition, Compare) or not isinstance(condition.value, (int, float)):
        return None
    if abs(condition.value) > _EXACT:
        return None
    answers = np.where(_ORDER[condition.operator](scores, condition.value), 1, -1)
    answers[missing] = 0
    return answers.astype(np.int8)
