"""The calibrations of a category: which draws they rest on, what is put on record of each, and what to draw next."""

from collections.abc import Sequence
from typing import Any

from allegiance.audit.advising import Advice, Expected, advised
from allegiance.audit.calibrating import Calibration, calibration_of, routes_of
from allegiance.audit.comparing import compared
from allegiance.audit.draw import open_draw
from allegiance.audit.record import Record
from allegiance.audit.specs import Instrument, Property
from allegiance.corpus import Corpus
from allegiance.errors import UsageError


def draws_for(record: Record, wanted: Property, draw: str | None = None) -> list[str]:
    """Name the draws by chance that have labels in a category, or the one that is asked for.

    Raises
    ------
    UsageError
        If nothing is labelled in it, or only what came by other routes.
    """
    if draw is not None:
        return [draw]
    said = {one.label.draw for one in record.labels(wanted.category)}
    names = [name for name in record.draws if name in said]
    licensed = [name for name in names if _of_chance(record, name)]
    if licensed:
        return licensed
    if names or said:
        routes = ", ".join(f"{n:,} by {kind}" for kind, n in routes_of(record, wanted).items())
        raise UsageError(
            f"The labels of {wanted.category} are of transcripts that were picked, and not drawn at random "
            f"({routes}): what a scanner gets right among those tells no rate of anything. Draw with "
            f"`allegiance draw NAME --n 100 --category {wanted.category}`; `--debug` shows the table alone."
        )
    raise UsageError(
        f"Nothing is labelled for {wanted.category} yet: `allegiance draw NAME --n 100 --category "
        f"{wanted.category}`, then `allegiance label NAME`."
    )


def calibrations_of(
    corpus: Corpus,
    record: Record,
    name: str,
    wanted: Property,
    instruments: Sequence[Instrument],
    *,
    by: Sequence[str] = (),
    confidence: float = 0.95,
    rater: str | None = None,
) -> list[Calibration]:
    """Set each of some scanners against the labels of a draw; see `calibration_of`.

    Raises
    ------
    UsageError
        If the labels license no rate.
    """
    drawn = open_draw(corpus, record, name)
    return [
        calibration_of(drawn, record, wanted, one, by=by, confidence=confidence, rater=rater)
        for one in instruments
    ]


def calibrations_told(
    these: Sequence[Calibration], width: float, confidence: float, wanted: Property
) -> dict[str, Any]:
    """Give the calibrations of one draw as JSON can carry them, with comparisons and advice.

    Parameters
    ----------
    width
        Of the interval that the next draw is for; a fraction.
    """
    samples = {f"{c.instrument.scanner} {c.instrument.digest[:12]}": c.sample for c in these}
    told = [{**one.to_dict(), "confidence": confidence} for one in these]
    return {
        "draw": these[0].draw.name,
        "calibrations": told,
        "compared": [one.to_dict() for one in compared(samples, confidence)],
        "width": width,
        "next": [one.to_dict() for one in next_draws(these[0], width, confidence, wanted)],
    }


def next_draws(one: Calibration, width: float, confidence: float, wanted: Property) -> list[Advice]:
    """Plan the next draw on what this one shows; nothing is taken for certain that was not seen."""

    def cautious(hits: int, reads: int) -> float | None:
        return (hits + 0.5) / (reads + 1) if reads else None

    seen, size = one.prevalence, len(one.draw.frame)
    rate = seen.estimate
    if rate is None or rate in (0.0, 1.0):
        rate = cautious(seen.hits or 0, seen.reads or 0) or 0.5
    caught, cleared = one.found.of("sensitivity"), one.found.of("specificity")
    estimates = [
        cautious(m.hits, m.reads)
        if m.interval is None or m.interval.estimate in (None, 0.0, 1.0)
        else m.interval.estimate
        for m in (caught, cleared)
    ]
    expected = Expected(
        size,
        sum(g.population for g in one.sample.groups() if g.told is None),
        rate,
        *estimates,
    )
    text = wanted.category if wanted.value == "yes" else f"{wanted.category}={wanted.value}"
    return advised(
        expected,
        width,
        confidence,
        text,
        where=one.draw.spec.frame.where,
        scanner=one.instrument.digest[:12],
        strata=set(wanted.values) == {"yes", "no"},
    )


def _of_chance(record: Record, name: str) -> bool:
    """Whether the transcripts of a draw came by chance."""
    spec = record.draws[name].spec
    chosen = spec.testimony is not None and spec.testimony.order != "random"
    return spec.design != "top" and not chosen
