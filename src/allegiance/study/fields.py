"""The fields of a study and what each may hold."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)

from allegiance.study.own_requests import MOST
from allegiance.study.prompts import Against

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Strict(BaseModel):
    """Fields that are all known, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_item(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


Levels = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]


class Intents(Strict):
    """What the principal first wanted (``original``) and what training wants now (``training``)."""

    original: Text
    training: Text


class RequestItem(Strict):
    """A request written out in the study."""

    id: Name | None = None
    text: Text
    against: Against = "original"
    topic: str = ""


class RequestSet(Strict):
    """A number of the prompt set's own requests."""

    set: Name
    n: Annotated[int, Field(ge=1, le=MOST)] = 20
    seed: int = 0


def _shape_of_requests(value: object) -> str:
    return "RequestSet" if isinstance(value, dict | RequestSet) else "RequestItems"


# Told apart by shape and not by trial, so that an error speaks of the shape that was meant.
Requests = Annotated[
    Annotated[RequestSet, Tag("RequestSet")]
    | Annotated[
        tuple[Annotated[RequestItem, BeforeValidator(_as_item)], ...],
        Field(min_length=1),
        Tag("RequestItems"),
    ],
    Discriminator(_shape_of_requests),
]


StopString = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Generation(Strict):
    """Settings of the model, the same for every condition.

    Attributes
    ----------
    stop
        Strings at which a reply ends; the parser reads one whose closing tag went with it.
    system
        Where the system text goes: a ``message`` of its own, or in front of the first message of the ``user``, for
        models that take none.
    """

    temperature: Annotated[float, Field(ge=0, le=5)] = 1.0
    max_tokens: Annotated[int, Field(ge=1)] = 2048
    seed: int | None = None
    stop: Annotated[tuple[StopString, ...], BeforeValidator(_as_list)] = ()
    system: Literal["message", "user"] = "message"


LATER = {"stop": (), "system": "message"}
"""Fields of `Generation` that are newer than some runs: in a digest only where they say something."""


class Judge(Strict):
    """A language model that is asked about every transcript of a run, beside the rules.

    Attributes
    ----------
    model
        As Inspect names it.
    categories
        What it is asked, one scan each.
    votes
        How often it judges each transcript.
    base_url
        Where its provider's API is, if not at its usual place.
    price
        ``IN,OUT``, dollars for a million tokens read and written.
    limit_cost
        Dollars that one category may cost.
    """

    model: Annotated[str, StringConstraints(pattern=r"^[^\s/]+/\S+$")]
    categories: Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(min_length=1)] = (
        "outcome",
    )
    votes: Annotated[int, Field(ge=1, le=101)] = 1
    base_url: Text | None = None
    price: Text | None = None
    limit_cost: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
