"""Correcting: a scanner's rate or gap on a frame, by the labelled draws that are on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from allegiance.audit.calibrating import levels_in, sample_from, sample_of, verdicts_of
from allegiance.audit.calibration import calibrated
from allegiance.audit.correction import (
    CARRIED,
    Corrected,
    CorrectedGap,
    Naive,
    carried_over,
    corrected,
    corrected_gap,
    naive_of,
)
from allegiance.audit.draw import Draw, open_draw
from allegiance.audit.frames import Frame
from allegiance.audit.gaps import GapSpec
from allegiance.audit.groups import Sample
from allegiance.audit.licensing import licence
from allegiance.audit.reading import Reading, reading_of
from allegiance.audit.record import Record
from allegiance.audit.specs import Instrument, Property
from allegiance.errors import UsageError
from allegiance.stats import Interval


@dataclass(frozen=True)
class ByDraw:
    """A rate corrected by one draw.

    Attributes
    ----------
    draw
        Its name.
    found
        The correction; None where its labels license none.
    reasons
        Why not, or by which rule it is what it is.
    missing
        Reads whose label or verdict is missing.
    """

    draw: str
    found: Corrected | None
    reasons: tuple[str, ...]
    reads: int
    missing: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        found = None if self.found is None else self.found.to_dict()
        return {**vars(self), "found": found, "reasons": list(self.reasons)}


@dataclass(frozen=True)
class Carried:
    """A rate corrected by errors that were measured on another frame."""

    draw: str
    where: str
    interval: Interval | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        interval = None if self.interval is None else self.interval.to_dict()
        return {**vars(self), "interval": interval, "assumption": CARRIED}


def naive_on(population: Frame, wanted: Property, instrument: Instrument) -> Naive:
    """Count what a scanner says of a frame."""
    said, _ = verdicts_of(population.corpus, instrument, wanted)
    return naive_of(Sample(population.ids, {}, said, ()).groups())


def corrected_by(
    population: Frame,
    record: Record,
    wanted: Property,
    instrument: Instrument,
    name: str | None = None,
    confidence: float = 0.95,
) -> list[ByDraw]:
    """Correct a scanner's rate on a frame by draws from it, or from a frame that contains it.

    The reads of a draw that lie in a part of its frame are random in that part, however many they
    turn out to be.

    Parameters
    ----------
    name
        One draw; all with labels by default.

    Raises
    ------
    UsageError
        If the draw that is named is from another frame.
    """
    found: list[ByDraw] = []
    said, _ = verdicts_of(population.corpus, instrument, wanted)
    for draw in [name] if name else _labelled(record, wanted):
        drawn = open_draw(population.corpus, record, draw)
        if not _inside(population.ids, drawn):
            if name:
                raise UsageError(
                    f"The draw {name} is from another frame ({drawn.spec.frame.name}): leave --where out, "
                    "or draw from this one."
                )
            continue
        reading = reading_of(drawn, record, wanted)
        sample = _part(sample_from(drawn, reading, said), population.ids)
        refused = _refused(reading, confidence)
        if not refused and not any(one.hit is not None for one in sample.judged):
            refused = ("none of its labelled transcripts is in this frame",)
        missing = sum(one.hit is None or one.said.told is None for one in sample.judged)
        why = (f"read as open, since {reading.why}",) if reading.why else ()
        found.append(
            ByDraw(
                draw,
                None if refused else corrected(sample, confidence),
                refused or why,
                len(sample.judged),
                missing,
            )
        )
    return found


def carried(
    population: Frame,
    record: Record,
    wanted: Property,
    instrument: Instrument,
    confidence: float = 0.95,
) -> list[Carried]:
    """Correct a scanner's rate by errors measured on draws from other frames; approximate."""
    naive = naive_on(population, wanted, instrument)
    found: list[Carried] = []
    for name in _labelled(record, wanted):
        drawn = open_draw(population.corpus, record, name)
        if _inside(population.ids, drawn):
            continue
        sample, reading = sample_of(drawn, record, wanted, instrument)
        refused = _refused(reading, confidence)
        cut = any(one.digest == instrument.digest for one in drawn.spec.frame.instruments)
        if refused or cut:
            why = "; ".join(refused) or "its frame is cut by the scanner's own verdicts"
            found.append(Carried(name, drawn.spec.frame.name, None, why))
            continue
        made = carried_over(naive, calibrated(sample, confidence), confidence)
        interval, why = (None, made) if isinstance(made, str) else (made, "")
        found.append(Carried(name, drawn.spec.frame.name, interval, why))
    return found


def gaps_corrected(
    population: Frame, spec: GapSpec, wanted: Property, record: Record, confidence: float = 0.95
) -> list[tuple[tuple[str, ...], CorrectedGap]]:
    """Correct a gap by labelled draws: one on the whole frame, or one on each level.

    Returns
    -------
    list
        Names of the draws, and the gap.

    Raises
    ------
    UsageError
        If the gap is not by a scanner.
    """
    if spec.instrument is None:
        raise UsageError("A gap by labels has no scanner's error to correct.")
    levels = levels_in(population, spec.factor)
    said, _ = verdicts_of(population.corpus, spec.instrument, wanted)
    names = (spec.first, spec.second)
    arms = [[one for one in population.ids if levels.get(one) == level] for level in names]
    samples: tuple[list[tuple[str, Sample]], list[tuple[str, Sample]]] = ([], [])
    for name in _labelled(record, wanted):
        drawn = open_draw(population.corpus, record, name)
        reading = reading_of(drawn, record, wanted)
        if _refused(reading, confidence):
            continue
        sample = sample_from(drawn, reading, said)
        for there, arm in zip(samples, arms, strict=True):
            if _inside(arm, drawn):
                there.append((name, _part(sample, arm)))
    found: list[tuple[tuple[str, ...], CorrectedGap]] = []
    for first, one in samples[0]:
        for second, other in samples[1]:
            shared = first != second and {first, second} <= {name for name, _ in samples[0]} & {
                name for name, _ in samples[1]
            }
            if not shared:  # each of two draws on both levels stands by itself
                gap = corrected_gap((spec.first, one), (spec.second, other), confidence)
                found.append((tuple(dict.fromkeys((first, second))), gap))
    return found


def _labelled(record: Record, wanted: Property) -> list[str]:
    """Name the draws by chance that have labels for a category."""
    said = {one.label.draw for one in record.labels(wanted.category)}
    return [
        name for name, draw in record.draws.items() if name in said and draw.spec.design != "top"
    ]


def _inside(ids: Sequence[str], drawn: Draw) -> bool:
    """Whether a frame lies in that of a draw."""
    return bool(ids) and frozenset(drawn.frame.ids).issuperset(ids)


def _part(sample: Sample, ids: Sequence[str]) -> Sample:
    """Keep what lies in a frame."""
    if len(ids) == len(sample.ids):
        return sample
    return sample.among(frozenset(ids).__contains__)


def _refused(reading: Reading, confidence: float) -> tuple[str, ...]:
    """Why a reading licenses no rate; empty where it does."""
    granted = licence(reading, confidence)
    return granted.reasons if granted.grant in ("nothing", "existence") else ()
