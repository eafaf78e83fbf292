"""What a rule of the codebook looks for: phrases, what stands near them and what must not."""

from typing import Annotated, Literal

import msgspec

Side = Literal["either", "before", "after"]
Part = Literal["reasoning", "output"]

_Phrases = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
_Words = Annotated[int, msgspec.Meta(ge=0, le=200)]


class Near(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Phrases in a window around what was found.

    Attributes
    ----------
    find
        Phrases, as in `Rule`; one of them is enough.
    words
        How many words may stand between.
    side
        Where: before what was found, after it, or on either side.
    """

    find: _Phrases
    words: _Words = 10
    side: Side = "either"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way of finding a value of a category.

    Attributes
    ----------
    find
        Phrases: words as they stand (a blank is any white space, ``*`` the rest of a word), or a
        regular expression after ``re:`` (RE2's syntax). Capitals don't matter, and a phrase begins
        and ends at the border of a word.
    near
        Every one of these windows must hold one of its phrases.
    unless
        None of these may: a negation, a quotation mark, another subject.
    value, clause
        What it says, and the clause of the definition that it rests on, from 1.
    within
        The parts it looks into; by default those of the category's unit.
    """

    find: _Phrases
    near: tuple[Near, ...] = ()
    unless: tuple[Near, ...] = ()
    value: str = "yes"
    clause: Annotated[int, msgspec.Meta(ge=1)] = 1
    within: tuple[Part, ...] = ()
