"""The claims of a workspace as a page lists them: those on record, and the certificates on file."""

import re

from allegiance.audit import Record
from allegiance.web.access import Person

_ID = re.compile(r"\b[0-9a-f]{12}\b")
WITHHELD = "Withheld until you have labelled the transcript that it names."


def unlabelled(record: Record, person: Person) -> frozenset[str]:
    """Name, by the beginnings of ids, the transcripts that others labelled in a category and this person did not."""
    said: dict[tuple[str, str], set[str]] = {}
    for one in record.labels():
        key = (one.label.transcript_id, one.label.category)
        said.setdefault(key, set()).add(one.label.rater)
    return frozenset(key[0][:12] for key, raters in said.items() if person.name not in raters)


def seen_sentence(record: Record, person: Person, sentence: str) -> str:
    """Give a sentence as a person may see it: none that tells what others label a transcript before they did."""
    named = set(_ID.findall(sentence))
    if person.role != "rater" or not named:
        return sentence
    return WITHHELD if named & unlabelled(record, person) else sentence
