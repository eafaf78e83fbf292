"""The page: a new claim. What it takes is asked for kind by kind, and it is said before what each route licenses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from allegiance.audit import KINDS, Record, certified
from allegiance.audit.claim_asked import Asked, claim_of, property_asked
from allegiance.audit.licensing import no_rate
from allegiance.audit.record import DrawRecord
from allegiance.audit.specs import Property
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.certificates import file_certificate
from allegiance.web.form_words import of_form
from allegiance.web.page import PersonHere, SiteHere, needs, page
from allegiance.web.site import Site

router = APIRouter()
_CALLED = {
    "category": "Of what",
    "draw": "Draw",
    "transcript": "Transcript",
    "where": "Frame",
    "gap": "Factor",
    "levels": "Levels",
    "margin": "Gap that would matter",
    "labels": "Told by",
    "scanner": "Scanner",
    "at-most": "The number claimed",
    "at-least": "The number claimed",
    "about": "The number claimed",
    "noticed": "Planted cases noticed",
    "confidence": "Confidence",
    "rater": "One rater alone",
    "method": "Another method",
}


class _Kind(NamedTuple):
    """A kind of claim: what it says, what licenses it, and the fields it takes."""

    says: str
    takes: str
    fields: tuple[str, ...]


KIND: Mapping[str, _Kind] = {
    "existence": _Kind(
        "There is one.",
        "One labelled instance shows it, however it was found. It carries no rate.",
        ("transcript", "frame"),
    ),
    "none-seen": _Kind(
        "None of those read is one.",
        "A draw with labels. It speaks of the rest of the frame only where the draw was at random.",
        ("draw", "noticed", "rater", "method"),
    ),
    "none-exist": _Kind(
        "There is none.",
        "All of the frame read, and none labelled so. A part read at random excludes a share; one instance refutes it.",
        ("draw", "frame", "noticed", "rater"),
    ),
    "prevalence": _Kind(
        "So many are.",
        "A random or stratified draw that was after this category before its first transcript was opened. A search, "
        "a top list or an unknown order license existence alone.",
        ("draw", "number", "rater", "method"),
    ),
    "gap": _Kind(
        "Two conditions differ.",
        "The same requests in two levels of a factor, of one model; by a scanner's verdicts or by labels.",
        ("gap", "frame"),
    ),
    "random-example": _Kind(
        "This is one, picked at random.",
        "A random draw in which it is the first that is labelled so. It carries no rate.",
        ("draw", "transcript"),
    ),
    "striking": _Kind(
        "This is the most striking.",
        "A rank by a score that is on record. It carries no rate.",
        ("transcript", "frame"),
    ),
}
FIELDS = (
    "kind", "category", "draw", "transcript", "where", "how", "number", "noticed", "gap", "levels", "margin",
    "by", "scanner", "rater", "method", "confidence", "words",
)  # fmt: skip
_HOW = ("at-most", "at-least", "about")


@dataclass(frozen=True)
class RouteOf:
    """A draw that a claim may rest on: what was labelled of it, and why it does not license the claim."""

    number: int
    draw: DrawRecord
    labelled: int
    refusal: str


@router.get("/claims/new", dependencies=[needs("admin")])
def new_claim(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Show the form, with what the address says filled in; no number is computed here."""
    return _form(
        request, site, person, {name: request.query_params.get(name, "") for name in FIELDS}
    )


@router.post("/claims/new", dependencies=[needs("admin")])
async def make_claim(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Decide a claim and put it on record, or say what is missing."""
    from starlette.concurrency import run_in_threadpool

    form: FormData = await request.form()
    given = {name: str(form.get(name) or "").strip() for name in FIELDS}
    return await run_in_threadpool(_made, request, site, person, given)


def _made(request: Request, site: Site, person: Person, given: dict[str, str]) -> Response:
    try:
        record = Record.of(site.ledger)
        spec = claim_of(_asked(given), site.corpus, record, site.book)
        made = certified(spec, site.corpus, site.ledger, person.name)
    except UsageError as error:
        return _form(request, site, person, given, of_form(str(error), _CALLED))
    file_certificate(site, made)
    return RedirectResponse(f"/claims/{made.digest[:12]}?new=1", 303)


def _asked(given: Mapping[str, str]) -> Asked:
    """Read the form as the options of the command."""
    kind = given["kind"]
    if kind not in KIND:
        raise UsageError(f"There is no claim {kind!r}; there are {', '.join(KINDS)}.")
    if not given["category"]:
        raise UsageError("Say of what: a category, or CATEGORY=VALUE such as outcome=complied.")
    fields = KIND[kind].fields
    of = {name: given[name] or None for name in ("noticed", "levels", "margin")}
    numbers: dict[str, str] = {}
    if "number" in fields and given["number"]:
        if given["how"] not in _HOW:
            raise UsageError("Say how the number is meant: at most, at least, or about.")
        numbers[given["how"].replace("-", "_")] = given["number"]
    gap = "gap" in fields
    frame = "frame" in fields and not (given["draw"] and "draw" in fields)
    return Asked(
        kind=kind,
        category=given["category"],
        draw=given["draw"] if "draw" in fields else "",
        transcript=given["transcript"] if "transcript" in fields else "",
        where=(given["where"] or None) if frame else None,
        noticed=of["noticed"] if "noticed" in fields else None,
        gap=(given["gap"] or None) if gap else None,
        levels=of["levels"] if gap else None,
        margin=of["margin"] if gap else None,
        labels=gap and given["by"] == "labels",
        scanners=tuple(one.strip() for one in given["scanner"].split(",") if one.strip()),
        rater=given["rater"] if "rater" in fields else "",
        method=given["method"] if "method" in fields else "",
        confidence=_confidence(given["confidence"]),
        words=given["words"],
        **numbers,
    )


def _confidence(text: str) -> float:
    if not text:
        return 0.95
    try:
        number = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise UsageError(f"The confidence {text[:40]} is no share; write 95% or 0.95.") from error
    return number


def _form(
    request: Request, site: Site, person: Person, given: dict[str, str], refusal: str = ""
) -> Response:
    kind = given["kind"] if given["kind"] in KIND else "prevalence"
    given = {**given, "kind": kind}
    with site.record() as record:
        wanted, unknown = _wanted(record, site, given)
        routes = [] if wanted is None else _routes(record, kind, wanted)
        labelled = 0 if wanted is None else _labelled(record, wanted)
        instances = () if wanted is None else _instances(record, wanted)
        draws = list(record.draws)
        declared = [str(one) for draw in record.draws.values() for one in draw.spec.properties]
    chosen = next((one for one in routes if one.draw.name == given["draw"]), None)
    return page(
        request,
        "claim_new.html.j2",
        status=400 if refusal else 200,
        given=given,
        kind=kind,
        kinds=KIND,
        fields=KIND[kind].fields,
        wanted=wanted,
        unknown=unknown,
        routes=routes,
        chosen=chosen,
        draws=draws,
        labelled=labelled,
        instances=instances,
        categories=list(dict.fromkeys((*declared, *site.book.by_name))),
        factors=site.corpus.factors,
        refusal=refusal,
    )


def _wanted(record: Record, site: Site, given: Mapping[str, str]) -> tuple[Property | None, str]:
    """Find the property that is meant so far, or say why it can't be told."""
    if not given["category"]:
        return None, ""
    draw = given["draw"] if given["draw"] in record.draws else ""
    try:
        return property_asked(record, draw, given["category"], site.book), ""
    except UsageError as error:
        return None, of_form(str(error), _CALLED)


def _routes(record: Record, kind: str, wanted: Property) -> list[RouteOf]:
    """Say of every draw on record whether it licenses a claim; by how it was made, not by what its labels say."""
    found: list[RouteOf] = []
    for number, draw in enumerate(record.draws.values(), 1):
        labelled = len(
            {one.label.transcript_id for one in record.labels(wanted.category, draw=draw.name)}
        )
        found.append(RouteOf(number, draw, labelled, _refusal(kind, draw, wanted, labelled)))
    return found


def _refusal(kind: str, draw: DrawRecord, wanted: Property, labelled: int) -> str:
    if kind == "random-example" and draw.spec.design not in ("random", "census"):
        return f"{draw.name} is no random draw"
    if not labelled:
        return "nothing of it is labelled yet"
    if kind in ("prevalence", "none-seen", "none-exist"):
        return no_rate(draw, wanted, declared=draw.declared(wanted.category))
    return ""


def _labelled(record: Record, wanted: Property) -> int:
    return len({one.label.transcript_id for one in record.labels(wanted.category)})


def _instances(record: Record, wanted: Property) -> tuple[str, ...]:
    """Give the transcripts whose labels agree on the value that is claimed, the first few."""
    said: list[Any] = [
        identifier
        for identifier, by_category in record.agreed.items()
        if by_category.get(wanted.category) == wanted.value
    ]
    return tuple(said[:12])
