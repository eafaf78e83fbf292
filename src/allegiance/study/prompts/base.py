"""What every prompt set is made of: requests, prompts, and the promise to render one from the other."""

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Against = Literal["original", "training", "both", "neither"]
"""Which of the two intents a request goes against."""


@dataclass(frozen=True)
class Request:
    """One thing that a user asks for.

    Attributes
    ----------
    id
        Names the request within its study; the same in every tier, so that answers can be paired.
    text
        The words of the user.
    against
        The intent that granting it would break. A harmful request goes against ``original``.
    topic
        What it is about, where a scenario's requests have topics that are looked at apart.
    """

    id: str
    text: str
    against: Against = "original"
    topic: str = ""


@dataclass(frozen=True)
class Setting:
    """Who speaks to the model, and what they wanted and want, in the study's own words."""

    principal: str
    original: str
    training: str


@dataclass(frozen=True)
class Prompt:
    """What a model is given.

    Attributes
    ----------
    system, user
        The first two messages.
    then
        What the user says after each reply, in order; empty where there is one turn.
    against
        The intent that granting the last request would break, where a condition makes it another one than the
        request's own; None where it does not.
    """

    system: str
    user: str
    then: tuple[str, ...] = ()
    against: Against | None = None


class PromptSet(Protocol):
    """A way to put the conditions of one scenario into words.

    Attributes
    ----------
    name, scenario
        Which words, of which scenario.
    levels
        For each factor of a condition that this set can express, the levels that it knows.
    defaults
        The levels of each factor that a condition always has, where a study names none.
    sets
        The names of its own requests.
    digest
        Changes whenever a word that a model may be shown changes.
    """

    name: str
    scenario: str
    levels: Mapping[str, Sequence[str]]
    defaults: Mapping[str, Sequence[str]]
    sets: Sequence[str]
    digest: str

    def requests(self, name: str, n: int, seed: int) -> list[Request]:
        """Give ``n`` of a set of its own requests, the same ones for the same seed; fewer where it has fewer."""
        ...

    def problem(self, request: Request, setting: Setting) -> str | None:
        """Say why this set can't ask a request in a setting, or nothing where it can."""
        ...

    def render(self, condition: Mapping[str, str], request: Request, setting: Setting) -> Prompt:
        """Put one request in one condition into words."""
        ...


def drawn(name: str, texts: Sequence[str], n: int, seed: int, against: Against) -> list[Request]:
    """Draw ``n`` of the requests of a set in an order that the seed decides; ids name their places in the set."""
    listed = list(enumerate(texts))
    random.Random(f"{seed}/{name}").shuffle(listed)
    return [Request(f"{name}-{i:03d}", text, against) for i, text in listed[:n]]


def digest_of(*words: object) -> str:
    """SHA-256 over everything that a prompt set can say, in hexadecimal."""
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()
