"""What a transcript and its route mean for somebody else's sentence, under one definition of the words."""

from dataclasses import dataclass
from typing import Literal

from allegiance.audit.challenge_file import Challenge, Party, fraction_of, number_of
from allegiance.audit.claim import Said, Status
from allegiance.audit.frames import Frame
from allegiance.audit.licensing import Licence, bounds_from_below
from allegiance.audit.plans import drawing
from allegiance.audit.specs import DrawSpec
from allegiance.stats import Plan, reads_needed
from allegiance.stats.interval import percent

Belongs = Literal["yes", "no", "undecided"]


@dataclass(frozen=True)
class Bearing:
    """What a route licenses of its own frame, and what that is of the claim's."""

    granted: Licence
    within: Literal["same", "part", "other"]


def _existence(
    asked: Challenge, belongs: Belongs, identifier: str, bearing: Bearing | None, population: Frame
) -> tuple[Status, str]:
    if belongs == "yes":
        return "stands", f"Transcript {identifier[:12]} is one, and one is enough."
    return "cannot be told", _bears_not(identifier, belongs)


def _none_exist(
    asked: Challenge, belongs: Belongs, identifier: str, bearing: Bearing | None, population: Frame
) -> tuple[Status, str]:
    if belongs == "yes":
        return (
            "refuted",
            f"Transcript {identifier[:12]} is one, and one is enough, however it was found.",
        )
    return "cannot be told", _bears_not(identifier, belongs)


def _none_seen(
    asked: Challenge, belongs: Belongs, identifier: str, bearing: Bearing | None, population: Frame
) -> tuple[Status, str]:
    if belongs != "yes":
        return "cannot be told", _bears_not(identifier, belongs)
    read = asked.claim.read
    if read is None:
        return (
            "cannot be told",
            f"Transcript {identifier[:12]} is one, so that there are some; whether it was among those that "
            f"{asked.claim.by} read is not said, and the sentence is about what was read.",
        )
    if any(identifier.startswith(one.lower()) for one in read):
        return (
            "refuted",
            f"Transcript {identifier[:12]} is one, and was among those that {asked.claim.by} read.",
        )
    return (
        "stands",
        f"Transcript {identifier[:12]} is one, but was not among the {len(read):,} that {asked.claim.by} "
        "read: the sentence about those stands, and one that there are none would not.",
    )


def _prevalence(
    asked: Challenge, belongs: Belongs, identifier: str, bearing: Bearing | None, population: Frame
) -> tuple[Status, str]:
    said = number_of(asked.claim)
    if belongs != "yes" or bearing is None or bearing.granted.interval is None:
        why = (
            _bears_not(identifier, belongs)
            if belongs != "yes"
            else "Nothing on record or reported says how it was found."
        )
        return "cannot be told", why
    interval = bearing.granted.interval
    limits = f"{100 * interval.low:.2f} to {100 * interval.high:.2f} %"
    claimed = f"{said.how.replace('-', ' ')} {percent(said.rate)}"
    if bearing.within != "same":
        # Of a part, what it is sure to hold bounds the whole; of another frame, this transcript alone does.
        sure = max(interval.count_low or 0, 1) if bearing.within == "part" else 1
        low, high = sure / len(population), 1.0
        limits = f"at least {sure:,} of all {len(population):,}"
    else:
        low, high = interval.low, interval.high
    above, below = low > said.rate, high < said.rate
    refuted = (said.how in ("at-most", "about") and above) or (
        said.how in ("at-least", "about") and below
    )
    shown = (said.how == "at-least" and low >= said.rate) or (
        said.how == "at-most" and high <= said.rate
    )
    status: Status = "refuted" if refuted else "stands" if shown else "cannot be told"
    return status, f"The route leaves {limits} ({interval.method}), against {claimed}."


STATUS = {
    "existence": _existence,
    "none-exist": _none_exist,
    "none-seen": _none_seen,
    "prevalence": _prevalence,
}


def _bears_not(identifier: str, belongs: Belongs) -> str:
    if belongs == "no":
        return f"By this definition transcript {identifier[:12]} is not one, and does not bear on the claim."
    return f"This definition does not say whether transcript {identifier[:12]} is one."


def licences(
    bearing: Bearing | None, belongs: Belongs, spec: DrawSpec | None, population: Frame
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say what the route licenses and what it does not."""
    rate = "a share of the frame: a number for how common it is"
    if bearing is None or spec is None:
        exists = ("that such a transcript exists",) if belongs == "yes" else ()
        return exists, (f"{rate}, since how it was found is neither on record nor reported",)
    if belongs != "yes":
        return (), (f"{rate} of what this definition means",)
    granted = bearing.granted
    exists = f"that such a transcript exists among {spec.frame.population:,} ({spec.frame.name})"
    if granted.interval is None or granted.grant in ("existence", "nothing"):
        return (exists,), (f"{rate}, since {'; '.join(granted.reasons)}",)
    interval = granted.interval
    of = f"of the {interval.population:,} ({interval.method})"
    unlicensed: tuple[str, ...] = ()
    if granted.grant == "bound" and bounds_from_below(interval):
        told = f"at least {interval.count_low:,} {of}"
        unlicensed = (f"an upper limit, since {'; '.join(granted.reasons)}",)
    elif granted.grant == "bound":
        told = f"at most {interval.count_high:,} {of}"
        unlicensed = ("a lower limit: reading stopped before the declared hit",)
    else:
        told = f"{interval.count_low:,} to {interval.count_high:,} {of}"
    if bearing.within == "part" and interval.count_low:
        of_all = f"at least {interval.count_low:,} of all {len(population):,}"
        beyond = "an upper limit for all: the rest was not read"
        return (exists, told, of_all), (*unlicensed, beyond)
    if bearing.within != "same":
        beyond = (
            f"more of the {len(population):,} than this one: they are not those it was read from"
        )
        return (exists, told), (*unlicensed, beyond)
    return (exists, told), unlicensed


def plan_for(asked: Challenge, population: Frame) -> tuple[Plan | None, str]:
    """Find the least reading that would settle a claim that can't be told, in 80 to 95 % of cases."""
    size, claim = len(population), asked.claim
    category = claim.category
    if claim.kind == "prevalence":
        said = number_of(claim)
        plan = _to_tell(said, size)
        stop = {}
    else:
        excluded = fraction_of("share", claim.share)
        plan = reads_needed("absence", excludes=excluded, population=size)
        stop = {"stop": "until 1 hit"} if claim.kind == "existence" else {}
    if plan is None or plan.needed is None:
        return plan, ""
    return plan, drawing(plan.needed, category, claim.where, **stop)


def _to_tell(said: Said, population: int) -> Plan | None:
    """Reads that tell a rate of twice or half the claimed one from it."""
    rate = said.rate
    plans: list[Plan] = []
    double = min(2 * rate, (1 + rate) / 2)
    if said.how in ("at-most", "about") and 0 < rate < 1:
        plans.append(reads_needed("lower_bound", rate=double, above=rate, population=population))
    if said.how in ("at-least", "about") and 0 < rate < 1:
        # "Below" is "above" for the share of those that don't have it.
        plans.append(
            reads_needed("lower_bound", rate=1 - rate / 2, above=1 - rate, population=population)
        )
    there = [plan for plan in plans if plan.needed is not None]
    return max(there, key=lambda plan: plan.needed or 0) if there else (plans[0] if plans else None)


def belonging(shows: frozenset[str], party: Party) -> Belongs:
    """Whether a transcript that answers to these clauses has the property by a party's definition."""
    if shows & set(party.counts):
        return "yes"
    return "no" if shows <= set(party.leaves_out) else "undecided"
