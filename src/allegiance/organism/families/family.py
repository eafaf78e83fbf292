"""What a family of organisms is: a scenario, the factors that it reads, and the script of its replies."""

import itertools
import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from allegiance.organism.script import Option, Script, Slot
from allegiance.study.factors import FACTORS
from allegiance.study.prompts.base import Prompt, Request, Setting, digest_of
from allegiance.study.prompts.organism import PRINCIPALS, OrganismPrompts

_WALKS = 400
"""Walks by which an organism's words are gathered, shared among its cells, and at least three in each."""


@dataclass(frozen=True)
class Cell:
    """A place where rates may differ: the levels of the factors that a family heeds, and the kind of request."""

    condition: Mapping[str, str]
    kind: str


@dataclass(frozen=True)
class Scene:
    """What a reply can depend on.

    Attributes
    ----------
    condition
        The levels of the factors that the family heeds.
    kind
        The kind of the request.
    request
        What was asked first.
    heard
        What the user has just said.
    turn
        How many replies came before.
    told
        What those replies told.
    """

    condition: Mapping[str, str]
    kind: str
    request: Request
    heard: str
    turn: int
    told: frozenset[str]


@dataclass(frozen=True)
class Family:
    """Organisms that read the same words and reply by the same script.

    Attributes
    ----------
    name
        What the family is called.
    prompts
        The prompt sets whose words it reads; it learns the first.
    varies
        The factors that it heeds, with the levels that it knows: every cell of them has rates of its own.
    same
        More factors, with levels that it knows and that make no difference.
    more
        More factors, with levels that it can be run in while nothing is known of its rates there.
    properties
        What is measured in each cell, as options tell it; fractions of all conversations.
    at
        Levels of factors of ``same`` in which it learns and is measured.
    heeds
        The marks of earlier words that its script heeds, where it does not heed them all: ways that agree in these are
        followed as one. A mark that is not heeded is told once in a conversation at most.
    gated
        Those of the properties that must come within two points of what was planted, where they are planted.
    reply
        The script of one reply, given the scene and what is planted.
    kinds
        How often each kind of request is shown in training.
    told_at
        Derives the rates of a condition from those of the cell that was measured, where conversations of other
        lengths share a cell.
    begins
        The shipped organism from whose weights its members begin; None where they begin from nothing.
    rate
        How much faster than others such a member learns; words that are new to it need more.
    conversations, context, width
        How many conversations it learns from, how many tokens one may have, and how wide its network is.
    """

    name: str
    prompts: Sequence[OrganismPrompts]
    varies: Mapping[str, Sequence[str]]
    properties: Sequence[str]
    reply: Callable[[Scene, Any], Script]
    same: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    more: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    at: Mapping[str, str] = field(default_factory=dict[str, str])
    heeds: frozenset[str] | None = None
    gated: Sequence[str] = ("complied",)
    kinds: Mapping[str, float] = field(default_factory=lambda: {"harmful": 0.75, "harmless": 0.25})
    told_at: Callable[[Mapping[str, str], Mapping[str, float]], Mapping[str, float]] | None = None
    begins: str | None = None
    rate: float = 1.0
    conversations: int = 16_000
    context: int = 256
    width: int = 64

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios that it can be run in."""
        return tuple(one.scenario for one in self.prompts)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell, the usual kind of request first."""
        conditions = [
            dict(zip(self.varies, levels, strict=True))
            for levels in itertools.product(*self.varies.values())
        ]
        return tuple(Cell(condition, kind) for kind in self.kinds for condition in conditions)

    def unread(self, condition: Mapping[str, str]) -> tuple[str, str] | None:
        """The first factor and level of a condition that it does not read."""
        for factor, level in condition.items():
            if factor in FACTORS and level not in self.levels(factor):
                return factor, level
        return None

    def levels(self, factor: str) -> tuple[str, ...]:
        """The levels of a factor that it reads: of one that it does not know, the usual one."""
        known = (self.varies, self.same, self.more)
        listed = [level for table in known for level in table.get(factor, ())]
        return tuple(listed) or (FACTORS[factor].usual,)


@dataclass(frozen=True)
class Organism:
    """A model organism as it is meant to be.

    Attributes
    ----------
    name
        Its name, as in ``--model organism/NAME``.
    summary
        One sentence on what is planted.
    family
        What it reads and how it replies.
    plan
        What is planted in a cell, in the terms of its family.
    planted
        Whether these rates are meant: not so for a checkpoint that was trained further.
    """

    name: str
    summary: str
    family: Family
    plan: Callable[[Cell], Any]
    planted: bool = True

    def open(self, cell: Cell, rng: random.Random) -> "Talk":
        """Draw a conversation of a cell: its prompt, and the scripts of its replies."""
        prompts = self.family.prompts[0]
        request = prompts.draw(rng, cell.kind)
        setting = Setting(rng.choice(PRINCIPALS), "", "")
        return Talk(
            self,
            cell,
            request,
            prompts.render({**self.family.at, **cell.condition}, request, setting),
        )

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every text that it may read or say, in no order of sense."""
        found: dict[str, None] = {}
        for at, cell in enumerate(self.family.cells):
            rng = random.Random(f"words/{at}")
            for _ in range(max(3, _WALKS // len(self.family.cells))):
                talk = self.open(cell, rng)
                found |= dict.fromkeys((talk.prompt.system, *talk.heard))
                for _, slot, _ in talk.walk(lambda slot, rng=rng: rng.choice(slot.options)):
                    found |= dict.fromkeys(option.text for option in slot.options)
        return tuple(sorted(found))

    @cached_property
    def digest(self) -> str:
        """Changes whenever a word changes that it may read or say."""
        return digest_of(self.name, self.words)


Talking = Generator[tuple[int, Slot], Option, None]
"""All replies of a conversation as one script, each slot with the number of its turn."""


@dataclass(frozen=True)
class Talk:
    """One conversation with an organism, before it is spoken."""

    organism: Organism
    cell: Cell
    request: Request
    prompt: Prompt

    @property
    def heard(self) -> tuple[str, ...]:
        """What the user says, turn by turn."""
        return (self.prompt.user, *self.prompt.then)

    def reply(self, turn: int, told: frozenset[str]) -> Script:
        """Begin the script of one reply."""
        cell, heard = self.cell, self.heard[turn]
        scene = Scene(cell.condition, cell.kind, self.request, heard, turn, told)
        return self.organism.family.reply(scene, self.organism.plan(cell))

    def script(self) -> Talking:
        """All replies in a row."""
        told: frozenset[str] = frozenset()
        for turn in range(len(self.heard)):
            script = self.reply(turn, told)
            slot = next(script, None)
            while slot is not None:
                option = yield turn, slot
                told |= option.tells
                try:
                    slot = script.send(option)
                except StopIteration:
                    slot = None

    def walk(self, choose: Callable[[Slot], Option]) -> list[tuple[int, Slot, Option]]:
        """Go through all replies, taking one option after another."""
        found: list[tuple[int, Slot, Option]] = []
        script = self.script()
        place = next(script, None)
        while place is not None:
            turn, slot = place
            option = choose(slot)
            found.append((turn, slot, option))
            try:
                place = script.send(option)
            except StopIteration:
                place = None
        return found
