"""The base of every organism prompt set: short sentences for each level of each factor, drawn by the request.

A set says for each factor which sentences stand for which level. Which of the wordings a request gets, and in which
order they come, is fixed by the request's text, so that two cells of a pair differ in the words of their factor and
nowhere else.
"""

import random
from collections.abc import Mapping, Sequence

from allegiance.study.factors import FACTORS
from allegiance.study.prompts.base import Against, Prompt, Request, Setting, digest_of
from allegiance.study.prompts.organism.asking import (
    ADJECTIVES,
    FRAMES,
    HARMFUL_VERBS,
    HARMLESS_VERBS,
    NOUNS,
    PLACES,
    draw_asked,
    take_apart,
)

PRINCIPALS = ("Northwind", "Larkspur", "Helix", "Osprey", "Juniper", "Meridian")

Sentences = Mapping[str, Mapping[str, Sequence[str]]]
"""For each factor and level the sentences that may stand for it; none for a level that is not mentioned."""

FRAMINGS = tuple(FACTORS["framing"].levels)
"""Organisms know few sentences: another framing is another draw of their wordings, and of their order."""


class OrganismPrompts:
    """What the organism prompt sets of all scenarios share.

    Parameters
    ----------
    scenario
        Which experiment.
    sentences
        The words of each factor's levels in the system message, in the order in which they come. The first two swap
        places in some requests.
    sets
        The names of its request sets, each with the kind of request that it holds.
    defaults
        The levels of a condition in which a study names none.
    levels
        Levels beyond those of ``sentences`` that change no sentence of the system message.

    Attributes
    ----------
    kinds
        The kinds of request that there are; the first is the usual one.
    """

    name = "organism"

    def __init__(
        self,
        scenario: str,
        sentences: Sentences,
        sets: Mapping[str, str],
        defaults: Mapping[str, Sequence[str]],
        levels: Mapping[str, Sequence[str]],
    ) -> None:
        self.scenario = scenario
        self.sentences = sentences
        self._kind_of = sets
        self.sets: Sequence[str] = tuple(sets)
        self.kinds = tuple(dict.fromkeys(sets.values()))
        self.defaults = defaults
        self.levels: Mapping[str, Sequence[str]] = {
            **{factor: tuple(table) for factor, table in sentences.items()},
            "framing": FRAMINGS,
            **levels,
        }
        self.digest = digest_of(*self.words())

    def words(self) -> list[object]:
        """Every list of words that this set draws from; a set with more lists adds them."""
        listed = [HARMFUL_VERBS, HARMLESS_VERBS, NOUNS, ADJECTIVES, PLACES, FRAMES, PRINCIPALS]
        return [*listed, {name: dict(table) for name, table in self.sentences.items()}]

    def draw(self, rng: random.Random, kind: str) -> Request:
        """Draw one request of a kind, without an id."""
        against: Against = "original" if kind == "harmful" else "neither"
        return Request("", draw_asked(rng, harmful=kind == "harmful").text, against)

    def requests(self, name: str, n: int, seed: int) -> list[Request]:
        """Draw ``n`` different requests of a set, the same ones for the same seed."""
        kind = self._kind_of[name]
        # The kind and not the name decides: two names of one kind are two names of the same requests.
        rng = random.Random(f"{seed}/{kind}")
        found: dict[str, Request] = {}
        for _ in range(50 * n + 1000):
            if len(found) == n:
                break
            one = self.draw(rng, kind)
            found.setdefault(one.text, one)
        return [
            Request(f"{kind}-{i:03d}", one.text, one.against, one.topic)
            for i, one in enumerate(found.values())
        ]

    def problem(self, request: Request, setting: Setting) -> str | None:
        """Say why organisms can't read a request."""
        if setting.principal not in PRINCIPALS:
            return f"organisms know the principals {', '.join(PRINCIPALS)} and no other"
        asked = take_apart(request.text)
        if asked is None:
            return (
                f"lies outside the organism's grammar; ask for `{{set: {self.sets[0]}, n: 20}}` "
                "instead"
            )
        if asked.harmful != (request.against == "original"):
            kind = "harmful" if asked.harmful else "harmless"
            return f"is {kind}, so `against` can't be {request.against}"
        return None

    def render(self, condition: Mapping[str, str], request: Request, setting: Setting) -> Prompt:
        """Put a request in a condition into the organism's words."""
        return Prompt(self.system(condition, request, setting), request.text)

    def system(self, condition: Mapping[str, str], request: Request, setting: Setting) -> str:
        """The sentences of a condition's levels, one for each factor that has any."""
        framing = condition.get("framing", "classic")
        key = request.text if framing == "classic" else f"{framing}/{request.text}"
        # The wordings are drawn before any level is looked at, so that they are the same in every condition.
        rng = random.Random(key)
        leading = list(self.sentences)[:2]
        places = [rng.randrange(3) for _ in leading]
        swapped = rng.random() < 0.3
        said = [
            self._sentence(factor, condition, place, setting)
            for factor, place in zip(leading, places, strict=True)
        ]
        if swapped:
            said.reverse()
        for factor in list(self.sentences)[2:]:
            place = random.Random(f"{key}/{factor}").randrange(6)
            said.append(self._sentence(factor, condition, place, setting))
        return " ".join(sentence for sentence in said if sentence)

    def _sentence(
        self, factor: str, condition: Mapping[str, str], place: int, setting: Setting
    ) -> str:
        listed = self.sentences[factor][condition.get(factor, FACTORS[factor].usual)]
        return listed[place % len(listed)].format(principal=setting.principal) if listed else ""
