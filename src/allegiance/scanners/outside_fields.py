# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""What transcripts brought along themselves: scores by Inspect's scorers, columns, and metadata."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from allegiance.corpus import Corpus, jsontext
from allegiance.corpus.filter_rows import value_of
from allegiance.corpus.filters import Field
from allegiance.corpus.filters import field as field_of
from allegiance.errors import UsageError
from allegiance.scanners.outside import Said

_ROWS = 4096
_SHOWN = 20


@dataclass
class Score:
    """A score: ``NAME``, or ``NAME.KEY`` where its value is an object."""

    name: str
    progress: Callable[[int], None] | None = None
    unmatched: int = 0
    unreadable: int = 0

    @property
    def identity(self) -> dict[str, Any]:
        """What identifies it: its name; what other transcripts bring later is of the same instrument."""
        return {"score": self.name}

    def said(self, corpus: Corpus) -> Iterator[Said]:
        """Read the score of every transcript that has it.

        Raises
        ------
        UsageError
            If none has, or its value is an object and no key is given.
        """
        seen: dict[str, None] = {}
        found_any = False
        for identifier, text in _rows(corpus, "scores", self.progress):
            scores = _object(jsontext.value((text or "{}").encode()))
            seen.update(dict.fromkeys(scores))
            found = _scored(scores, self.name)
            if found is not None:
                found_any = True
                yield _said(identifier, found, self.name)
        if not found_any:
            raise UsageError(
                f"--from score:{self.name}: no transcript has that score; {_there(seen)}."
            )


@dataclass
class Held:
    """A column, or a place inside metadata: ``stop_reason``, ``tier``, ``metadata.a.b``."""

    name: str
    progress: Callable[[int], None] | None = None
    unmatched: int = 0
    unreadable: int = 0

    @property
    def identity(self) -> dict[str, Any]:
        """What identifies it: its name, as for a score."""
        return {"field": self.name}

    def said(self, corpus: Corpus) -> Iterator[Said]:
        """Read what transcripts hold there; those that hold nothing are passed over.

        Raises
        ------
        UsageError
            If there is no such column.
        """
        place = named_field(corpus, self.name)
        for identifier, held in _rows(corpus, place.column, self.progress):
            value = value_of(place, {place.column: held})
            if value is not None:
                yield Said(identifier, f"transcript {identifier[:12]}", value)


def _rows(
    corpus: Corpus, column: str, progress: Callable[[int], None] | None
) -> Iterator[tuple[str, Any]]:
    looked_at = 0
    for batch in corpus.batches(["transcript_id", column], batch_size=_ROWS):
        yield from zip(*(part.to_pylist() for part in batch.columns), strict=True)
        looked_at += batch.num_rows
        if progress is not None:
            progress(looked_at)


def named_field(corpus: Corpus, name: str) -> Field:
    """Find what a name stands for: a column, a factor, or a place in a column of JSON."""
    return field_of(tuple(name.split(".")), corpus.query().snapshot.kinds)


def _scored(scores: Mapping[str, Any], name: str) -> tuple[Any, Mapping[str, Any]] | None:
    """Find a score by the longest name that fits, and what is inside its value by the rest."""
    parts = name.split(".")
    for size in range(len(parts), 0, -1):
        scorer = ".".join(parts[:size])
        if scorer not in scores:
            continue
        score = scores[scorer]
        whole = _object(score) if isinstance(score, dict) and "value" in score else {"value": score}
        value = whole["value"]
        for key in parts[size:]:
            if not isinstance(value, dict) or key not in value:
                return None
            value = cast(dict[str, Any], value)[key]
        return value, whole
    return None


def _said(identifier: str, found: tuple[Any, Mapping[str, Any]], name: str) -> Said:
    value, score = found
    if isinstance(value, dict | list):
        keys = ", ".join(list(map(str, cast(Any, value)))[:_SHOWN])
        raise UsageError(
            f"--from score:{name}: the score of transcript {identifier[:12]} is no single value; name "
            f"one of its keys, as score:{name}.KEY ({keys})."
        )
    detail = {key: score.get(key) for key in ("explanation", "answer")}
    return Said(identifier, f"the score of transcript {identifier[:12]}", value, detail=detail)


def _there(names: Mapping[str, None]) -> str:
    listed = ", ".join(sorted(names)[:_SHOWN])
    return f"there are {listed}" if listed else "the transcripts brought no scores"


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
