"""What every prompt set is made of: requests, prompts, and the promise to render one from the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Against = Literal["original", "training", "both", "neither"]
"""Which of the two intents a request goes against."""

Kind = Literal["harmful", "harmless"]
"""The built-in requests of a prompt set: against the original intent, or against neither."""


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
    """

    id: str
    text: str
    against: Against = "original"


@dataclass(frozen=True)
class Setting:
    """Who speaks to the model, and what they wanted and want, in the study's own words."""

    principal: str
    original: str
    training: str


@dataclass(frozen=True)
class Prompt:
    """The two messages a model is given."""

    system: str
    user: str


class PromptSet(Protocol):
    """A way to put conditions into words.

    ``levels`` lists, for each factor of a condition that this set can express, the values it knows;
    ``digest`` changes whenever a word that a model may be shown changes.
    """

    name: str
    levels: Mapping[str, Sequence[str]]
    digest: str

    def requests(self, kind: Kind, n: int, seed: int) -> list[Request]:
        """Give ``n`` of this set's own requests, the same ones for the same seed; fewer where it has fewer."""
        ...

    def problem(self, request: Request, setting: Setting) -> str | None:
        """Say why this set can't ask a request in a setting, or nothing where it can."""
        ...

    def render(self, condition: Mapping[str, str], request: Request, setting: Setting) -> Prompt:
        """Put one request in one condition into words."""
        ...
