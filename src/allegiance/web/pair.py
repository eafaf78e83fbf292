"""The pair page: one request in two conditions that differ in one factor, with all epochs of both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest
from typing import Any, cast
from urllib.parse import urlencode

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from allegiance.audit import Route
from allegiance.corpus import Transcript
from allegiance.study.outcomes import Outcome
from allegiance.web.access import Person
from allegiance.web.conversation import Conversation, Row, Turn
from allegiance.web.facts import facts_of, outcome_of, shape_of
from allegiance.web.highlights import Highlights
from allegiance.web.opened import VerdictRow, id_of, laid, marked_for, verdicts_on, words_of
from allegiance.web.page import PersonHere, SiteHere, page
from allegiance.web.pairing import Family, Member, Pairing, family_of, pairing
from allegiance.web.prompt_words import Run, compared
from allegiance.web.sight import labels_seen
from allegiance.web.site import Site

router = APIRouter()

_PIECES = 5
"""Pieces of a long text that stand in a column; the rest is in the reader."""
_COMPARED = 400_000
"""Characters of a prompt that is compared."""


@dataclass(frozen=True)
class Mark:
    """An epoch in a strip: its transcript, what came of it, and whether it is the one that is shown."""

    member: Member
    outcome: str
    shape: str
    here: bool
    address: str


@dataclass(frozen=True)
class Side:
    """One of the two: the transcript, its level, and the strip of all epochs."""

    transcript: Transcript
    level: str
    outcome: str
    shape: str
    strip: tuple[Mark, ...]
    complied: int
    told: int
    missing: int
    unscanned: int

    @property
    def monitored(self) -> bool:
        """Whether its tier is drawn filled."""
        return self.transcript.condition.get("tier") == "monitored"

    @property
    def counted(self) -> str:
        """How many of how many complied."""
        return f"{self.complied:,} of {self.told:,}"


@dataclass(frozen=True)
class Cell:
    """What stands in a column: words of a prompt that were compared, or pieces of a reply with highlights."""

    turn: Turn | None
    runs: tuple[Run, ...] = ()
    pieces: tuple[Markup, ...] = ()
    remarks: tuple[str, ...] = ()
    cut: bool = False


@dataclass(frozen=True)
class Line:
    """What stands beside each other: a part of a turn in both transcripts."""

    kind: str
    label: str
    same: bool
    left: Cell
    right: Cell


@router.get("/pair/{start}")
def pair(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    start: str,
    factor: str = "tier",
    against: str = "",
) -> Response:
    """Show a transcript beside the one of the same request at another level of a factor."""
    identifier = id_of(site, start)
    transcript = words_of(site, identifier)
    family = _family(site, transcript, factor)
    found = pairing(family, transcript, against)
    others = [name for name in transcript.condition if name != factor]
    told: dict[str, Any] = {
        "found": found,
        "factor": factor,
        "factors": [factor, *others],
        "against": against,
        "transcript": transcript,
        "address": _address,
        "facts": facts_of(transcript, site.study),
        **_ways(found, against),
    }
    if found.right is None:
        site.open(person, Route(kind="link"), [identifier], [None])
        return page(request, "pair.html.j2", sides=(), lines=(), **told)
    ids = [found.left.transcript_id, found.right.transcript_id]
    site.open(person, Route(kind="link"), ids, [None, None])
    both = [transcript if one == identifier else words_of(site, one) for one in ids]
    verdicts = verdicts_on(site, [one.transcript_id for one in (*found.lefts, *found.rights)])
    outcomes = {one: outcome_of(said) for one, said in verdicts.items()}
    sides = (
        _side(both[0], found.left, found.lefts, outcomes, factor, against),
        _side(both[1], found.right, found.rights, outcomes, factor, against),
    )
    lines = [*_lines(site, person, both, [verdicts[one] for one in ids])]
    return page(request, "pair.html.j2", sides=sides, lines=lines, **told)


def _family(site: Site, transcript: Transcript, factor: str) -> Family:
    rest = tuple(item for item in sorted(transcript.condition.items()) if item[0] != factor)
    named = factor in transcript.condition and bool(transcript.request_id)
    if not named:
        return family_of(site.corpus, transcript, factor)  # which says what it lacks
    key = (
        "pair",
        site.corpus.version,
        factor,
        transcript.model,
        transcript.task,
        transcript.study,
        rest,
    )
    return site.kept(key, lambda: family_of(site.corpus, transcript, factor))


def _ways(found: Pairing, against: str) -> dict[str, str]:
    """Write the addresses of the epochs and the requests before and after."""
    ways = {
        "previous": found.step(-1),
        "following": found.step(1),
        "request_before": found.family.beside(found.request, found.own, -1),
        "request_after": found.family.beside(found.request, found.own, 1),
    }
    factor = found.family.factor
    return {
        name: _address(identifier, factor, against if name in ("previous", "following") else "")
        if identifier
        else ""
        for name, identifier in ways.items()
    }


def _address(identifier: str, factor: str, against: str = "") -> str:
    told = [("factor", factor)] if factor != "tier" else []
    told += [("against", against)] if against else []
    return f"/pair/{identifier}" + (f"?{urlencode(told)}" if told else "")


def _side(
    transcript: Transcript,
    member: Member,
    epochs: Sequence[Member],
    outcomes: Mapping[str, str],
    factor: str,
    against: str,
) -> Side:
    said = [outcomes.get(one.transcript_id, "") for one in epochs]
    told = [one for one in said if shape_of(one) not in ("missing", "unknown")]
    own = outcomes.get(transcript.transcript_id, "")
    return Side(
        transcript=transcript,
        level=member.level,
        outcome=own,
        shape=shape_of(own),
        strip=tuple(
            Mark(
                one,
                outcome or "no outcome yet",
                shape_of(outcome),
                one == member,
                _address(one.transcript_id, factor, against),
            )
            for one, outcome in zip(epochs, said, strict=True)
        ),
        complied=sum(one == Outcome.COMPLIED for one in told),
        told=len(told),
        missing=sum(shape_of(one) == "missing" for one in said),
        unscanned=sum(shape_of(one) == "unknown" for one in said),
    )


def _lines(
    site: Site, person: Person, both: Sequence[Transcript], verdicts: Sequence[Sequence[VerdictRow]]
) -> Iterable[Line]:
    """Put both conversations beside each other, turn by turn, and each turn part by part."""
    told_both = [laid(site, one.transcript_id, one) for one in both]
    with site.record() as record:
        labels = [labels_seen(record, person, one.transcript_id) for one in both]
    marked = [
        replace(marked_for(site, seen, told, said), prefix=prefix)
        for told, said, seen, prefix in zip(
            told_both, verdicts, labels, ("left", "right"), strict=True
        )
    ]
    begins = [_replies_from(one) for one in both]
    for at in range(max(begins)):
        yield _prompt_line(told_both, begins, at)
    turns = [_turns(told, begin) for told, begin in zip(told_both, begins, strict=True)]
    for left, right in zip_longest(*turns, fillvalue=()):
        yield from _reply_lines(cast(Sequence[Row], left), cast(Sequence[Row], right), marked)


def _prompt_line(both: Sequence[Conversation], begins: Sequence[int], at: int) -> Line:
    """Compare a message of the prompts."""
    texts = [
        told.texts.get((at, "text"), "")[:_COMPARED] if at < begin else ""
        for told, begin in zip(both, begins, strict=True)
    ]
    turns = [
        told.turns[at] if at < begin else None for told, begin in zip(both, begins, strict=True)
    ]
    left, right = compared(*texts)
    role = next(turn.role for turn in turns if turn is not None)
    cells = [Cell(turn, runs=tuple(runs)) for turn, runs in zip(turns, (left, right), strict=True)]
    return Line("prompt", role, texts[0] == texts[1], *cells)


def _reply_lines(
    left: Sequence[Row], right: Sequence[Row], marked: Sequence[Highlights]
) -> Iterable[Line]:
    for kind, label in _KINDS:
        chosen = [[row for row in rows if row.kind in kind] for rows in (left, right)]
        if any(chosen):
            cells = [_cell(rows, seen) for rows, seen in zip(chosen, marked, strict=True)]
            first = next(row for rows in chosen for row in rows)
            name = label or (first.turn.role if first.turn.voice != "model" else "output")
            yield Line(kind[0], name, False, *cells)


_KINDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("reasoning",), "reasoning"),
    (("output", "text"), ""),
    (("call",), "calls"),
    (("note",), "beside"),
)


def _cell(rows: Sequence[Row], marked: Highlights) -> Cell:
    pieces = [piece for row in rows for piece in row.pieces]
    return Cell(
        rows[0].turn if rows else None,
        pieces=tuple(marked.shown(piece) for piece in pieces[:_PIECES]),
        remarks=tuple(row.said for row in rows if row.said),
        cut=len(pieces) > _PIECES,
    )


def _turns(told: Conversation, begin: int) -> list[list[Row]]:
    rows = [row for row in told.rows if row.turn.index >= begin and row.kind != "tag"]
    return [[*group] for _, group in groupby(rows, key=lambda row: row.turn.index)]


def _replies_from(transcript: Transcript) -> int:
    """Say where the prompt ends: at the first message that the model wrote, or that was put into its mouth."""
    messages = transcript.messages
    return next((i for i, one in enumerate(messages) if one.author != "scripted"), len(messages))
