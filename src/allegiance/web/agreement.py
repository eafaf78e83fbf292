"""The page of how far raters agree in a queue, and its tables and labels as files."""

from typing import Any, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from allegiance.audit import Agreement, Property, agreement_of
from allegiance.audit.agreement import is_ordinal, labelled_in
from allegiance.audit.coefficients import ONE_VALUE
from allegiance.audit.planting import SKIP
from allegiance.stats import Interval
from allegiance.web.access import Person
from allegiance.web.desk import through
from allegiance.web.exporting import provenance, table_file
from allegiance.web.page import PersonHere, SiteHere, needs, page
from allegiance.web.queue import draw_of, wanted_of
from allegiance.web.site import Site

router = APIRouter()
_ADDRESS = "/queues/{number}/{category}"
_WHAT = "what its raters said"
_COLUMNS = ("measure", "estimate", "low", "high", "confidence", "method", "transcripts", "raters")
_LABELS = (
    "position",
    "transcript_id",
    "category",
    "value",
    "rater",
    "quotes",
    "note",
    "standing",
    "settled",
    "adjudicator",
    "reason",
    "terms",
    "hidden",
    "definition",
    "source",
    "at",
    "event",
)


@router.get(f"{_ADDRESS}/agreement")
def agreement(
    request: Request, site: SiteHere, person: PersonHere, number: int, category: str
) -> Response:
    """Show how far raters agree."""
    found = _found(site, person, number, category)
    return page(
        request,
        "agreement.html.j2",
        number=number,
        found=found,
        values=_values(found),
        counts=_counts(found),
        measures=_measures(found),
        one_value=ONE_VALUE,
        prevalent=_prevalent(found),
        pairs=(
            sum(many for first, second, many in found.pairs if first == second),
            sum(many for _, _, many in found.pairs),
        ),
        address=request.url.path,
        provenance=_line(site, person, number),
    )


@router.get(f"{_ADDRESS}/agreement.{{kind}}")
def agreement_file(
    site: SiteHere, person: PersonHere, number: int, category: str, kind: Literal["csv", "json"]
) -> Response:
    """Give the table of agreement as a file."""
    found = _found(site, person, number, category)
    rows = [
        {
            "measure": name,
            **(
                {}
                if one is None
                else {
                    "estimate": one.estimate,
                    "low": one.low,
                    "high": one.high,
                    "confidence": one.confidence,
                    "method": one.method,
                }
            ),
            "transcripts": found.shared,
            "raters": len(found.raters),
        }
        for name, one in _measures(found)
    ]
    rows += [
        {"measure": f"{first} and {second}, pairs of labels", "estimate": many}
        for first, second, many in found.pairs
    ]
    name = f"agreement-queue-{number}-{found.wanted.category}"
    return table_file(rows, _COLUMNS, name, _line(site, person, number), kind)


@router.get(f"{_ADDRESS}/labels.{{kind}}", dependencies=[needs("admin")])
def labels_file(
    site: SiteHere, person: PersonHere, number: int, category: str, kind: Literal["csv", "json"]
) -> Response:
    """Give every label and skip of a queue that stands, as a file."""
    through(site, person, number, category, _WHAT)
    drawn, wanted = draw_of(site, number), wanted_of(site, number, category)
    rows: list[dict[str, Any]] = []
    with site.record() as record:
        said = [*record.labels(wanted.category, draw=drawn.name)]
        by_item = {one: [o for o in said if o.label.transcript_id == one] for one in drawn.order}
        for one in said:
            label = one.label
            settled = record.settlement(by_item.get(label.transcript_id, []))
            rows.append(
                {
                    **{name: getattr(label, name) for name in _LABELS if hasattr(label, name)},
                    "quotes": [quote.text for quote in label.quotes],
                    "hidden": list(label.hidden),
                    "standing": "revised" if label.revises is not None else "new",
                    "settled": settled.settlement.value if settled else None,
                    "adjudicator": settled.settlement.adjudicator if settled else None,
                    "reason": settled.settlement.reason if settled else None,
                    "at": one.at,
                    "event": one.seq,
                }
            )
        for event in record.events.values():
            body = event.body
            here = (body.get("draw"), body.get("category")) == (drawn.name, wanted.category)
            if event.kind == "skip" and here:
                rater, one = str(body["rater"]), str(body["transcript_id"])
                skips = record.skips(wanted.category, drawn.name, rater)
                if skips.get(one) == event.seq:
                    rows.append(
                        {
                            "position": body["position"],
                            "transcript_id": one,
                            "category": wanted.category,
                            "value": SKIP,
                            "rater": rater,
                            "note": body.get("reason", ""),
                            "standing": "skipped",
                            "at": event.at,
                            "event": event.seq,
                        }
                    )
    rows.sort(key=lambda row: (row["position"] or 0, row["event"]))
    name = f"labels-queue-{number}-{wanted.category}"
    return table_file(rows, _LABELS, name, _line(site, person, number), kind)


def _found(site: Site, person: Person, number: int, category: str) -> Agreement:
    through(site, person, number, category, _WHAT)
    drawn, wanted = draw_of(site, number), wanted_of(site, number, category)
    book = site.book
    with site.record() as record:
        head = record.head.seq

    def make() -> Agreement:
        with site.record() as record:
            told = labelled_in(record, book, drawn.name, wanted.category)
            known: Property = told[0] if told else wanted
            return agreement_of(record, known, ordinal=is_ordinal(book, known), draw=drawn.name)

    return site.kept(("agreement", drawn.name, wanted, head), make)


def _measures(found: Agreement) -> list[tuple[str, Interval | None]]:
    """Name the coefficients with their limits; None for one that is not defined."""
    made = found.coefficients
    if made is None:
        return []
    kind = "ordinal" if found.ordinal else "nominal"
    return [
        ("The same label", made.same),
        ("Gwet's AC1", made.ac1),
        (f"Krippendorff's alpha, {kind}", made.alpha),
    ]


def _values(found: Agreement) -> list[str]:
    """Give the values that were said or could be, in their order."""
    said = {value for first, second, _ in found.pairs for value in (first, second)}
    return [*found.wanted.values, *sorted(said.difference(found.wanted.values))]


def _counts(found: Agreement) -> dict[tuple[str, str], int]:
    """Count pairs of labels, whichever rater said which: the table is the same from both sides."""
    counts: dict[tuple[str, str], int] = {}
    for first, second, many in found.pairs:
        counts[(first, second)] = counts[(second, first)] = many
    return counts


def _prevalent(found: Agreement) -> tuple[str, int, int] | None:
    """Say which value most labels of shared transcripts have, where it is nine of ten or more."""
    counts: dict[str, int] = {}
    for first, second, many in found.pairs:
        counts[first] = counts.get(first, 0) + many
        counts[second] = counts.get(second, 0) + many
    total = sum(counts.values())
    value = max(counts, key=counts.__getitem__, default="")
    return (value, counts[value], total) if total and counts[value] >= 0.9 * total else None


def _line(site: Site, person: Person, number: int) -> str:
    """Say what the numbers are of; how the queue was drawn for admins alone."""
    spec = draw_of(site, number).spec
    with site.record() as record:
        head = record.head.digest
    if not person.may("admin"):
        return f"queue {number} · {provenance(ledger_head=head)}"
    line = provenance(
        population=spec.frame.population,
        frame=spec.frame.digest,
        seed=spec.seed,
        where=spec.frame.where,
        corpus_version=spec.frame.version or None,
        ledger_head=head,
    )
    return f"queue {number}, draw {spec.name}, {spec.design} · {line}"
