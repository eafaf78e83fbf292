"""Draws for the tests of queues, and how a person without a browser reads and sends their forms."""

import html
import re

from allegiance.audit import Ledger, Record, make_draw
from allegiance.audit.properties import asked_for
from allegiance.scanners.codebook import FILE, codebook_with

NAME = "hidden-name"


def drawn(place, name=NAME, *, category="doubts", n=6, seed=11, **more):
    """Make a draw in a workspace; gives it."""
    book = codebook_with(place.directory / FILE)
    return make_draw(
        place.corpus(),
        Ledger.open(place.ledger_file),
        name,
        n=n,
        seed=seed,
        properties=[asked_for(category, book=book)] if category else [],
        actor="maker",
        **more,
    )


def record_of(place) -> Record:
    """Read the ledger of a workspace."""
    return Record.of(Ledger.open(place.ledger_file))


def item_of(text: str) -> str:
    """The item that a page asks about; empty where it asks about none."""
    found = re.search(r'name="item" value="([0-9a-f]+)"', text)
    return found.group(1) if found else ""


def reading_of(text: str) -> str:
    """What a page shows to be read, as text."""
    words = re.findall(r'<div class="words">(.*?)</div>', text, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", "\n".join(words)))


def label(person, value, at="/queues/1/doubts", **more):
    """Label the item that is next; gives the page after it."""
    shown = person.get(at)
    assert shown.status_code == 200, shown.text
    return person.submit(at, item=item_of(shown.text), value=value, **more)


def label_all(person, values, at="/queues/1/doubts"):
    """Label one item after another."""
    for value in values:
        found = label(person, value, at)
        assert found.status_code == 200, found.text
    return found


def said_of(place, category="doubts"):
    """Rater to what they say of each place of the draw, as the ledger has it."""
    found: dict[str, dict[int, str]] = {}
    for one in record_of(place).labels(category):
        found.setdefault(one.label.rater, {})[one.label.position] = one.label.value
    return found
