"""A queue: a draw of the ledger under a neutral name, its number, and who may see what of it."""

from collections.abc import Iterable
from dataclasses import replace

from fastapi import HTTPException

from allegiance.audit import Draw, Property, Record
from allegiance.audit.asking import declared
from allegiance.audit.draw import labels_then
from allegiance.audit.frames import known_again
from allegiance.errors import AllegianceError
from allegiance.web.access import Person
from allegiance.web.site import Site


def draw_of(site: Site, number: int) -> Draw:
    """Give the draw that is the queue of a number: the first draw on record is number 1.

    Raises
    ------
    HTTPException
        If there is no such queue.
    """
    with site.record() as record:
        name = name_of(record, number)
        parts = len(record.draws[name].extensions)

    def make() -> Draw:
        with site.record() as record:
            known = record.draws[name]
            # Others read on meanwhile: this one stays as it is, and another follows an extension.
            drawn = replace(known, extensions=known.extensions[:parts])
            labels = labels_then(known.spec.frame, record)
        try:
            return Draw(drawn, known_again(drawn.spec.frame, site.corpus, labels))
        except AllegianceError as error:  # what it says would tell raters how it was drawn
            raise HTTPException(
                409,
                f"Queue {number:,} can't be opened: the corpus holds other transcripts than when it was drawn. "
                "Who keeps the workspace learns more from `allegiance draw list`.",
            ) from error

    return site.kept(("draw", name, parts), make)


def name_of(record: Record, number: int) -> str:
    """Give the name of the draw that is the queue of a number.

    Raises
    ------
    HTTPException
        If there is no such queue.
    """
    names = list(record.draws)
    if not 1 <= number <= len(names):
        there = f"there are 1 to {len(names):,}" if names else "there are none yet"
        raise HTTPException(404, f"There is no queue {number:,}; {there}: see Label queues.")
    return names[number - 1]


def number_of(record: Record, name: str) -> int:
    """Give the number of the queue that a draw is; 0 for none."""
    return next((k for k, one in enumerate(record.draws, 1) if one == name), 0)


def wanted_of(site: Site, number: int, category: str) -> Property:
    """Give what is labelled in a queue, as its draw declares it.

    Raises
    ------
    UsageError
        If nobody defines the category.
    """
    drawn, book = draw_of(site, number), site.book
    known = book.by_name.get(category.replace("_", "-"))
    with site.record() as record:
        if known is not None and "yes" not in known.values and "=" not in category:
            first = (
                f"{category}={known.values[0]}"  # which value is looked for is nothing to a label
            )
            return drawn.spec.property_of(known.name) or declared(drawn, record, first, book)
        return declared(drawn, record, category, book)


def categories_of(record: Record, name: str) -> list[str]:
    """Name the categories that a draw is after, and those that were labelled in it besides."""
    after = [one.category for one in record.draws[name].spec.properties]
    beside = [one.category for one in record.labelled if one.draw == name]
    return list(dict.fromkeys([*after, *beside]))


def raters_of(record: Record, name: str, category: str) -> list[str]:
    """Name who labels a draw in a category: those that it is shared among, and who did something in it."""
    share = record.shares.get(name)
    return list(
        dict.fromkeys(
            [
                *(share.raters if share is not None else ()),
                *_busy(record, name, category),
            ]
        )
    )


def labels_here(record: Record, person: Person, name: str, category: str) -> bool:
    """Whether somebody is one of the raters of a draw; who came as a rater always is."""
    return person.role == "rater" or person.name in raters_of(record, name, category)


def _busy(record: Record, name: str, category: str) -> Iterable[str]:
    for one in record.labelled:
        if (one.draw, one.category, one.source) == (name, category, "person"):
            yield one.rater
    for event in record.events.values():
        body = event.body
        if event.kind == "skip" and (body.get("draw"), body.get("category")) == (name, category):
            yield str(body["rater"])
