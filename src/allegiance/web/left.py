"""What a rater has left to label: until then they are told nothing that rests on labels of it, nor how it was drawn."""

from collections.abc import Iterator

from fastapi import HTTPException

from allegiance.errors import AllegianceError
from allegiance.web.access import Person
from allegiance.web.certificates import Claimed
from allegiance.web.desk import desk_of
from allegiance.web.queue import categories_of
from allegiance.web.site import Site

FIRST = "Withheld until you have labelled what is left to you of the queue that it rests on."

Left = frozenset[tuple[str, str]]
"""Draws, each with a category in which something of it is left."""

NOTHING: Left = frozenset()


def left_to(site: Site, person: Person) -> Left:
    """Give the draws and categories in which a rater has something left; nothing for anybody else.

    A queue that can't be opened counts as left: nobody can tell that it is not.
    """
    if person.role != "rater":
        return NOTHING
    with site.record() as record:
        asked = [
            (number, name, category)
            for number, name in enumerate(record.draws, 1)
            for category in categories_of(record, name)
        ]
    # Not while the record is in hand: a desk that is busy waits for it.
    return frozenset(
        (name, category)
        for number, name, category in asked
        if _is_left(site, person, number, category)
    )


def is_closed(one: Claimed, left: Left) -> bool:
    """Whether a claim rests on a draw of which its reader has something left."""
    if not left:
        return False
    drawn = set(_draws_of(one))
    if drawn:
        return bool(drawn & {draw for draw, _ in left})
    gap = None if one.filed is None else one.filed.certificate.claim.gap
    by_scanner = gap is not None and gap.instrument is not None
    return not by_scanner and one.category in {category for _, category in left}


def _is_left(site: Site, person: Person, number: int, category: str) -> bool:
    try:
        done, total = desk_of(site, person, number, category).counts()
    except (AllegianceError, HTTPException):
        return True
    return done < total


def _draws_of(one: Claimed) -> Iterator[str]:
    """Name the draws that a claim rests on, or that its instances were met in."""
    yield from one.draws
    if one.filed is not None:
        decision = one.filed.certificate.decision
        yield from (draw.spec.name for draw in decision.draws)
        for instance in decision.instances:
            yield from (s.route.draw for s in instance.sights if s.route.draw)
