# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""What is done with a transcript that is open: a label, a citation, an export."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from allegiance.audit import (
    Quote,
    Record,
    Route,
    bind_rater,
    check_account,
    cite,
    give_label,
    hidden_from,
    known_property,
)
from allegiance.audit.case import nth
from allegiance.audit.labels import quoted_in
from allegiance.audit.specs import Property
from allegiance.corpus import Transcript, jsontext
from allegiance.corpus.export.jsonl import record as record_line
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.how_found import draws_of, sight_words
from allegiance.web.left import left_to
from allegiance.web.opened import had_before, must_be_open
from allegiance.web.page import PersonHere, SiteHere, needs, page
from allegiance.web.sight import labels_seen
from allegiance.web.site import Site

router = APIRouter()


@router.get("/t/{identifier}/transcript.json")
def export(site: SiteHere, person: PersonHere, identifier: str) -> Response:
    """Give a transcript as a line of the corpus, with its verdicts left out; on record as an export."""
    rows = site.corpus.table(where={"transcript_id": identifier}).to_pylist()
    if not rows:
        site.corpus.get(identifier)  # which says so
    route = Route(kind="export", by="json", population=1)
    site.open(person, route, [identifier], [None])
    return Response(
        jsontext.dump(record_line(rows[0])) + "\n",
        media_type="application/json",
        headers={
            "content-disposition": f'attachment; filename="transcript-{identifier[:12]}.json"'
        },
    )


@router.post("/t/{identifier}/label", dependencies=[needs("rater")])
def label(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    identifier: str,
    category: Annotated[str, Form()],
    value: Annotated[str, Form()],
    quoted: Annotated[list[str] | None, Form(alias="quote")] = None,
    note: Annotated[str, Form(max_length=20_000)] = "",
    back: Annotated[str, Form()] = "",
    onward: Annotated[str, Form(alias="next")] = "",
    go: Annotated[str, Form()] = "",
) -> Response:
    """Keep what a person says of a transcript that they opened here."""
    transcript = site.corpus.get(identifier)
    must_be_open(site, person, identifier, blind=True)
    with site.record() as record:
        wanted = _property(record, site, category)
        check_account(record, person.name, person.account)
        hidden = _hidden(record, person, identifier, wanted.category)
    bind_rater(site.ledger, person.name, person.account)
    given = give_label(
        site.ledger,
        transcript,
        wanted,
        value,
        person.name,
        quotes=[_quote(text, wanted.unit, transcript) for text in quoted or [] if text.strip()],
        note=note.strip(),
        hidden=hidden,
    )
    said = {
        "new": f"{wanted.category}: {value}. Kept.",
        "same": f"{wanted.category}: {value}, as you had said before; nothing was added.",
        "revised": f"{wanted.category}: {value} instead of {given.before}; your first label stays on record.",
    }[given.standing]
    if "json" in request.headers.get("accept", ""):
        return JSONResponse({"said": said, "standing": given.standing, "value": value})
    return RedirectResponse(back_to(onward if go and onward else back, identifier), 303)


@router.post("/t/{identifier}/cite", dependencies=[needs("rater")])
def citation(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    identifier: str,
    category: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Cite a transcript: the sentence of its certificate, or its routes alone where nobody labelled it."""
    must_be_open(site, person, identifier, blind=True)
    left = {draw for draw, _ in left_to(site, person)}
    with site.record() as record:
        named = sorted({one.label.category for one in labels_seen(record, person, identifier)})
        routes = _routes(record, person, identifier)
        if left & set(draws_of(record, identifier)):
            named = []  # a certificate tells how the queue was drawn that its reader still labels
    chosen = category if category in named else named[0] if len(named) == 1 else ""
    if len(named) > 1 and not chosen:
        raise UsageError(
            f"It is labelled for {', '.join(named)}; choose one of them in the label panel, then cite."
        )
    sentence, digest = f"Transcript {identifier[:12]}: {routes}.", ""
    if chosen:
        made = cite(site.corpus, site.ledger, identifier, chosen, actor=person.name).certificate
        assert made is not None
        sentence, digest = made.sentence(), made.digest
    address = f"{str(request.base_url).rstrip('/')}/t/{identifier}"
    told = {
        "sentence": sentence,
        "certificate": digest,
        "transcript_id": identifier,
        "address": address,
        "text": f"{sentence}\n{address}\ntranscript {identifier}",
    }
    if "json" in request.headers.get("accept", ""):
        return JSONResponse(told)
    return page(request, "reader_cited.html.j2", told=told, back=back_to(back, identifier))


def _property(record: Record, site: Site, category: str) -> Property:
    """Find a category as labels are given in it; which of its values counts as a hit is no matter here."""
    defined = site.book.by_name.get(category)
    named = (
        category
        if defined is None or "yes" in defined.values
        else f"{category}={defined.values[0]}"
    )
    return known_property(record, named, book=site.book)


def _hidden(record: Record, person: Person, identifier: str, category: str) -> tuple[str, ...]:
    """Say what is hidden from somebody who labels here: with all that is known shown, so are the verdicts."""
    shown: set[str] = set()
    if had_before(record, person, identifier, blind=False):
        shown.add("verdicts")
    others = labels_seen(record, person, identifier)
    if any(o.label.rater != person.name and o.label.category == category for o in others):
        shown.add("other raters")
    return tuple(one for one in hidden_from(person.name, identifier, record) if one not in shown)


def _quote(text: str, unit: str, transcript: Transcript) -> Quote:
    """Make a quote of the part that the category is told by, or of the whole where it stands elsewhere."""
    inside = Quote(text=text, part=unit)
    return inside if quoted_in(inside, transcript) else Quote(text=text, part="whole")


def _routes(record: Record, person: Person, identifier: str) -> str:
    told = dict.fromkeys(
        sight_words(sight, record, person) for sight in record.sights_of(identifier)
    )
    number = record.ordinal(identifier)
    ordinal = [f"the {nth(number)} transcript on record"] if number else []
    return "; ".join([*ordinal, *told])


def back_to(address: str, identifier: str) -> str:
    """Give where somebody came from, if that is a page of the reader here."""
    local = address.startswith(("/read?", "/t/", "/transcripts?")) and address.isprintable()
    return address if local and "\\" not in address else f"/t/{identifier}"
