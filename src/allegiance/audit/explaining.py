# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
"""Why is it in that category? What each scanner said of a transcript, on which words, and what lies near.

A verdict is shown with the words it rests on and the clause of the definition it cites; beside it the
other categories whose verdicts rest on the same words, since that is how talk about a thing comes to be
taken for the thing; and the labelled transcripts most like it, on either side.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from allegiance.audit.record import Record
from allegiance.audit.specs import Property
from allegiance.audit.teaching import taught_by
from allegiance.corpus import Corpus, Transcript
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Category, Codebook, codebook
from allegiance.scanners.nearest import Near, nearest

MOST_LABELLED = 2_000
"""Labelled transcripts that are compared with one: the first by id."""


class Place(msgspec.Struct, frozen=True):
    """Words that a verdict rests on.

    Attributes
    ----------
    text, start, end
        The words, and where they start and end (characters) in the part.
    part
        ``reasoning`` or ``output`` of the last reply, or of a message ``reasoning`` or ``text``.
    message
        Index of the message, from 0; None for the last reply.
    clause
        Of the definition, from 1; 0 for none in particular.
    """

    text: str
    start: int
    end: int
    part: str = ""
    message: int | None = None
    clause: int = 0

    def overlaps(self, other: "Place") -> bool:
        """Whether two places share words: by position in the same part, else by the words."""
        if (self.part, self.message) == (other.part, other.message):
            return self.start < other.end and other.start < self.end
        if self.message is not None and other.message is not None:
            return False
        mine, theirs = _spaced(self.text), _spaced(other.text)
        return bool(mine and theirs) and (mine in theirs or theirs in mine)


@dataclass(frozen=True)
class SameWords:
    """Another category whose verdict rests on the same words."""

    category: str
    scanner: str
    value: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Grounds:
    """What one scanner said of the transcript in the category.

    Attributes
    ----------
    scanner, digest, value, score, status
        The verdict.
    places
        The words it rests on.
    clauses
        The clauses of the definition that it cites, by number.
    detail
        What else the scanner said: its reason, its votes, quotes that were left out.
    same_words
        Other categories that rest on the same words.
    """

    scanner: str
    digest: str
    value: str | None
    score: float | None
    status: str
    places: tuple[Place, ...]
    clauses: Mapping[int, str]
    detail: Mapping[str, Any]
    same_words: tuple[SameWords, ...]


@dataclass(frozen=True)
class Why:
    """Why a transcript is in a category, or is not.

    Attributes
    ----------
    transcript, category
        What it is about; the category is None where no codebook defines it.
    name
        The name of the category.
    verdicts
        What each scanner said, and on what grounds; the newest first.
    labels
        What raters say under this definition, by rater.
    settled
        What an adjudicator made of it where raters differ; empty for none.
    near
        Labelled transcripts most like it, on either side.
    labelled
        How many labelled transcripts were compared.
    """

    transcript: Transcript
    name: str
    category: Category | None
    verdicts: tuple[Grounds, ...]
    labels: Mapping[str, str]
    settled: str
    near: tuple[Near, ...]
    labelled: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it, without the words of the transcript that nothing rests on."""
        found = self.category
        return {
            "transcript_id": self.transcript.transcript_id,
            "category": self.name,
            "definition": list(found.definition) if found else [],
            "unit": found.unit if found else None,
            "caution": found.caution if found else "",
            "verdicts": [_plain(one) for one in self.verdicts],
            "labels": dict(self.labels),
            "settled": self.settled,
            "near": [
                {
                    "transcript_id": one.id,
                    "value": one.value,
                    "similarity": one.similarity,
                    "shared": list(one.shared),
                }
                for one in self.near
            ],
            "labelled": self.labelled,
        }


@dataclass(frozen=True)
class Context:
    """Words of a transcript with a little of what stands around them.

    Attributes
    ----------
    where
        The part, and the message where it is not the last reply.
    before, words, after
        What stands before, the words, and what stands after; cut texts end with an ellipsis.
    """

    where: str
    before: str
    words: str
    after: str


def in_context(transcript: Transcript, place: Place, around: int = 120) -> Context:
    """Show words where they stand, with so many characters on either side; lines are run together.

    Where the scanner counted otherwise than we do, the words are given alone.
    """
    whole = _part(transcript, place)
    where = place.part if place.message is None else f"message {place.message}, {place.part}"
    if whole[place.start : place.end] != place.text:
        return Context(where, "…", place.text, "…")
    before = whole[max(0, place.start - around) : place.start]
    after = whole[place.end : place.end + around]
    return Context(
        where,
        ("…" if place.start > around else "") + _line(before),
        _line(place.text),
        _line(after) + ("…" if place.end + around < len(whole) else ""),
    )


def why(
    corpus: Corpus,
    record: Record,
    transcript_id: str,
    name: str,
    book: Codebook | None = None,
    k: int = 2,
) -> Why:
    """Gather why a transcript is in a category.

    Parameters
    ----------
    corpus, record
        Where the verdicts and the labels are.
    transcript_id, name
        The transcript and the category.
    book
        The codebook; the shipped one by default.
    k
        How many labelled transcripts of each value are shown.

    Raises
    ------
    UsageError
        If no scanner and no rater has said anything of the transcript in the category.
    AllegianceError
        If the corpus has no such transcript.
    """
    transcript = corpus.get(transcript_id)
    book = codebook() if book is None else book
    name = name.strip().partition("=")[0].replace("_", "-")
    rows = cast(list[dict[str, Any]], corpus.verdicts(ids=[transcript_id]).to_pylist())
    own = [row for row in rows if row["category"] == name]
    own.sort(key=lambda row: row["created_at"], reverse=True)
    found = book.by_name.get(name)
    wanted = Property(category=name, digest=_definition(record, name, found))
    given = [
        one
        for one in record.labels(name)
        if one.label.transcript_id == transcript_id and one.label.definition == wanted.digest
    ]
    labels = {one.label.rater: one.label.value for one in given}
    settled = record.settlement(given)
    if not own and not labels:
        book.find(name)  # which says where there is no such category
        raise UsageError(
            f"No scanner and no rater has said anything of {name} on transcript {transcript_id[:12]}: "
            f"`allegiance scan --category {name}`, or `allegiance label`."
        )
    others = [row for row in rows if row["category"] != name and _fires(row, book)]
    verdicts = [_grounds(row, found, others) for row in own]
    compared = _labelled(corpus, record, wanted, transcript_id, found)
    return Why(
        transcript=transcript,
        name=name,
        category=found,
        verdicts=tuple(verdicts),
        labels=labels,
        settled=settled.settlement.value if settled is not None else "",
        near=tuple(nearest(_text(transcript, found), compared, k)) if compared else (),
        labelled=len(compared),
    )


def _definition(record: Record, name: str, found: Category | None) -> str:
    """Give the digest that labels count under: the codebook's, else what was first on record."""
    if found is not None:
        return found.digest
    declared = record.property_of(name)
    return declared.digest if declared is not None else ""


def _grounds(
    row: dict[str, Any], found: Category | None, others: Sequence[dict[str, Any]]
) -> Grounds:
    places = _places(row)
    cited = {place.clause for place in places if place.clause}
    detail = _detail(row)
    if isinstance(detail.get("clause"), int):
        cited.add(cast(int, detail["clause"]))
    clauses = found.definition if found else ()
    return Grounds(
        scanner=row["scanner"] or "",
        digest=row["scanner_digest"],
        value=row["value"],
        score=row["score"],
        status=row["status"] or "ok",
        places=places,
        clauses={n: clauses[n - 1] for n in sorted(cited) if 0 < n <= len(clauses)},
        detail=detail,
        same_words=tuple(_same_words(places, others)),
    )


def _same_words(places: Sequence[Place], others: Sequence[dict[str, Any]]) -> Iterator[SameWords]:
    for row in others:
        shared = [p.text for p in _places(row) if any(p.overlaps(mine) for mine in places)]
        if shared:
            words = tuple(dict.fromkeys(shared))
            yield SameWords(row["category"], row["scanner"] or "", row["value"], words)


def _fires(row: dict[str, Any], book: Codebook) -> bool:
    """Whether a verdict says that something of its category is there."""
    found = book.by_name.get(row["category"])
    absent = found.absent if found else "no"
    return row["status"] == "ok" and row["value"] is not None and row["value"] != absent


def _places(row: dict[str, Any]) -> tuple[Place, ...]:
    try:
        return msgspec.json.decode(row["spans"] or "[]", type=tuple[Place, ...])
    except msgspec.MsgspecError:  # an outside instrument's own way of quoting
        return ()


def _detail(row: dict[str, Any]) -> dict[str, Any]:
    try:
        return msgspec.json.decode(row.get("detail") or "{}", type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _labelled(
    corpus: Corpus, record: Record, wanted: Property, transcript_id: str, found: Category | None
) -> list[tuple[str, str, str]]:
    """Give id, text and value of the labelled transcripts, without this one and without disputed ones."""
    taught = taught_by(record, wanted).labels
    values = {one.transcript_id: one.value for one in taught if one.transcript_id != transcript_id}
    chosen = [*values][:MOST_LABELLED]
    column = found.unit if found and found.unit != "whole" else "text"
    where = {"transcript_id": chosen}
    rows = corpus.table(["transcript_id", column], where=where).to_pylist() if chosen else []
    return [(r["transcript_id"], r[column] or "", values[r["transcript_id"]]) for r in rows]


def _text(transcript: Transcript, found: Category | None) -> str:
    unit = found.unit if found else "whole"
    parts = {"reasoning": transcript.reasoning, "output": transcript.output}
    return parts.get(unit, transcript.text)


def _part(transcript: Transcript, place: Place) -> str:
    if place.message is not None:
        if not 0 <= place.message < len(transcript.messages):
            return ""
        message = transcript.messages[place.message]
        return message.reasoning if place.part == "reasoning" else message.text
    parts = {"reasoning": transcript.reasoning, "output": transcript.output}
    return parts.get(place.part, transcript.text)


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _plain(one: Grounds) -> dict[str, Any]:
    return {
        "scanner": one.scanner,
        "scanner_digest": one.digest,
        "value": one.value,
        "score": one.score,
        "status": one.status,
        "spans": [msgspec.to_builtins(place) for place in one.places],
        "clauses": {str(number): clause for number, clause in one.clauses.items()},
        "detail": dict(one.detail),
        "same_words": [
            {"category": o.category, "scanner": o.scanner, "value": o.value, "words": list(o.words)}
            for o in one.same_words
        ],
    }
