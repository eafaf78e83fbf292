"""What a reading licenses: the interval of its own route, or the reason why there is no number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from allegiance import stats
from allegiance.audit.reading import Reading
from allegiance.audit.record import DrawRecord
from allegiance.audit.specs import Property
from allegiance.errors import UsageError
from allegiance.stats import Interval, WorstCase

Grant = Literal["rate", "bound", "existence", "nothing"]
"""A rate with limits; limits on one side; that there are some; not even that."""

_STRATIFIED = ("mover", "berger-boos", "wendell-schmee")
_METHODS = ("hypergeometric", "sequence", *_STRATIFIED)
_Outcomes = Sequence[bool | None]


@dataclass(frozen=True)
class Licence:
    """What may be said of the frame.

    Attributes
    ----------
    grant
        The strongest kind of sentence.
    interval
        Its limits; None where nothing was read.
    reasons
        Why it is no more than that, or by which rule it is what it is.
    """

    grant: Grant
    interval: Interval | None
    reasons: tuple[str, ...] = ()


def licence(reading: Reading, confidence: float = 0.95, method: str | None = None) -> Licence:
    """Say what a reading licenses.

    Parameters
    ----------
    reading
        What was read.
    confidence
        Nominal coverage.
    method
        Another method that the route licenses as well: for strata ``berger-boos`` or
        ``wendell-schmee``; ``sequence`` for any.

    Raises
    ------
    UsageError
        If the route does not license the method.
    """
    if method is not None and method not in _METHODS:
        raise UsageError(f"--method {method}: there are {', '.join(_METHODS)}.")
    if not reading.reads:
        return Licence("nothing", None, ("nothing of it is labelled yet",))
    if not reading.observed:
        return Licence("nothing", None, ("no place of it could be told",))
    unlicensed = _no_rate(reading)
    if unlicensed:
        if method is not None:
            raise UsageError(f"--method {method}: this route licenses no rate: {unlicensed}.")
        return Licence("existence", _existence(reading), (unlicensed,))
    wanted, reasons = _method(reading, method)
    try:
        interval = _with_missing(reading, lambda outcomes: wanted(reading, outcomes, confidence))
    except ValueError as error:
        if method is None:
            raise
        raise UsageError(f"--method {method}: {error}.") from error
    if reading.rule.kind == "undeclared" and interval.hits == 1:
        return Licence("bound", _lower_alone(interval, reading), (*reasons, _ONE_HIT))
    if interval.estimate is None:
        return Licence("bound", interval, reasons)
    return Licence("rate", interval, reasons)


_LOWER = ", lower limit"
_ONE_HIT = (
    "nobody declared when reading would stop, and there is one hit, so that there is a lower limit "
    "alone, one that holds whenever reading stops"
)


def bounds_from_below(interval: Interval) -> bool:
    """Whether limits on one side are the lower ones: reading left before a declared hit has none."""
    return interval.method.endswith(_LOWER)


def _no_rate(reading: Reading) -> str:
    return no_rate(reading.draw, reading.wanted, declared=reading.declared)


def no_rate(draw: DrawRecord, wanted: Property, *, declared: bool) -> str:
    """Say why a draw licenses no rate of a property, whatever its labels say; empty where it does.

    Parameters
    ----------
    declared
        Whether the property was on record before the first transcript of it was opened.
    """
    spec, testimony = draw.spec, draw.spec.testimony
    if spec.design == "top":
        return f"these are the first by {spec.by}, picked and not drawn"
    if testimony is not None and testimony.order != "random":
        how = "were chosen" if testimony.order == "chosen" else "came in an order nobody knows"
        return f"the transcripts {how}, and were not drawn at random"
    if not declared:
        return f"{wanted} was not on record before the first transcript was opened"
    return ""


def _existence(reading: Reading) -> Interval:
    return stats.existence(reading.hits, reading.observed - reading.hits, reading.population)


_Method = Callable[[Reading, _Outcomes, float], Interval]


def _method(reading: Reading, asked: str | None) -> tuple[_Method, tuple[str, ...]]:
    """Choose the method of the route, or the one asked for where it is licensed too."""
    strata = reading.draw.spec.design == "stratified"
    fixed, until = reading.rule.kind == "fixed", reading.rule.kind == "until"
    why = (f"read as open, since {reading.why}",) if reading.why else ()
    if asked in _STRATIFIED and strata and fixed:
        return _stratified_by(asked), why
    if asked == "sequence":
        return (_strata_open if strata else _open), (*why, "the sequence was asked for")
    if asked == "hypergeometric" and fixed and not strata:
        return _fixed, why
    if asked is not None:
        rule = f"a draw by {reading.rule}" + (" in strata" if strata else "")
        raise UsageError(f"--method {asked}: {rule} does not license it; leave --method out.")
    if until:
        return _until, ()
    if strata:
        return (_stratified_by("mover") if fixed else _strata_open), why
    return (_fixed if fixed else _open), why


def _fixed(reading: Reading, outcomes: _Outcomes, confidence: float) -> Interval:
    hits, reads = _counts(outcomes)
    return stats.proportion(hits, reads, reading.population, confidence)


def _open(reading: Reading, outcomes: _Outcomes, confidence: float) -> Interval:
    hits, reads = _counts(outcomes)
    return stats.confidence_sequence(hits, reads, reading.population, confidence=confidence)


def _until(reading: Reading, outcomes: _Outcomes, confidence: float) -> Interval:
    """Inverse sampling up to the declared hit; what was read after it does not count."""
    wanted = reading.rule.number or 1
    told = [outcome for outcome in outcomes if outcome is not None]
    hits = 0
    for place, outcome in enumerate(told, 1):
        hits += outcome
        if hits == wanted:
            return stats.inverse_sampling(place, wanted, reading.population, confidence)
    return stats.inverse_sampling(len(told), wanted, reading.population, confidence, seen=hits)


def _stratified_by(method: str) -> _Method:
    def interval(reading: Reading, outcomes: _Outcomes, confidence: float) -> Interval:
        counted = reading.strata(outcomes)
        return stats.stratified(
            [one.hits for one in counted],
            [one.reads for one in counted],
            [one.population for one in counted],
            method=method,  # pyright: ignore[reportArgumentType]
            confidence=confidence,
        )

    return interval


def _strata_open(reading: Reading, outcomes: _Outcomes, confidence: float) -> Interval:
    counted = reading.strata(outcomes)
    return stats.stratified_sequence(
        [one.hits for one in counted],
        [one.reads for one in counted],
        [one.population for one in counted],
        confidence=confidence,
    )


def _counts(outcomes: _Outcomes) -> tuple[int, int]:
    told = [outcome for outcome in outcomes if outcome is not None]
    return sum(told), len(told)


def _with_missing(reading: Reading, interval: Callable[[_Outcomes], Interval]) -> Interval:
    """Estimate from what could be told, with the bounds that the missing places leave."""
    seen = [read.hit for read in reading.reads]
    found = interval(seen)
    if not reading.missing:
        return found
    lowest = interval([False if hit is None else hit for hit in seen])
    highest = interval([True if hit is None else hit for hit in seen])
    return replace(
        found,
        missing=reading.missing,
        worst_case=WorstCase(
            estimate_low=lowest.low if lowest.estimate is None else lowest.estimate,
            estimate_high=highest.high if highest.estimate is None else highest.estimate,
            low=lowest.low,
            high=highest.high,
            missing=reading.missing,
        ),
    )


def _lower_alone(interval: Interval, reading: Reading) -> Interval:
    """Keep the lower limit; above stands what the misses leave possible."""
    most = reading.population - (reading.observed - reading.hits)
    worst = interval.worst_case
    if worst is not None:
        above = most / reading.population
        worst = replace(worst, estimate_high=above, high=above)
    return replace(
        interval,
        worst_case=worst,
        estimate=None,
        high=most / reading.population,
        count_high=most,
        method=f"{interval.method}{_LOWER}",
    )
