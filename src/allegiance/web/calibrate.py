"""The pages that set a scanner against labels; that it was looked at is put on record, as by the command."""

import shlex
from collections import Counter
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from allegiance.audit import Calibration, known_property
from allegiance.audit.calibrating import CALIBRATION, routes_of
from allegiance.audit.calibration_text import sentence
from allegiance.audit.calibrations import calibrations_told
from allegiance.audit.record import Record
from allegiance.audit.shares import read_share
from allegiance.audit.specs import Instrument
from allegiance.errors import AllegianceError, UsageError
from allegiance.web.calibration_rows import measured, notes_of, rate_rows, rows_of
from allegiance.web.exporting import picture_file, provenance, table_file
from allegiance.web.looking import (
    CONFIDENCE,
    WIDTH,
    Asked,
    asked_again,
    asked_for,
    computed,
    looked_at,
    put_on_record,
    warnings_of,
)
from allegiance.web.page import PersonHere, SiteHere, fragment, needs, page
from allegiance.web.queue import number_of
from allegiance.web.site import Site

router = APIRouter()

_COLUMNS = (
    "queue",
    "scanner",
    "digest",
    "by",
    "level",
    "measure",
    "hits",
    "reads",
    "estimate",
    "low",
    "high",
    "confidence",
    "method",
    "reason",
)


@router.get("/calibrate")
def categories(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """List the categories that are labelled or scanned."""
    scanned = _scanned(site)
    with site.record() as record:
        labels: dict[str, set[str]] = {}
        for one in record.labels():
            labels.setdefault(one.label.category, set()).add(one.label.transcript_id)
        looked = {
            look.category: look.at for look in record.looks if look.body.get("what") == CALIBRATION
        }
    rows = [
        {
            "category": name,
            "scanners": scanned.get(name, 0),
            "labelled": len(labels.get(name, ())),
            "looked": looked.get(name, "")[:16].replace("T", " "),
        }
        for name in sorted({*labels, *scanned})
    ]
    rows.sort(key=lambda row: (not row["labelled"], row["category"]))
    return page(request, "calibrate.html.j2", rows=rows)


@router.get("/calibrate/{category}")
def calibrated(
    request: Request,
    site: SiteHere,
    person: PersonHere,
    category: str,
    scanner: str = "",
    by: str = "",
    width: str = "",
) -> Response:
    """Show what was looked at, or ask whether to look."""
    values = _values(site, category)
    if values:
        return page(request, "calibrate_value.html.j2", category=category, values=values)
    try:
        asked = asked_for(site, person, category, scanner, by)
    except AllegianceError as error:
        return _empty(request, site, category, str(error))
    if looked_at(site, asked) is None:
        return page(
            request, "calibrate_look.html.j2", asked=asked, warnings=warnings_of(site, asked)
        )
    return page(request, "calibrate_category.html.j2", **_told(site, asked, _width(width)))


@router.post("/calibrate/{category}", dependencies=[needs("rater")])
def look(
    site: SiteHere,
    person: PersonHere,
    category: str,
    scanner: Annotated[str, Form()] = "",
    by: Annotated[str, Form()] = "",
) -> Response:
    """Look at a calibration: it is on record from then on."""
    asked = asked_for(site, person, category, scanner, by)
    if looked_at(site, asked) is None:
        put_on_record(site, asked, person)
    return RedirectResponse(asked.address, 303)


@router.get("/calibrate/{category}/table.{kind}")
def table(
    site: SiteHere,
    person: PersonHere,
    category: str,
    kind: Literal["csv", "json"],
    scanner: str = "",
    by: str = "",
) -> Response:
    """Give the measures as a file."""
    asked = asked_again(site, person, category, scanner, by)
    found, _ = computed(site, asked)
    with site.record() as record:
        numbers = {name: number_of(record, name) for name in asked.names}
    rows = [
        row for these in found for one in these for row in measured(one, numbers[one.draw.name])
    ]
    name = f"calibration-{asked.wanted.category}"
    return table_file(rows, _COLUMNS, name, _line(site, asked, found), kind)


@router.get("/calibrate/{category}/figure.{kind}")
def figure(
    site: SiteHere,
    person: PersonHere,
    category: str,
    kind: Literal["svg", "png"],
    scanner: str = "",
    by: str = "",
    queue: int = 0,
) -> Response:
    """Give the figure of one queue and scanner as a file."""
    asked = asked_again(site, person, category, scanner, by)
    found, corrected = computed(site, asked)
    with site.record() as record:
        numbers = {name: number_of(record, name) for name in asked.names}
    chosen = [
        (one, rates)
        for these, rates in zip(found, corrected, strict=True)
        for one in these
        if not queue or numbers[one.draw.name] == queue
    ]
    if not chosen:
        raise UsageError(f"Queue {queue:,} has no labels of {asked.wanted.category}.")
    one, rates = chosen[0]
    text = fragment(
        "interval_rows.svg.j2",
        rows=[*rows_of(one), *rate_rows(one, rates)],
        label=f"{asked.wanted}: {one.instrument.scanner} against labels",
        standalone=True,
        line=_line(site, asked, [[one]]),
    )
    name = f"calibration-{asked.wanted.category}.{kind}"
    if kind == "svg":
        return picture_file(text, name, "image/svg+xml")
    import vl_convert

    return picture_file(vl_convert.svg_to_png(text, scale=2.0), name, "image/png")


def _width(text: str) -> float:
    """Read the width of the interval that the next draw is for, in points.

    Raises
    ------
    UsageError
        If it is none.
    """
    if not text.strip():
        return WIDTH
    found = read_share(f"{text.strip().removesuffix('%').strip()}%")
    if found is None or not 0 < found < 1:
        raise UsageError(f"width={text}: an interval is wider than 0 and narrower than 100 points.")
    return found


def _values(site: Site, category: str) -> tuple[str, ...]:
    """Give the values of a category of which one has to be chosen; empty where one is meant."""
    known = site.book.by_name.get(category.replace("_", "-"))
    if known is None or "yes" in known.values:
        return ()
    with site.record() as record:
        return () if record.property_of(known.name) is not None else known.values


def _scanned(site: Site) -> dict[str, int]:
    """Give category to how many scanners gave verdicts in it."""
    return dict(Counter(one.category for one in _instruments(site)))


def _scanners(site: Site, category: str) -> list[Instrument]:
    """Give the scanners that gave verdicts in a category."""
    return [one for one in _instruments(site) if one.category == category]


def _instruments(site: Site) -> list[Instrument]:
    def find() -> list[Instrument]:
        table = cast(Any, site.corpus).verdicts()
        by = ["category", "scanner", "scanner_digest"]
        kinds = table.select(by).group_by(by).aggregate([]).to_pylist()
        found = [
            Instrument(
                category=row["category"], scanner=row["scanner"], digest=row["scanner_digest"]
            )
            for row in kinds
        ]
        return sorted(found, key=lambda one: (one.category, one.scanner, one.digest))

    return site.kept(("instruments", site.verdicts_version), find)


def _form(command: str) -> str:
    """Turn a command that draws into the address of the form that does the same."""
    words = shlex.split(command)
    told = dict(zip(words[3::2], words[4::2], strict=True))
    category, _, value = told.get("--category", "").partition("=")
    fields = {
        "n": told.get("--n", ""),
        "where": told.get("--where", ""),
        "category": category,
        "value": value,
        "design": told.get("--design", ""),
        "by": told.get("--by", ""),
        "allocation": told.get("--allocate", ""),
        "scanner": told.get("--scanner", ""),
    }
    return urlencode({name: text for name, text in fields.items() if text})


def _told(site: Site, asked: Asked, width: float) -> dict[str, Any]:
    """Say what the page of a calibration is made of."""
    found, corrected = computed(site, asked)
    with site.record() as record:
        numbers = {name: number_of(record, name) for name in asked.names}
        event = _looked_event(record, asked)
    told = [calibrations_told(these, width, CONFIDENCE, asked.wanted) for these in found]
    return {
        "asked": asked,
        "draws": [
            {
                "number": numbers[these[0].draw.name],
                "these": [
                    {
                        "one": one,
                        "told": one.to_dict(),
                        "rows": rows_of(one),
                        "rates": rate_rows(one, rates),
                        "sentences": [
                            (factor, [sentence(factor, pair) for pair in factor.invented])
                            for factor in one.factors
                        ],
                        "notes": notes_of(one),
                    }
                    for one in these
                ],
                "compared": of_draw["compared"],
                "next": [{**one, "form": _form(one["command"])} for one in of_draw["next"]],
            }
            for these, of_draw, rates in zip(found, told, corrected, strict=True)
        ],
        "scanners": _scanners(site, asked.wanted.category),
        "width": width,
        "event": event,
        "provenance": _line(site, asked, found),
    }


def _looked_event(record: Record, asked: Asked) -> dict[str, Any]:
    look = next(
        one
        for one in reversed(record.looks)
        if one.body.get("what") == CALIBRATION and one.category == asked.wanted.category
    )
    return {
        "seq": look.seq,
        "at": look.at[:16].replace("T", " "),
        "who": record.events[look.seq].actor,
    }


def _line(site: Site, asked: Asked, found: list[list[Calibration]]) -> str:
    """Say what the numbers are of."""
    specs = [these[0].draw.spec for these in found]
    with site.record() as record:
        head = record.head.digest
    first = specs[0]
    return provenance(
        population=first.frame.population if len(specs) == 1 else None,
        frame=" and ".join(dict.fromkeys(one.frame.digest[:16] for one in specs))[:40],
        seed=", ".join(one.seed for one in specs if one.seed),
        where=first.frame.where if len(specs) == 1 else "",
        corpus_version=first.frame.version or None,
        ledger_head=head,
        scanners={
            f"{asked.wanted.category} {one.scanner}": one.digest for one in asked.instruments
        },
    )


def _empty(request: Request, site: Site, category: str, why: str) -> Response:
    """Explain how to get what is lacking."""
    name = category.partition("=")[0].replace("_", "-")
    known = name in site.book.by_name
    with site.record() as record:
        known = known or record.property_of(name) is not None
        labels = sum(1 for _ in record.labels(name))
        routes = (
            routes_of(record, known_property(record, category, book=site.book))
            if known and labels
            else {}
        )
    return page(
        request,
        "calibrate_empty.html.j2",
        status=200 if known else 404,
        category=name,
        known=known,
        why=why,
        labels=labels,
        routes=routes,
    )
