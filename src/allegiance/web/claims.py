"""The page: claims. All that were decided, and each with its certificate, which can be recomputed there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from allegiance.audit import Certificate, Verified, verify
from allegiance.audit.plans import planned
from allegiance.audit.specs import FrameSpec
from allegiance.stats import Interval
from allegiance.web import challenges, compose
from allegiance.web.cells import address
from allegiance.web.certificates import (
    WITHHELD,
    Claimed,
    claim_at,
    claims_of,
    seen,
    to_be_labelled,
    withheld,
)
from allegiance.web.correcting import interval_of
from allegiance.web.exporting import Format, provenance, saved_as, table_file
from allegiance.web.figures import Mark, axis_head, axis_of, strip
from allegiance.web.left import FIRST, Left, is_closed, left_to
from allegiance.web.page import PersonHere, SiteHere, needs, page
from allegiance.web.site import Site

router = APIRouter()

_READS = 40
"""Reads that stand on the page; the others open with a click."""
_MARKS: Mapping[str, str] = {"holds": "✓", "fails": "✗", "noted": "·", "not checked": "?"}


@router.get("/claims")
def claims(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    kind: str = "",
    status: str = "",
    category: str = "",
) -> Response:
    """List every claim, the newest first."""
    found, wrong = claims_of(site)
    left = left_to(site, person)
    found = [_as_told(one, left) for one in found]
    shown = [
        one
        for one in found
        if (not kind or one.kind == kind)
        and (not status or status in one.status)
        and (not category or one.category == category)
    ]
    with site.record() as record:
        hidden = to_be_labelled(record, person)
        head = record.head.digest
    return page(
        request,
        "claims.html.j2",
        claims=shown,
        sentences={one.digest: seen(one.sentence, hidden) for one in shown},
        total=len(found),
        kinds=_choices(one.kind for one in found),
        statuses=_choices(part for one in found for part in _statuses(one)),
        categories=_choices(one.category for one in found),
        chosen={"kind": kind, "status": status, "category": category},
        wrong=wrong,
        source=provenance(ledger_head=head, corpus_version=site.corpus.version),
    )


@router.get("/claims/table.{kind}")
def exported(site: SiteHere, person: PersonHere, kind: Format) -> Response:
    """Give the list as a file."""
    left = left_to(site, person)
    found = [_as_told(one, left) for one in claims_of(site)[0]]
    with site.record() as record:
        hidden, head = to_be_labelled(record, person), record.head.digest
    rows = [
        {
            "status": one.status,
            "kind": one.kind,
            "category": one.category,
            "value": one.value,
            "sentence": seen(one.sentence, hidden),
            "at": one.at,
            "by": one.actor,
            "event": one.event or None,
            "certificate": one.digest,
        }
        for one in found
    ]
    line = provenance(ledger_head=head, corpus_version=site.corpus.version)
    columns = [
        "status",
        "kind",
        "category",
        "value",
        "sentence",
        "at",
        "by",
        "event",
        "certificate",
    ]
    return table_file(rows, columns, f"{site.name}-claims", line, kind)


router.include_router(compose.router)
router.include_router(challenges.router)


@router.get("/claims/{digest}")
def claim(request: Request, site: SiteHere, person: PersonHere, digest: str) -> Response:
    """Show a claim with its certificate."""
    return _shown(request, site, person, claim_at(site, digest))


@router.post("/claims/{digest}/verify", dependencies=[needs("reader")])
def verified(request: Request, site: SiteHere, person: PersonHere, digest: str) -> Response:
    """Recompute all that a certificate says, from the corpus and the ledger, and list each check."""
    found = claim_at(site, digest)
    if found.filed is None:
        raise HTTPException(404, _NO_FILE)
    checked = verify(
        found.filed.certificate,
        found.filed.fields,
        site.corpus,
        site.ledger.id,
        site.ledger.events,
    )
    return _shown(request, site, person, found, checked)


@router.get("/claims/{digest}/certificate.{kind}")
def certificate_file(site: SiteHere, person: PersonHere, digest: str, kind: str) -> Response:
    """Give a certificate as JSON or as Markdown."""
    found = claim_at(site, digest)
    if found.filed is None or kind not in ("json", "md"):
        raise HTTPException(404, _NO_FILE)
    made = found.filed.certificate
    if is_closed(found, left_to(site, person)):
        raise HTTPException(403, FIRST)
    with site.record() as record:
        hidden = to_be_labelled(record, person)
    if withheld(made, hidden):
        raise HTTPException(403, f"The certificate holds labels of others. {WITHHELD}")
    if kind == "md":
        text, media = made.to_markdown(), "text/markdown"
    else:
        text, media = found.filed.file.read_text(encoding="utf-8"), "application/json"
    name = f"{made.claim.kind}-{made.digest[:8]}.{kind}"
    return Response(text, media_type=media, headers=saved_as(name))


def _shown(
    request: Request,
    site: Site,
    person: PersonHere,
    found: Claimed,
    checked: Verified | None = None,
) -> Response:
    left = left_to(site, person)
    if closed := is_closed(found, left):
        found = _as_told(found, left)
    made = None if found.filed is None else found.filed.certificate
    with site.record() as record:
        hidden = to_be_labelled(record, person)
        numbers = {name: number for number, name in enumerate(record.draws, 1)}
    return page(
        request,
        "claim.html.j2",
        claim=found,
        closed=closed,
        made=made,
        sentence=seen(found.sentence, hidden),
        reasons=() if made is None else [seen(one, hidden) for one in made.decision.reasons],
        hidden=frozenset[str]() if made is None else withheld(made, hidden),
        withheld=WITHHELD,
        numbers=numbers,
        drawn=None if made is None else _drawn(made),
        frame=None if made is None else _frame_address(made.decision.frame),
        raters_only=person.role == "rater",
        may_claim=person.may("admin"),
        checked=checked,
        new="new" in request.query_params,
        marks=_MARKS,
        reads_shown=_READS,
        answered=challenges.on_file(site, found.digest) if found.kind == "challenge" else None,
        would=[] if made is None else _would_license(made),
    )


def _as_told(one: Claimed, left: Left) -> Claimed:
    """Give a claim as its reader may know it: what came out is withheld while they have labels left of it."""
    return replace(one, status="", sentence=FIRST) if is_closed(one, left) else one


def _drawn(made: Certificate) -> dict[str, Any] | None:
    """Draw the interval of a claim, with the number that was claimed as a tick."""
    fields = made.decision.interval
    if fields is None:
        return None
    interval: Interval = interval_of(fields)
    if interval.quantity not in ("rate", "difference"):
        return None
    gap = interval.quantity == "difference"
    claimed = None if made.claim.says is None else made.claim.says.rate
    mark = Mark(interval, "gap" if gap else "other", truth=claimed, worst=bool(interval.missing))
    axis = axis_of([mark], zero=not gap)
    return {
        "interval": interval,
        "gap": gap,
        "strip": strip(mark, axis, points_of=gap),
        "axis": axis_head(axis, points_of=gap),
    }


def _frame_address(frame: FrameSpec) -> str:
    return address(frame.where, tuple(f"{o.category}={o.digest[:16]}" for o in frame.instruments))


def _would_license(made: Certificate) -> list[tuple[str, str]]:
    """Say what would license a claim that does not stand for want of a route: a reading, and its command."""
    wanted, frame = made.claim.wanted, made.decision.frame
    if made.decision.status != "cannot be told" or made.claim.kind not in (
        "prevalence",
        "none-exist",
    ):
        return []
    if not frame.population or frame.instruments or frame.labels_as_of is not None:
        return []
    category = wanted.category if wanted.value == "yes" else f"{wanted.category}={wanted.value}"
    if made.claim.kind == "none-exist":
        return [
            (
                f"All {frame.population:,} read, or one instance: that alone settles whether there is none.",
                "",
            )
        ]
    for one in planned(0.5, 0.2, frame.population, category=category, where=frame.where):
        if one.command:
            reads = one.plan.needed
            return [
                (
                    f"{one.design.capitalize()}, declared before it is opened: {reads:,} reads make an interval of "
                    "20 points at most, whatever the rate is.",
                    one.command,
                )
            ]
    return []


def _statuses(one: Claimed) -> list[str]:
    return [s for s in ("stands", "refuted", "cannot be told") if s in one.status]


def _choices(values: Any) -> list[str]:
    return sorted({value for value in values if value})


_NO_FILE = (
    "The certificate of this claim is not in report/claims/; whoever made it has the file: put it there, and it can "
    "be read and verified here."
)
