# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""What a selection comes to: the transcripts in their order, how many of how many, and the route that this is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from allegiance.audit import Frame, Route, frame, ranking
from allegiance.audit.design import keyed
from allegiance.audit.frames import LABEL, SCORE, VERDICT, read_filter
from allegiance.corpus import Query
from allegiance.corpus.filter_printing import fields
from allegiance.corpus.filters import Expression
from allegiance.corpus.order import Positions
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.selection import TOP, Selection
from allegiance.web.site import Site


@dataclass(frozen=True)
class Found:
    """The transcripts of a selection, in order.

    Attributes
    ----------
    selection
        Which.
    query
        The version of the corpus that was asked, and the search in it.
    positions
        Where the transcripts lie in that version, in order.
    population
        N: how many the filter keeps; with a search not all of them match.
    """

    selection: Selection
    query: Query = field(repr=False)
    positions: Positions = field(repr=False)
    population: int
    frame: Frame | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.positions)

    def ids(self, start: int, stop: int) -> list[str]:
        """Give the ids of the transcripts at some places, counted from 0."""
        found = self.query.snapshot.ids_at(self.positions[start:stop])
        return [identifier.decode() for identifier in found.tolist()]

    def id_at(self, place: int) -> str:
        """Give the id of the transcript at a place, counted from 1.

        Raises
        ------
        UsageError
            If there is no such place.
        """
        if not 1 <= place <= len(self):
            raise UsageError(
                f"There is no place {place:,} here: {len(self):,} transcripts are listed."
            )
        return self.ids(place - 1, place)[0]

    @cached_property
    def frame_digest(self) -> str:
        """Digest of the population: of all that the filter keeps."""
        if self.frame is not None:
            return self.frame.digest
        return self.query.population().digest()

    @cached_property
    def route(self) -> Route:
        """The route by which what is opened here comes before its reader."""
        asked = self.selection
        if asked.kind == "search":
            return Route(
                kind="search",
                query=asked.query,
                search=asked.mode,
                within=asked.within,
                where=asked.where,
                by=f"sorted by {asked.sort}" if asked.sort else "",
                matches=len(self),
                population=self.population,
                frame=self.frame_digest,
            )
        if asked.kind == "top":
            by = asked.sort.removeprefix(TOP)
        elif asked.sort:
            by = f"sorted by {asked.sort}"
        else:
            by = f"in the random order of seed {asked.seed}"
        return Route(
            kind=asked.kind,
            where=asked.where,
            by=by,
            population=self.population,
            frame=self.frame_digest,
        )


def found(site: Site, selection: Selection, person: Person | None = None) -> Found:
    """Find the transcripts of a selection; what was found before and still counts is given again.

    Parameters
    ----------
    selection
        With a seed, if its order is random.
    person
        Who asks: a rater may not choose transcripts by what others labelled.

    Raises
    ------
    UsageError
        If its filter, search or sort can't be read, or this person may not ask for it.
    """
    query = site.corpus.query()
    expression = read_filter(query, selection.where or None)
    looked_at = {place.column for place in fields(expression)}
    if (
        person is not None
        and person.role == "rater"
        and (LABEL in looked_at or selection.sort.removeprefix(TOP).startswith(f"{LABEL}."))
    ):
        raise UsageError(
            "A filter or an order that looks at label.… shows what others labelled, and is not for raters; leave it "
            "out."
        )
    beside = {place.column for place in fields(expression)} & {VERDICT, SCORE, LABEL}
    verdicts = site.verdicts_version if beside or selection.kind == "top" else 0
    labels = 0
    if LABEL in beside:
        with site.record() as record:
            labels = record.head.seq
    key = ("found", query.version, verdicts, labels, selection.address())
    return site.kept(key, lambda: _found(site, selection, query, expression, bool(beside)))


def _found(
    site: Site, selection: Selection, query: Query, expression: Expression, beside: bool
) -> Found:
    population: Frame | None = None
    if beside or selection.kind == "top":
        with site.record() as record:
            head, agreed = (record.head.seq, record.head.digest), record.agreed
        population = frame(
            site.corpus,
            selection.where or None,
            scanners=selection.scanners,
            labels=agreed,
            ledger=head,
        )
        number = len(population)
    else:
        query = query.where(selection.where or None)
        number = query.count()
    searched = _searched(query, selection)
    positions = _ordered(query, searched, selection, population)
    return Found(selection, searched, positions, number, population)


def _searched(query: Query, selection: Selection) -> Query:
    if not selection.query.strip():
        return query
    if selection.mode == "words":
        return query.search(selection.query, selection.within)
    if selection.mode == "regex":
        return query.regex(selection.query, selection.within)
    return query.literal(selection.query, selection.within, ignore_case=True)


def _ordered(
    query: Query, searched: Query, selection: Selection, population: Frame | None
) -> Positions:
    """Put what was found into the order that was asked for."""
    snapshot = query.snapshot
    if selection.kind == "top":
        assert population is not None
        ranked = _places(
            snapshot.ids, ranking(population, selection.sort.removeprefix(TOP), selection.scanners)
        )
        return _among(ranked, searched, selection)
    if selection.sort:
        column = selection.sort.removeprefix("-")
        ordered = searched.order_by(column, descending=selection.sort.startswith("-")).positions
    elif selection.query.strip():
        ordered = searched.positions
    elif population is not None:
        return _places(snapshot.ids, keyed(population.ids, selection.seed))
    else:
        return snapshot.drawn(searched.matching[0], int(selection.seed))
    if population is None:
        return ordered
    inside = _places(snapshot.ids, population.ids)
    return ordered[np.isin(ordered, inside)]


def _among(ranked: Positions, searched: Query, selection: Selection) -> Positions:
    if not selection.query.strip():
        return ranked
    return ranked[np.isin(ranked, searched.matching[0])]


def _places(ids: np.ndarray, wanted: Sequence[str]) -> Positions:
    """Where ids lie among all ids."""
    order = np.argsort(ids)
    sought = np.array(wanted, dtype=ids.dtype) if len(wanted) else np.array([], ids.dtype)
    return order[np.searchsorted(ids, sought, sorter=order)].astype(np.int64)
