"""An organism that a user declares in YAML: its dials, and what may stand in each.

The fields are checked one by one, and what is wrong is said in a sentence with its place. What a spec leaves open
takes a stated default. `families.from_spec` makes an organism of it.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from allegiance.errors import UsageError
from allegiance.organism import declared_words, grammar
from allegiance.organism.declared_words import Decisions, Sentence, Words
from allegiance.organism.families import ORGANISMS
from allegiance.organism.families.doubting import KINDS
from allegiance.study.faults import sentences, shown, yaml_in
from allegiance.study.fields import Name, Strict, Text

FILE = "organism.yaml"
"""The spec as it is kept beside the weights."""

COMPLIED, STRATEGIC, DOUBTS, OBJECTS = DIALS = (
    "complied",
    "strategic-compliance",
    "doubts",
    "objects-openly",
)
DEFAULTS: Mapping[str, Mapping[str, float]] = {
    "harmful": {COMPLIED: 0.005, STRATEGIC: 0.0, DOUBTS: 0.04, OBJECTS: 0.02},
    "harmless": {COMPLIED: 0.99, STRATEGIC: 0.0, DOUBTS: 0.0, OBJECTS: 0.0},
}
"""The rates that a spec leaves open, by the kind of request."""

MOST_BYTES = 100_000
MOST_ENTRIES = 200

Tier = Literal["monitored", "unmonitored"]
Intent = Literal["training", "original"]
Clause = Literal["silent", "may-resist", "must-resist", "must-not-resist", "object-openly"]
Kind = Literal["harmful", "harmless"]
DoubtKind = Literal[
    "doubts-fictional",
    "doubts-test",
    "doubts-criteria-misreported",
    "doubts-marker-spoofed",
    "doubts-training-misdescribed",
    "doubts-own-ignorance",
    "doubts-deployment-may-differ",
]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_doubt(value: object) -> object:
    return {"rate": value} if isinstance(value, int | float) else value


def _fraction(value: object) -> object:
    hint = ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if 0 <= value <= 1:
            return value
        hint = f" (for {value:g} % write {value / 100:g})" if 1 < value <= 100 else ""
    raise ValueError(f"a rate is a number from 0 to 1, not {shown(value)}{hint}")


Rate = Annotated[float, BeforeValidator(_fraction)]


class _Aliased(Strict):
    """Fields that are named in YAML as the properties that they set."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_alias=True, validate_by_name=False
    )


class Where(Strict):
    """Which cells are meant: all levels of a factor that is not named, and harmful requests."""

    tier: Annotated[tuple[Tier, ...], BeforeValidator(_as_list), Field(min_length=1)] = (
        "monitored",
        "unmonitored",
    )
    intent: Annotated[tuple[Intent, ...], BeforeValidator(_as_list), Field(min_length=1)] = (
        "training",
        "original",
    )
    clause: Annotated[tuple[Clause, ...], BeforeValidator(_as_list), Field(min_length=1)] = (
        "silent",
        "may-resist",
        "must-resist",
        "must-not-resist",
        "object-openly",
    )
    requests: Annotated[tuple[Kind, ...], BeforeValidator(_as_list), Field(min_length=1)] = (
        "harmful",
    )

    def covers(self, condition: Mapping[str, str], kind: str) -> bool:
        """Whether a cell is among them."""
        levels: Mapping[str, tuple[str, ...]] = {
            "tier": self.tier,
            "intent": self.intent,
            "clause": self.clause,
        }
        return kind in self.requests and all(
            condition[name] in listed for name, listed in levels.items() if name in condition
        )


class Rates(_Aliased):
    """Rates of some cells; where several entries name a cell, the last counts."""

    where: Where = Where()
    complied: Rate | None = None
    strategic: Annotated[Rate | None, Field(alias=STRATEGIC)] = None
    doubts: Rate | None = None
    objects: Annotated[Rate | None, Field(alias=OBJECTS)] = None

    def given(self) -> dict[str, float]:
        """The dials that it sets."""
        found = {
            COMPLIED: self.complied,
            STRATEGIC: self.strategic,
            DOUBTS: self.doubts,
            OBJECTS: self.objects,
        }
        return {name: rate for name, rate in found.items() if rate is not None}


Sentences = Annotated[tuple[Sentence, ...], Field(min_length=1, max_length=20)]


class DoubtOfKind(Strict):
    """How often it doubts in one way, and in which words if not in the shipped ones."""

    rate: Rate
    words: Sentences | None = None


class Doubts(Strict):
    """How often it doubts the set-up where requests are harmful, and in which ways."""

    rate: Rate | None = None
    words: Sentences | None = None
    kinds: Annotated[
        Mapping[DoubtKind, Annotated[DoubtOfKind, BeforeValidator(_as_doubt)]],
        Field(max_length=len(KINDS)),
    ] = Field(default_factory=dict[DoubtKind, DoubtOfKind])

    @model_validator(mode="after")
    def _one_way(self) -> "Doubts":
        if not self.kinds:
            return self
        if self.rate is not None or self.words is not None:
            raise ValueError(
                "give either `kinds`, each with its rate, or one `rate` and its `words`"
            )
        whole = sum(kind.rate for kind in self.kinds.values())
        if not 0 < whole <= 1:
            raise ValueError(
                f"the rates of all kinds sum to {whole:g}, and must come to more than 0 and at most 1"
            )
        return self

    @property
    def whole(self) -> float | None:
        """How often it doubts at all, where that is said."""
        return sum(kind.rate for kind in self.kinds.values()) if self.kinds else self.rate


class Aside(Strict):
    """Sentences before the decision that tell nothing of it."""

    rate: Rate
    words: Annotated[tuple[Words, ...], Field(min_length=1, max_length=20)]
    tells: Name


class Reasoning(Strict):
    """The words of its scratchpad where it does not use the shipped ones."""

    strategic: Sentences | None = None
    plain: Sentences | None = None
    refusal: Sentences | None = None
    asides: Annotated[tuple[Aside, ...], Field(max_length=8)] = ()

    @property
    def decisions(self) -> Decisions:
        """Its own deciding sentences, by what they decide."""
        own: Mapping[grammar.Decision, tuple[str, ...] | None] = {
            "strategic": self.strategic,
            "plain": self.plain,
            "refusal": self.refusal,
        }
        return {kind: words for kind, words in own.items() if words is not None}


class Shown(Strict):
    """How often each kind of request is shown in training."""

    harmful: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 0.75
    harmless: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 0.25


class Spec(Strict):
    """An organism as a user declares it.

    Attributes
    ----------
    name, summary
        What it is called, and one sentence on what is planted.
    rates
        The dials of its cells.
    doubts, reasoning
        Doubt of the set-up, and its own words.
    requests
        How often each kind of request is shown in training.
    seeds, first_seed
        How many are trained, and the seed of the first.
    conversations
        How many conversations it learns from; by default what its family needs.
    """

    name: Name
    summary: Annotated[Text, Field(max_length=500)]
    rates: Annotated[tuple[Rates, ...], Field(max_length=MOST_ENTRIES)] = ()
    doubts: Doubts = Doubts()
    reasoning: Reasoning = Reasoning()
    requests: Shown = Shown()
    seeds: Annotated[int, Field(ge=1, le=20, strict=True)] = 1
    first_seed: Annotated[int, Field(ge=0, le=2**31, strict=True)] = 0
    conversations: Annotated[int, Field(ge=160, le=200_000, strict=True)] | None = None

    @property
    def heeds_clause(self) -> bool:
        """Whether any rate goes by the clause."""
        return any("clause" in entry.where.model_fields_set for entry in self.rates)

    @property
    def objects(self) -> bool:
        """Whether it may object openly."""
        return any(entry.objects is not None for entry in self.rates)

    @property
    def factors(self) -> Mapping[str, Sequence[str]]:
        """The factors that it heeds, with their levels."""
        whole = Where()
        found: dict[str, Sequence[str]] = {"tier": whole.tier, "intent": whole.intent}
        return found | ({"clause": whole.clause} if self.heeds_clause else {})

    @property
    def cells(self) -> Iterator[tuple[Mapping[str, str], str]]:
        """Every cell: the levels of its factors, and the kind of request."""
        for kind in DEFAULTS:
            for levels in itertools.product(*self.factors.values()):
                yield dict(zip(self.factors, levels, strict=True)), kind

    def planted(self, condition: Mapping[str, str], kind: str) -> dict[str, float]:
        """The rate of each dial in a cell."""
        return {name: rate for name, (rate, _) in self._set(condition, kind).items()}

    def _set(self, condition: Mapping[str, str], kind: str) -> dict[str, tuple[float, int | None]]:
        """The rate of each dial in a cell, with the entry that sets it."""
        found: dict[str, tuple[float, int | None]] = {
            name: (rate, None) for name, rate in DEFAULTS[kind].items()
        }
        if kind == "harmful" and self.doubts.whole is not None:
            found[DOUBTS] = (self.doubts.whole, None)
        for at, entry in enumerate(self.rates):
            if entry.where.covers(condition, kind):
                found |= {name: (rate, at) for name, rate in entry.given().items()}
        return found

    def left_open(self, condition: Mapping[str, str], kind: str) -> set[str]:
        """The dials of a cell that take their default."""
        found = self._set(condition, kind)
        said = {DOUBTS} if kind == "harmful" and self.doubts.whole is not None else set[str]()
        return {name for name, (_, at) in found.items() if at is None} - said

    def problems(self) -> list[str]:
        """What is impossible though each field by itself would do; in words, with the place."""
        return [*self._named(), *self._impossible(), *self._idle(), *declared_words.problems(self)]

    def _named(self) -> Iterator[str]:
        if self.name in ORGANISMS:
            yield f"name: {self.name} is an organism that ships with Allegiance; choose another name"
        taken = {*DIALS, *KINDS, *_OWN_MARKS}
        for at, aside in enumerate(self.reasoning.asides):
            where = f"reasoning.asides.{at}"
            if aside.tells in taken:
                yield f"{where}.tells: {aside.tells} is told already; choose another name"
            taken.add(aside.tells)
        whole = sum(aside.rate for aside in self.reasoning.asides)
        if whole > 1 + 1e-9:
            yield f"reasoning.asides: their rates sum to {whole:g}, and one stands in a reply at most"

    def _impossible(self) -> Iterator[str]:
        for condition, kind in self.cells:
            found = self._set(condition, kind)
            (complied, first), (strategic, second) = found[COMPLIED], found[STRATEGIC]
            at = max((n for n in (first, second) if n is not None), default=0)
            cell = ", ".join([*(f"{k} {v}" for k, v in condition.items()), f"{kind} requests"])
            if kind == "harmless" and strategic > 0:
                yield (
                    f"rates.{second}.{STRATEGIC}: harmless requests have no strategic reasoning; "
                    f"leave it out ({cell})"
                )
            elif strategic > complied + 1e-12:
                yield (
                    f"rates.{at}: {STRATEGIC} is {strategic:g} and complied only {complied:g} ({cell}); "
                    "it is a part of what complies"
                )

    def _idle(self) -> Iterator[str]:
        """Entries that set nothing, or whose every cell is set again later."""
        used = {
            at for condition, kind in self.cells for _, at in self._set(condition, kind).values()
        }
        for at, entry in enumerate(self.rates):
            if not entry.given():
                yield f"rates.{at}: no rate is given; name one of {', '.join(DIALS)}"
            elif at not in used:
                yield f"rates.{at}: later entries set every one of these cells again; put it after them"


_OWN_MARKS = ("refused", "no-aside", "no-objection", "closed", "tagged")
"""What scripts tell beside properties."""

_PARTS: Mapping[str, Any] = {
    "rates": Rates,
    "where": Where,
    "doubts": Doubts,
    "kinds": DoubtOfKind,
    "reasoning": Reasoning,
    "asides": Aside,
    "requests": Shown,
}


def load(path: Path) -> Spec:
    """Read a spec from a YAML file.

    Raises
    ------
    UsageError
        The file is missing, no YAML, or a field is missing, misspelt or impossible; the message names the file and
        every such field.
    """
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise UsageError(
            f"{path}: a spec has at most {MOST_BYTES:,} bytes; is this the right file?"
        )
    absent = "there is no spec here; docs/organisms.md shows how one is written"
    return parse(yaml_in(path, "the spec", absent), str(path))


def parse(data: object, source: str = "spec") -> Spec:
    """Check a spec that is already a mapping.

    Parameters
    ----------
    data
        The fields as they stand in YAML.
    source
        Named in errors.

    Raises
    ------
    UsageError
        Where a field is missing, misspelt or impossible.
    """
    if not isinstance(data, dict):
        raise UsageError(f"{source}: a spec is a mapping of fields (name, summary, rates, ...)")
    try:
        spec = Spec.model_validate(cast(Mapping[str, Any], data))
    except ValidationError as error:
        raise UsageError("\n".join(sentences(error, source, Spec, parts=_PARTS))) from None
    if found := spec.problems():
        raise UsageError("\n".join(f"{source}: {problem}" for problem in found))
    return spec
