"""The report in a terminal: the numbers of the page, as tables."""

from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from allegiance.report.found import Found
from allegiance.report.labels import Labels
from allegiance.report.rates import Cell, Measure
from allegiance.report.study_report import StudyReport
from allegiance.report.wording import MISSING, counted, limits, rate


def render_terminal(
    report: StudyReport, console: Console, categories: Collection[str] | None = None
) -> None:
    """Print a report on a console.

    Names from transcripts are printed as text, never as markup.

    Parameters
    ----------
    report, console
        What to print, and where.
    categories
        Print the tables of these only; all by default.
    """
    console.print(Text(report.provenance.study or "Transcripts", style="bold"))
    console.print(Text(f"{report.population:,} transcripts", style="dim"))
    for note in report.notes:
        console.print(Text(f"! {note}"))
    labels = Labels.of([cell.place for cell in report.cells])
    found = list(dict.fromkeys(m.category for cell in report.cells for m in cell.measures))
    shown = [category for category in found if categories is None or category in categories]
    for category in shown or [None]:
        console.print(_table(report.cells, category, labels), "")
    for gap in report.gaps:
        console.print(Text(f"• {gap.sentence}"))
    for comparison in report.comparisons:
        console.print(Text(f"• {comparison.sentence}"))
    if report.truth_check is not None:
        console.print(Text(report.truth_check.sentence, style="italic"))
    if report.found is not None:
        _found(report.found, console)
    if report.relation is not None:
        kinds = len(report.relation.disagreements)
        told = f"Interpretations disagree on {counted(kinds, 'kind')} of act; " if kinds else ""
        line = f"• {told}`allegiance interpret` says whose intent was kept"
        console.print(Text(line), soft_wrap=True)
    if not found:
        console.print(_sources(report))


def _found(found: Found, console: Console) -> None:
    for draw in found.draws:
        size = "all" if draw.drawn is None else f"{draw.drawn:,}"
        told = f"draw {draw.name}: {draw.labelled:,} of {size} labelled, N = {draw.population:,}"
        console.print(Text(f"• {told} ({draw.frame}; {draw.stop})"))
    for claim in found.claims:
        console.print(Text(f"• {claim.status.capitalize()}. {claim.sentence}"))


def _table(cells: Sequence[Cell], category: str | None, labels: Labels) -> Table:
    measures = [cell.measure(category) if category else None for cell in cells]
    told = any(measure is not None and measure.truth is not None for measure in measures)
    table = Table(box=None, pad_edge=False)
    table.add_column(Text(category or "not scanned"), overflow="fold", min_width=24)
    for heading in ("k", "n", "N", "missing"):
        table.add_column(heading, justify="right")
    table.add_column("% and interval", justify="right", no_wrap=True)
    if told:
        table.add_column("truth, %", justify="right", no_wrap=True)
    model = None
    for cell, measure in zip(cells, measures, strict=True):
        if cell.model != model:
            table.add_row(Text(cell.model, style="bold"))
            model = cell.model
        row = [f"  {labels.of_place(cell.place)}", *_numbers(cell, measure)]
        row += [_truth(measure)] if told else []
        table.add_row(*(Text(value) for value in row))
    return table


def _numbers(cell: Cell, measure: Measure | None) -> list[str]:
    if measure is None:
        return ["", "", f"{cell.population:,}", "", "not scanned"]
    missing = sum(measure.missing.values())
    shown = "nothing observed"
    if measure.interval is not None:
        shown = f"{rate(measure.interval.point)}  {limits(measure.interval)}"
    return [
        f"{measure.hits:,}" if measure.reads else "",
        f"{measure.reads:,}",
        f"{measure.population:,}",
        f"{MISSING} {missing:,}" if missing else "",
        shown,
    ]


def _truth(measure: Measure | None) -> str:
    if measure is None or measure.truth is None:
        return ""
    return rate(measure.truth) + ("" if measure.holds is not False else " outside")


def _sources(report: StudyReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("model", "format", "source"):
        table.add_column(heading, overflow="fold")
    table.add_column("transcripts", justify="right")
    for source in report.sources:
        names = (source.model, source.source_format, source.source_uri, f"{source.count:,}")
        table.add_row(*(Text(name) for name in names))
    return table
