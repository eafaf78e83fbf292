"""The interval: what every estimator returns, and how it is printed."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Target = Literal["corpus", "model"]
"""What a number is about: these N transcripts, or the process that produced them."""


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
        Rates as fractions; for a gap, differences of fractions.
    count_low, count_high
        The limits as numbers of transcripts; only where the target is the corpus.
    confidence
        Nominal coverage, such as 0.95.
    method
        The name of the method.
    target
        ``corpus`` or ``model``.
    hits, reads, population
        k of n read out of N. For the model N is None; for a gap hits and reads are None as well,
        since it rests on two of each.
    assumptions, notes
        What has to hold for the coverage, and what a reader should know of this one.
    missing
        Outcomes that were asked for and not observed.
    worst_case
        Bounds over whatever the missing outcomes were; None where nothing is missing.
    """

    estimate: float
    low: float
    high: float
    count_low: int | None
    count_high: int | None
    confidence: float
    method: str
    target: Target
    hits: int | None
    reads: int | None
    population: int | None
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    missing: int = 0
    worst_case: WorstCase | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a dictionary that JSON can hold."""
        plain = asdict(self)
        plain["assumptions"] = list(self.assumptions)
        plain["notes"] = list(self.notes)
        return plain

    def __str__(self) -> str:
        limits = f"[{100 * self.low:.2f}, {100 * self.high:.2f}]"
        made = f"({100 * self.confidence:.4g} %, {self.target}, {self.method})"
        if self.hits is None or self.reads is None:
            return f"{100 * self.estimate:+.1f} points {limits} {made}"
        read = f" read of {self.population:,}" if self.population is not None else ""
        return f"{self.hits:,} of {self.reads:,}{read}: {percent(self.estimate)} {limits} {made}"


def percent(fraction: float) -> str:
    """Write a fraction in per cent: one decimal, or two figures where that hides a small rate."""
    value = 100 * fraction
    return f"{value:.1f} %" if value == 0 or value >= 0.95 else f"{value:.2g} %"


def checked_confidence(confidence: float) -> float:
    """Return the confidence if it lies strictly between 0 and 1.

    Raises
    ------
    ValueError
        If it does not.
    """
    if not 0 < confidence < 1:  # also refuses NaN
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return float(confidence)
