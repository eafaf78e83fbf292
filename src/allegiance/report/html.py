"""The report as one HTML file that opens without a network."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from allegiance.audit.relation import Counted, Row, Share
from allegiance.report import wording
from allegiance.report.cells import OBSERVED_OUTCOMES, Place
from allegiance.report.figures import gaps_figure, rates_figure
from allegiance.report.labels import Labels
from allegiance.report.rates import Cell, Measure
from allegiance.report.relation_section import Kind, Section, section_of, worst_case_shown
from allegiance.report.study_report import StudyReport

_NARROW = 215
_KINDS = 8
"""Kinds of act on which interpretations disagree that stand on the page; the others open with a click."""


@dataclass(frozen=True)
class Figure:
    """An SVG drawing of ours and what it shows."""

    svg: Markup
    caption: str


@dataclass(frozen=True)
class Loss:
    """Categories of one place that miss the same number of transcripts, for the same reasons."""

    place: Place
    measures: list[Measure]


def render_html(report: StudyReport) -> str:
    """Render a report as one self-contained page.

    All text is escaped: transcripts and the names that come with them are not trusted.
    """
    labels = Labels.of([cell.place for cell in report.cells])
    categories = list(dict.fromkeys(m.category for cell in report.cells for m in cell.measures))
    acts = [category for category in categories if category in OBSERVED_OUTCOMES]
    others = [category for category in categories if category not in OBSERVED_OUTCOMES]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            labels=labels,
            models=list(dict.fromkeys(cell.model for cell in report.cells)),
            groups=[group for group in (acts, others) if group],
            acts=acts,
            others=others,
            gap_figure=_gap_figure(report, labels),
            rate_figures=_rate_figures(report, labels, ["complied"] if acts else [], 560),
            other_figures=_rate_figures(report, labels, others, _NARROW),
            missing=_missing(report.cells),
            relation=None if report.relation is None else section_of(report.relation),
            kinds_shown=_KINDS,
            links=None,
        )
    )


class Link(NamedTuple):
    """The address of the acts behind a number; where there is none, `why`."""

    address: str
    why: str


class Links(Protocol):
    """Addresses of the transcripts behind the relation table, on a page that can show them."""

    def of_acts(self, kind: Kind) -> tuple[str, int]:
        """Give the address of the acts of a kind, and how many of them it lists."""
        ...

    def of_row(self, row: Row) -> str:
        """Give the address of the acts of a row."""
        ...

    def behind(
        self, row: Row, one: Share | Counted, which: Literal["hits", "reads", "missing"]
    ) -> Link:
        """Give the acts of a row that a share or a named cell counts as its k, its n, or as missing."""
        ...


def render_relation(
    report: StudyReport, section: Section, source: str, links: Links | None = None
) -> Markup:
    """Render whose intent was kept as a part of another page, which has the rules of `relation_rules`.

    Parameters
    ----------
    source
        The provenance line.
    """
    template = _environment().get_template("relation_part.html.j2")
    return Markup(
        template.render(
            report=report, relation=section, kinds_shown=_KINDS, source=source, links=links
        )
    )


def relation_rules() -> str:
    """Give the style rules of that part."""
    return (files("allegiance.report") / "templates" / "relation.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("allegiance.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    filters: dict[str, Any] = {
        "rate": wording.rate,
        "limits": wording.limits,
        "points": wording.points,
        "counted": wording.counted,
        "counted_length": _counted_length,
        "number": _number,
        "tied": _tied,
        "spaced": wording.spaced,
    }
    environment.filters.update(filters)  # pyright: ignore[reportUnknownMemberType]
    environment.tests.update(worst_case_shown=worst_case_shown)  # pyright: ignore
    environment.globals.update(missing_mark=wording.MISSING)  # pyright: ignore
    return environment


def _number(value: int) -> str:
    return f"{value:,}"


def _tied(text: str) -> str:
    """Keep numbers with what belongs to them on one line."""
    return re.sub(r"(?<=\d) (?=%)|(?<=\bp) (?=[<=])|(?<=[<=]) (?=\d)", "\u00a0", text)


def _counted_length(values: Sequence[object], noun: str) -> str:
    return wording.counted(len(values), noun)


def _gap_figure(report: StudyReport, labels: Labels) -> Figure | None:
    svg = gaps_figure(report.gaps, labels)
    return None if svg is None else Figure(Markup(svg), "Tier gap, by model and condition.")


def _rate_figures(
    report: StudyReport, labels: Labels, categories: Sequence[str], width: int
) -> list[Figure]:
    drawn = [
        (category, rates_figure(report.cells, category, labels, width=width))
        for category in categories
    ]
    return [
        Figure(Markup(svg), f"Rate of {category}, by model and condition.")
        for category, svg in drawn
        if svg is not None
    ]


def _missing(cells: Sequence[Cell]) -> list[Loss]:
    """List where something is missing; categories with the same losses share a line."""
    losses: dict[tuple[object, ...], Loss] = {}
    for number, cell in enumerate(cells):
        for measure in cell.measures:
            if measure.missing:
                key = (number, *measure.missing.items())
                losses.setdefault(key, Loss(cell.place, [])).measures.append(measure)
    return list(losses.values())
