"""Planning: how much to read or ask for a goal, and what comes of so much, for every estimator."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from allegiance.stats import (
    planning_chain,
    planning_gap,
    planning_reads,
    planning_requests,
    planning_sequence,
    planning_strata,
)
from allegiance.stats.plan import Plan

Planner = Callable[..., Plan]

_NEEDED: Mapping[str, Planner] = {
    "absence": planning_reads.absence,
    "confidence_sequence": planning_sequence.confidence_sequence,
    "existence": planning_reads.existence,
    "gap": planning_gap.gap,
    "halting": planning_chain.halting,
    "inverse_sampling": planning_reads.inverse_sampling,
    "licence": planning_chain.licence,
    "lower_bound": planning_reads.lower_bound,
    "proportion": planning_reads.proportion,
    "rate": planning_requests.rate,
    "stratified": planning_strata.stratified,
}
_POWER: Mapping[str, Planner] = {
    "absence": planning_reads.absence_power,
    "confidence_sequence": planning_sequence.confidence_sequence_power,
    "existence": planning_reads.existence_power,
    "gap": planning_gap.gap_power,
    "halting": planning_chain.halting_power,
    "inverse_sampling": planning_reads.inverse_sampling_power,
    "licence": planning_chain.licence_power,
    "lower_bound": planning_reads.lower_bound_power,
    "proportion": planning_reads.proportion_power,
    "rate": planning_requests.rate_power,
    "stratified": planning_strata.stratified_power,
}


def reads_needed(estimator: str, **expected: Any) -> Plan:
    """Plan how many reads, labels, requests or steps a goal takes.

    Parameters
    ----------
    estimator
        The name of the estimator, and with it what the keywords are:

        - ``proportion``: rate, width; population
        - ``lower_bound``: rate, above; population, power
        - ``absence``: excludes; population, sensitivity, rate
        - ``inverse_sampling``: rate; hits, population, power
        - ``existence``: rate; population, power
        - ``confidence_sequence``: rate, width; population, prior
        - ``stratified``: rate, width, population, sensitivity, specificity; allocation
        - ``rate``: rate, width, epochs, correlation
        - ``gap``: first, second, epochs, correlation; power
        - ``halting``: p, p0; power, alpha, prior
        - ``licence``: p, p1; power, alpha, prior

        Those after the semicolon have a default. All but ``existence``, ``inverse_sampling``,
        ``halting`` and ``licence`` take a confidence.
    **expected
        The goal, and what is expected. Rates and widths are fractions; `width` is the most that the
        mean width of the interval may be, `power` the chance of reaching the goal, `correlation`
        that between two epochs of one request, `allocation` the share of the labels that go to the
        judge's positives.

    Returns
    -------
    Plan
        ``needed`` is None, with the reason in the notes, where no number is enough.

    Raises
    ------
    ValueError
        Naming an unknown estimator, a keyword that is missing or unknown, or a bad value.

    Notes
    -----
    Expected widths are sums over what may be seen (hypergeometric or binomial), leaving out
    outcomes with a chance of about 2e-9 together; where more than 256 counts are likely, 65 of them
    stand for all. Limits in whole transcripts make such widths rise by a hair now and then in
    populations of a few thousand or fewer: up to 100 reads every number is tried there, and beyond
    the number found is enough while the one before it is not. The fewest reads for a lower bound
    are found tooth by tooth, as its chance is a saw-tooth.

    Inverse sampling: Haldane 1945, r(N + 1)/(D + 1) reads on average. A clustered rate has the
    design effect 1 + (k − 1)ρ (Kish 1965) and the limits of Korn & Graubard 1998. Gaps are
    simulated, with beta-binomial requests and a fixed seed: as exact as their Monte Carlo error.
    Chains are exact, by recursion over counts. Searches end at 1,000,000,000 reads of a process,
    5,000 requests of a gap and 20,000 steps of a chain.

    Examples
    --------
    >>> print(reads_needed("proportion", rate=0.01, width=0.02, population=10_000))
    458 reads: expected width 1.997 points
    >>> plan = reads_needed("existence", rate=0.001, population=10_000)
    >>> print(plan.sentence())
    2,588 reads for at least one hit at 10 hits in 10,000: chance 95 % (exact, hypergeometric),
    provided that the reads come in random order.
    >>> print(reads_needed("lower_bound", rate=0.05, above=0.06))
    no number of reads: the expected rate is not above it
    """
    return _planned("reads_needed", _NEEDED, estimator, expected)


def power(estimator: str, **expected: Any) -> Plan:
    """Say what comes of so many reads, labels, requests or steps.

    Parameters
    ----------
    estimator
        The name of the estimator, as for `reads_needed`.
    **expected
        As for `reads_needed`, with ``reads``, ``requests`` (for ``rate`` and ``gap``) or ``steps``
        (for ``halting`` and ``licence``) in place of the goal's width or power. ``absence`` takes
        a true rate, and tells the chance that all reads are clean.

    Returns
    -------
    Plan
        ``achieved`` is the chance of reaching the goal or, where the goal is a width (``proportion``,
        ``confidence_sequence``, ``stratified``, ``rate``), the expected width.

    Raises
    ------
    ValueError
        Naming an unknown estimator, a keyword that is missing or unknown, or a bad value.

    Notes
    -----
    As for `reads_needed`. ``halting`` and ``licence`` have the mean stop among the chains that stop.

    Examples
    --------
    >>> print(power("lower_bound", reads=100, rate=0.05, above=0.01, population=10_000))
    100 reads: chance 74.36 %
    >>> plan = power("halting", steps=500, p=0.02, p0=0.02)
    >>> print(plan.sentence())
    500 steps for a halt at p0 = 2 %, alpha = 0.05, of a chain that breaks at 2 %: chance 2.91 %
    (exact, by recursion over counts), provided that the steps are independent and break at one
    rate.
    >>> round(power("halting", steps=500, p=0.2, p0=0.02).beside["mean stop"], 1)
    15.0
    """
    return _planned("power", _POWER, estimator, expected)


def _planned(
    asked: str, planners: Mapping[str, Planner], estimator: str, expected: dict[str, Any]
) -> Plan:
    if estimator not in planners:
        raise ValueError(f"estimator must be one of {', '.join(planners)}, not {estimator!r}")
    planner = planners[estimator]
    known = inspect.signature(planner).parameters
    takes = f"{asked}({estimator!r}) takes {', '.join(known)}"
    if unknown := [name for name in expected if name not in known]:
        raise ValueError(f"{', '.join(unknown)} is not known: {takes}")
    missing = [
        name
        for name, parameter in known.items()
        if parameter.default is parameter.empty and name not in expected
    ]
    if missing:
        raise ValueError(f"{', '.join(missing)} must be given: {takes}")
    return planner(**expected)
