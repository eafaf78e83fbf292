"""`allegiance interpret`: kept or broken, by intent and interpretation; and who moved."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from allegiance.audit.own_interpretations import extrapolations_named
from allegiance.audit.relating import columns_named, rules_among
from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.cli.options import ConfidenceOption, ScannerOption, check_confidence, share
from allegiance.cli.record import RaterOption, ledger_of, on_record, rater_name, shown_on_record
from allegiance.cli.transcripts import visible
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Frame
    from allegiance.audit.acts import Act
    from allegiance.audit.disagreeing import Disagreement
    from allegiance.audit.interpreted import Basis, Interpreted
    from allegiance.audit.relation import Row
    from allegiance.audit.specs import Instrument
    from allegiance.corpus import Corpus, Workspace
    from allegiance.study.interpretations import Column

_EXCERPT = 100
"""Characters of an example's output that are shown."""


@app.command(
    epilog=(
        "Example: allegiance interpret · allegiance interpret --interpretation letter --by clause --where "
        "\"model = 'organism/faker'\" · allegiance interpret --interpretation mine.yaml --definitions · "
        "allegiance interpret --who-moved --before organism/honest --after organism/faker --margin 5% · "
        "allegiance interpret --chain NAME --interpretation letter"
    )
)
def interpret(
    interpretation: Annotated[
        list[str] | None,
        typer.Option(
            "--interpretation",
            help="letter, protective, deferential, contract (all by default); FILE.yaml[:NAME] or FILE.py:FUNCTION.",
        ),
    ] = None,
    extrapolation: Annotated[
        list[str] | None,
        typer.Option("--extrapolation", help="Read a silent clause by these; all on file."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="What rows differ in: model, task, against or a factor."),
    ] = None,
    where: Annotated[str | None, typer.Option("--where", help="Among these.")] = None,
    examples: Annotated[
        int, typer.Option("--examples", help="Disagreements with a random transcript.", min=0)
    ] = 5,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of the random transcripts.", min=0)
    ] = None,
    definitions: Annotated[
        bool, typer.Option("--definitions", help="Print what every word means, and stop.")
    ] = False,
    who_moved: Annotated[
        bool, typer.Option("--who-moved", help="Print the two lines, agent and principal.")
    ] = False,
    before: Annotated[
        str | None, typer.Option("--before", help="The agent before: a model, or a filter.")
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", help="The agent after: a model, or a filter.")
    ] = None,
    margin: Annotated[
        str | None, typer.Option("--margin", help="The difference that would matter, such as 5%.")
    ] = None,
    chain: Annotated[
        str | None,
        typer.Option("--chain", help="The relation ledger of a chain, and who moved in it."),
    ] = None,
    sign: Annotated[
        str | None, typer.Option("--sign", help="The extrapolation that the rater would sign.")
    ] = None,
    scanner: ScannerOption = None,
    confidence: ConfidenceOption = 0.95,
    rater: RaterOption = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Say how much of what was tested kept each intent, under each interpretation, side by side.

    Where interpretations disagree comes first, with a random transcript of each. Transcripts without verdicts are
    scanned by rule first; looking is on record.
    """
    from allegiance.audit.generations import frame_of_chain
    from allegiance.audit.interpreted import Basis, interpreted
    from allegiance.cli.interpret_chain import show_chain
    from allegiance.corpus import Workspace

    check_confidence(confidence)
    _check_moving(chain, who_moved, before, after, margin)
    if chain is not None and (by or where):
        raise UsageError("--chain takes all of a chain, by generation; leave out --by and --where.")
    place = Workspace(workspace)
    if sign is not None:
        _sign(place, sign, rater_name(rater), as_json)
        return
    columns, on_file = columns_named(place, interpretation or (), extrapolation or ())
    if definitions:
        _define(place, columns, on_file, as_json)
        return
    corpus = place.corpus(create=False)
    population = _frame(corpus, where) if chain is None else frame_of_chain(corpus, chain)
    instruments = _instruments(place, corpus, scanner or [], quiet=as_json)
    limit = None if margin is None else share("--margin", margin)
    if chain is not None:
        show_chain(place, population, chain, instruments, columns, limit, confidence, as_json)
        return
    acts = _acts(population, instruments)
    basis = Basis.of(population, instruments)
    if who_moved:
        found = _who_moved(population, acts, before, after, limit, confidence)
        body: dict[str, Any] = {"what": "who-moved", "draws": [], **basis.to_dict(), **found}
        on_record(place, "estimate", "who-moved", body)
        _show_who_moved(found, basis, as_json)
        return
    table = interpreted(acts, basis, columns, by or (), confidence)
    _table(place, population, table, examples, seed, as_json)


def _check_moving(
    chain: str | None, who_moved: bool, before: str | None, after: str | None, margin: str | None
) -> None:
    """See that the options that say who moved go together."""
    if chain is not None and who_moved:
        raise UsageError(
            "--chain says who moved from each generation to the next; leave out --who-moved."
        )
    if not who_moved and (before or after):
        raise UsageError("--before and --after go with --who-moved.")
    if margin and not who_moved and chain is None:
        raise UsageError("--margin goes with --who-moved, or with --chain.")
    if who_moved and (before is None) != (after is None):
        raise UsageError("--who-moved: name both --before and --after, or neither.")


def _table(
    place: "Workspace",
    population: "Frame",
    table: "Interpreted",
    examples: int,
    seed: int | None,
    as_json: bool,
) -> None:
    """Record and print the relation table, with random transcripts of where interpretations disagree."""
    from allegiance.corpus.order import random_seed

    differing, rows, unknown = table.disagreements, table.rows, table.against_unknown
    seed = random_seed() if seed is None else seed
    looked = {"columns": [one.name for one in table.columns], "by": list(table.by), "seed": seed}
    body = {**table.basis.to_dict(), **looked, **_in_short(rows), "draws": []}
    on_record(place, "estimate", "interpret", body)
    drawn = _drawn(place, population, differing[:examples], seed)
    if as_json:
        shown = [
            {**one.to_dict(), "transcripts": drawn[n : n + 1]} for n, one in enumerate(differing)
        ]
        print_json({**table.to_dict(), "seed": seed, "disagreements": shown})
        return
    from allegiance.report.relation_text import print_cells, print_disagreements, print_rows

    print_disagreements(differing, drawn, console())
    print_rows(rows, table.columns, console())
    print_cells(rows, console())
    if unknown:
        note(
            f"{unknown:,} of {table.basis.population:,} transcripts don't say which intent they go against"
        )
    if drawn:
        note(f"seed {seed}; that these examples were shown, and how they were drawn, is on record")
    named = {one.scanner for one in table.basis.instruments}
    note(
        f"by {', '.join(sorted(named))}; its own error is in no interval. An act is an epoch of a request; not tested: "
        "what the interpretation does not list. `--definitions` prints every row"
    )


def _instruments(
    place: "Workspace", corpus: "Corpus", scanners: list[str], *, quiet: bool
) -> "dict[str, Instrument]":
    """Scan by rule what the facts rest on and nobody else was named for, and give all the scanners."""
    from allegiance.audit.acts import instruments_for
    from allegiance.cli.scan import scan_with_progress, scanned_on_record

    book = book_of(place)
    found = instruments_for(corpus, book, scanners)
    ruled = rules_among(found, book)
    done = scan_with_progress(corpus, ruled, quiet=quiet)
    asked = [("rules", one.category.name, one.digest) for one in ruled]
    scanned_on_record(place, corpus, done, asked)
    return found


def _frame(corpus: "Corpus", where: str | None) -> "Frame":
    from allegiance.audit import frame

    population = frame(corpus, where)
    if not len(population):
        raise UsageError(
            f"The frame ({population.spec.name}) holds no transcript; widen the filter."
        )
    return population


def _acts(population: "Frame", instruments: "dict[str, Instrument]") -> "list[Act]":
    from allegiance.audit.acts import acts_of

    return acts_of(population, instruments)


def _drawn(
    place: "Workspace", population: "Frame", found: "Sequence[Disagreement]", seed: int
) -> list[dict[str, Any]]:
    """Draw a transcript of each disagreement, put on record that it was opened, and give its first words."""
    from allegiance.audit import Route

    drawn: list[dict[str, Any]] = []
    for one in found:
        identifier = one.example(seed)
        route = Route(
            kind="list",
            where=population.spec.where,
            by=f"in the random order of seed {seed}, of {one.model}: {one.description}",
            population=len(one.transcripts),
            frame=one.digest,
        )
        shown_on_record(place, route, [identifier], [1])
        output = " ".join((population.corpus.get(identifier).output or "").split())
        cut = output if len(output) <= _EXCERPT else output[: _EXCERPT - 1] + "…"
        drawn.append(
            {"transcript_id": identifier, "excerpt": visible(cut), "route": route.to_dict()}
        )
    return drawn


def _in_short(rows: "Sequence[Row]") -> dict[str, Any]:
    """Give the numbers that were seen, as the ledger keeps them."""
    return {
        "what": "interpret",
        "rows": [
            {
                "place": dict(row.place),
                "acts": row.acts,
                "kept": {f"{s.intent}/{s.column}": [s.kept, s.tested] for s in row.shares},
                "cells": {c.cell.short: [c.hits, c.reads] for c in row.cells if c.reads},
            }
            for row in rows
        ],
    }


def _define(place: "Workspace", columns: "Sequence[Column]", on_file: Any, as_json: bool) -> None:
    from allegiance.study.interpretations import FACTS, named_cells

    if not as_json:
        from allegiance.report.relation_text import print_definitions

        print_definitions(columns, named_cells(), on_file, console())
        _show_signed(place, on_file)
        return
    print_json(
        {
            "columns": [one.to_dict() for one in columns],
            "extrapolations": [one.to_dict() for one in on_file.values()],
            "cells": [{"name": one.name, "definition": one.definition} for one in named_cells()],
            "facts": FACTS,
        }
    )


def _who_moved(
    population: "Frame",
    acts: "list[Act]",
    before: str | None,
    after: str | None,
    margin: float | None,
    confidence: float,
) -> dict[str, Any]:
    from allegiance.audit.who_moved import agent_line, principal_line

    earlier = _agent(population, acts, "--before", before)
    later = _agent(population, acts, "--after", after)
    return {
        "before": before,
        "after": after,
        "margin": margin,
        "agent": agent_line(earlier, later, margin, confidence).to_dict(),
        "principal": principal_line(acts if later is None else later).to_dict(),
    }


def _agent(
    population: "Frame", acts: "list[Act]", option: str, text: str | None
) -> "list[Act] | None":
    """Find the acts of an agent that was named by its model, or by a filter."""
    from allegiance.audit import frame

    if text is None:
        return None
    models = sorted({act.model for act in acts})
    if text in models:
        return [act for act in acts if act.model == text]
    try:
        inside = frozenset(frame(population.corpus, text).ids)
    except UsageError as error:
        raise UsageError(
            f"{option} {text}: this is none of the models ({', '.join(models)}), and as a filter: {error}"
        ) from None
    found = [act for act in acts if act.transcript_id in inside]
    if not found:
        raise UsageError(f"{option} {text}: no transcript of the frame is of this agent.")
    return found


def _show_who_moved(found: dict[str, Any], basis: "Basis", as_json: bool) -> None:
    if as_json:
        print_json({**basis.to_dict(), **found})
        return
    for line in ("agent", "principal"):
        console().print(Text(visible(found[line]["sentence"])), soft_wrap=True)


def _sign(place: "Workspace", name: str, rater: str, as_json: bool) -> None:
    """Record which extrapolation a rater would sign, and show how many agree."""
    from allegiance.audit.signing import sign, signed

    (chosen,), on_file = extrapolations_named(place, [name])
    ledger = ledger_of(place)
    sign(ledger, chosen, rater)
    if as_json:
        print_json({"extrapolation": name, "rater": rater, **signed(ledger, on_file).to_dict()})
        return
    note(f"{rater} signs {name}: {chosen.text}")
    _show_signed(place, on_file)


def _show_signed(place: "Workspace", on_file: Any) -> None:
    """Say who signed what, and how many pairs of raters agree."""
    from allegiance.audit.signing import signed

    if not place.location.is_folder or not place.ledger_file.exists():
        return
    found = signed(ledger_of(place), on_file)
    for name, count in found.counts.items():
        raters = ", ".join(rater for rater, one in found.choices.items() if one == name)
        console().print(Text(visible(f"{name}: signed by {count} ({raters})")), soft_wrap=True)
    same, pairs = found.pairs
    if pairs:
        console().print(Text(f"{same} of {pairs} pairs of raters sign the same"))
    if found.reworded:
        note(f"signed other words than those on file now: {', '.join(found.reworded)}")
