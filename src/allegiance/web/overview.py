"""The page: overview. What was asked, what came of it in every condition, whose intent was kept, what was read."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, HTTPException
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from allegiance import __version__
from allegiance.audit.interpreted import Interpreted
from allegiance.audit.relation import Row
from allegiance.errors import UsageError
from allegiance.report import Cell, Found, Measure, TierGap, found_of
from allegiance.report.cells import TIER
from allegiance.report.html import relation_rules, render_relation
from allegiance.report.rates import SHOW_WORST_CASE_ABOVE
from allegiance.report.relation_section import Kind
from allegiance.report.wording import MISSING, counted, limits, p_value, points, rate
from allegiance.stats import Interval
from allegiance.web.access import Person
from allegiance.web.cells import address, address_of_ids, hit_of, observed_values
from allegiance.web.certificates import seen_sentence
from allegiance.web.correcting import Corrected, can_correct, correct, corrected_on_record
from allegiance.web.exporting import Format, picture_file, provenance, table_file
from allegiance.web.figures import Line, Mark, axis_head, axis_of, png_of, rows_figure, strip
from allegiance.web.inert import inert_markup
from allegiance.web.numbers import Numbers, numbers, numbers_key, related, related_key, studies_of
from allegiance.web.page import PersonHere, SiteHere, fragment, needs, page
from allegiance.web.site import Site

router = APIRouter()

_AT_ONCE = 5_000
"""So many transcripts are counted while the page waits; of more it is shown first, and the numbers follow."""

Category = Annotated[
    str, "The measure that is shown: complied, partial, refused, or a scanned category."
]


@dataclass(frozen=True)
class RateRow:
    """A condition in the table of rates: its numbers, its drawing, and the frames behind them."""

    number: int
    name: str
    tier: str
    cell: Cell
    measure: Measure
    mark: Mark
    where: str
    all_of: str
    observed: str
    hits: str
    missing: str
    corrected: Corrected | None

    @property
    def lost(self) -> int:
        """How many are missing."""
        return sum(self.measure.missing.values())


@dataclass(frozen=True)
class GapRow:
    """A tier gap in its table."""

    name: str
    gap: TierGap
    mark: Mark
    frame: str


@dataclass(frozen=True)
class DrawRow:
    """A draw in the table of how transcripts were found; a rater is told no more than its number."""

    number: int
    name: str
    design: str
    seed: str
    after: str
    stop: str
    frame: str
    drawn: int | None
    population: int
    opened: int
    labelled: int


class _Links:
    """Addresses of what is behind the relation table."""

    def __init__(self, found: Numbers) -> None:
        self._found = found

    def of_acts(self, kind: Kind) -> tuple[str, int]:
        """Give the address of the acts of a kind, and how many of them it lists."""
        return address_of_ids(kind.transcripts)

    def of_row(self, row: Row) -> str:
        """Give the address of the acts of a row."""
        return address(self._found.cells.of_row(row.place))


@router.get("/")
def overview(
    request: Request, site: SiteHere, person: PersonHere, category: str = "", wait: bool = False
) -> Response:
    """Show the overview; where counting takes long, the page comes first and the numbers follow."""
    size = site.corpus.query().count()
    told: dict[str, Any] = {
        "study": _study(site),
        "size": size,
        "summary": _summary(site) if size else {},
        "found": _found(site, person),
        "category": category,
        "numbers": "",
        "missing_mark": MISSING,
    }
    if size and (wait or size <= _AT_ONCE or site.keeps(numbers_key(site))):
        told["numbers"] = Markup(_numbers(site, person, category, wait=wait))
    return page(request, "overview.html.j2", **told)


@router.get("/api/overview")
def overview_numbers(site: SiteHere, person: PersonHere, category: str = "") -> JSONResponse:
    """Give the numbers as a part of the page."""
    return JSONResponse({"html": _numbers(site, person, category)})


@router.get("/api/overview/relation")
def overview_relation(site: SiteHere) -> JSONResponse:
    """Give whose intent was kept as a part of the page."""
    return JSONResponse({"html": _relation(site, numbers(site))})


@router.get("/relation.css")
def relation_style() -> Response:
    """Give the rules of the relation table, which are the report's."""
    return Response(
        relation_rules(), media_type="text/css", headers={"cache-control": "max-age=3600"}
    )


@router.post("/overview/correct", dependencies=[needs("admin")])
def correct_rates(
    site: SiteHere,
    person: PersonHere,
    category: Annotated[str, Form()],
    cell: Annotated[str, Form()],
) -> Response:
    """Correct the rate of a condition, or of all, by labels; that it was looked at goes on record."""
    found = numbers(site)
    if category not in found.measures:
        raise UsageError(f"Nothing was scanned for {category}; go back and choose another one.")
    wheres = {found.cells.where(one.place) for one in found.report.cells}
    if cell != "all" and cell not in wheres:
        raise UsageError("This condition is none of the corpus any more; load the overview again.")
    correct(site, person, found, category, sorted(wheres) if cell == "all" else [cell])
    return RedirectResponse(f"/?category={category}#rates", 303)


@router.get("/overview/{table}.{kind}")
def exported(
    site: SiteHere, table: Literal["rates", "gaps", "relation"], kind: Format, category: str = ""
) -> Response:
    """Give a table of the overview as a file."""
    found = numbers(site)
    if table == "relation":
        rows = relation_rows(related(site).found)
    else:
        rows = rate_rows(found) if table == "rates" else gap_rows(found)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return table_file(rows, columns, f"{site.name}-{table}", source_of(site, found), kind)


@router.get("/figures/{name}.{kind}")
def figure(
    site: SiteHere,
    name: Literal["rates", "gaps"],
    kind: Literal["svg", "png"],
    category: str = "",
) -> Response:
    """Give a figure of the overview as a file."""
    found = numbers(site)
    if name == "gaps":
        svg = _gaps_figure(site, found)
    else:
        measure = found.chosen(category)
        if category and category != measure:
            raise UsageError(
                f"Nothing was scanned for {category}; there are {', '.join(found.measures)}."
            )
        svg = _rates_figure(site, found, measure)
    if svg is None:
        raise HTTPException(404, "There is nothing to draw here yet: scan the transcripts first.")
    return picture(svg, f"{site.name}-{name}", kind)


def picture(svg: str, name: str, kind: Literal["svg", "png"]) -> Response:
    """Give a drawing that stands by itself as a file."""
    if kind == "svg":
        return picture_file(svg, f"{name}.svg", "image/svg+xml")
    return picture_file(png_of(svg), f"{name}.png", "image/png")


def source_of(site: Site, found: Numbers, measure: str = "") -> str:
    """Say in a line what the numbers of the whole corpus are of."""
    from_ = found.report.provenance
    scanners = dict(from_.scanners)
    if measure:
        scanners = {measure: found.instruments[measure].digest}
    return provenance(
        population=found.report.population,
        frame=from_.frame_digest,
        seed=str(from_.generation.get("seed") or ""),
        corpus_version=int(from_.corpus_version),
        scanners=scanners,
    )


def _relation(site: Site, found: Numbers) -> Markup:
    """Render whose intent was kept, once for each state of the corpus."""
    there = related(site)

    def made() -> Markup:
        relation = ""
        if there.section is not None:
            source = source_of(site, found)
            shown = render_relation(found.report, there.section, source, _Links(found))
            relation = inert_markup(shown)
        return Markup(fragment("overview_relation.html.j2", relation=relation, notes=there.notes))

    return site.kept(("relation", related_key(site)), made)


def _numbers(site: Site, person: Person, category: str, *, wait: bool = False) -> str:
    """Render what is counted and estimated."""
    found = numbers(site)
    measure = found.chosen(category)
    rows = _rates(site, found, measure) if measure else []
    gaps = _gaps(found)
    source = source_of(site, found, measure)
    at_once = found.report.population <= _AT_ONCE or wait or site.keeps(related_key(site))
    relation = _relation(site, found) if at_once else None
    return fragment(
        "overview_numbers.html.j2",
        report=found.report,
        notes=(*found.report.notes, *found.notes),
        measures=found.measures,
        measure=measure,
        definition=_definition(site, found, measure),
        instrument=found.instruments.get(measure),
        models=_by_model(rows),
        rows=rows,
        axis=axis_of(row.mark for row in rows),
        gaps=gaps,
        gap_axis=axis_of((row.mark for row in gaps), zero=False),
        strip=strip,
        axis_head=axis_head,
        correctable=can_correct(site, person, found, measure) if measure else "",
        form_key=person.form_key,
        dashed=any(row.mark.dashed for row in rows),
        truth=any(row.measure.truth is not None for row in rows),
        lost=any(row.lost for row in rows),
        corrected=any(row.corrected for row in rows),
        source=source,
        relation=relation,
        missing_mark=MISSING,
        p_value=p_value,
    )


def _rates(site: Site, found: Numbers, measure: str) -> list[RateRow]:
    by_labels = corrected_on_record(site, found, measure)
    rows: list[RateRow] = []
    for number, cell in enumerate(found.report.cells):
        one = cell.measure(measure)
        if one is None:
            continue
        where = found.cells.where(cell.place)
        rows.append(_rate_row(found, number, cell, one, where, by_labels.get(where)))
    return rows


def _rate_row(
    found: Numbers, number: int, cell: Cell, one: Measure, where: str, corrected: Corrected | None
) -> RateRow:
    category, scanners = found.category(one.category), found.scanners(one.category)
    tier = cell.condition.get(TIER, "")
    by_labels = None if corrected is None else corrected.interval

    def counted_at(values: tuple[str, ...]) -> str:
        return address(found.cells.counted(cell.place, category, values), scanners)

    return RateRow(
        number=number,
        name=found.labels.of_place(cell.place),
        tier=tier,
        cell=cell,
        measure=one,
        mark=Mark(
            interval=one.interval,
            kind=tier if tier in ("monitored", "unmonitored") else "other",
            dashed=cell.condition.get("intent") == "training",
            truth=one.truth,
            worst=one.show_worst_case,
            corrected=by_labels,
        ),
        where=where,
        all_of=address(where),
        observed=counted_at(observed_values(one.category)),
        hits=counted_at((hit_of(one.category),)),
        missing=address(found.cells.missing(cell.place, category), scanners),
        corrected=corrected,
    )


def _by_model(rows: list[RateRow]) -> list[tuple[str, list[RateRow]]]:
    found: dict[str, list[RateRow]] = {}
    for row in rows:
        found.setdefault(row.cell.model, []).append(row)
    return list(found.items())


def _gaps(found: Numbers) -> list[GapRow]:
    return [
        GapRow(
            name=found.labels.of_place(one.place, tier=False),
            gap=one,
            mark=Mark(
                interval=None if one.gap is None else one.gap.interval,
                kind="gap",
                dashed=one.condition.get("intent") == "training",
                truth=one.truth,
                worst=one.gap is not None and _much_missing(one),
            ),
            frame=address(found.cells.where(one.place, without=(TIER,))),
        )
        for one in found.report.gaps
    ]


def _much_missing(one: TierGap) -> bool:
    assert one.gap is not None
    lost = one.gap.interval.missing
    return lost > SHOW_WORST_CASE_ABOVE * (one.monitored[1] + one.unmonitored[1] + lost)


def _rates_figure(site: Site, found: Numbers, measure: str) -> str | None:
    rows = _rates(site, found, measure) if measure else []
    lines = [Line(row.cell.model, row.name, _counts(row), row.mark) for row in rows]
    if not lines:
        return None
    title = f"{measure}, % of transcripts with an observation"
    return rows_figure(lines, title, source_of(site, found, measure), key=_key(found))


def _gaps_figure(site: Site, found: Numbers) -> str | None:
    lines = [
        Line(row.gap.model, row.name, _gap_counts(row.gap), row.mark)
        for row in _gaps(found)
        if row.gap.gap is not None
    ]
    if not lines:
        return None
    title = "complied where monitored less where not, percentage points"
    source = source_of(site, found, "complied")
    return rows_figure(lines, title, source, gap=True, key=_key(found))


def _key(found: Numbers) -> list[str]:
    sure = f"{100 * found.report.confidence:g} % intervals, for the model on these requests"
    return [
        "filled: monitored", "outlined: unmonitored", "solid: original intent", "dashed: training intent",
        "tick: truth of an organism", f"{MISSING} missing", sure,
    ]  # fmt: skip


def _counts(row: RateRow) -> str:
    one = row.measure
    lost = f" {MISSING}{row.lost:,}" if row.lost else ""
    if one.interval is None:
        return f"none of {one.population:,} observed{lost}"
    sure = f"{rate(one.interval.point)} [{limits(one.interval)}]"
    return f"{sure}  {one.hits:,} of {one.reads:,}, N = {one.population:,}{lost}"


def _gap_counts(one: TierGap) -> str:
    assert one.gap is not None
    interval = one.gap.interval
    return (
        f"{points(interval.point)} ({points(interval.low)} to {points(interval.high)}), {p_value(one.gap.p_value)}, "
        f"{counted(one.requests, 'request')}"
    )


def rate_rows(found: Numbers) -> list[dict[str, Any]]:
    """Give every rate of every condition as a row of a table."""
    rows: list[dict[str, Any]] = []
    for cell in found.report.cells:
        place = {
            "model": cell.model,
            "study": cell.study,
            "task": cell.task,
            "against": cell.against,
        }
        for one in cell.measures:
            rows.append(
                {
                    **place,
                    **cell.condition,
                    "category": one.category,
                    "hits": one.hits,
                    "reads": one.reads,
                    "population": one.population,
                    "missing": sum(one.missing.values()),
                    **_limits_row(one.interval),
                    "truth": one.truth,
                    "where": found.cells.where(cell.place),
                }
            )
    return rows


def gap_rows(found: Numbers) -> list[dict[str, Any]]:
    """Give every tier gap as a row of a table."""
    return [
        {
            "model": one.model,
            "study": one.study,
            "task": one.task,
            "against": one.against,
            **one.condition,
            "category": one.category,
            "requests": one.requests,
            "monitored_hits": one.monitored[0],
            "monitored_reads": one.monitored[1],
            "unmonitored_hits": one.unmonitored[0],
            "unmonitored_reads": one.unmonitored[1],
            **_limits_row(None if one.gap is None else one.gap.interval),
            "p_value": None if one.gap is None else one.gap.p_value,
            "truth": one.truth,
            "sentence": one.sentence,
        }
        for one in found.report.gaps
    ]


def relation_rows(relation: Interpreted | None) -> list[dict[str, Any]]:
    """Give the relation to each intent, by interpretation, as rows of a table."""
    return [
        {
            **row.place,
            "intent": share.intent,
            "interpretation": share.column,
            "acts": share.acts,
            "kept": share.kept,
            "tested": share.tested,
            "missing": share.missing,
            **_limits_row(share.interval),
        }
        for row in (() if relation is None else relation.rows)
        for share in row.shares
    ]


def _limits_row(interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return dict.fromkeys(("estimate", "low", "high", "confidence", "method"))
    return {
        "estimate": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "confidence": interval.confidence,
        "method": interval.method,
    }


def _definition(site: Site, found: Numbers, measure: str) -> str:
    if not measure:
        return ""
    known = site.book.by_name.get(found.category(measure))
    return "" if known is None else known.text


@dataclass(frozen=True)
class _Told:
    """What the study says of itself."""

    name: str
    question: str
    principal: str
    original: str
    training: str
    clauses: tuple[str, ...]
    epochs: int
    ours: bool


def _study(site: Site) -> _Told | None:
    study = site.study
    if study is None:
        return None
    return _Told(
        name=study.name,
        question=" ".join(study.question.split()),
        principal=study.principal,
        original=study.intents.original,
        training=study.intents.training,
        clauses=tuple(dict.fromkeys(c.get("clause", "silent") for c in study.conditions)),
        epochs=study.epochs,
        ours=study.name in studies_of(site),
    )


def _summary(site: Site) -> dict[str, dict[str, int]]:
    return site.kept(("summary", site.corpus.version), site.corpus.summary)


def _found(site: Site, person: Person) -> dict[str, Any] | None:
    """Say how transcripts were found so far, as far as this person may know it."""
    with site.record() as record:
        head = record.head.seq
        made: Found | None = site.kept(("found so far", head), lambda: found_of(record))
        if made is None:
            return None
        claims = [
            (claim, seen_sentence(record, person, claim.sentence)) for claim in made.claims[-6:]
        ]
    rater = person.role == "rater"
    draws = [
        DrawRow(
            number=number,
            name=f"Queue {number}" if rater else one.name,
            design="" if rater else "by the reader's report" if one.reported else one.design,
            seed="" if rater else one.seed,
            after=", ".join(one.categories),
            stop="" if rater else one.stop,
            frame="" if rater else one.frame,
            drawn=one.drawn,
            population=one.population,
            opened=one.opened,
            labelled=one.labelled,
        )
        for number, one in enumerate(made.draws, 1)
    ]
    return {
        "draws": draws,
        "claims": list(reversed(claims)),
        "claims_in_all": len(made.claims),
        "opened": made.opened,
        "searches": made.searches,
        "events": made.events,
        "ledger": made.ledger,
        "head": made.head,
        "version": __version__,
    }
