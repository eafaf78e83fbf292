"""The next draw: which design reaches a width with the fewest reads, for a scanner with these errors."""

from dataclasses import dataclass
from typing import Any

from allegiance.audit.plans import drawing
from allegiance.stats import Plan, reads_needed

SHARES = (0.1, 0.15, 0.2, 0.25)
"""Shares of the reads for what the scanner calls positive, as they are tried."""


@dataclass(frozen=True)
class Expected:
    """What a draw is planned on.

    Attributes
    ----------
    population, unscanned
        N, and how many of them have no verdict.
    prevalence, sensitivity, specificity
        As estimated so far; the last two None where they are not known.
    """

    population: int
    unscanned: int
    prevalence: float
    sensitivity: float | None
    specificity: float | None


@dataclass(frozen=True)
class Advice:
    """A design with what it takes, and the command that draws so."""

    design: str
    plan: Plan
    command: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {"design": self.design, "plan": self.plan.to_dict(), "command": self.command}


def advised(
    expected: Expected,
    width: float,
    confidence: float,
    category: str,
    *,
    where: str = "",
    scanner: str = "",
    strata: bool = True,
) -> list[Advice]:
    """Plan draws for an interval of a width, the one with the fewest reads first.

    Parameters
    ----------
    width
        The mean width that is wanted; a fraction.
    category, where, scanner
        For the commands.
    strata
        Whether the scanner's verdicts, yes and no, can be strata.
    """
    found = [_random(expected, width, confidence, category, where)]
    if strata and expected.sensitivity is not None and expected.specificity is not None:
        plans = [
            one
            for share in SHARES
            if (one := _by_verdict(expected, width, confidence, share)) is not None
        ]
        if plans:
            share, plan = min(plans, key=lambda one: one[1].needed or expected.population)
            found.append(_stratified(expected, share, plan, category, where, scanner))
    return sorted(found, key=lambda one: one.plan.needed or expected.population)


def _random(
    expected: Expected, width: float, confidence: float, category: str, where: str
) -> Advice:
    plan = reads_needed(
        "proportion",
        rate=expected.prevalence,
        width=width,
        population=expected.population,
        confidence=confidence,
    )
    reads = plan.needed or expected.population
    return Advice("random", plan, drawing(reads, category, where, design="random"))


def _by_verdict(
    expected: Expected, width: float, confidence: float, share: float
) -> tuple[float, Plan] | None:
    try:
        plan = reads_needed(
            "stratified",
            rate=expected.prevalence,
            width=width,
            population=expected.population,
            sensitivity=expected.sensitivity,
            specificity=expected.specificity,
            allocation=share,
            confidence=confidence,
        )
    except ValueError:  # such errors leave a stratum empty
        return None
    return share, plan


def _stratified(
    expected: Expected, share: float, plan: Plan, category: str, where: str, scanner: str
) -> Advice:
    told = 1 - expected.unscanned / expected.population
    parts = [share * told, (1 - share) * told] + ([1 - told] if expected.unscanned else [])
    shares = "/".join(f"{100 * part:.4g}" for part in parts)
    name = category.partition("=")[0]
    needed = plan.needed or expected.population
    reads = min(expected.population, round(needed / told) if told else needed)
    options = {"design": "stratified", "by": f"verdict.{name}", "allocate": shares}
    if scanner:
        options["scanner"] = f"{name}={scanner}"
    design = f"stratified by its verdict, {100 * share:g}/{100 - 100 * share:g}"
    return Advice(design, plan, drawing(reads, category, where, **options))
