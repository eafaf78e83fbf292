"""Whose labels somebody may see: of a transcript that they may still label, only their own first."""

from collections.abc import Iterable

from allegiance.audit import Record
from allegiance.audit.record import Labelled
from allegiance.web.access import Person


def labels_seen(record: Record, person: Person, transcript_id: str) -> list[Labelled]:
    """Give the labels of a transcript that a person may see.

    Their own; those of others in the categories in which they labelled it themselves; all of them for a
    reader, who labels nothing.
    """
    here = (one for one in record.standing.labels() if one.label.transcript_id == transcript_id)
    return [*_seen(sorted(here, key=lambda one: one.first), person)]


def _seen(labels: Iterable[Labelled], person: Person) -> Iterable[Labelled]:
    labels = list(labels)
    if person.role == "reader":
        return labels
    own = {one.label.category for one in labels if one.label.rater == person.name}
    return [one for one in labels if one.label.rater == person.name or one.label.category in own]
