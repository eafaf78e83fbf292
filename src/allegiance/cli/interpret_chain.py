"""`allegiance interpret --chain`: the relation ledger of a chain, recorded and printed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from allegiance.cli.app import console, note, print_json
from allegiance.cli.record import on_record
from allegiance.errors import AllegianceError

if TYPE_CHECKING:
    from allegiance.audit import Frame
    from allegiance.audit.generations import RelationLedger
    from allegiance.audit.specs import Instrument
    from allegiance.corpus import Workspace
    from allegiance.study.interpretations import Column


def show_chain(
    place: "Workspace",
    population: "Frame",
    chain: str,
    instruments: "Mapping[str, Instrument]",
    columns: "Sequence[Column]",
    margin: float | None,
    confidence: float,
    as_json: bool,
) -> None:
    """Read the generations of a chain, put on record what was seen, and print it."""
    from allegiance.audit.acts import acts_of
    from allegiance.audit.generations import relation_ledger
    from allegiance.audit.interpreted import Basis

    basis = Basis.of(population, instruments)
    acts = acts_of(population, instruments)
    ledger = relation_ledger(acts, basis, columns, chain, margin, confidence)
    on_record(place, "estimate", "interpret", {**basis.to_dict(), **_in_short(ledger)})
    if as_json:
        print_json(ledger.to_dict())
        return
    from allegiance.report.ledger_text import print_ledger

    print_ledger(ledger, console())
    named = {one.scanner for one in basis.instruments}
    note(
        f"by {', '.join(sorted(named))}; its own error is in no interval, and none is adjusted for their number"
        + ("" if margin is not None else ". With --margin, generations can be shown not to differ")
    )
    if refused := _refused(place, chain):
        note(refused)


def _refused(place: "Workspace", chain: str) -> str:
    """Say which generation of the ledger the chain did not go on from; empty where it took all, or nothing tells."""
    from allegiance.training.chain_record import read

    try:
        record = read(place.runs / chain)
    except AllegianceError as error:
        return f"Whether the chain took all of them can't be told: {error}"
    if record is None or not record.waits or record.halt is None:
        return ""
    halt = record.halt
    return (
        f"Generation {halt.generation} is the candidate that the chain did not take: it halted, and generation "
        f"{halt.back_to} stands. See {place.runs / chain / halt.report}"
    )


def _in_short(ledger: "RelationLedger") -> dict[str, Any]:
    """Give the numbers that were seen, as the ledger of the workspace keeps them."""
    return {
        "what": "relation-ledger",
        "chain": ledger.chain,
        "columns": [one.name for one in ledger.columns],
        "margin": ledger.margin,
        "rows": [
            {
                "place": dict(row.place),
                "acts": row.acts,
                "kept": {f"{s.intent}/{s.column}": [s.kept, s.tested] for s in row.shares},
            }
            for row in ledger.rows
        ],
        "moves": [[move.before, move.after, move.agent.answer] for move in ledger.moves],
        "draws": [],
    }
