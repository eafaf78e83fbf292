"""The codebook: categories with their written definitions, each with a digest."""

import difflib
import hashlib
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
import yaml

from allegiance.errors import UsageError

Unit = Literal["reasoning", "output", "whole"]


class Example(msgspec.Struct, frozen=True):
    """A text of our own that shows where a category begins or ends."""

    text: str
    value: str = "yes"


class Category(msgspec.Struct, frozen=True):
    """A named property of a transcript with a written, neutral definition.

    Attributes
    ----------
    unit
        The part of the transcript that it is a property of.
    values
        What a verdict or a label may say.
    include, exclude
        Texts that the definition takes in, and texts that look alike and that it leaves out.
    """

    name: str
    definition: str
    unit: Unit
    values: tuple[str, ...]
    include: tuple[Example, ...] = ()
    exclude: tuple[Example, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the whole definition, in hexadecimal."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Codebook(msgspec.Struct, frozen=True):
    """A versioned list of categories."""

    version: int
    categories: Annotated[tuple[Category, ...], msgspec.Meta(min_length=1)]


@cache
def codebook() -> Codebook:
    """Read the shipped codebook."""
    text = files("allegiance.scanners").joinpath("codebook.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), Codebook)


def category(name: str) -> Category:
    """Find a category by its name.

    Raises
    ------
    UsageError
        Where the codebook has none of that name; the message lists those it has.
    """
    known = {category.name: category for category in codebook().categories}
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=1)
    raise UsageError(
        f"categories: the codebook has no `{name}`"
        + (f" (did you mean `{close[0]}`?)" if close else f"; it has {', '.join(known)}")
    )
