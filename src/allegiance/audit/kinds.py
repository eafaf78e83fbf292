"""The kinds of claims: for each, what is needed, when it stands, and what is then said."""

from collections.abc import Callable, Mapping
from typing import Any

from allegiance import stats
from allegiance.audit.case import Case, Found, how_found, named_raters
from allegiance.audit.citation import citation
from allegiance.audit.claim import Kind, Said, Status
from allegiance.audit.gap_claim import gap
from allegiance.audit.licensing import bounds_from_below
from allegiance.audit.one_of_them import random_example, striking
from allegiance.audit.reading import Reading
from allegiance.audit.record import Labelled
from allegiance.errors import UsageError
from allegiance.stats import Interval
from allegiance.stats.interval import percent


def _existence(case: Case) -> Found:
    wanted = case.claim.transcript
    if wanted and wanted not in frozenset(case.frame.ids):
        return Found(
            "cannot be told",
            f"The transcript {wanted[:12]} is not in the frame ({case.frame.spec.name}).",
        )
    chosen = wanted or (case.instances[0] if case.instances else "")
    if not chosen:
        return Found(
            "cannot be told",
            f"No transcript of the frame is labelled {case.wanted}: existence takes a labelled instance.",
            ("label one: `allegiance label DRAW`, or `allegiance label --transcript ID`",),
        )
    shown = case.shown(chosen)
    said = case.confirmed(chosen)
    if said is not True or not shown.quotes_found:
        why = (
            "a quote of its label is not in its text"
            if said
            else "its labels say otherwise"
            if said is False
            else "its raters disagree"
            if case.labels.get(chosen)
            else "nobody labelled it"
        )
        return Found(
            "cannot be told",
            f"Transcript {chosen[:12]} is no labelled instance of {case.wanted}: {why}.",
            instances=(shown,),
        )
    refuted = sum(case.confirmed(one) is False for one in case.labels)
    interval = stats.existence(len(case.instances), refuted, len(case.frame))
    sentence = (
        f"Transcript {chosen[:12]} is labelled {case.wanted} by {named_raters(case.labels[chosen])}: such a "
        f"transcript exists among these {len(case.frame):,} ({how_found(shown)}); that carries no rate."
    )
    return Found(
        "stands",
        sentence,
        ("one labelled instance shows existence, however it was found",),
        interval,
        False,
        (shown,),
    )


def _none_seen(case: Case) -> Found:
    reading = _reading(case)
    if not reading.reads:
        return Found("cannot be told", f"Nothing of {reading.draw.name} is labelled yet.")
    hits = {read.transcript_id: read.position for read in reading.reads if read.hit}
    hits |= _read_out_of_turn(case, reading)
    if hits:
        first, position = next(iter(hits.items()))
        return Found(
            "refuted",
            f"{len(hits)} of the {len(reading.reads) + reading.beyond:,} read in {reading.draw.name} "
            f"{'is' if len(hits) == 1 else 'are'} labelled {case.wanted}, the first of them number "
            f"{position:,} ({first[:12]}).",
            interval=case.granted.interval if case.granted and reading.hits else None,
            instances=(case.shown(first),),
        )
    if reading.missing:
        return Found(
            "cannot be told",
            f"None of {reading.observed:,} read in {reading.draw.name} is labelled {case.wanted}, but "
            f"{reading.missing:,} more could not be told.",
            interval=excluded(case, reading),
        )
    interval = excluded(case, reading)
    outside = _outside(case, reading)
    about = (
        _excludes(interval, case)
        if interval is not None
        else "it says nothing of the rest of the frame"
    )
    sentence = (
        f"None of the {len(reading.reads):,} transcripts read out of {reading.population:,} is labelled "
        f"{case.wanted} by {named_raters(labels_behind(reading))}; {about}."
    )
    return Found("stands", sentence, (*_reasons(case), *outside), interval)


def _none_exist(case: Case) -> Found:
    if case.instances:
        shown = case.shown(case.instances[0])
        more = len(case.instances) - 1
        also = f", and {more:,} more" if more else ""
        return Found(
            "refuted",
            f"Transcript {shown.transcript_id[:12]} is labelled {case.wanted} by "
            f"{named_raters(case.labels[shown.transcript_id])}{also}: one is enough ({how_found(shown)}).",
            interval=stats.existence(len(case.instances), 0, len(case.frame)),
            adjust=False,
            instances=(shown,),
        )
    if case.draw is None:
        return Found(
            "cannot be told",
            f"No transcript of the frame is labelled {case.wanted}, and no draw is named whose reads "
            "could exclude a share of them.",
            ("name a draw on this frame with --draw, or make one",),
        )
    reading = _reading(case)
    if not reading.reads:
        return Found("cannot be told", f"Nothing of {reading.draw.name} is labelled yet.")
    interval = excluded(case, reading)
    if interval is None:
        return Found(
            "cannot be told",
            f"None of the {len(reading.reads):,} read is labelled {case.wanted}, which excludes nothing "
            f"in the frame: {'; '.join(_reasons(case))}.",
            _reasons(case),
        )
    everyone = reading.observed == reading.population and interval.high == 0
    if everyone and _all_noticed(case):
        return Found(
            "stands",
            f"All {reading.population:,} transcripts of the frame were read, and none is labelled "
            f"{case.wanted} by {named_raters(labels_behind(reading))}.",
            ("the raters overlook none",),
            interval,
        )
    return Found(
        "cannot be told",
        f"None of {reading.observed:,} read out of {reading.population:,} is labelled {case.wanted}"
        + (f", and {reading.missing:,} more could not be told" if reading.missing else "")
        + f"; {_excludes(interval, case)}, and that is not none.",
        _reasons(case),
        interval,
    )


def _prevalence(case: Case) -> Found:
    reading, granted = _reading(case), case.granted
    assert granted is not None
    interval = granted.interval
    if interval is None or granted.grant in ("existence", "nothing"):
        return Found(
            "cannot be told",
            f"No rate of {case.wanted} is licensed by {reading.draw.name}: {'; '.join(granted.reasons)}.",
            granted.reasons,
            interval,
            False,
        )
    by = f" by {named_raters(labels_behind(reading))}"
    seen = f"{interval.hits:,} of {interval.reads:,} read out of {interval.population:,}"
    sure = f"{100 * interval.confidence:.4g} %"
    named = case.frame.spec.name
    frame = f"these {interval.population:,}" + ("" if named == "all transcripts" else f" ({named})")
    if granted.grant == "bound":
        low, high = f"{100 * interval.low:.2f} %", f"{100 * interval.high:.2f} %"
        limit = f"at least {low}" if bounds_from_below(interval) else f"at most {high}"
        told = f"{limit} of {frame} would be labelled {case.wanted}{by} ({sure}, {interval.method})"
    else:
        told = (
            f"{percent(interval.point)} of {frame} would be labelled {case.wanted}{by} ({sure} "
            f"interval {100 * interval.low:.2f} to {100 * interval.high:.2f} %, {interval.method})"
        )
    status: Status = "stands"
    verdict = ""
    if case.claim.says is not None:
        status, verdict = _compared(case.claim.says, interval)
        verdict = f" {verdict}"
    beside = _missing(interval)
    return Found(
        status,
        f"{seen}: {told}.{verdict}{_missing_told(interval)}",
        _reasons(case),
        interval,
        beside=beside,
    )


DECIDED: Mapping[Kind, Callable[[Case], Found]] = {
    "existence": _existence,
    "none-seen": _none_seen,
    "none-exist": _none_exist,
    "prevalence": _prevalence,
    "gap": gap,
    "random-example": random_example,
    "striking": striking,
    "citation": citation,
}


def _reading(case: Case) -> Reading:
    if case.reading is None:
        raise UsageError(f"A claim of {case.claim.kind} rests on a draw: name it with --draw.")
    return case.reading


def labels_behind(reading: Reading) -> list[Labelled]:
    """Give the labels that a reading rests on."""
    return [one for read in reading.reads for one in read.labels]


def excluded(case: Case, reading: Reading) -> Interval | None:
    """What share none among the reads excludes, by the reading's own route; None where it licenses nothing."""
    granted = case.granted
    if granted is None or granted.interval is None or granted.grant in ("existence", "nothing"):
        return None
    noticed = case.claim.noticed
    if _plain(reading):
        sensitivity = None if noticed is None else (noticed.caught, noticed.planted)
        return stats.absence(
            reading.observed, reading.population, sensitivity, case.claim.confidence
        )
    return granted.interval


def _plain(reading: Reading) -> bool:
    """Whether it is a random draw of a fixed number, of which nothing is missing."""
    fixed = reading.rule.kind == "fixed" and reading.draw.spec.design in ("random", "census")
    return fixed and not reading.missing


def _all_noticed(case: Case) -> bool:
    """Whether nothing says that raters overlook some."""
    noticed = case.claim.noticed
    return noticed is None or noticed.caught == noticed.planted


def _read_out_of_turn(case: Case, reading: Reading) -> dict[str, int]:
    """Hits of the draw that were labelled in it on places that don't count towards a number."""
    if case.draw is None:
        return {}
    later = case.draw.order[len(reading.reads) :] if reading.beyond else ()
    return {
        identifier: position
        for position, identifier in enumerate(later, len(reading.reads) + 1)
        if case.confirmed(identifier)
        and any(one.label.draw == case.draw.name for one in case.labels[identifier])
    }


def _excludes(interval: Interval, case: Case) -> str:
    _, high = widest(interval)
    share = f"{100 * high:.2f} %"
    return (
        f"a share above {share} of the {interval.population:,} is excluded at "
        f"{100 * interval.confidence:.4g} % ({interval.method})"
    )


def _outside(case: Case, reading: Reading) -> tuple[str, ...]:
    """Confirmed ones that were not among the reads: they leave the sentence about the reads alone."""
    read = {one.transcript_id for one in reading.reads}
    others = [one for one in case.instances if one not in read]
    if not others:
        return ()
    return (
        f"{len(others)} of the frame {'is' if len(others) == 1 else 'are'} labelled {case.wanted} that "
        f"{'was' if len(others) == 1 else 'were'} not among the reads ({others[0][:12]}): none-exist is "
        "refuted, this is not",
    )


def _reasons(case: Case) -> tuple[str, ...]:
    granted, reading = case.granted, case.reading
    if granted is None or reading is None:
        return ()
    reasons = list(granted.reasons)
    if reading.beyond:
        reasons.append(
            f"{reading.beyond:,} labels on later places don't count: a place before them has none"
        )
    noticed = case.claim.noticed
    if noticed is not None:
        source = "on record" if noticed.source == "planted" else "as stated"
        seen = f"{noticed.caught} of {noticed.planted} planted cases were noticed ({source})"
        reasons.append(
            f"{seen}, taken to be as easy to notice as real ones"
            if _plain(reading)
            else f"{seen}, which the limits don't allow for: that takes a random draw of a fixed number, "
            "read whole"
        )
    if reading.draw.spec.frame.unscanned:
        reasons.append(
            f"{reading.draw.spec.frame.unscanned:,} transcripts had no verdict when the frame was made, "
            "and are not in it"
        )
    return tuple(reasons)


def widest(interval: Interval) -> tuple[float, float]:
    """Give the limits, or those that hold whatever the missing places are: nobody may claim by what is missing."""
    worst = interval.worst_case
    if worst is None:
        return interval.low, interval.high
    return min(interval.low, worst.low), max(interval.high, worst.high)


def _compared(said: Said, interval: Interval) -> tuple[Status, str]:
    """Set a claimed number beside the limits."""
    claimed = f"{said.how.replace('-', ' ')} {percent(said.rate)}"
    low, high = widest(interval)
    inside = low <= said.rate <= high
    if said.how == "about":
        if inside:
            return "stands", f"About {percent(said.rate)} is compatible with that."
        return "refuted", f"About {percent(said.rate)} is outside these limits."
    above, below = low > said.rate, high < said.rate
    holds, fails = (below, above) if said.how == "at-most" else (above, below)
    if (
        holds
        or (said.how == "at-most" and high == said.rate)
        or (said.how == "at-least" and low == said.rate)
    ):
        return "stands", f"{claimed.capitalize()} is shown."
    if fails:
        return "refuted", f"{claimed.capitalize()} is excluded."
    return "cannot be told", f"{claimed.capitalize()} is neither shown nor excluded."


def _missing(interval: Interval) -> dict[str, Any]:
    return {} if not interval.missing else {"missing": interval.missing}


def _missing_told(interval: Interval) -> str:
    worst = interval.worst_case
    if worst is None:
        return ""
    return (
        f" {interval.missing:,} could not be told; whatever they are, the limits lie within "
        f"{100 * worst.low:.2f} to {100 * worst.high:.2f} %."
    )
