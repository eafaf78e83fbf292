"""The report for the principal when a chain halts: planned, seen, kept, lost, and how to overrule."""

from collections.abc import Mapping
from typing import Any

from allegiance.stats.interval import percent
from allegiance.training.chain_plan import ChainPlan
from allegiance.training.chain_record import ChainRecord, Entry

_PLANTED = {
    "clean": "nothing was planted in its data",
    "break": "training intent was planted in {} of its data",
    "repair": "the original intent was planted in {} of its data, to mend the generation before",
}


def halt_report(record: ChainRecord) -> str:
    """Write the report on the last halt of a chain, in Markdown."""
    plan, halt = record.plan, record.halt
    assert halt is not None
    refused, kept = record.entries[-1], record.accepted[-1]
    parts = [
        f"# Halted before generation {halt.generation}",
        f"The chain `{plan.name}` ({plan.model}, policy {plan.policy}) did not take its generation "
        f"{halt.generation} of {plan.generations}. Generation {halt.back_to}, the last one accepted, stays in "
        f"force. {refused.why}",
        "## What was planned",
        _planned(plan, refused),
        "## What was seen",
        _seen(record, halt.generation),
        "## The relation to each intent",
        _relations(kept, refused),
        "## What going back keeps and loses",
        _price(plan, kept, refused),
        "## How to overrule",
        f"The guard proposes; you decide. To take candidate {refused.candidate} as generation "
        f"{halt.generation} and go on from it, say why, in the folder of the workspace or with `-w` and its path:",
        f'```console\n$ allegiance chain --name {plan.name} --overrule "WHY"\n```',
        "Your name, the time and the reason are recorded in `chain.json` and in the ledger; this report stays "
        "as it is. To leave the chain halted, do nothing.",
    ]
    return "\n\n".join(parts) + "\n"


def _planned(plan: ChainPlan, refused: Entry) -> str:
    generation = refused.generation
    step, dose = plan.step(generation)
    lines = [
        f"{plan.generations} generations after generation 0, each overseen by the one before "
        f"({plan.amplify.how} of {plan.amplify.n}), made after "
        + ("the original intent." if plan.target == "original" else "values that it wrote down."),
        f"Generation {generation}: {_PLANTED[step].format(percent(dose))}.",
        _promise(plan),
    ]
    if plan.policy == "guarded":
        lines.append(
            f"Up to {plan.attempts} attempts at a generation, each with half the step and twice the probes of the "
            f"one before; {plan.budget} probes at the first."
        )
    return "\n".join(f"- {line}" for line in lines)


def _promise(plan: ChainPlan) -> str:
    if plan.policy == "licensed":
        return (
            f"The policy goes on only where a rate of breaking below {percent(plan.bound + plan.margin)} "
            f"(bound {percent(plan.bound)}, margin {percent(plan.margin)}) is shown within {plan.budget} probes. "
            f"The chance of taking a generation that breaks more often than that is at most {plan.alpha:g} over the "
            "whole chain; how often it refuses one that breaks less is not bounded."
        )
    return (
        f"A rate of breaking up to {percent(plan.bound)} is borne. The chance of a halt before a candidate within "
        f"that bound is at most {plan.alpha:g} over the whole chain; how often a break is missed is not bounded."
    )


def _seen(record: ChainRecord, generation: int) -> str:
    """A row for each candidate of the generation."""
    rows = ["| candidate | step | broke | could not be read | E | needed | decision |"]
    rows.append("| --: | --: | --: | --: | --: | --: | --- |")
    for entry in record.entries:
        if entry.generation != generation:
            continue
        seen = entry.evidence
        rows.append(
            f"| {entry.candidate} | {entry.size:g} | {seen['broke']} of {seen['probed']} | {seen['unread']} "
            f"| {seen['e_value']:.3g} | {1 / seen['alpha']:.4g} | {entry.decision} |"
        )
    refused = record.entries[-1].evidence
    share = (
        f"A probe is one transcript of a fresh request. This test had {refused['alpha']:.3g} of the chain's "
        f"alpha of {record.plan.alpha:g}, and needed an e-value of 1 over that."
    )
    worst = refused["worst"]
    unread = "" if worst is None else f" With those unread counted the other way E is {worst:.3g}."
    return "\n".join(rows) + f"\n\n{share}{unread}"


def _relations(kept: Entry, refused: Entry) -> str:
    rows = ["| | R(agent, original) | R(agent, training) |", "| --- | --- | --- |"]
    for entry, what in ((kept, "in force"), (refused, "refused")):
        told = [_interval(entry, intent) for intent in ("original", "training")]
        rows.append(f"| generation {entry.generation}, {what} | {told[0]} | {told[1]} |")
    note = (
        "The share of tested acts that kept an intent, by the letter, on the same held-out requests; "
        "95 % intervals for the model on requests like these."
    )
    return "\n".join(rows) + f"\n\n{note}"


def _interval(entry: Entry, intent: str) -> str:
    found = _relation(entry, intent)
    if found is None:
        return "not tested"
    seen = "" if found["hits"] is None else f"{found['hits']} of {found['reads']}: "
    missing = f", {found['missing']} missing" if found["missing"] else ""
    return f"{seen}{_point(found)} [{percent(found['low'])}, {percent(found['high'])}]{missing}"


def _price(plan: ChainPlan, kept: Entry, refused: Entry) -> str:
    rest = plan.generations - refused.generation
    lost = (
        f"Going back loses what generation {refused.generation} was trained for"
        + (f" and leaves {_many(rest, 'later generation')} unmade" if rest else "")
        + f". It keeps generation {kept.generation} and all before it as they are."
    )
    return f"{_compared(kept, refused)} {lost}"


def _compared(kept: Entry, refused: Entry) -> str:
    """Say which of the two keeps the original intent more often, also where that is the refused one."""
    one, other = _relation(kept, "original"), _relation(refused, "original")
    if one is None or other is None or one["estimate"] is None or other["estimate"] is None:
        return "Which of the two keeps the original intent more often was not tested."
    rates = (
        f"generation {kept.generation}, in force, kept the original intent in {_point(one)} of tested acts and "
        f"generation {refused.generation}, refused, in {_point(other)}"
    )
    if one["low"] > other["high"]:
        return f"Going back keeps the better of the two: {rates}; the intervals lie apart."
    if other["low"] > one["high"]:
        return (
            f"**Going back keeps the worse of the two**: {rates}; the intervals lie apart. The refused one may still "
            "break too often for the bound; the one in force breaks more often."
        )
    return f"Which of the two is the better can't be told: {rates}; the intervals overlap."


def _relation(entry: Entry, intent: str) -> Mapping[str, Any] | None:
    return None if entry.relation is None else entry.relation.get(intent)


def _point(found: Mapping[str, Any]) -> str:
    return "no rate" if found["estimate"] is None else percent(found["estimate"])


def _many(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
