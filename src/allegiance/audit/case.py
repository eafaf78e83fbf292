"""A claim before the corpus and the record: everything that deciding it looks at, found once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from allegiance.audit.claim import ClaimSpec, Status
from allegiance.audit.draw import Draw, labels_then, open_draw
from allegiance.audit.evidence import DrawShown, Instance, instance
from allegiance.audit.frames import Frame, known_again
from allegiance.audit.licensing import Licence, licence
from allegiance.audit.properties import says
from allegiance.audit.reading import Reading, reading_of
from allegiance.audit.record import Labelled, Record
from allegiance.audit.specs import Property
from allegiance.audit.standing import DISPUTED, value_of
from allegiance.corpus import Corpus
from allegiance.errors import UsageError
from allegiance.stats import Interval


@dataclass
class Found:
    """What one kind of claim comes to."""

    status: Status
    sentence: str
    reasons: tuple[str, ...] = ()
    interval: Interval | None = None
    adjust: bool = True
    instances: tuple[Instance, ...] = ()
    beside: dict[str, Any] = field(default_factory=dict[str, Any])
    draws: tuple[DrawShown, ...] = ()


class Case:
    """A claim before the record and the corpus."""

    def __init__(self, claim: ClaimSpec, corpus: Corpus, record: Record) -> None:
        self.claim = claim
        self.corpus = corpus
        self.record = record

    @property
    def wanted(self) -> Property:
        """The property."""
        return self.claim.wanted

    @cached_property
    def draw(self) -> Draw | None:
        """The draw that the claim rests on."""
        return open_draw(self.corpus, self.record, self.claim.draw) if self.claim.draw else None

    @cached_property
    def frame(self) -> Frame:
        """The population."""
        if self.draw is not None:
            return self.draw.frame
        if self.claim.frame is None:
            raise UsageError("This claim needs a draw or a frame; name one with --draw or --where.")
        return known_again(
            self.claim.frame, self.corpus, labels_then(self.claim.frame, self.record)
        )

    @cached_property
    def reading(self) -> Reading | None:
        """What was read of the draw."""
        if self.draw is None:
            return None
        return reading_of(self.draw, self.record, self.wanted, self.claim.rater or None)

    @cached_property
    def granted(self) -> Licence | None:
        """What the reading licenses."""
        if self.reading is None:
            return None
        return licence(self.reading, self.claim.confidence, self.claim.method or None)

    @cached_property
    def labels(self) -> dict[str, list[Labelled]]:
        """Labels on transcripts of the frame, in this definition."""
        inside = frozenset(self.frame.ids)
        found: dict[str, list[Labelled]] = {}
        for one in self.record.labels(self.wanted.category, rater=self.claim.rater or None):
            if one.label.transcript_id in inside and one.label.definition == self.wanted.digest:
                found.setdefault(one.label.transcript_id, []).append(one)
        return found

    def confirmed(self, transcript_id: str) -> bool | None:
        """Whether labels say that a transcript has the property; None where they don't say or differ."""
        labels = self.labels.get(transcript_id, [])
        value = value_of(labels, self.record.settlement(labels)) if labels else DISPUTED
        return None if value == DISPUTED else says(self.wanted, value)

    @cached_property
    def instances(self) -> tuple[str, ...]:
        """The transcripts that are confirmed, in the order in which they were first labelled."""
        return tuple(identifier for identifier in self.labels if self.confirmed(identifier))

    def shown(self, transcript_id: str) -> Instance:
        """Show a transcript as evidence."""
        return instance(
            self.corpus.get(transcript_id), self.record, self.labels.get(transcript_id, [])
        )

    def whole(self) -> int:
        """Count the corpus that the frame is part of."""
        return self.corpus.at(self.frame.found_at).count()

    @property
    def by_report(self) -> bool:
        """Whether the draw is a reader's report."""
        return self.draw is not None and self.draw.record.reported


def named_raters(labels: Sequence[Labelled]) -> str:
    """Name raters as what they are: these raters, under this codebook."""
    people = sorted({one.label.rater for one in labels if one.label.source == "person"})
    truths = sorted({one.label.rater for one in labels if one.label.source == "truth"})
    told: list[str] = []
    if people:
        told.append(f"{'this rater' if len(people) == 1 else 'these raters'} ({', '.join(people)})")
    if truths:
        told.append(f"the known truth of an organism ({', '.join(truths)})")
    return f"{' and '.join(told) or 'nobody'} under this codebook"


def how_found(shown: Instance) -> str:
    """Say by which routes a transcript came, and the how-manieth on record it was."""
    if not shown.sights:
        return "how it was found is not on record"
    ordinal = f"the {nth(shown.ordinal)} transcript on record; " if shown.ordinal else ""
    return f"{ordinal}{'; '.join(dict.fromkeys(sight.words for sight in shown.sights))}"


def nth(number: int) -> str:
    """Write an ordinal number."""
    suffix = (
        "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number:,}{suffix}"
