"""The interval: what every estimator returns, and how it is printed."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

ROUNDING = 1e-9  # a limit on a whole number must not lose it to a rounding error

Target = Literal["corpus", "model"]
"""What a number is about: these N transcripts, or the process that produced them."""

Quantity = Literal["rate", "difference", "agreement", "sensitivity"]
"""What was estimated: a rate, a difference of rates, a coefficient of agreement, or d′."""


@dataclass(frozen=True)
class WorstCase:
    """What missing outcomes could have done to an estimate at the most.

    Attributes
    ----------
    estimate_low, estimate_high
        The estimate with every missing outcome counted the one way, then the other.
    low, high
        The lower limit of the first and the upper limit of the second.
    missing
        How many outcomes were missing.
    """

    estimate_low: float
    estimate_high: float
    low: float
    high: float
    missing: int


@dataclass(frozen=True)
class Interval:
    """An estimate with its limits, and all that is needed to see how it was made.

    Attributes
    ----------
    estimate, low, high
        Rates as fractions; for a gap, differences of fractions. The estimate is None where the
        route licenses limits and no rate.
    count_low, count_high
        The limits as numbers of transcripts; only where the target is the corpus.
    confidence
        Nominal coverage, such as 0.95.
    method
        The name of the method.
    target
        ``corpus`` or ``model``.
    hits, reads, population
        k of n read out of N. For the model N is None; where the estimate rests on more than one
        such pair, as a gap does, hits and reads are None as well.
    assumptions, notes
        What has to hold for the coverage, and what a reader should know of this one.
    missing
        Outcomes that were asked for and not observed.
    worst_case
        Bounds over whatever the missing outcomes were; None where nothing is missing.
    quantity
        ``rate``, ``difference``, ``agreement`` or ``sensitivity``.
    """

    estimate: float | None
    low: float
    high: float
    confidence: float
    method: str
    target: Target
    hits: int | None = None
    reads: int | None = None
    population: int | None = None
    count_low: int | None = None
    count_high: int | None = None
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    missing: int = 0
    worst_case: WorstCase | None = None
    quantity: Quantity = "rate"

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a dictionary that JSON can hold."""
        plain = asdict(self)
        plain["assumptions"] = list(self.assumptions)
        plain["notes"] = list(self.notes)
        return plain

    @property
    def point(self) -> float:
        """The estimate, where there has to be one.

        Raises
        ------
        ValueError
            Where the route licenses limits and no rate.
        """
        if self.estimate is None:
            raise ValueError(f"{self.method} licenses no rate, only limits")
        return self.estimate

    def __str__(self) -> str:
        seen, estimate, limits = self._shown("[{}, {}]", "", " read of ")
        sure = "certain" if self.confidence == 1 else f"{100 * self.confidence:.4g} %"
        return f"{seen}{estimate} {limits} ({sure}, {self.target}, {self.method})"

    def sentence(self) -> str:
        """Write the interval as a sentence for a paper: seen, said of what, how, and if what.

        Examples
        --------
        >>> from allegiance.stats import proportion
        >>> print(proportion(3, 300, 10_000).sentence())
        3 of 300 transcripts read out of 10,000: 1.0 % of this corpus (95 % interval 0.22 to 2.86
        %, hypergeometric), provided that the reads are a random sample whose size was fixed
        beforehand.
        """
        seen, estimate, limits = self._shown("{} to {}", " transcripts read", " out of ")
        unit = {"rate": " %", "difference": " points", "agreement": "", "sensitivity": ""}[
            self.quantity
        ]
        sure = (
            "with certainty" if self.confidence == 1 else f"{100 * self.confidence:.4g} % interval"
        )
        held = f", provided that {'; and that '.join(self.assumptions)}" if self.assumptions else ""
        said = f"{seen}{self._said(estimate)} ({sure} {limits}{unit}, {self.method}){held}."
        return said[0].upper() + said[1:]

    def _said(self, estimate: str) -> str:
        """The estimate with what it is about."""
        if self.quantity == "agreement":
            return f"agreement beyond chance of {estimate} on items like these"
        if self.quantity == "sensitivity":
            return f"a d′ of {estimate} for the model on requests like these"
        about = "this corpus" if self.target == "corpus" else "the model on requests like these"
        if self.quantity == "difference":
            return f"a difference of {estimate} for {about}"
        if self.estimate is None:
            return f"no rate is licensed for {about}, only limits"
        return (
            f"{estimate} of {about}"
            if self.target == "corpus"
            else f"a rate of {estimate} for {about}"
        )

    def _shown(self, pair: str, noun: str, out_of: str) -> tuple[str, str, str]:
        """What was seen, the estimate and the limits, in the unit of the quantity."""
        if self.quantity in ("agreement", "sensitivity"):
            return "", f"{self.point:.3f}", pair.format(f"{self.low:.3f}", f"{self.high:.3f}")
        limits = pair.format(f"{100 * self.low:.2f}", f"{100 * self.high:.2f}")
        if self.quantity == "difference":
            return "", f"{100 * self.point:+.1f} points", limits
        seen = ""
        if self.hits is not None and self.reads is not None:
            frame = f"{out_of}{self.population:,}" if self.population is not None else ""
            seen = f"{self.hits:,} of {self.reads:,}{noun}{frame}: "
        return seen, "no rate" if self.estimate is None else percent(self.estimate), limits


def percent(fraction: float) -> str:
    """Write a fraction in per cent: one decimal, or two figures where that hides a small rate."""
    value = 100 * fraction
    return f"{value:.1f} %" if value == 0 or value >= 0.95 else f"{value:.2g} %"


def counts_within(low: float, high: float) -> tuple[int, int]:
    """Return the least and the greatest whole number between two limits.

    Where no whole number lies between them, the two neighbours: limits must not be empty.
    """
    least, most = math.ceil(low - ROUNDING), math.floor(high + ROUNDING)
    return (least, most) if least <= most else (most, least)
