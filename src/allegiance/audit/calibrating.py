# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Calibrating: from a corpus and its record to labels beside verdicts, and what they show together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allegiance.audit.calibration import Calibrated, Table, calibrated
from allegiance.audit.draw import Draw
from allegiance.audit.frames import Frame, instruments_of, read_field, read_filter, values_of
from allegiance.audit.groups import UNSCANNED, Judged, Said, Sample
from allegiance.audit.licensing import licence
from allegiance.audit.properties import says
from allegiance.audit.reading import Reading, reading_of
from allegiance.audit.record import Look, Record
from allegiance.audit.reliability import Reliability, reliability_of
from allegiance.audit.specs import Instrument, Property
from allegiance.audit.uneven import ByFactor, by_factors
from allegiance.corpus import Corpus
from allegiance.corpus.filters import IsNull
from allegiance.errors import UsageError
from allegiance.stats import Interval

CALIBRATION = "calibration"
"""What a look on the ledger calls it."""
FACTORS = ("tier", "model")
"""By which errors are compared, where nobody says otherwise and there are levels to compare."""
MOST_LEVELS = 8


@dataclass(frozen=True)
class Calibration:
    """A scanner set against the labels of a draw.

    Attributes
    ----------
    draw, wanted, instrument
        The draw, the property and the scanner.
    found
        Confusion table, measures, and what is missing.
    prevalence
        The share that has the property, as the draw licenses it.
    reading, reasons
        What was read, and by which rule it is read so.
    sample
        Labels beside verdicts.
    reliability
        By score; None where the scanner gives none.
    factors
        By condition and model.
    strangers
        Verdicts of this scanner on transcripts that are not in the corpus.
    cut
        Whether the frame was cut by the scanner's own verdicts.
    """

    draw: Draw
    wanted: Property
    instrument: Instrument
    found: Calibrated
    prevalence: Interval
    reading: Reading
    reasons: tuple[str, ...]
    sample: Sample
    reliability: Reliability | None
    factors: tuple[ByFactor, ...]
    strangers: int
    cut: bool

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it; this is what the ledger keeps of it, too."""
        spec = self.draw.spec
        return {
            "what": CALIBRATION,
            "category": self.wanted.category,
            "value": self.wanted.value,
            "draw": self.draw.name,
            "draws": [self.draw.name],
            "frame": self.draw.frame.digest,
            "where": spec.frame.where,
            "population": len(self.draw.frame),
            "design": spec.design,
            "stratified_by": spec.by if spec.design == "stratified" else "",
            "rule": str(self.reading.rule),
            "reported": self.reading.draw.reported,
            "scanner": self.instrument.to_dict(),
            "reads": len(self.reading.reads),
            "table": self.found.table.to_dict(),
            **{one.name: one.to_dict() for one in self.found.measures},
            "prevalence": self.prevalence.to_dict(),
            "missing": dict(self.found.missing),
            "strangers": self.strangers,
            "cut": self.cut,
            "reasons": list(self.reasons),
            "scores": None if self.reliability is None else self.reliability.to_dict(),
            "by": {one.factor: one.to_dict() for one in self.factors},
        }


def scanners_of(corpus: Corpus, category: str, asked: Sequence[str] = ()) -> list[Instrument]:
    """Find the scanners that are meant: each by CATEGORY=NAME, by its name, or by its digest.

    Raises
    ------
    UsageError
        If none gave verdicts in the category, or one can't be told.
    """
    looked = [read_filter(corpus.query(), f'verdict."{category}" IS NOT NULL')]
    own = [text for text in map(_whole, asked) if _category(text, category) == category]
    foreign = [text for text in map(_whole, asked) if _category(text, category) != category]
    if foreign:
        raise UsageError(f"--scanner {foreign[0]}: it is of another category than {category}.")
    if not own:
        return [*instruments_of(corpus, looked)]
    named = [text if "=" in text else f"{category}={text}" for text in own]
    found = [instruments_of(corpus, looked, [one])[0] for one in named]
    twice = [one.digest for one in found if found.count(one) > 1]
    if twice:
        raise UsageError(f"--scanner: {twice[0][:12]} is named twice; name each scanner once.")
    return found


def sample_of(
    draw: Draw, record: Record, wanted: Property, instrument: Instrument, rater: str | None = None
) -> tuple[Sample, Reading]:
    """Put the labels of a draw beside the verdicts of a scanner on its whole frame."""
    reading = reading_of(draw, record, wanted, rater)
    said, _ = verdicts_of(draw.frame.corpus, instrument, wanted)
    return sample_from(draw, reading, said), reading


def sample_from(draw: Draw, reading: Reading, said: Mapping[str, Said]) -> Sample:
    """Put a reading beside verdicts."""
    strata = draw.spec.design == "stratified"
    return Sample(
        ids=draw.frame.ids,
        strata={one: draw.stratum_of(one) for one in draw.frame.ids} if strata else {},
        said=said,
        judged=tuple(
            Judged(
                one.transcript_id,
                one.stratum,
                one.hit,
                one.missing,
                said.get(one.transcript_id, UNSCANNED),
            )
            for one in reading.reads
        ),
        fixed=reading.rule.kind == "fixed",
    )


def verdicts_of(
    corpus: Corpus, instrument: Instrument, wanted: Property
) -> tuple[dict[str, Said], int]:
    """Read what a scanner said, and count what it said of transcripts that are not there."""
    table = corpus.verdicts(category=instrument.category, scanner_digest=instrument.digest)
    rows = table.select(["transcript_id", "value", "score", "status"]).to_pylist()
    said = {row["transcript_id"]: _said(row, wanted) for row in rows}
    return said, len(said.keys() - frozenset(corpus.ids()))


def calibration_of(
    draw: Draw,
    record: Record,
    wanted: Property,
    instrument: Instrument,
    *,
    by: Sequence[str] = (),
    confidence: float = 0.95,
    rater: str | None = None,
) -> Calibration:
    """Set a scanner's verdicts against the labels of a draw.

    Parameters
    ----------
    draw, record
        The draw, and the ledger up to the point that counts.
    wanted, instrument
        The property, and the scanner.
    by
        Factors by which errors are compared; `FACTORS` with two levels or more by default.
    rater
        Count the labels of one rater alone.

    Raises
    ------
    UsageError
        If the labels license no rate, the scanner said nothing of the labelled transcripts, or a
        factor is not there.
    """
    reading = reading_of(draw, record, wanted, rater)
    granted = licence(reading, confidence)
    if granted.grant in ("nothing", "existence") or granted.interval is None:
        raise UsageError(
            f"The labels of {draw.name} license no rate of {wanted}, and so no error rates of a "
            f"scanner: {'; '.join(granted.reasons)}. `--debug` shows the table alone."
        )
    corpus = draw.frame.corpus
    said, strangers = verdicts_of(corpus, instrument, wanted)
    sample = sample_from(draw, reading, said)
    if not any(one.transcript_id in said for one in sample.judged):
        raise UsageError(
            f"{instrument.scanner} {instrument.digest[:12]} said nothing of the "
            f"{len(sample.judged):,} labelled transcripts of {draw.name}; scan them first: "
            f"`allegiance scan --category {wanted.category}`"
            + (
                f" ({strangers:,} of its verdicts are on transcripts that are not here)."
                if strangers
                else "."
            )
        )
    cut = any(one.digest == instrument.digest for one in draw.spec.frame.instruments)
    levels = levels_by(draw, by)
    return Calibration(
        draw=draw,
        wanted=wanted,
        instrument=instrument,
        found=calibrated(sample, confidence, cut),
        prevalence=granted.interval,
        reading=reading,
        reasons=granted.reasons,
        sample=sample,
        reliability=reliability_of(sample, confidence),
        factors=by_factors(sample, levels, confidence, granted.interval.estimate, cut),
        strangers=strangers,
        cut=cut,
    )


def levels_by(draw: Draw, by: Sequence[str] = ()) -> dict[str, dict[str, str]]:
    """Give factor to transcript to level, of the frame of a draw.

    Raises
    ------
    UsageError
        If a factor that is asked for is not there, or has one level or too many.
    """
    found: dict[str, dict[str, str]] = {}
    for name in by or FACTORS:
        of = levels_in(draw.frame, name, asked=bool(by))
        number = len(set(of.values()))
        if by and not 2 <= number <= MOST_LEVELS:
            raise UsageError(
                f"--by {name}: the frame has {number} level{'s' if number != 1 else ''} of it; errors "
                f"are compared over 2 to {MOST_LEVELS}."
            )
        if 2 <= number <= MOST_LEVELS:
            found[name] = of
    return found


def levels_in(population: Frame, name: str, asked: bool = True) -> dict[str, str]:
    """Give transcript to level of a factor; nothing where it is not there.

    Raises
    ------
    UsageError
        If it is not there, and was asked for.
    """
    corpus = population.corpus
    query = corpus.at(population.found_at)
    try:
        place = read_field(query, name)
    except UsageError as error:
        if asked:
            raise UsageError(f"--by {name}: {error}") from error
        return {}
    values = values_of(
        query, corpus, population.ids, place, instruments_of(corpus, [IsNull(place)])
    )
    return {
        one: str(value)
        for one, value in zip(population.ids, values, strict=True)
        if value is not None and value != ""
    }


def table_alone(
    corpus: Corpus, record: Record, wanted: Property, instrument: Instrument
) -> tuple[Table, dict[str, int]]:
    """Count labels of any route against verdicts: a table, from which no rate follows.

    Returns
    -------
    tuple
        The table, and why labels and verdicts are missing.
    """
    said, _ = verdicts_of(corpus, instrument, wanted)
    values: dict[str, set[str]] = {}
    for one in record.labels(wanted.category):
        if one.label.definition == wanted.digest:
            values.setdefault(one.label.transcript_id, set()).add(one.label.value)
    cells: Counter[tuple[bool, bool]] = Counter()
    missing: Counter[str] = Counter()
    for identifier, told in values.items():
        hit = says(wanted, next(iter(told))) if len(told) == 1 else None
        verdict = said.get(identifier, UNSCANNED)
        if hit is None:
            missing[f"label {'disputed' if len(told) > 1 else 'no outcome'}"] += 1
        if verdict.told is None:
            missing[f"verdict {verdict.why}"] += 1
        if hit is not None and verdict.told is not None:
            cells[verdict.told, hit] += 1
    table = Table(cells[True, True], cells[True, False], cells[False, True], cells[False, False])
    return table, dict(missing.most_common())


def routes_of(record: Record, wanted: Property) -> dict[str, int]:
    """Count by which routes labelled transcripts first came before a reader."""
    labelled = {one.label.transcript_id for one in record.labels(wanted.category)}
    first: dict[str, str] = {}
    for sight in record.sights:
        if sight.transcript_id in labelled:
            first.setdefault(sight.transcript_id, sight.route.kind)
    found = Counter(first.get(one, "no route on record") for one in labelled)
    return dict(found.most_common())


def tested_by(record: Record, wanted: Property, instrument: Instrument, factor: str) -> Look | None:
    """Find the last calibration on record that compared a scanner's errors over a factor."""
    found = [
        look
        for look in record.looks
        if look.body.get("what") == CALIBRATION
        and look.category == wanted.category
        and look.body.get("scanner", {}).get("digest") == instrument.digest
        and factor in look.body.get("by", {})
    ]
    return found[-1] if found else None


def _whole(text: str) -> str:
    name = text.strip()
    if not name:
        raise UsageError("--scanner: name a scanner, or CATEGORY=NAME.")
    return name


def _category(text: str, otherwise: str) -> str:
    category, equals, _ = text.partition("=")
    return category.replace("_", "-") if equals else otherwise


def _said(row: Mapping[str, Any], wanted: Property) -> Said:
    value, score, status = row["value"], row["score"], row["status"]
    if status != "ok" or value is None:
        return Said(None, status if status != "ok" else "no value", value, score)
    if value not in wanted.values:
        return Said(None, "no value of the category", value, score)
    told = says(wanted, value)
    return Said(told, "no outcome" if told is None else "", value, score)
