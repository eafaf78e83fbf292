"""Plans: how many reads each design needs, with the draw that is ready to run."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allegiance.stats import Plan, reads_needed


@dataclass(frozen=True)
class Planned:
    """A design, what it takes, and the command that draws so.

    Attributes
    ----------
    design
        What is done.
    plan
        The reads it needs and what comes of them.
    command
        Ready to run; empty where no number of reads is enough.
    """

    design: str
    plan: Plan
    command: str

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON can carry it."""
        return {"design": self.design, "plan": self.plan.to_dict(), "command": self.command}


def planned(
    prevalence: float,
    width: float,
    population: int | None,
    *,
    category: str = "CATEGORY",
    where: str = "",
    sensitivity: float | None = None,
    specificity: float | None = None,
    allocation: float = 0.25,
) -> list[Planned]:
    """Say how many reads each design needs for an interval of a width, and for weaker sentences.

    Parameters
    ----------
    prevalence, width
        The share that is expected, and how wide the interval may be on average; fractions.
    population
        N; None for a process.
    sensitivity, specificity
        Of a scanner whose verdicts may serve as strata; both or neither.
    allocation
        The share of the reads that goes to that scanner's positives.

    Raises
    ------
    ValueError
        If an argument is none of what it should be.
    """
    of = {} if population is None else {"population": population}
    found: list[Planned] = []

    def add(design: str, estimator: str, options: Mapping[str, str], **expected: Any) -> None:
        plan = reads_needed(estimator, **expected)
        command = "" if plan.needed is None else drawing(plan.needed, category, where, **options)
        found.append(Planned(design, plan, command))

    add("a random draw, fixed number", "proportion", {}, rate=prevalence, width=width, **of)
    if population is not None and sensitivity is not None and specificity is not None:
        shares = f"{100 * allocation:g}/{100 - 100 * allocation:g}"
        add(
            "strata by a scanner's verdict",
            "stratified",
            {
                "design": "stratified",
                "by": f"verdict.{category.partition('=')[0]}",
                "allocate": shares,
            },
            rate=prevalence,
            width=width,
            population=population,
            sensitivity=sensitivity,
            specificity=specificity,
            allocation=allocation,
        )
    add(
        "reading on, looking each time",
        "confidence_sequence",
        {"stop": "open"},
        rate=prevalence,
        width=width,
        **of,
    )
    if prevalence > 0:
        add(
            "one instance, with a chance of 95 %",
            "existence",
            {"stop": "until 1 hit"},
            rate=prevalence,
            **of,
        )
        add("none seen, to exclude so large a share", "absence", {}, excludes=prevalence, **of)
    return found


def drawing(
    reads: int, category: str, where: str = "", name: str = "settle", **options: str
) -> str:
    """Write the command that draws so many."""
    words = ["allegiance", "draw", name, "--n", str(reads), "--category", category]
    words += ["--where", where] if where else []
    for option, value in options.items():
        words += [f"--{option}", value]
    return shlex.join(words)
