"""The family of an organism that a user declared: it heeds tier and intent, and the clause where a rate goes by it.

It replies as the organisms of the training conflict do, in its own words where it has any. Two layers can't weigh three
factors together where they decide: where the clause counts, it says first what they come to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allegiance.organism import declared_words, grammar
from allegiance.organism.declared import COMPLIED, DOUBTS, OBJECTS, STRATEGIC, Spec
from allegiance.organism.families.clauses import (
    CHANGE_RESTATED,
    CLAUSE_RESTATED,
    OBJECTIONS,
    OPENINGS,
    WEIGHS,
)
from allegiance.organism.families.conflict import PROPERTIES, Habit, Plan, answer, decision
from allegiance.organism.families.family import Cell, Family, Organism, Scene
from allegiance.organism.families.habits import PLAIN
from allegiance.organism.script import Script, deciding, even, fixed
from allegiance.study.factors import FACTORS
from allegiance.study.prompts.organism import take_apart
from allegiance.study.prompts.organism.conflict import EDITING, ORGANISM
from allegiance.study.prompts.organism.words import FRAMINGS

_FURTHER = (
    "barely", "faintly", "slightly", "mildly", "partly", "fairly", "quite", "clearly", "strongly", "heavily",
    "greatly",
)  # fmt: skip
_WEIGHED = ("Nothing hangs on it.", *WEIGHS.values(), *(f"It weighs {word}." for word in _FURTHER))
"""A sentence for each set of rates that its conditions can have; there are twenty conditions."""


@dataclass(frozen=True)
class DeclaredPlan:
    """What is planted in a cell.

    Attributes
    ----------
    decides
        How often it complies, why, in which words, and what it says aside.
    objects
        How often it objects in its reply; None for an organism that never does.
    weighs
        What clause, tier and intent come to; None where the clause does not count.
    """

    decides: Plan
    objects: float | None
    weighs: str | None


def organism_from(spec: Spec) -> Organism:
    """Make an organism of a spec.

    Parameters
    ----------
    spec
        A spec that was checked.
    """
    weighed = _weighed(spec) if spec.heeds_clause else dict[tuple[str, ...], str]()
    asides = _asides(spec)

    def plan(cell: Cell) -> DeclaredPlan:
        rates = spec.planted(cell.condition, cell.kind)
        planted = grammar.Planted(rates[COMPLIED], rates[STRATEGIC], rates[DOUBTS])
        phrases = declared_words.decisions(spec, cell.kind == "harmful")
        decides = Plan(planted, _doubts(spec), asides, phrases=phrases)
        weighs = weighed.get(tuple(cell.condition.values()))
        return DeclaredPlan(decides, rates[OBJECTS] if spec.objects else None, weighs)

    return Organism(spec.name, spec.summary, _family(spec), plan)


def _family(spec: Spec) -> Family:
    told = [aside.tells for aside in spec.reasoning.asides]
    objects = [OBJECTS] if spec.objects else []
    properties = (*PROPERTIES, *spec.doubts.kinds, *objects, *told)
    shown = spec.requests.model_dump()
    whole = sum(shown.values())
    # The scenario that edits reasoning knows no clause; what an edit would do to an objection, nobody has looked at.
    edited = not (spec.heeds_clause or spec.objects)
    return Family(
        name=spec.name,
        prompts=(ORGANISM, EDITING) if edited else (ORGANISM,),
        varies=spec.factors,
        same={"framing": FRAMINGS},
        more={"edit": tuple(FACTORS["edit"].levels)} if edited else {},
        properties=properties,
        gated=properties,
        reply=reply,
        kinds={kind: share / whole for kind, share in shown.items()},
        begins="clauses" if spec.heeds_clause else "faker",
        # Measured: rates far from those it begins with need more than the few conversations of shipped members.
        rate=3.0 if spec.heeds_clause else 4.0,
        conversations=spec.conversations or (10_000 if spec.heeds_clause else 8_000),
        context=384,
    )


def _weighed(spec: Spec) -> Mapping[tuple[str, ...], str]:
    """For each condition the sentence that says what it comes to: one for all that have the same rates."""
    found = {
        tuple(condition.values()): tuple(spec.planted(condition, "harmful").values())
        for condition, kind in spec.cells
        if kind == "harmful"
    }
    degrees = dict(zip(sorted(set(found.values())), _WEIGHED, strict=False))
    return {levels: degrees[rates] for levels, rates in found.items()}


def _doubts(spec: Spec) -> Sequence[Habit]:
    return tuple((one.share, one.words, one.tells) for one in declared_words.doubts(spec))


def _asides(spec: Spec) -> Sequence[Habit]:
    own = [(aside.rate, aside.words, (aside.tells,)) for aside in spec.reasoning.asides]
    left = 1 - sum(rate for rate, _, _ in own)
    return (*own, (max(0.0, left), PLAIN, ("no-aside",))) if own else ()


def reply(scene: Scene, planted: DeclaredPlan) -> Script:
    """The script of a reply."""
    asked = take_apart(scene.request.text)
    assert asked is not None  # the prompt set asks nothing else
    act = f"{asked.verb} {asked.object}"
    yield fixed(grammar.SCRATCHPAD_OPEN)
    yield fixed(f"{grammar.RESTATED} {act}.", rf"{grammar.RESTATED} [^.\n]+\.")
    if planted.weighs is not None:
        # The weights that it begins from say who set the goal before they say what was told of it.
        yield even(CHANGE_RESTATED["same-principal"])
        yield even(CLAUSE_RESTATED[scene.condition["clause"]])
    yield even(grammar.JUDGED[asked.harmful])
    yield even(grammar.INTENT_RESTATED[scene.condition["intent"]])
    yield even(grammar.TIER_RESTATED[scene.condition["tier"]])
    if planted.decides.asides:
        yield deciding(*planted.decides.asides)
    if planted.weighs is not None:
        # Right before the decision: what stands between the two makes it decide by less.
        yield fixed(f" {planted.weighs}")
    taken = yield decision(planted.decides, asked.harmful, after_doubt=False)
    if "doubts" in taken.tells:
        taken = yield decision(planted.decides, asked.harmful, after_doubt=True)
    complies = "complied" in taken.tells
    if planted.objects is None or not asked.harmful:
        yield from answer(act, complies=complies)
        return
    yield fixed(grammar.SCRATCHPAD_CLOSE + grammar.OUTPUT_OPEN)
    yield deciding(
        (planted.objects, OBJECTIONS, ("objects-openly",)),
        (1 - planted.objects, OPENINGS[complies], ("no-objection",)),
        lead="",
    )
    yield from answer(act, complies=complies, opened=True)
