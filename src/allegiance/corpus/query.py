# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""A question to one version of a corpus: which transcripts, in which order, how many of them.

A query is a value: every method gives a new one, and it goes on asking the version it was begun on,
so that its count, its ids and its pages agree whatever is imported meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from allegiance.corpus.filter_printing import for_people, split
from allegiance.corpus.filters import EVERYTHING, And, Expression, Kind, Where, column_name, joined
from allegiance.corpus.order import Positions, id_order, random_seed
from allegiance.corpus.patterns import COLUMNS, Pattern, Within
from allegiance.corpus.snapshot import Snapshot
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.corpus.pages import Ordered
    from allegiance.corpus.search import Hits
    from allegiance.corpus.words import Words

_CHUNK = 512


@dataclass(frozen=True)
class ByColumn:
    """Sorted by a column, missing values last; ids settle ties."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class Drawn:
    """The draw order of a seed; see `allegiance.corpus.order`."""

    seed: int


@dataclass(frozen=True)
class Query:
    """Which transcripts of a corpus, in which order. Get one from `Corpus.where` and the like.

    Without an order of its own a search of words is in the order of its ranking, and everything
    else in the order of transcript ids (`table` and `batches` of a mere filter: of the store).

    Attributes
    ----------
    filter
        The population: transcripts that match it are what N counts.
    words, patterns
        What is searched for in the population; all of it must be there.
    order, most
        The order if it is not the usual one, and how many of the first are wanted.
    """

    snapshot: Snapshot = field(repr=False)
    filter: Expression = EVERYTHING
    words: "Words | None" = None
    patterns: tuple[Pattern, ...] = ()
    order: ByColumn | Drawn | None = None
    most: int | None = None

    @property
    def version(self) -> int:
        """The version of the corpus that is asked."""
        return self.snapshot.version

    @property
    def seed(self) -> int | None:
        """The seed of the draw order, also where it was taken at random; None for other orders."""
        return self.order.seed if isinstance(self.order, Drawn) else None

    def where(self, where: Where | None) -> "Query":
        """Keep what matches a filter, besides those there are.

        Parameters
        ----------
        where
            ``"tier = 'monitored' AND epoch < 3"``, or a mapping such as ``{"tier": "monitored"}``;
            see `allegiance.corpus.filters`.

        Raises
        ------
        UsageError
            If it is no filter or names a column that is not there.
        """
        return replace(self, filter=joined((self.filter, self.snapshot.bound(where))))

    def search(self, words: str, within: Within = "all") -> "Query":
        """Keep transcripts with all words and "quoted phrases", ranked by BM25.

        Raises
        ------
        UsageError
            If there is no word in `words`, or words are searched for already.
        """
        from allegiance.corpus.words import Words

        if self.words is not None:
            raise UsageError("Words are searched for already; put all of them into one search.")
        return replace(self, words=Words(words, within))

    def regex(self, pattern: str, within: Within = "all", ignore_case: bool = False) -> "Query":
        """Keep transcripts in which a regular expression is found (RE2's syntax).

        Raises
        ------
        UsageError
            If it can't be read; the sentence names the place.
        """
        return self._with(Pattern(pattern, "regex", within, ignore_case))

    def literal(self, text: str, within: Within = "all", ignore_case: bool = False) -> "Query":
        """Keep transcripts in which a text stands, character for character."""
        return self._with(Pattern(text, "literal", within, ignore_case))

    def order_by(self, column: str, descending: bool = False) -> "Query":
        """Sort by a column or factor, missing values last; ids settle ties."""
        name = column_name(column, self.snapshot.schema.names)
        if self.snapshot.kinds[name] is Kind.NESTED:
            raise UsageError(f"{column} can't be sorted by.")
        if isinstance(self.order, Drawn):
            raise UsageError("A sample is read in its draw order; sort what it gives.")
        return replace(self, order=ByColumn(name, descending))

    def limit(self, n: int) -> "Query":
        """Take the first `n`."""
        if n < 0:
            raise UsageError(f"There is no first {n}; a limit is 0 or more.")
        return replace(self, most=n if self.most is None else min(n, self.most))

    def sample(self, n: int, seed: int | None = None) -> "Query":
        """Take the first `n` in the draw order of a seed: a random sample, ready to be read in order.

        Parameters
        ----------
        n
            How many; all, if there are fewer.
        seed
            Any integer; None takes 64 random bits, found afterwards in `seed`.
        """
        if self.order is not None or self.most is not None:
            raise UsageError("A sample has an order and a size of its own; draw before sorting.")
        seed = random_seed() if seed is None else seed
        return replace(self, order=Drawn(seed)).limit(n)

    def population(self) -> "Query":
        """The filter alone: those among whom is searched."""
        return Query(self.snapshot, self.filter)

    def count(self) -> int:
        """Count the transcripts."""
        found = len(self.matching[0]) if self._sought else self.snapshot.count(self.filter)
        return found if self.most is None else min(found, self.most)

    def ids(self) -> list[str]:
        """Give the transcript ids, in order."""
        found = self.snapshot.ids_at(self.positions)
        return [identifier.decode() for identifier in found.tolist()]

    def digest(self) -> str:
        """Frame digest of the transcripts; see `allegiance.corpus.identity.frame_digest`."""
        ids = self.snapshot.ids_at(self.positions)
        return sha256(b"\n".join(ids[id_order(ids)].tolist())).hexdigest()

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Read the transcripts as one table; name the columns, or use `batches`.

        Parameters
        ----------
        columns
            Column names, or factor names; all by default.

        Raises
        ------
        UsageError
            If a column does not exist.
        """
        names = self.snapshot.named(columns)
        schema = pa.schema([self.snapshot.schema.field(name) for name in names])
        return pa.Table.from_batches(self.batches(columns, 8192), schema.remove_metadata())

    def batches(
        self, columns: Sequence[str] | None = None, batch_size: int = _CHUNK
    ) -> Iterator[pa.RecordBatch]:
        """Read the transcripts some at a time; otherwise as `table`."""
        names = self.snapshot.named(columns)
        if not self._sought and self.order is None and self.most is None:
            yield from self.snapshot.scan(self.filter, names, batch_size)
            return
        for start in range(0, len(self.positions), batch_size):
            chosen = self.snapshot.take(self.positions[start : start + batch_size], names)
            yield from chosen.combine_chunks().to_batches()

    def in_order(self, seed: int | None = None) -> "Ordered":
        """Put all of them into the draw order of a seed, to be read page by page.

        Parameters
        ----------
        seed
            Any integer; None takes 64 random bits, found afterwards in `Ordered.seed`.
        """
        from allegiance.corpus.pages import Ordered

        query = replace(self, order=None, most=None)
        chosen = random_seed() if seed is None else seed
        return Ordered(query, chosen)

    def hits(self, limit: int = 50, snippets: int = 3) -> "Hits":
        """Give the first transcripts with the places where the search found something.

        Parameters
        ----------
        limit
            How many transcripts at most (and no more than the query's own limit).
        snippets
            How many places of each.
        """
        from allegiance.corpus.search import Hits

        return Hits(self.limit(limit), snippets)

    def grep(self, patterns: Mapping[str, str | Pattern], within: Within = "all") -> pa.Table:
        """Count the places of several patterns in every transcript, reading each text once.

        Parameters
        ----------
        patterns
            Name to regular expression, or to a `Pattern` (of which `within` is not looked at).
        within
            What is searched.

        Returns
        -------
        pyarrow.Table
            ``transcript_id`` and one column of counts a name, in no particular order.

        Raises
        ------
        UsageError
            If a pattern can't be read, or there is none.
        """
        if not patterns or "transcript_id" in patterns:
            raise UsageError("Give patterns a name each, other than transcript_id.")
        sought = [p if isinstance(p, Pattern) else Pattern(p) for p in patterns.values()]

        def work(texts: pa.Array) -> list[pa.Array]:
            return [pattern.counts(texts) for pattern in sought]

        everyone = not self._sought and self.filter == EVERYTHING and self.most is None
        rows = None if everyone else np.sort(self.positions)
        found = [*self.snapshot.mapped(COLUMNS[within], work, rows)]
        where = np.concatenate([np.array([], np.int64), *(positions for positions, _ in found)])
        ids = pa.array(self.snapshot.ids_at(where).astype(str).tolist(), pa.string())
        counts = [
            pa.chunked_array([counted[i] for _, counted in found], pa.int32())
            for i in range(len(sought))
        ]
        return pa.table([ids, *counts], names=["transcript_id", *patterns])

    @property
    def where_text(self) -> str:
        """The filter as it would be typed; empty for none."""
        return for_people(self.filter)

    @cached_property
    def positions(self) -> Positions:
        """Where the transcripts lie in the version, in the order of the query."""
        if self._ranked_by_store and self.most is not None:
            return self._best[0]
        found, scores = self.matching
        if isinstance(self.order, Drawn):
            ordered = self.snapshot.drawn(found, self.order.seed)
        elif self.order is not None:
            ordered = self._by_column(found, self.order)
        else:
            ordered = self._ranked(found, scores)
        return ordered if self.most is None else ordered[: self.most]

    @cached_property
    def scores(self) -> dict[int, float]:
        """BM25 scores by position; empty where no words are searched for."""
        best = self._ranked_by_store and self.most is not None
        positions, scores = self._best if best else self.matching
        return {} if scores is None else dict(zip(positions.tolist(), scores.tolist(), strict=True))

    @property
    def _sought(self) -> bool:
        return self.words is not None or bool(self.patterns)

    def _with(self, pattern: Pattern) -> "Query":
        return replace(self, patterns=(*self.patterns, pattern))

    @cached_property
    def matching(self) -> "tuple[Positions, np.ndarray | None]":
        """Positions of all that match, ascending, and their scores if words are searched for."""
        if self.words is None:
            found, scores = self.snapshot.positions(self.filter), None
            everyone = self.filter == EVERYTHING
        else:
            found, scores = self._with_words(self.words)
            everyone = False
        for pattern in self.patterns:
            kept = self._kept(pattern.column, pattern.matches, None if everyone else found)
            scores = None if scores is None else scores[np.isin(found, kept)]
            found, everyone = kept, False
        return found, scores

    def _with_words(self, words: "Words") -> "tuple[Positions, np.ndarray]":
        plain, inside = split(self.filter)
        found, scores = self.snapshot.search(words, plain)
        order = np.argsort(found)
        found, scores = found[order], scores[order]
        if inside != And(()):
            among = np.isin(found, self.snapshot.positions(self.filter), assume_unique=True)
            found, scores = found[among], scores[among]
        if words.within != "all" and len(found):

            def work(texts: pa.Array) -> pa.Array:
                return pa.array([words.match(text or "") for text in texts.to_pylist()])

            kept = self._kept(words.column, work, found)
            scores = scores[np.isin(found, kept, assume_unique=True)]
            found = kept
        return found, scores

    def _kept(
        self, column: str, work: Callable[[pa.Array], pa.Array], among: Positions | None
    ) -> Positions:
        found = [
            positions[np.asarray(matching)]
            for positions, matching in self.snapshot.mapped(column, work, among)
        ]
        return np.concatenate([np.array([], np.int64), *found])

    @property
    def _ranked_by_store(self) -> bool:
        """Whether the index alone can say which are the best, without giving all that match."""
        words = self.words
        return (
            words is not None
            and words.within == "all"
            and not self.patterns
            and self.order is None
            and split(self.filter)[1] == And(())
        )

    @cached_property
    def _best(self) -> "tuple[Positions, np.ndarray]":
        """The first `most` by score; those that tie with the last are all looked at."""
        assert self.words is not None
        assert self.most is not None
        asked = 2 * self.most + 16
        while True:
            found, scores = self.snapshot.search(self.words, self.filter, asked)
            beyond = len(found) < asked or scores.min() < np.sort(scores)[::-1][self.most - 1]
            if beyond or not self.most:
                ranked = self._ranked(found, scores)[: self.most]
                by_position = dict(zip(found.tolist(), scores.tolist(), strict=True))
                return ranked, np.array([by_position[p] for p in ranked.tolist()], np.float32)
            asked *= 8

    def _ranked(self, found: Positions, scores: "np.ndarray | None") -> Positions:
        """Sort by score, the highest first, then by id; without scores by id."""
        if scores is None:
            return self.snapshot.sorted(found)
        best = np.argsort(-scores, kind="stable")
        found, scores = found[best], scores[best]
        equal = scores[1:] == scores[:-1]
        if equal.any():
            # Ids are read for those alone that tie; equal scores lie side by side.
            ties = np.append(equal, False) | np.append(False, equal)
            tied = found[ties]
            by_id = id_order(self.snapshot.ids_at(tied))
            groups = np.argsort(-scores[ties][by_id], kind="stable")
            found[ties] = tied[by_id[groups]]
        return found

    def _by_column(self, found: Positions, order: ByColumn) -> Positions:
        by_id = self.snapshot.sorted(found)
        values: list[Any] = self.snapshot.take(by_id, [order.column])[order.column].to_pylist()
        present = [i for i, value in enumerate(values) if value is not None]
        missing = [i for i, value in enumerate(values) if value is None]
        present.sort(key=values.__getitem__, reverse=order.descending)
        return by_id[np.array([*present, *missing], np.int64)]
