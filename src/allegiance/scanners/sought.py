"""What a rule of the codebook looks for: phrases, what stands near them and what must not.

A phrase is words as they stand. A blank is any white space; ``*`` the rest of a word; ``(a|b)`` one of
several, and ``(a )?`` maybe; ``<3>`` up to three words; `'` any apostrophe. After ``re:`` stands a
regular expression (RE2's syntax). Capitals don't matter, and a phrase begins and ends at the border of a
word.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Literal

import msgspec

from allegiance.corpus.patterns import quoted
from allegiance.errors import UsageError

Side = Literal["either", "before", "after"]
Part = Literal["reasoning", "output", "request"]
"""What a rule looks into; ``request`` is the last message of the user, beside which a rule stands."""

_Phrases = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
_Words = Annotated[int, msgspec.Meta(ge=0, le=200)]


class Near(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Phrases in a window around what was found, or anywhere in another part.

    Attributes
    ----------
    find
        Phrases, as in `Rule`; one of them is enough.
    words
        How many words may stand between.
    side
        Where: before what was found, after it, or on either side.
    sentence
        Whether the window ends with the sentence.
    part
        Look into this part instead, wherever in it; then the three above don't count.
    """

    find: _Phrases
    words: _Words = 10
    side: Side = "either"
    sentence: bool = True
    part: Part | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way of finding a value of a category.

    Attributes
    ----------
    find
        Phrases.
    near
        Every one of these windows must hold one of its phrases.
    unless
        None of these may: a negation, a quotation mark, another subject.
    value, clause
        What it says, and the clause of the definition that it rests on, from 1.
    quoted
        Whether words between quotation marks count; they are somebody else's, or only mentioned.
    within
        The parts it looks into; by default those of the category's unit.
    """

    find: _Phrases
    near: tuple[Near, ...] = ()
    unless: tuple[Near, ...] = ()
    value: str = "yes"
    clause: Annotated[int, msgspec.Meta(ge=1)] = 1
    quoted: bool = False
    within: tuple[Part, ...] = ()


_TOKEN = re.compile(r"\s*<(\d{1,2})>\s*|\s+|[()|?*]|['’ʼ‘]|[^\s()|?*<'’ʼ‘]+|<")
_GAP = re.compile(r"\s*<(\d{1,2})>\s*")


@cache
def expression(phrases: tuple[str, ...]) -> str:
    """Write phrases as one regular expression in RE2's syntax.

    Raises
    ------
    UsageError
        If one is empty, or can't be read.
    """
    alternatives: list[str] = []
    for phrase in phrases:
        if not phrase.removeprefix("re:").strip():
            raise UsageError("A phrase of a rule is empty; write the words it looks for.")
        if phrase.startswith("re:"):
            alternatives.append(f"(?:{phrase.removeprefix('re:').strip()})")
        else:
            alternatives.append(_bordered(phrase.strip()))
    return f"(?i)(?:{'|'.join(alternatives)})"


def _tokens(phrase: str) -> Iterator[str]:
    for match in _TOKEN.finditer(phrase):
        token = match[0]
        gap = _GAP.fullmatch(token)
        if gap:
            yield rf"[\s,;:]+(?:\S+\s+){{0,{gap[1]}}}"
        elif token.isspace():
            yield r"\s+"
        elif token == "(":
            yield "(?:"
        elif token == "*":
            yield r"[\pL\pN_]*"
        elif token in "'’ʼ‘":
            yield "['’ʼ‘]"
        else:
            yield token if token in ")|?" else quoted(token)


def _bordered(phrase: str) -> str:
    r"""Ask for borders of words, as far as RE2 knows them (``\b`` is ASCII's); the rest is seen to in `_whole`."""
    body = "".join(_tokens(phrase))
    if not phrase.isascii():
        return body
    before = r"\b" if re.match(r"[\w(]", phrase) else ""
    after = r"\b" if re.search(r"[\w)?]$", phrase) else ""
    return f"{before}{body}{after}"
