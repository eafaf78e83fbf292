"""Text of transcripts on a page: nothing of it is markup, and nothing of it is invisible.

Characters that a browser would hide or obey (controls, zero-width characters, those that turn the
direction of writing) are shown by their number, in an element that keeps the character itself, so
that a quotation taken from the page is the text as it stands.
"""

import re
import unicodedata
from functools import lru_cache

from markupsafe import Markup, escape

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff\ue000-\uf8ff]"
)
_JOINED = "\u200d\ufe0f"
"""Joins and styles emoji; after one it is no secret."""


def inert(text: str) -> Markup:
    """Make a text safe to stand on a page, its hidden characters visible.

    Returns
    -------
    markupsafe.Markup
        Escaped text; each hidden character as ``<span class="hidden-character">``.
    """
    parts: list[Markup] = []
    place = 0
    for found in _HIDDEN.finditer(text):
        if _in_emoji(text, found.start()):
            continue
        parts += [escape(text[place : found.start()]), _mark(found.group())]
        place = found.end()
    return Markup("").join([*parts, escape(text[place:])])


def inert_line(text: str) -> str:
    """Give a text for a title or an attribute: hidden characters as ``<U+202E>``, on one line; not escaped."""
    shown = _HIDDEN.sub(
        lambda found: (
            found.group() if _in_emoji(text, found.start()) else f"<U+{ord(found.group()):04X}>"
        ),
        text,
    )
    return " ".join(shown.split())


def inert_markup(markup: Markup) -> Markup:
    """Make the hidden characters visible of what is escaped already, by a template of another room."""
    shown = _HIDDEN.sub(
        lambda found: (
            found.group()
            if _in_emoji(markup, found.start())
            else f"&lt;U+{ord(found.group()):04X}&gt;"
        ),
        str(markup),
    )
    return Markup(shown)


@lru_cache(maxsize=512)
def _mark(character: str) -> Markup:
    code = ord(character)
    name = unicodedata.name(character, "control" if code < 0xA0 else "no character")
    return Markup(
        '<span class="hidden-character" data-code="{code}" title="U+{number} {name}">U+{number}</span>'
    ).format(code=code, number=f"{code:04X}", name=name.lower())


def _in_emoji(text: str, place: int) -> bool:
    """Whether a joiner or a style stands after a symbol, as in an emoji."""
    return (
        text[place] in _JOINED
        and place > 0
        and unicodedata.category(text[place - 1]) in ("So", "Sk", "Mn")
        and text[place - 1] not in _JOINED
    )
