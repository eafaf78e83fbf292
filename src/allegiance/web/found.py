# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""What a selection comes to: the transcripts in their order, how many of how many, and the route that this is."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import cast

import numpy as np

from allegiance.audit import Route
from allegiance.audit.frames import instruments_of, matching, read_field, read_filter
from allegiance.audit.matching import LABEL, SCORE, VERDICT, Beside, Labels
from allegiance.audit.specs import Instrument
from allegiance.corpus import Query
from allegiance.corpus.filter_printing import fields
from allegiance.corpus.filters import Expression, Field, IsNull
from allegiance.corpus.order import Positions, id_order
from allegiance.corpus.snapshot import Snapshot
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.selection import TOP, Selection
from allegiance.web.site import Site


@dataclass(frozen=True)
class Population:
    """The transcripts that a filter keeps, in the order of the store.

    Attributes
    ----------
    snapshot, positions
        Where they lie, and in which version.
    """

    snapshot: Snapshot = field(repr=False)
    positions: Positions = field(repr=False)

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def digest(self) -> str:
        """The frame digest: their identity."""
        ids = self.snapshot.ids_at(self.positions)
        return sha256(b"\n".join(ids[id_order(ids)].tolist())).hexdigest()


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
    among
        The population; with a search not all of it matches, and in an order by score those without
        a score are left out.
    instruments
        Whose verdicts the filter and the order look at.
    """

    selection: Selection
    query: Query = field(repr=False)
    positions: Positions = field(repr=False)
    among: Population = field(repr=False)
    instruments: tuple[Instrument, ...] = ()

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def population(self) -> int:
        """N: how many the filter keeps."""
        return len(self.among)

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

    @property
    def frame_digest(self) -> str:
        """Digest of the population: of all that the filter keeps."""
        return self.among.digest

    @property
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
    order = _ordered_by(query, selection)
    looked_at = {place.column for place in (*fields(expression), *([order] if order else []))}
    if person is not None and person.role == "rater" and LABEL in looked_at:
        raise UsageError(
            "A filter or an order that looks at label.… shows what others labelled, and is not for raters; leave it "
            "out."
        )
    verdicts = site.verdicts_version if looked_at & {VERDICT, SCORE} else 0
    labels = 0
    if LABEL in looked_at:
        with site.record() as record:
            labels = record.head.seq
    asked = [expression, *([IsNull(order)] if order is not None else [])]
    instruments = instruments_of(site.corpus, asked, selection.scanners)

    def population() -> Population:
        beside = _labels(site) if labels else {}
        kept, _ = matching(query, site.corpus, expression, instruments, beside)
        return Population(query.snapshot, _small(kept))

    state = (query.version, verdicts, labels, instruments)
    among = site.kept(("population", selection.where, *state), population)
    # What stands beside a transcript changes nothing of which they are.
    key = ("found", replace(selection, shown=()).address(), *state)

    def ordered() -> Found:
        searched = _searched(query, selection, expression)
        beside = Beside(query, site.corpus, instruments, _labels(site) if labels else {})
        positions = _in_order(searched, selection, among, beside, order)
        return Found(selection, searched, _small(positions), among, instruments)

    return replace(site.kept(key, ordered), selection=selection)


def _small(positions: Positions) -> Positions:
    """Give positions in half the memory: lists of a million transcripts are kept by the dozen."""
    return cast(Positions, positions.astype(np.int32))


def _labels(site: Site) -> Labels:
    with site.record() as record:
        return record.agreed


def _ordered_by(query: Query, selection: Selection) -> Field | None:
    """Read what it is sorted by.

    Raises
    ------
    UsageError
        If there is no such thing; or it is a score, and the address doesn't say what that shows.
    """
    if not selection.sort:
        return None
    top = selection.kind == "top"
    name = selection.sort.removeprefix(TOP) if top else selection.sort.removeprefix("-")
    place = read_field(query, name)
    if not top and (place.column == SCORE or place.column == "scores"):
        raise UsageError(
            f"sort={selection.sort}: an order by a score shows the most striking and licenses no rate; write "
            f"sort={TOP}{name}."
        )
    return place


def _in_order(
    searched: Query, selection: Selection, among: Population, beside: Beside, order: Field | None
) -> Positions:
    """Put what was found into the order that was asked for."""
    positions = among.positions
    if selection.query.strip():
        positions = searched.positions  # in the order of its ranking
        if len(among) < len(among.snapshot.ids):
            positions = positions[np.isin(positions, among.positions)]
    if order is not None:
        top = selection.kind == "top"
        backwards = top or selection.sort.startswith("-")
        return beside.sorted(order, positions, descending=backwards, nothing=not top)
    if selection.query.strip():
        return positions
    return among.snapshot.drawn(positions, int(selection.seed))


def _searched(query: Query, selection: Selection, expression: Expression) -> Query:
    """Search; among what the filter keeps, as far as the store can tell by itself."""
    if not selection.query.strip():
        return query
    if not {VERDICT, SCORE, LABEL} & {place.column for place in fields(expression)}:
        query = query.where(expression)
    if selection.mode == "words":
        return query.search(selection.query, selection.within)
    if selection.mode == "regex":
        return query.regex(selection.query, selection.within)
    return query.literal(selection.query, selection.within, ignore_case=True)
