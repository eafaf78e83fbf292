# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""What a search found: the first transcripts with their rank, and the places in their text.

A rank means nothing without how many were searched and how many matched, so the result carries
both, with the digest of the population and the version of the corpus.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from allegiance.corpus.arrow import condition_of, factor_columns
from allegiance.corpus.patterns import Pattern, Span
from allegiance.corpus.query import Query

if TYPE_CHECKING:
    from allegiance.corpus.words import Words

_AROUND = 80
"""Characters of context on each side of a place."""
_LONGEST = 400
"""Characters of one snippet."""
_PLACES = 1_000
"""Places looked at in one text."""


@dataclass(frozen=True)
class Snippet:
    """A place in a text.

    Attributes
    ----------
    text
        What stands there, with some context.
    start, end
        Where it stands in the field, in characters.
    spans
        What matched, as start and end in the field; the last may reach past the snippet's end.
    """

    text: str
    start: int
    end: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Hit:
    """One transcript that a search found.

    Attributes
    ----------
    transcript_id, model, task, condition
        Which it is; `condition` is factor to level.
    rank
        Its place among all matches, from 1.
    score
        BM25; None unless words were searched for.
    field
        The column that the snippets are from: ``text``, ``reasoning`` or ``output``.
    snippets
        The places where most of what was sought stands together, in their order.
    """

    transcript_id: str
    rank: int
    score: float | None
    model: str | None
    task: str | None
    condition: dict[str, str]
    field: str
    snippets: tuple[Snippet, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as JSON can carry it."""
        return asdict(self)


class Hits(Sequence[Hit]):
    """The first hits of a query, in order, and what their ranks mean."""

    def __init__(self, query: Query, snippets: int = 3) -> None:
        self.query = query
        self._snippets = snippets

    def __len__(self) -> int:
        return len(self._hits)

    def __getitem__(self, index: Any) -> Any:
        return self._hits[index]

    @property
    def kind(self) -> str:
        """What was searched for: ``words``, ``regex`` or ``literal``; ``filter`` for nothing."""
        if self.query.words is not None:
            return "words"
        return self.query.patterns[0].kind if self.query.patterns else "filter"

    @cached_property
    def population(self) -> int:
        """N: how many transcripts the filter keeps."""
        return self.query.population().count()

    @cached_property
    def matches(self) -> int:
        """How many of the population match; counting is dearer than ranking the first few."""
        return Query(
            self.query.snapshot, self.query.filter, self.query.words, self.query.patterns
        ).count()

    @cached_property
    def frame_digest(self) -> str:
        """Identity of the population."""
        return self.query.population().digest()

    @property
    def version(self) -> int:
        """The version of the corpus that was searched."""
        return self.query.version

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can carry it."""
        first, *others = terms_of(self.query) or [None]
        result: dict[str, Any] = {
            "query": "" if first is None else first.text,
            "kind": self.kind,
            "within": "all" if first is None else first.within,
            "where": self.query.where_text,
            "population": self.population,
            "matches": self.matches,
            "shown": len(self),
            "version": self.version,
            "frame_digest": self.frame_digest,
            "transcripts": [hit.to_dict() for hit in self._hits],
        }
        if others:
            result["and"] = [
                {"query": o.text, "kind": o.kind, "within": o.within}
                for o in others
                if isinstance(o, Pattern)
            ]
        return result

    @cached_property
    def _hits(self) -> tuple[Hit, ...]:
        query, schema = self.query, self.query.snapshot.schema
        terms = terms_of(query)
        field = terms[0].column if terms else "text"
        factors = factor_columns(schema)
        columns = ["transcript_id", "model", "task", *factors, field]
        rows = query.snapshot.take(query.positions, columns).to_pylist()
        scores = query.scores
        return tuple(
            Hit(
                transcript_id=row["transcript_id"],
                rank=rank,
                score=scores.get(position),
                model=row["model"],
                task=row["task"],
                condition=condition_of(row),
                field=field,
                snippets=places_in(query, row[field] or "", field, self._snippets),
            )
            for rank, (position, row) in enumerate(
                zip(query.positions.tolist(), rows, strict=True), 1
            )
        )


def places_in(query: Query, text: str, field: str, most: int = 3) -> tuple[Snippet, ...]:
    """Choose the places of a text in which the most different things matched, in their order.

    Parameters
    ----------
    query
        What was searched for.
    text, field
        The text of a column of one of the transcripts that match.
    most
        How many at most.
    """
    found = [term.spans(text) for term in terms_of(query) if term.column == field]
    cut = list(snippets(text, islice(merge(*found), _PLACES)))
    different = [len({text[a:b].casefold() for a, b in one.spans}) for one in cut]
    best = sorted(range(len(cut)), key=lambda i: (-different[i], i))[:most]
    return tuple(cut[i] for i in sorted(best))


def terms_of(query: Query) -> "list[Words | Pattern]":
    """Give what a query searches for."""
    words = [] if query.words is None else [query.words]
    return [*words, *query.patterns]


def snippets(text: str, spans: Iterable[Span]) -> Iterator[Snippet]:
    """Cut the places of a text out with their context; places near each other share one.

    Parameters
    ----------
    text
        The text.
    spans
        Start and end of what matched, in order.
    """
    group: list[Span] = []
    for span in spans:
        near = group and span[0] <= group[-1][1] + _AROUND
        if near and span[1] - group[0][0] <= _LONGEST - _AROUND:
            group.append(span)
            continue
        if group:
            yield _cut(text, group)
        group = [span]
    if group:
        yield _cut(text, group)


def _cut(text: str, group: Sequence[Span]) -> Snippet:
    start = max(group[0][0] - _AROUND, 0)
    end = min(group[-1][1] + _AROUND, start + _LONGEST, len(text))
    return Snippet(text[start:end], start, end, tuple(group))
