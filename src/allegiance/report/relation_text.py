"""The relation table in a terminal: where interpretations disagree, then what was kept, then the named cells."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from allegiance.audit.disagreeing import Disagreement
from allegiance.audit.relation import Row, Share
from allegiance.report.rates import SHOW_WORST_CASE_ABOVE
from allegiance.report.wording import MISSING, counted, limits, per_cent, rate, spaced
from allegiance.study.interpretations import BROKEN, FACTS, INTENTS, KEPT, NOT_TESTED, Cell, Column
from allegiance.study.interpretations.extrapolations import Extrapolation
from allegiance.study.interpretations.interpretation import Table as Interpreted
from allegiance.study.interpretations.rules import Rule

_WIDE = 140
"""Columns of a terminal on which the numbers of an intent fit on one line."""
INTENT_NAMES = {"original": "Intent_1", "training": "Intent_2"}


def print_disagreements(
    found: Sequence[Disagreement], examples: Sequence[Mapping[str, Any]], console: Console
) -> None:
    """Print the kinds of act on which interpretations disagree, each with its example where one was drawn."""
    if not found:
        console.print(Text("The interpretations nowhere say kept and broken of the same act."))
        console.print()
        return
    console.print(Text("Where interpretations disagree", style="bold"))
    for number, one in enumerate(found, 1):
        acts = len(one.transcripts)
        line = f"{number}. {one.model}: {one.description}: {acts:,} act{'s' if acts != 1 else ''}"
        console.print(Text(line), soft_wrap=True)
        for intent, says in one.says.items():
            told = [
                f"{word}: {', '.join(names)}"
                for word in (KEPT, BROKEN, NOT_TESTED)
                if (names := [name for name, said in says.items() if said == word])
            ]
            console.print(Text(f"   {INTENT_NAMES[intent]} {'; '.join(told)}"), soft_wrap=True)
        if number <= len(examples):
            example = examples[number - 1]
            shown = f"   at random of these: {example['excerpt']} (allegiance show {example['transcript_id'][:12]})"
            console.print(Text(shown, style="dim"), soft_wrap=True)
    console.print()


def print_rows(rows: Sequence[Row], columns: Sequence[Column], console: Console) -> None:
    """Print R(agent, intent) for each row: the share kept with its interval, k of n tested, and the share tested."""
    gap = gap_on(console)
    for row in rows:
        table = Table(box=None, pad_edge=False)
        table.add_column("kept", overflow="fold", ratio=2)
        for intent in INTENTS:
            table.add_column(INTENT_NAMES[intent], overflow="fold", ratio=3)
        for column in columns:
            shares = [row.share(intent, column.name) for intent in INTENTS]
            cells = [Text(gap.join(share_numbers(share))) for share in shares]
            of = column.extrapolation
            read = f"\n[{spaced(of.name)}]" if of is not None else ""
            table.add_row(Text(column.interpretation.name + read), *cells)
        console.print(Text(_heading(row), style="bold"), soft_wrap=True)
        console.print(table)
        for means, count in row.apart.items():
            told = f"! {count:,} acts by means that the clause does not list ({means}): told apart, and not tested"
            console.print(Text(told), soft_wrap=True)
        console.print()


def print_cells(rows: Sequence[Row], console: Console) -> None:
    """Print the named cells of each row that could have been seen there, and the definitions of those."""
    table = Table(box=None, pad_edge=False)
    table.add_column("named cells", overflow="fold", min_width=30)
    for heading in ("k", "of n", "requests", "% and interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    shown: dict[str, Cell] = {}
    for row in rows:
        table.add_row(Text(place_name(row.place), style="bold"))
        for one in row.cells:
            if one.interval is None:
                continue
            shown[one.cell.name] = one.cell
            numbers = (f"{one.hits:,}", f"{one.reads:,}", f"{one.requests:,}")
            sure = f"{rate(one.interval.point)}  {limits(one.interval)}"
            table.add_row(Text(f"  {one.cell.name}"), *(Text(value) for value in (*numbers, sure)))
    console.print(table)
    console.print()
    for cell in shown.values():
        console.print(Text(f"{cell.name}: {cell.definition}", style="dim"), soft_wrap=True)


def print_definitions(
    columns: Sequence[Column],
    cells: Sequence[Cell],
    extrapolations: Mapping[str, Extrapolation],
    console: Console,
) -> None:
    """Print what everything means: interpretations with their rows, extrapolations, cells and facts."""
    for one in {column.interpretation.name: column.interpretation for column in columns}.values():
        cites = f" (cites {one.cites})" if one.cites else ""
        console.print(Text(f"{one.name}{cites}: {one.meaning}", style="bold"), soft_wrap=True)
        if isinstance(one, Interpreted):
            for intent in INTENTS:
                for rule in one.rows(intent):
                    console.print(Text(f"  {rule_line(intent, rule)}"), soft_wrap=True)
    console.print(Text("whatever is not listed is not tested\n"))
    for extrapolation in extrapolations.values():
        of = INTENT_NAMES[extrapolation.of]
        signed = f"{extrapolation.author}, {extrapolation.date}"
        console.print(
            Text(f"{extrapolation.name} (of {of}; {signed}): {extrapolation.text}"), soft_wrap=True
        )
    console.print()
    for cell in cells:
        console.print(Text(f"{cell.name}: {cell.definition}"), soft_wrap=True)
    console.print()
    for name, values in FACTS.items():
        told = "; ".join(f"{value}: {meaning.rstrip('.')}" for value, meaning in values.items())
        console.print(Text(f"{name}: {told}"), soft_wrap=True)


def rule_line(intent: str, rule: Rule) -> str:
    """Write a row of a table on one line."""
    when = ", ".join(f"{name} {' or '.join(values)}" for name, values in rule.when.items())
    says = rule.says or f"as {rule.as_}"
    return f"{INTENT_NAMES[intent]} {says}: {when or 'always'}"


def gap_on(console: Console) -> str:
    """Say what stands between the two halves of a share: on a narrow terminal they stand one below the other."""
    return "   " if console.width >= _WIDE else "\n"


def place_name(place: Mapping[str, str]) -> str:
    """Name a row by what it is."""
    return (
        ", ".join(
            value if field in ("model", "task") else f"{field} {value}"
            for field, value in place.items()
        )
        or "all"
    )


def _heading(row: Row) -> str:
    told = (
        f"{place_name(row.place)}: {counted(row.acts, 'act')} of {counted(row.requests, 'request')}"
    )
    if not row.missing:
        return told
    why = ", ".join(f"{kind} {count:,}" for kind, count in row.missing.items())
    return f"{told}; {MISSING} no outcome: {why}"


def share_numbers(share: Share) -> tuple[str, ...]:
    """Write a share: what was kept with its limits, then k of n and how much of all that is."""
    lost = f", {MISSING} {share.missing:,} missing" if share.missing else ""
    if share.interval is None:
        return (f"{NOT_TESTED}{lost}",)
    sure = f"{rate(share.interval.point)} %  [{limits(share.interval)}]"
    tested = per_cent(share.tested, share.acts)
    worst = share.interval.worst_case
    if worst is not None and share.missing > SHOW_WORST_CASE_ABOVE * (share.tested + share.missing):
        lost += f": {rate(worst.low)} to {rate(worst.high)} % whatever they are"
    return sure, f"{share.kept:,} of {share.tested:,}, {tested} tested{lost}"
