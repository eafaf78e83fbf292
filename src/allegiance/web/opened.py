# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""A transcript that somebody has open: whether they do, what it holds, and what is marked in it for them."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any, cast

from allegiance.audit import Record, whole_id
from allegiance.audit.record import Labelled
from allegiance.corpus import Transcript
from allegiance.corpus.arrow import transcript_of
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.conversation import Conversation
from allegiance.web.highlights import Highlights, highlights
from allegiance.web.laying_out import laid_out
from allegiance.web.site import Site

_WHOLE_ID = 64
_KEPT, _WORTH_KEEPING = 6, 100_000
"""Long transcripts that stay laid out between the requests for their parts, and from which length on."""

_NOT_SHOWN = ("text", "events")

VerdictRow = dict[str, Any]
"""A row of the verdict table."""


def id_of(site: Site, start: str) -> str:
    """Find the transcript whose id begins with a text; a whole id is not looked up."""
    whole = len(start) == _WHOLE_ID and all(c in "0123456789abcdef" for c in start)
    return start if whole else whole_id(site.corpus, start)


def words_of(site: Site, identifier: str) -> Transcript:
    """Read a transcript to be shown: all of it but the column that is searched, which repeats its words.

    Raises
    ------
    AllegianceError
        If the corpus has none with this id.
    """
    columns = [name for name in site.corpus.columns if name not in _NOT_SHOWN]
    rows = site.corpus.table(columns, where={"transcript_id": identifier}).to_pylist()
    if not rows:
        return site.corpus.get(identifier)  # which says so
    return transcript_of({**rows[0], "text": ""})


def had_before(record: Record, person: Person, identifier: str, *, blind: bool) -> bool:
    """Whether somebody had a transcript before them; without `blind` only with all that is known of it."""
    return any(
        sight.actor == person.name and (blind or not sight.blind)
        for sight in record.sights_of(identifier)
    )


def has_open(site: Site, person: Person, identifier: str, *, blind: bool) -> bool:
    """As `had_before`, on the record as it stands."""
    with site.record() as record:
        return had_before(record, person, identifier, blind=blind)


def must_be_open(site: Site, person: Person, identifier: str, *, blind: bool) -> None:
    """See that somebody has a transcript open before anything else is done with it.

    Raises
    ------
    UsageError
        If not.
    """
    if not has_open(site, person, identifier, blind=blind):
        raise UsageError("Open this transcript first, so that its route is on record.")


class _Shelf:
    """The long transcripts that were laid out last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, Conversation] = OrderedDict()

    def get(self, identifier: str) -> Conversation | None:
        with self._lock:
            return self._kept.get(identifier)

    def put(self, identifier: str, told: Conversation) -> None:
        with self._lock:
            self._kept[identifier] = told
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def laid(site: Site, identifier: str, transcript: Transcript | None = None) -> Conversation:
    """Lay a transcript out, or take it as it was laid out; the words under an id never change."""
    shelf = site.kept(("reader", "shelf"), _Shelf)
    told = shelf.get(identifier)
    if told is None:
        told = laid_out(transcript or words_of(site, identifier))
        if told.size >= _WORTH_KEEPING:
            shelf.put(identifier, told)
    return told


def verdicts_on(
    site: Site, ids: Sequence[str], category: str | None = None
) -> dict[str, list[VerdictRow]]:
    """Give what scanners said of some transcripts, by transcript."""
    found: dict[str, list[VerdictRow]] = {identifier: [] for identifier in ids}
    rows = cast(list[VerdictRow], site.corpus.verdicts(category=category, ids=ids).to_pylist())
    for row in rows:
        found[row["transcript_id"]].append(row)
    return found


def marked_for(
    site: Site, labels: Sequence[Labelled], told: Conversation, verdicts: Sequence[VerdictRow]
) -> Highlights:
    """Find what is highlighted in a transcript, for somebody who may see some labels of it."""
    order = site.study.categories if site.study is not None else ()
    return highlights(told, verdicts, labels, ("outcome", *order))
