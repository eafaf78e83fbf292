"""The relation ledger of a chain in a terminal: a table for each interpretation, and who moved."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from allegiance.audit.generations import GENERATION, Move, RelationLedger
from allegiance.report.relation_text import INTENT_NAMES, gap_on, share_numbers
from allegiance.report.wording import counted, points, spaced
from allegiance.study.interpretations import INTENTS


def print_ledger(ledger: RelationLedger, console: Console) -> None:
    """Print R(agent, intent) of every generation under every interpretation, then who moved from one to the next."""
    acts = counted(sum(row.acts for row in ledger.rows), "act")
    told = f"{ledger.chain}: {counted(len(ledger.rows), 'generation')} of {ledger.model}, {acts}"
    console.print(Text(told, style="bold"), soft_wrap=True)
    gap = gap_on(console)
    for column in ledger.columns:
        of = column.extrapolation
        read = f" [{spaced(of.name)}]" if of is not None else ""
        console.print()
        console.print(Text(f"kept by {column.interpretation.name}{read}", style="bold"))
        table = Table(box=None, pad_edge=False)
        table.add_column(GENERATION, justify="right")
        for intent in INTENTS:
            table.add_column(INTENT_NAMES[intent], overflow="fold")
        for row in ledger.rows:
            shares = [row.share(intent, column.name) for intent in INTENTS]
            cells = [Text(gap.join(share_numbers(share))) for share in shares]
            table.add_row(Text(row.place[GENERATION]), *cells)
        console.print(table)
    console.print()
    console.print(Text("Who moved", style="bold"))
    for move in ledger.moves:
        console.print(Text(f"{move.before} to {move.after}  {short(move)}"), soft_wrap=True)
    said = dict.fromkeys(move.principal.sentence for move in ledger.moves)
    for one in said:
        whose = [f"{m.before} to {m.after}" for m in ledger.moves if m.principal.sentence == one]
        told = "" if len(said) == 1 else f"{', '.join(whose)}  "
        console.print(Text(f"{told}{one}"), soft_wrap=True)


def short(move: Move) -> str:
    """Say on a line whether the agent moved, with the difference and its limits."""
    one = move.agent
    if one.gap is None:
        return one.sentence
    interval = one.gap.interval
    sure = f"{points(interval.point)} points [{points(interval.low)}, {points(interval.high)}]"
    within = one.gap.equivalence
    about = f", shown to be within {100 * within.margin:g}" if within and within.equivalent else ""
    return f"Agent: {one.answer}; {sure}{about} on {counted(one.requests, 'request')}."
