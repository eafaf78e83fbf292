"""A scanner's own rate on a frame beside the rate that labels make of it, as it goes on record."""

from collections.abc import Sequence
from typing import Any

from allegiance.audit.calibrating import scanners_of
from allegiance.audit.correcting import carried, corrected_by, naive_on
from allegiance.audit.draw import open_draw
from allegiance.audit.frames import Frame, frame
from allegiance.audit.record import Record
from allegiance.audit.specs import Instrument, Property
from allegiance.corpus import Corpus
from allegiance.errors import UsageError


def corrected_rates(
    corpus: Corpus,
    record: Record,
    wanted: Property,
    scanners: Sequence[str],
    where: str | None,
    draw: str | None,
    confidence: float,
) -> list[dict[str, Any]]:
    """Correct the rate of each scanner that is named, by the draws on the frame or by others.

    What comes out is a look at numbers: whoever shows it puts it on record, as an ``estimate``.

    Parameters
    ----------
    scanners
        ``CATEGORY=SCANNER``, or of the category itself a name or digest.
    where, draw
        The frame: a filter, or that of a draw.
    draw
        One draw that corrects; all that can by default.

    Raises
    ------
    UsageError
        If the frame is empty, or a scanner said nothing of it.
    """
    population = _population(corpus, record, where, draw, scanners)
    own = [text for text in scanners if _category(text, wanted.category) == wanted.category]
    return [
        _one(population, record, wanted, instrument, draw, confidence)
        for instrument in scanners_of(corpus, wanted.category, own)
    ]


def _category(text: str, otherwise: str) -> str:
    category, equals, _ = text.partition("=")
    return category.strip().replace("_", "-") if equals else otherwise


def _population(
    corpus: Corpus,
    record: Record,
    where: str | None,
    draw: str | None,
    scanners: Sequence[str],
) -> Frame:
    if draw is not None and where is None:
        return open_draw(corpus, record, draw).frame
    head = (record.head.seq, record.head.digest)
    named = [text for text in scanners if "=" in text]
    population = frame(corpus, where, scanners=named, labels=record.agreed, ledger=head)
    if not len(population):
        raise UsageError(
            f"The frame ({population.spec.name}) holds no transcript; widen the filter."
        )
    return population


def _one(
    population: Frame,
    record: Record,
    wanted: Property,
    instrument: Instrument,
    draw: str | None,
    confidence: float,
) -> dict[str, Any]:
    naive = naive_on(population, wanted, instrument)
    if not naive.told:
        raise UsageError(
            f"{instrument.scanner} {instrument.digest[:12]} said nothing of the {len(population):,} "
            f"transcripts of the frame ({population.spec.name}); scan them first."
        )
    by_draw = corrected_by(population, record, wanted, instrument, draw, confidence)
    names = [one.draw for one in by_draw]
    return {
        "what": "corrected rate",
        "category": wanted.category,
        "value": wanted.value,
        "frame": population.digest,
        "where": population.spec.where,
        "population": len(population),
        "scanner": instrument.to_dict(),
        "confidence": confidence,
        "naive": naive.to_dict(),
        "draws": names,
        "corrected": [one.to_dict() for one in by_draw],
        "carried": []
        if names
        else [one.to_dict() for one in carried(population, record, wanted, instrument, confidence)],
    }
