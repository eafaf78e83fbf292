"""Plans for reading a corpus, or the output of a process: how many reads, and what they may show."""

import math
from collections.abc import Callable
from typing import SupportsIndex

from allegiance.stats.arguments import MOST, checked_confidence, fraction, not_more, whole
from allegiance.stats.plan import Plan, as_points, below_one, smallest
from allegiance.stats.sampling import Urn

_COARSE_UP_TO = 10_000  # in larger populations limits in whole transcripts are as good as smooth
_RANDOM = "the reads are a random sample whose size was fixed beforehand"
_ORDER = "the reads come in random order"
_MEAN = "the width is a mean: about half of all samples give a wider interval"
_SAW = "the chance is a saw-tooth in the number of reads: a few more can do a little worse"


def drawn_from(rate: float, population: SupportsIndex | None) -> Urn:
    """Check a rate and a population and put them together."""
    rate = fraction("rate", rate)
    if population is None:
        return Urn(rate)
    return Urn(rate, whole("population", population, least=1))


def checked_reads(reads: SupportsIndex, urn: Urn, least: int = 1) -> int:
    """Return a number of reads if there are so many to read."""
    number = whole("reads", reads, least=least)
    if urn.population is not None:
        not_more("reads", number, "population", urn.population)
    return number


def most_reads(urn: Urn) -> int:
    """How many reads there can be."""
    return MOST if urn.population is None else urn.population


def at_a_rate(urn: Urn) -> str:
    """Say what is expected, for a goal."""
    if urn.population is None:
        return f"at a rate of {as_points(urn.rate)} %"
    return f"at {urn.count:,} hits in {urn.population:,}"


def aimed(
    width_of: Callable[[int], float], width: float, guess: float, urn: Urn, lowest: int
) -> int:
    """Move a guess to where the width is about right: its square goes with 1/n − 1/N."""
    highest = most_reads(urn)
    unread = 0.0 if urn.population is None else 1 / highest
    for _ in range(4):
        guess = min(max(guess, lowest), highest)
        found = width_of(round(guess))
        if not found or abs(found / width - 1) < 1e-6:
            break
        guess = 1 / ((1 / round(guess) - unread) * (width / found) ** 2 + unread)
    return round(min(max(guess, lowest), highest))


def narrow_enough(
    width_of: Callable[[int], float], width: float, urn: Urn, lowest: int = 1
) -> int | None:
    """Return the smallest number of reads whose expected width is at most `width`."""
    first = 4 * (urn.rate * (1 - urn.rate) + width) / width**2
    guess = aimed(width_of, width, first, urn, lowest)
    most = most_reads(urn)
    return smallest(
        lambda n: width_of(n) <= width, guess, lowest, most, rising=most > _COARSE_UP_TO
    )


def proportion(
    *,
    rate: float,
    width: float,
    population: SupportsIndex | None = None,
    confidence: float = 0.95,
) -> Plan:
    """Find the smallest random sample whose expected interval is narrow enough."""
    urn, width = drawn_from(rate, population), fraction("width", width, open_ends=True)
    confidence = checked_confidence(confidence)
    needed = narrow_enough(lambda n: urn.expected_width(n, confidence), width, urn)
    return _of_width(urn, needed, confidence, f" at most {as_points(width)} points wide")


def proportion_power(
    *,
    reads: SupportsIndex,
    rate: float,
    population: SupportsIndex | None = None,
    confidence: float = 0.95,
) -> Plan:
    """Return the expected width of the interval from so many reads."""
    urn, confidence = drawn_from(rate, population), checked_confidence(confidence)
    return _of_width(urn, checked_reads(reads, urn), confidence, "")


def _of_width(urn: Urn, needed: int | None, confidence: float, wanted: str) -> Plan:
    return Plan(
        needed=needed,
        unit="reads",
        achieved=None if needed is None else urn.expected_width(needed, confidence),
        goal=f"an interval{wanted} {at_a_rate(urn)} at {100 * confidence:.4g} % confidence",
        method="expectation over outcomes, "
        + ("clopper-pearson" if urn.population is None else "hypergeometric"),
        assumptions=(_RANDOM,),
        measure="expected width",
        notes=(_MEAN,) if needed is not None else (f"it takes more than {MOST:,}",),
    )


def lower_bound(
    *,
    rate: float,
    above: float,
    population: SupportsIndex | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
) -> Plan:
    """Find the fewest reads whose one-sided lower bound exceeds `above` with the given chance.

    For each number of hits that shows it there is a last number of reads at which it still does,
    and up to there the chance rises: so the saw-tooth is searched tooth by tooth.
    """
    urn, bar = drawn_from(rate, population), _bar(above, population)
    power, alpha = fraction("power", power, open_ends=True), 1 - checked_confidence(confidence)
    if urn.rate <= bar.rate or (urn.population and urn.count <= bar.count):
        return _of_bound(urn, bar, None, alpha, "the expected rate is not above it")
    highest = most_reads(urn)

    def last(hits: int) -> int:
        guess = round(hits / bar.rate / 2) if bar.rate else highest
        over = smallest(lambda n: bar.at_least(hits, n) > alpha, guess, hits, highest, rising=True)
        return highest if over is None else over - 1

    def enough(hits: int) -> bool:
        return urn.at_least(hits, last(hits)) >= power

    most_hits = MOST if urn.population is None else urn.count
    hits = smallest(enough, 1, 1, most_hits)
    if hits is None:
        return _of_bound(urn, bar, None, alpha, f"it takes more than {MOST:,}")
    needed = smallest(
        lambda n: urn.at_least(hits, n) >= power, last(hits), hits, last(hits), rising=True
    )
    assert needed is not None
    # Below the last tooth's end fewer hits would do, and were not enough.
    needed = max(needed, last(hits - 1) + 1 if hits > 1 else needed)
    return _of_bound(urn, bar, needed, alpha, "")


def lower_bound_power(
    *,
    reads: SupportsIndex,
    rate: float,
    above: float,
    population: SupportsIndex | None = None,
    confidence: float = 0.95,
) -> Plan:
    """Return the chance that the one-sided lower bound from so many reads exceeds `above`."""
    urn, bar = drawn_from(rate, population), _bar(above, population)
    return _of_bound(urn, bar, checked_reads(reads, urn), 1 - checked_confidence(confidence), "")


def _bar(above: float, population: SupportsIndex | None) -> Urn:
    """Return the largest rate that must be contradicted."""
    above = below_one("above", above)
    if population is None:
        return Urn(above)
    size = whole("population", population, least=1)
    return Urn(math.floor(above * size + 1e-9) / size, size)


def _of_bound(urn: Urn, bar: Urn, needed: int | None, alpha: float, why: str) -> Plan:
    achieved, beside = None, {}
    if needed is not None:
        hits = smallest(
            lambda h: bar.at_least(h, needed) <= alpha,
            round(needed * bar.rate) + 1,
            1,
            needed + 1,
            rising=True,
        )
        assert hits is not None
        achieved, beside = urn.at_least(hits, needed), {"hits": float(hits)}
    return Plan(
        needed=needed,
        unit="reads",
        achieved=achieved,
        goal=f"a one-sided lower bound above {as_points(bar.rate)} % {at_a_rate(urn)}",
        method="exact, " + ("binomial" if urn.population is None else "hypergeometric"),
        assumptions=(_RANDOM,),
        notes=(_SAW,) if needed is not None else (why,),
        beside=beside,
    )


def absence(
    *,
    excludes: float,
    population: SupportsIndex | None = None,
    sensitivity: float | None = None,
    rate: float | None = None,
    confidence: float = 0.95,
) -> Plan:
    """Find the fewest reads that, all clean, exclude every rate above `excludes`."""
    excludes = below_one("excludes", excludes)
    found, alpha = _found(sensitivity), 1 - checked_confidence(confidence)
    bar = drawn_from(excludes, population)
    if bar.population is not None:  # the least count above it
        count = math.floor(excludes * bar.population + 1e-9) + 1
        bar = Urn(count / bar.population, bar.population)
    beside: dict[str, float] = {}
    needed = smallest(
        lambda n: bar.none_found(n, found) <= alpha,
        round(-math.log(alpha) / max(bar.rate * found, 1e-9)),
        1,
        most_reads(bar),
        rising=True,
    )
    if rate is not None and needed is not None:
        beside["chance of none"] = drawn_from(rate, population).none_found(needed, found)
    return Plan(
        needed=needed,
        unit="reads",
        achieved=None if needed is None else 1 - bar.none_found(needed, found),
        goal=f"excluding a rate above {as_points(excludes)} %, no hit being found",
        method="exact, " + ("binomial" if bar.population is None else "hypergeometric"),
        assumptions=_noticed(sensitivity),
        measure="confidence",
        notes=() if needed is not None else ("hits may go unnoticed whatever is read",),
        beside=beside,
    )


def absence_power(
    *,
    reads: SupportsIndex,
    rate: float,
    population: SupportsIndex | None = None,
    sensitivity: float | None = None,
) -> Plan:
    """Return the chance that so many reads are all clean."""
    urn, found = drawn_from(rate, population), _found(sensitivity)
    number = checked_reads(reads, urn)
    return Plan(
        needed=number,
        unit="reads",
        achieved=urn.none_found(number, found),
        goal=f"finding none {at_a_rate(urn)}",
        method="exact, " + ("binomial" if urn.population is None else "hypergeometric"),
        assumptions=_noticed(sensitivity),
    )


def _found(sensitivity: float | None) -> float:
    return 1.0 if sensitivity is None else fraction("sensitivity", sensitivity)


def _noticed(sensitivity: float | None) -> tuple[str, ...]:
    if sensitivity is None:
        return (_RANDOM, "a hit that is read is noticed")
    return (_RANDOM, f"each hit that is read is noticed with a chance of {sensitivity:g}")


def inverse_sampling(
    *,
    rate: float,
    hits: SupportsIndex = 1,
    population: SupportsIndex | None = None,
    power: float = 0.95,
) -> Plan:
    """Find how many reads bring so many hits with the given chance, and how many on average."""
    urn, wanted = drawn_from(rate, population), whole("hits", hits, least=1)
    power = fraction("power", power, open_ends=True)
    if urn.rate == 0 or (urn.population is not None and urn.count < wanted):
        held = 0 if urn.population is None else urn.count
        return _of_hits(urn, wanted, None, f"hits to be found: {held:,}")
    guess = round(wanted / urn.rate)
    needed = smallest(
        lambda n: urn.at_least(wanted, n) >= power, guess, wanted, most_reads(urn), rising=True
    )
    return _of_hits(urn, wanted, needed, f"it takes more than {MOST:,}")


def inverse_sampling_power(
    *,
    reads: SupportsIndex,
    rate: float,
    hits: SupportsIndex = 1,
    population: SupportsIndex | None = None,
) -> Plan:
    """Return the chance of so many hits within so many reads."""
    urn = drawn_from(rate, population)
    return _of_hits(urn, whole("hits", hits, least=1), checked_reads(reads, urn), "")


def _of_hits(urn: Urn, hits: int, needed: int | None, why: str) -> Plan:
    beside: dict[str, float] = {}
    if urn.population is not None and urn.count >= hits:
        beside["expected reads"] = hits * (urn.population + 1) / (urn.count + 1)
    elif urn.population is None and urn.rate > 0:
        beside["expected reads"] = hits / urn.rate
    seen = "at least one hit" if hits == 1 else f"{hits:,} hits"
    return Plan(
        needed=needed,
        unit="reads",
        achieved=None if needed is None else urn.at_least(hits, needed),
        goal=f"{seen} {at_a_rate(urn)}",
        method="exact, " + ("binomial" if urn.population is None else "hypergeometric"),
        assumptions=(_ORDER,),
        notes=() if needed is not None else (why,),
        beside=beside,
    )


def existence(*, rate: float, population: SupportsIndex | None = None, power: float = 0.95) -> Plan:
    """Find how many reads bring one hit with the given chance."""
    return inverse_sampling(rate=rate, hits=1, population=population, power=power)


def existence_power(
    *, reads: SupportsIndex, rate: float, population: SupportsIndex | None = None
) -> Plan:
    """Return the chance of one hit within so many reads."""
    return inverse_sampling_power(reads=reads, rate=rate, hits=1, population=population)
