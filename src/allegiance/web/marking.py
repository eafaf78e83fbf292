"""Words of a text that were quoted, marked where they stand."""

import re
from collections.abc import Iterable

from markupsafe import Markup

from allegiance.web.inert import inert


def marked(text: str, quotes: Iterable[str] = ()) -> Markup:
    """Make a text safe to stand on a page, with quoted words marked; white space may differ.

    Returns
    -------
    markupsafe.Markup
        As of `inert`, with ``<mark>`` around every place where a quotation stands.
    """
    words = [quote.split() for quote in quotes]
    patterns = sorted(
        (r"\s+".join(map(re.escape, one)) for one in words if one), key=len, reverse=True
    )
    if not patterns:
        return inert(text)
    parts: list[Markup] = []
    place = 0
    for found in re.finditer("|".join(patterns), text):
        parts += [
            inert(text[place : found.start()]),
            Markup("<mark>"),
            inert(found.group()),
            Markup("</mark>"),
        ]
        place = found.end()
    return Markup("").join([*parts, inert(text[place:])])
