"""The relation to each intent as the page shows it: kinds of act, a few lines a row, and the named cells that occur."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from allegiance.audit.disagreeing import Disagreement
from allegiance.audit.interpreted import Interpreted
from allegiance.audit.relation import Counted, Row, Share
from allegiance.report.rates import SHOW_WORST_CASE_ABOVE
from allegiance.report.relation_text import INTENT_NAMES, place_name
from allegiance.stats import Interval
from allegiance.study.interpretations import INTENTS, Column, Interpretation
from allegiance.study.interpretations import Cell as Named
from allegiance.study.interpretations.extrapolations import Extrapolation

_SIDE_BY_SIDE = 4
"""Named cells that fit beside each other."""
_UNFOLDED = 10
"""Rows whose numbers are shown at once; of more, a drawing each that opens to its numbers."""


@dataclass(frozen=True)
class Head:
    """An interpretation over its columns.

    Attributes
    ----------
    extrapolations
        By which it reads a silent clause, a column each; empty where it has one column and needs none.
    """

    interpretation: Interpretation
    extrapolations: tuple[Extrapolation, ...]


@dataclass(frozen=True)
class Kind:
    """Acts with the same facts, of whichever model, on which interpretations disagree.

    Attributes
    ----------
    done, given
        The facts in words, those that are the same in all kinds left out of `given`.
    acts, models
        How many, and by model.
    says
        The intent's name, and what each column says; only the intents on which they disagree.
    transcripts
        Their ids, sorted.
    """

    done: str
    given: str
    acts: int
    models: Mapping[str, int]
    says: tuple[tuple[str, tuple[str, ...]], ...]
    transcripts: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """What an interpretation says of a row: the columns of it that come to the same are one line.

    Attributes
    ----------
    name
        Of the interpretation.
    readings
        The extrapolations of these columns; empty where that makes no difference.
    shares
        Of Intent_1 and of Intent_2.
    """

    name: str
    readings: tuple[str, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Place:
    """A row of the relation table.

    Attributes
    ----------
    model
        Whose acts, where the report has several models; else empty.
    name
        What else it is told apart by.
    lines
        One for each interpretation, or more where its extrapolations come to different things.
    untested
        The interpretations that test neither intent here.
    """

    model: str
    name: str
    row: Row
    lines: tuple[Line, ...]
    untested: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """Everything that the page says of the relation to each intent.

    Attributes
    ----------
    heads
        The interpretations over their columns.
    kinds, shared
        Where they disagree, and the facts that are the same in all of that.
    places
        The rows.
    cells
        The named cells that occur, as many in a group as fit beside each other.
    unseen
        Those that could have been seen and were not, each with n.
    """

    found: Interpreted
    heads: tuple[Head, ...]
    kinds: tuple[Kind, ...]
    shared: tuple[str, ...]
    places: tuple[Place, ...]
    cells: tuple[tuple[Named, ...], ...]
    unseen: tuple[tuple[Named, int], ...]

    @property
    def intents(self) -> tuple[str, ...]:
        """Intent_1 and Intent_2."""
        return tuple(INTENT_NAMES[intent] for intent in INTENTS)

    @property
    def folded(self) -> bool:
        """Whether there are too many rows to show the numbers of all at once."""
        return len(self.places) > _UNFOLDED

    @property
    def several_models(self) -> bool:
        """Whether an act has to be told whose it is."""
        return len({place.model for place in self.places}) > 1

    @property
    def missing(self) -> bool:
        """Whether anything is missing anywhere."""
        return any(share.missing for row in self.found.rows for share in row.shares)

    @property
    def instruments(self) -> tuple[str, ...]:
        """The kinds of scanner that the facts rest on."""
        return tuple(sorted({one.scanner for one in self.found.basis.instruments}))


def section_of(found: Interpreted) -> Section:
    """Arrange the relation table for a page."""
    shared = _shared(found.disagreements)
    occurring, unseen = _named(found.rows)
    return Section(
        found=found,
        heads=_heads(found.columns),
        kinds=_kinds(found.disagreements, found.columns, shared),
        shared=shared,
        places=tuple(_place(row, found.columns) for row in found.rows),
        cells=tuple(
            tuple(occurring[first : first + _SIDE_BY_SIDE])
            for first in range(0, len(occurring), _SIDE_BY_SIDE)
        ),
        unseen=unseen,
    )


def worst_case_shown(one: Share | Counted) -> bool:
    """Whether so much is missing that the worst case has to be told."""
    tested = one.tested if isinstance(one, Share) else one.reads
    return one.missing > SHOW_WORST_CASE_ABOVE * (tested + one.missing)


def _heads(columns: Sequence[Column]) -> tuple[Head, ...]:
    return tuple(
        Head(of[0].interpretation, tuple(one.extrapolation for one in of if one.extrapolation))
        for of in _by_interpretation(columns)
    )


def _by_interpretation(columns: Iterable[Column]) -> list[list[Column]]:
    return [list(of) for _, of in groupby(columns, key=lambda one: one.interpretation.name)]


def _shared(found: Sequence[Disagreement]) -> tuple[str, ...]:
    """Find the facts that are the same in all kinds, where there are several."""
    if len(found) < 2:
        return ()
    return tuple(word for word in found[0].given if all(word in one.given for one in found))


def _kinds(
    found: Sequence[Disagreement], columns: Sequence[Column], shared: Sequence[str]
) -> tuple[Kind, ...]:
    """Bring models together whose acts have the same facts, and of whom the same is said."""
    groups: dict[Hashable, list[Disagreement]] = {}
    for one in found:
        says = tuple((intent, tuple(said.items())) for intent, said in one.says.items())
        groups.setdefault((one.facts, says), []).append(one)
    made = [_kind(of, columns, shared) for of in groups.values()]
    return tuple(sorted(made, key=lambda kind: -kind.acts))


def _kind(of: Sequence[Disagreement], columns: Sequence[Column], shared: Sequence[str]) -> Kind:
    first = of[0]
    models: Counter[str] = Counter()
    for one in of:
        models[one.model] += len(one.transcripts)
    return Kind(
        done=", ".join(first.done),
        given=", ".join(word for word in first.given if word not in shared),
        acts=models.total(),
        models=models,
        says=tuple(
            (INTENT_NAMES[intent], tuple(said[column.name] for column in columns))
            for intent, said in first.says.items()
        ),
        transcripts=tuple(sorted(identifier for one in of for identifier in one.transcripts)),
    )


def _place(row: Row, columns: Sequence[Column]) -> Place:
    lines: list[Line] = []
    untested: list[str] = []
    for of in _by_interpretation(columns):
        made = _lines(row, of)
        tells = [one for one in made if any(s.tested or s.missing for s in one.shares)]
        lines += tells
        untested += [] if tells else [of[0].interpretation.name]
    rest = {field: value for field, value in row.place.items() if field != "model"}
    return Place(
        model=row.place.get("model", ""),
        name=place_name(rest) if rest else "",
        row=row,
        lines=tuple(lines),
        untested=tuple(untested),
    )


def _lines(row: Row, columns: Sequence[Column]) -> list[Line]:
    """Write the columns of one interpretation as few lines: those with the same numbers for both intents share one."""
    alike: dict[tuple[Hashable, ...], list[Column]] = {}
    for column in columns:
        numbers = tuple(_numbers(row.share(intent, column.name)) for intent in INTENTS)
        alike.setdefault(numbers, []).append(column)
    return [
        Line(
            name=of[0].interpretation.name,
            readings=tuple(one.extrapolation.name for one in of if one.extrapolation)
            if len(alike) > 1
            else (),
            shares=tuple(row.share(intent, of[0].name) for intent in INTENTS),
        )
        for of in alike.values()
    ]


def _numbers(share: Share) -> tuple[int, int, int, Interval | None]:
    return share.kept, share.tested, share.missing, share.interval


def _named(rows: Sequence[Row]) -> tuple[list[Named], tuple[tuple[Named, int], ...]]:
    """Tell the named cells that occur from those that could have been seen and were not."""
    counted = [[row.cells[place] for row in rows] for place in range(len(rows[0].cells))]
    occurring = [of[0].cell for of in counted if any(one.hits for one in of)]
    reads = [(of[0].cell, sum(one.reads for one in of)) for of in counted]
    return occurring, tuple((cell, n) for cell, n in reads if n and cell not in occurring)
