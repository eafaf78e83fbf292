"""The frames behind the relation table: what tells the acts that a number counts from the other acts of its row."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from typing import Literal

from allegiance.audit.acts import MEANS, Act
from allegiance.audit.interpreted import Interpreted
from allegiance.audit.relation import Counted, Row, Share, place_of, reading_by
from allegiance.corpus.filter_printing import for_people
from allegiance.corpus.filters import (
    EVERYTHING,
    And,
    Compare,
    Expression,
    Field,
    IsNull,
    Not,
    Or,
    joined,
)
from allegiance.report.observations import OUTCOME
from allegiance.study.interpretations import BROKEN, FACTS, KEPT, MISSING, Column, Facts
from allegiance.study.interpretations.facts import UNKNOWN
from allegiance.web.cells import REQUEST, Cells, fits, nothing, one_of, verdict

Which = Literal["hits", "reads", "missing"]
"""A number of a share or a named cell: its k, its n, or what is missing."""
Key = tuple[tuple[str, ...], str, Which]
"""The place of a row, what is counted in it, and which number."""

_Values = tuple[str | None, ...]
"""A value of each of some traits."""
_WHOLE: tuple[frozenset[_Values], frozenset[_Values]] = (frozenset(), frozenset())

UNTOLD = (
    "No filter tells these acts from the others of this row, and they are too many to name them all in an address; "
    "they are among the acts of the row."
)

_COUNTED: Mapping[Which, tuple[str, ...]] = {
    "hits": (KEPT,),
    "reads": (KEPT, BROKEN),
    "missing": (MISSING,),
}
_SEEN: Mapping[Which, tuple[bool | None, ...]] = {
    "hits": (True,),
    "reads": (True, False),
    "missing": (None,),
}
_NAMED = 1_000
"""More transcripts than any address can name: then none is written."""
_ID = Field("transcript_id", (), "transcript_id")
_AGAINST = Field("metadata", ("against",), "metadata")


def key_of(row: Row, one: Share | Counted, which: Which) -> Key:
    """Name a number of the relation table."""
    said = f"{one.intent} {one.column}" if isinstance(one, Share) else f"cell {one.cell.name}"
    return tuple(row.place.values()), said, which


def act_frames(acts: Sequence[Act], found: Interpreted, cells: Cells) -> dict[Key, str | None]:
    """Write the filter behind every number of the relation table; None where no address can carry one.

    Parameters
    ----------
    acts
        Those that the table counts.
    """
    groups: defaultdict[tuple[str, ...], list[Act]] = defaultdict(list)
    for act in acts:
        groups[place_of(act, found.by)].append(act)
    frames: dict[Key, str | None] = {}
    for row in found.rows:
        inside = groups[tuple(row.place.values())]
        frames |= row_frames(inside, row, cells.row(row.place), found.columns, cells)
    return frames


def row_frames(
    acts: Sequence[Act],
    row: Row,
    expression: Expression,
    columns: Sequence[Column],
    cells: Cells,
) -> dict[Key, str | None]:
    """Write the filter behind every number of one row.

    Parameters
    ----------
    acts
        Those that the row counts.
    expression
        The filter that keeps them.
    """
    read = reading_by(columns)
    inside = _Inside(acts, expression, cells)
    said = {facts: read(facts) for facts in inside.alike}
    frames: dict[Key, str | None] = {}
    for share in row.shares:
        for which, answers in _COUNTED.items():
            frames[key_of(row, share, which)] = inside.where(
                {f for f, by in said.items() if by[share.intent, share.column] in answers}
            )
    for one in row.cells:
        seen = {f: one.cell.seen(f) for f in inside.alike if one.cell.could(f)}
        for which, answers in _SEEN.items():
            frames[key_of(row, one, which)] = inside.where(
                {f for f, answer in seen.items() if answer in answers}
            )
    return frames


@dataclass(frozen=True)
class _Trait:
    """A fact, or a part of one, by which a filter can tell acts of one row apart."""

    value: Callable[[Facts], str | None]
    of: Callable[[Sequence[str | None]], Expression | None]
    """The filter that keeps some of its values; None where there is none."""


class _Inside:
    """The acts of a row. Its factors are settled, so that acts differ in few things."""

    def __init__(self, acts: Sequence[Act], row: Expression, cells: Cells) -> None:
        self._row, self._cells = row, cells
        self.alike: dict[Facts, list[Act]] = {}
        for act in acts:
            self.alike.setdefault(act.facts, []).append(act)
        # There the act is what another category says of the conversation, and not its outcome.
        self._by_outcome = not any(
            name == "step" or (name, level) == ("evening", "harmful")
            for act in acts
            for name, level in act.condition
        )
        self._known: dict[frozenset[Facts], str | None] = {}

    def where(self, wanted: AbstractSet[Facts]) -> str | None:
        """Write the filter that keeps the acts with these facts, and no other of the row."""
        key = frozenset(wanted)
        if key not in self._known:
            self._known[key] = self._told(key) or self._named(key)
        return self._known[key]

    def _told(self, wanted: frozenset[Facts]) -> str | None:
        """Tell them by as few traits as it takes."""
        for size in range(len(self._traits) + 1):
            for traits in combinations(self._traits, size):
                target = {tuple(one.value(f) for one in traits) for f in wanted}
                others = {
                    tuple(one.value(f) for one in traits) for f in self.alike if f not in wanted
                }
                if target & others:
                    continue
                told = _expression(target, target | others, traits)
                if told is not None and fits(where := for_people(joined((self._row, told)))):
                    return where
        return None

    def _named(self, wanted: frozenset[Facts]) -> str | None:
        if sum(len(self.alike[facts]) for facts in wanted) > _NAMED:
            return None
        ids = sorted(act.transcript_id for facts in wanted for act in self.alike[facts])
        where = for_people(one_of(_ID, ids))
        return where if fits(where) else None

    @cached_property
    def _traits(self) -> list[_Trait]:
        """The traits in which these acts differ, the plainest first."""
        traits = [
            _Trait(lambda facts: facts.tier, self._tier),
            _Trait(lambda facts: facts.against, _against),
            _Trait(_strategic, partial(_yes, "strategic-compliance")),
            _Trait(lambda facts: facts.unmonitored, self._unmonitored),
        ]
        if self._by_outcome:
            traits[:0] = [_Trait(lambda facts: facts.outcome, _outcome)]
            traits[3:3] = [
                _Trait(lambda facts: facts.objected, partial(_yes_or_no, "objects-openly")),
                _Trait(lambda facts: facts.means, _means),
            ]
        return [one for one in traits if len({one.value(facts) for facts in self.alike}) > 1]

    def _tier(self, values: Sequence[str | None]) -> Expression | None:
        return _either([self._cells.row({"tier": str(value)}) for value in values])

    def _unmonitored(self, values: Sequence[str | None]) -> Expression | None:
        """Tell what came of requests elsewhere by the requests themselves."""
        if not self._came:
            return None
        inside = [request for request, value in self._came.items() if value in values]
        outside = [request for request, value in self._came.items() if value not in values]
        if len(outside) < len(inside):
            return Not(one_of(REQUEST, outside))
        return one_of(REQUEST, inside)

    @cached_property
    def _came(self) -> dict[str, str]:
        """What came of each request where unmonitored; empty where requests have no names of their own."""
        came: dict[str, str] = {}
        for facts, acts in self.alike.items():
            for act in acts:
                *_, request = act.request
                unnamed = request == f"({act.transcript_id})"
                if unnamed or came.setdefault(request, facts.unmonitored) != facts.unmonitored:
                    return {}
        return dict(sorted(came.items()))


def _expression(
    target: AbstractSet[_Values],
    all_: AbstractSet[_Values],
    traits: Sequence[_Trait],
) -> Expression | None:
    """Write which values of some traits are wanted, of all that there are."""
    if target == all_:
        return EVERYTHING
    if not target:
        return one_of(_ID, ())
    every = {first for first, *_ in all_}
    # Values after which the same is wanted, of the same that there is, go together.
    alike: defaultdict[tuple[frozenset[_Values], frozenset[_Values]], list[str | None]]
    alike = defaultdict(list)
    for value in sorted(every, key=str):
        wanted, there = _after(value, target), _after(value, all_)
        if wanted:
            alike[_WHOLE if wanted == there else (wanted, there)].append(value)
    terms: list[Expression] = []
    for (wanted, there), values in alike.items():
        first = EVERYTHING if set(values) == every else traits[0].of(values)
        rest = _expression(wanted, there, traits[1:])
        if first is None or rest is None:
            return None
        terms.append(joined((first, rest)))
    return _either(terms)


def _after(value: str | None, all_: AbstractSet[_Values]) -> frozenset[_Values]:
    return frozenset(tuple(rest) for first, *rest in all_ if first == value)


def _either(terms: Sequence[Expression]) -> Expression:
    return terms[0] if len(terms) == 1 else Or(tuple(terms))


def _outcome(values: Sequence[str | None]) -> Expression:
    said = [value for value in values if value is not None]
    terms = [one_of(verdict(OUTCOME), said)] if said else []
    return _either([*terms, *([nothing(OUTCOME)] if None in values else [])])


def _means(values: Sequence[str | None]) -> Expression | None:
    """Keep what did nothing beyond the reply; of the rest that is not worth a filter of its own."""
    if list(values) != ["none"]:
        return None
    return And(tuple(Compare(verdict(category), "!=", "yes") for category in MEANS))


def _strategic(facts: Facts) -> str:
    return "yes" if facts.reason == "strategic" else "no"


def _yes(category: str, values: Sequence[str | None]) -> Expression:
    """Keep ``yes``, or everything else, what is missing among it."""
    said = verdict(category)
    if list(values) == ["yes"]:
        return Compare(said, "=", "yes")
    return Or((Compare(said, "!=", "yes"), IsNull(said)))


def _yes_or_no(category: str, values: Sequence[str | None]) -> Expression:
    said = verdict(category)
    known = [value for value in values if value is not None]
    terms: list[Expression] = [one_of(said, known)] if known else []
    if None in values:
        terms.append(Or((Not(one_of(said, ("yes", "no"))), IsNull(said))))
    return _either(terms)


def _against(values: Sequence[str | None]) -> Expression:
    known = [value for value in values if value is not None and value != UNKNOWN]
    terms: list[Expression] = [one_of(_AGAINST, known)] if known else []
    if UNKNOWN in values:
        told = [value for value in FACTS["against"] if value != UNKNOWN]
        terms.append(Or((Not(one_of(_AGAINST, told)), IsNull(_AGAINST))))
    return _either(terms)
