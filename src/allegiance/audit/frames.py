# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The frame: which transcripts a number is about, how many they are, and how to find them again.

A frame is a filter over transcripts, over verdicts (then it names the scanner by its digest) and over
labels (then it names the last event of the ledger that counts). Its identity is the digest of its ids;
the corpus version only helps to find them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from msgspec import structs

from allegiance.audit.matching import (
    BESIDE,
    LABEL,
    SCORE,
    VERDICT,
    Beside,
    Labels,
    category_of,
)
from allegiance.audit.specs import FrameSpec, Instrument
from allegiance.corpus import Corpus, Query
from allegiance.corpus.filter_printing import fields, for_people
from allegiance.corpus.filters import (
    And,
    Expression,
    Field,
    IsNull,
    Where,
    bound,
    joined,
)
from allegiance.corpus.filters import field as field_of
from allegiance.corpus.identity import frame_digest
from allegiance.corpus.order import Positions
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners import rule_categories, rule_scanner


@dataclass(frozen=True)
class Frame:
    """A population of transcripts.

    Attributes
    ----------
    spec
        How it is found again.
    ids
        The transcript ids, sorted.
    corpus
        Where they are.
    found_at
        The version they were found in; the newest, if the one of the spec is gone.
    """

    spec: FrameSpec
    ids: tuple[str, ...] = field(repr=False)
    corpus: Corpus = field(repr=False)
    found_at: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def digest(self) -> str:
        """Its identity."""
        return self.spec.digest


def frame(
    corpus: Corpus,
    where: Where | None = None,
    *,
    scanners: Iterable[str] = (),
    labels: Labels | None = None,
    ledger: tuple[int, str] = (0, ""),
    excluded: Iterable[str] = (),
    because: str = "",
) -> Frame:
    """Find the transcripts of a filter, and what it takes to find them again.

    Parameters
    ----------
    corpus
        Its newest version is asked.
    where
        A filter as `Query.where` takes it, in which ``verdict.CATEGORY``, ``verdict_score.CATEGORY``
        and ``label.CATEGORY`` may stand besides columns (``_`` for ``-`` in the names).
    scanners
        ``CATEGORY=SCANNER``, a name or the beginning of a digest, where several scanners gave
        verdicts in a category; the shipped rule is taken by default.
    labels, ledger
        What labels say, and the last event that they were read up to: its number and digest.
    excluded, because
        Transcripts to leave out, and why.

    Raises
    ------
    UsageError
        If the filter can't be read, or a scanner can't be told.
    """
    query = corpus.query()
    expression = read_filter(query, where)
    chosen = instruments_of(corpus, [expression], scanners)
    uses_labels = any(place.column == LABEL for place in fields(expression))
    left_out = frozenset(excluded)
    ids, unscanned = _ids(query, corpus, expression, chosen, labels or {}, left_out)
    spec = FrameSpec(
        where=for_people(expression),
        instruments=chosen,
        labels_as_of=ledger[0] if uses_labels else None,
        labels_head=ledger[1] if uses_labels else "",
        excluded=tuple(sorted(left_out)),
        because=because,
        version=query.version,
        population=len(ids),
        digest=frame_digest(ids),
        unscanned=unscanned,
    )
    return Frame(spec, ids, corpus, query.version)


def found_again(spec: FrameSpec, corpus: Corpus, labels: Labels | None = None) -> Frame:
    """Find the transcripts of a frame again: in its version or, if they aren't there, in the newest.

    The same transcripts brought together in another order have other versions, so that the digest
    alone decides. `Frame.spec` is as it comes out now: another digest in it means another population.

    Raises
    ------
    AllegianceError
        If the filter can't be answered any more.
    """
    newest = corpus.query()
    try:
        query = corpus.at(spec.version)
    except UsageError:  # cleaned up
        return _found_in(newest, spec, corpus, labels)
    found = _found_in(query, spec, corpus, labels)
    if found.digest != spec.digest and newest.version != query.version:
        now = _found_in(newest, spec, corpus, labels)
        return now if now.digest == spec.digest else found
    return found


def _found_in(query: Query, spec: FrameSpec, corpus: Corpus, labels: Labels | None) -> Frame:
    expression = read_filter(query, spec.where or None)
    left_out = frozenset(spec.excluded)
    ids, unscanned = _ids(query, corpus, expression, spec.instruments, labels or {}, left_out)
    now = structs.replace(spec, population=len(ids), digest=frame_digest(ids), unscanned=unscanned)
    return Frame(now, ids, corpus, query.version)


def known_again(spec: FrameSpec, corpus: Corpus, labels: Labels | None = None) -> Frame:
    """Find a frame again, and be sure that it is the same.

    Raises
    ------
    AllegianceError
        If it holds other transcripts now.
    """
    now = found_again(spec, corpus, labels)
    if now.digest != spec.digest:
        gone = "" if now.found_at == spec.version else f" (corpus version {spec.version} is gone)"
        raise AllegianceError(
            f"The frame ({spec.name}) held {spec.population:,} transcripts and holds "
            f"{len(now):,} others now{gone}: restore the corpus it was made on, or draw anew."
        )
    return now


def read_filter(query: Query, where: Where | None) -> Expression:
    """Read a filter that may look at verdicts and labels.

    Raises
    ------
    UsageError
        If it can't be read, or names no category.
    """
    expression = bound(where, {**query.snapshot.kinds, **BESIDE})
    for place in fields(expression):
        if place.column in BESIDE and len(place.path) != 1:
            raise UsageError(
                f"{'.'.join((place.column, *place.path))}: name one category, such as "
                f"{place.column}.doubts."
            )
    return expression


def read_field(query: Query, name: str) -> Field:
    """Find what ``tier``, ``scores.judge``, ``verdict.doubts`` or ``verdict_score.doubts`` stands for.

    Raises
    ------
    UsageError
        If there is nothing of that name.
    """
    place = field_of(tuple(name.split(".")), {**query.snapshot.kinds, **BESIDE})
    read_filter(query, IsNull(place))
    return place


def instruments_of(
    corpus: Corpus, asked: Sequence[Expression], scanners: Iterable[str] = ()
) -> tuple[Instrument, ...]:
    """Settle which scanners the verdicts are from that filters look at.

    Raises
    ------
    UsageError
        If no scanner said anything in a category, or several did and none is named.
    """
    wanted = dict(_wanted(one) for one in scanners)
    names = {
        category_of(place.path[0], corpus)
        for expression in asked
        for place in fields(expression)
        if place.column in (VERDICT, SCORE)
    }
    return tuple(_instrument(corpus, name, wanted.get(name)) for name in sorted(names))


def values_of(
    query: Query,
    corpus: Corpus,
    ids: Sequence[str],
    place: Field,
    instruments: Sequence[Instrument],
) -> list[Any]:
    """Read what a field holds for each transcript, in the order of `ids`; None where nothing."""
    places = query.snapshot.places(ids)
    if len(places) and places.min() < 0:
        raise UsageError(f"The corpus has no transcript {ids[int(places.argmin())]}.")
    return Beside(query, corpus, instruments, {}).values(place, places)


def _wanted(text: str) -> tuple[str, str]:
    category, equals, scanner = text.partition("=")
    if not equals or not scanner:
        raise UsageError(
            f"--scanner {text}: write CATEGORY=SCANNER, a name or a digest's beginning."
        )
    return category.replace("_", "-"), scanner


def _instrument(corpus: Corpus, category: str, wanted: str | None) -> Instrument:
    gave = corpus.verdict_columns().of(category)
    said = Counter({(one.name, one.digest): one.verdicts for one in gave})
    if not said:
        raise UsageError(
            f"No scanner has said anything of {category} yet: `allegiance scan --category {category}` "
            f"where a rule is shipped, or --pattern {category}=REGEX."
        )
    if wanted is not None:
        said = Counter(
            {key: n for key, n in said.items() if key[0] == wanted or key[1].startswith(wanted)}
        )
        if not said:
            raise UsageError(f"No scanner {wanted} has said anything of {category}.")
    if len(said) > 1 and category in rule_categories():
        rule = ("rules", rule_scanner(category).digest)
        said = Counter({rule: said[rule]}) if rule in said else said
    if len(said) > 1:
        listed = ", ".join(f"{name} {digest[:12]}" for name, digest in said)
        raise UsageError(
            f"Several scanners gave verdicts in {category} ({listed}); choose one with --scanner "
            f"{category}=DIGEST."
        )
    name, digest = next(iter(said))
    return Instrument(category=category, scanner=name, digest=digest)


def matching(
    query: Query,
    corpus: Corpus,
    expression: Expression,
    instruments: Sequence[Instrument],
    labels: Labels,
    excluded: Collection[str] = (),
) -> tuple[Positions, int]:
    """Find where the transcripts lie that a filter keeps, and how many more an instrument passed over."""
    terms = expression.terms if isinstance(expression, And) else (expression,)
    looking = [t for t in terms if any(place.column in BESIDE for place in fields(t))]
    plain = query.where(joined(t for t in terms if t not in looking) if looking else expression)
    found = plain.matching[0]
    if excluded:
        found = found[np.isin(found, query.snapshot.places([*excluded]), invert=True)]
    if not looking:
        return found, 0
    beside = Beside(query, corpus, instruments, labels)
    return beside.keeps(joined(looking), found), beside.unscanned(found)


def _ids(
    query: Query,
    corpus: Corpus,
    expression: Expression,
    instruments: Sequence[Instrument],
    labels: Labels,
    excluded: Collection[str],
) -> tuple[tuple[str, ...], int]:
    """Find the ids that a filter keeps, sorted, and how many more an instrument passed over."""
    found, unscanned = matching(query, corpus, expression, instruments, labels, excluded)
    ids = query.snapshot.ids_at(query.snapshot.sorted(found))
    return tuple(ids.astype(str).tolist()), unscanned
