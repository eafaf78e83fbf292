"""The frames behind the numbers of a report: for every cell, and every count in it, the filter that keeps it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from allegiance.audit.frames import VERDICT
from allegiance.corpus.filter_printing import for_people
from allegiance.corpus.filters import (
    And,
    Compare,
    Expression,
    Field,
    IsNull,
    Kind,
    Not,
    OneOf,
    Or,
    field,
    joined,
)
from allegiance.report.cells import MISSING_OUTCOMES, OBSERVED_OUTCOMES, Place
from allegiance.report.observations import OUTCOME
from allegiance.study.factors import FACTORS

_UNKNOWN = "(model unknown)"  # as the report names it
_COLUMNS = ("model", "study", "task", "against")
_LONGEST = 9_000  # characters of a filter that an address carries


@dataclass(frozen=True)
class Cells:
    """The places of a report, told apart by as few columns as it takes.

    Attributes
    ----------
    columns
        What the corpus can be filtered by.
    fields
        The names of the columns in which places differ.
    """

    columns: Mapping[str, Kind]
    fields: tuple[str, ...]

    @classmethod
    def of(cls, places: Sequence[Place], columns: Mapping[str, Kind]) -> "Cells":
        """Compare places."""
        factors = dict.fromkeys(factor for place in places for factor in place.condition)
        names = (*_COLUMNS[:3], *factors)
        varying = tuple(n for n in names if len({_value(place, n) for place in places}) > 1)
        alike = {tuple(_value(place, name) for name in varying) for place in places}
        if len(alike) < len(places):
            varying = (*varying, "against")
        return cls(columns, varying)

    def expression(self, place: Place, without: Iterable[str] = ()) -> Expression:
        """Give the filter that keeps a place; `without` some factor, places that differ in it too."""
        left_out = frozenset(without)
        return joined(
            self._term(name, _value(place, name)) for name in self.fields if name not in left_out
        )

    def where(self, place: Place, *, without: Iterable[str] = ()) -> str:
        """Write that filter as it would be typed."""
        return for_people(self.expression(place, without))

    def counted(
        self, place: Place, category: str, values: Sequence[str], left_out: Sequence[str] = ()
    ) -> str:
        """Write the filter that keeps the transcripts of a place with one of these verdicts, but for some requests."""
        terms: list[Expression] = [self.expression(place), one_of(verdict(category), values)]
        if left_out:
            terms.append(Not(one_of(REQUEST, left_out)))
        return for_people(joined(terms))

    def missing(self, place: Place, category: str) -> str:
        """Write the filter that keeps the transcripts of a place of which nothing was observed."""
        return for_people(joined((self.expression(place), nothing(category))))

    def of_row(self, place: Mapping[str, str]) -> str:
        """Write the filter that keeps a row of the relation table."""
        return for_people(self.row(place))

    def row(self, place: Mapping[str, str]) -> Expression:
        """Give the filter that keeps a row of the relation table: a factor that is not there has its usual level."""
        return joined(self._field(name, value) for name, value in place.items())

    def _field(self, name: str, value: str) -> Expression:
        if name in ("model", "task") and value == f"(no {name})":
            return IsNull(self._column(name))
        if name not in _COLUMNS and f"c_{name}" not in self.columns:
            return And(())  # the usual level of a factor that no transcript has
        term = self._term(name, value)
        usual = FACTORS[name].usual if name in FACTORS else "none"
        if name not in _COLUMNS and value == usual:
            return Or((term, IsNull(self._column(name))))
        return term

    def _term(self, name: str, value: str | None) -> Expression:
        column = self._column(name)
        if value is None or (name == "model" and value == _UNKNOWN):
            return IsNull(column)
        return Compare(column, "=", value)

    def _column(self, name: str) -> Field:
        """Find a column: a factor may have the name of another one, such as ``reasoning``."""
        if name == "against":
            return field(("metadata", "against"), self.columns)
        return field(name if name in _COLUMNS else f"c_{name}", self.columns)


REQUEST = Field("request_id", (), "request_id")


def verdict(category: str) -> Field:
    """Give what a filter calls the verdict of a category."""
    return Field(VERDICT, (category,), VERDICT)


def one_of(place: Field, values: Sequence[str]) -> Expression:
    """Give the filter that keeps some values of a field."""
    return Compare(place, "=", values[0]) if len(values) == 1 else OneOf(place, tuple(values))


def nothing(category: str) -> Expression:
    """Give the filter that keeps what nothing was observed of."""
    said = verdict(category)
    if category == OUTCOME:
        return Or((OneOf(said, tuple(sorted(MISSING_OUTCOMES))), IsNull(said)))
    return IsNull(said)


def fits(where: str) -> bool:
    """Whether an address can carry a filter."""
    return len(where) <= _LONGEST


def observed_values(measure: str) -> tuple[str, ...]:
    """Say by which verdicts something was observed, of ``complied`` or of a category that is yes or no."""
    return OBSERVED_OUTCOMES if measure in OBSERVED_OUTCOMES else ("yes", "no")


def hit_of(measure: str) -> str:
    """Say which verdict counts as a hit."""
    return measure if measure in OBSERVED_OUTCOMES else "yes"


def address(where: str, scanners: Sequence[str] = ()) -> str:
    """Give the address of the list of a frame."""
    told = [("where", where)] if where else []
    query = urlencode([*told, *(("scanner", one) for one in scanners)])
    return f"/transcripts?{query}" if query else "/transcripts"


def address_of_ids(ids: Sequence[str]) -> tuple[str, int]:
    """Give the address of the list of some transcripts, and how many of them it can carry."""
    most = (_LONGEST - 40) // (len(ids[0]) + 4) if ids else 0
    shown = tuple(ids[:most])
    where = for_people(OneOf(Field("transcript_id", (), "transcript_id"), shown))
    return address(where), len(shown)


def _value(place: Place, name: str) -> str | None:
    if name in _COLUMNS:
        return getattr(place, name)
    return place.condition.get(name)
