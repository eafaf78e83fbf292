"""Claims about one of many: a random example, and the most striking one."""

from allegiance import stats
from allegiance.audit.case import Case, Found
from allegiance.audit.claim import Status
from allegiance.audit.draw import Draw, labels_then
from allegiance.errors import UsageError


def random_example(case: Case) -> Found:
    """Decide whether a transcript came first in a random draw among confirmed ones."""
    wanted, draw = case.claim.transcript, case.draw
    if not wanted:
        raise UsageError("A random example is a transcript: name it with --transcript ID.")
    if draw is None:
        return Found(
            "cannot be told",
            f"Nothing says that {wanted[:12]} was drawn at random among those confirmed: no draw is named.",
            ("`allegiance draw NAME --n 1 --among-confirmed CATEGORY` makes such a draw",),
        )
    if wanted not in draw.order:
        return Found("refuted", f"Transcript {wanted[:12]} is not in the draw {draw.name}.")
    shown = case.shown(wanted)
    position = draw.position(wanted)
    among = _among_confirmed(case, draw)
    if draw.spec.design not in ("random", "census") or (
        draw.record.reported
        and draw.spec.testimony is not None
        and draw.spec.testimony.order != "random"
    ):
        return Found(
            "refuted",
            f"{draw.name} is no random draw, and {wanted[:12]} no random example.",
            instances=(shown,),
        )
    if case.confirmed(wanted) is not True:
        return Found(
            "cannot be told",
            f"{wanted[:12]} is not confirmed as {case.wanted}.",
            instances=(shown,),
        )
    earlier = [one for one in draw.order[: position - 1] if among or case.confirmed(one)]
    untold = [
        one for one in draw.order[: position - 1] if not among and case.confirmed(one) is None
    ]
    if untold:
        return Found(
            "cannot be told",
            f"{len(untold)} places before number {position:,} of {draw.name} could not be told.",
            instances=(shown,),
        )
    rivals = [
        one.name for one in case.record.on_frame(draw.frame.digest) if one.seq < draw.record.seq
    ]
    if earlier:
        return Found(
            "refuted",
            f"{wanted[:12]} is number {len(earlier) + 1} of those confirmed in {draw.name}; the random "
            f"example is the first, {earlier[0][:12]}.",
            instances=(shown,),
        )
    if among and rivals:
        return Found(
            "cannot be told",
            f"{wanted[:12]} came first in {draw.name}, but the same transcripts were drawn before "
            f"({', '.join(rivals)}): the example is the first of the first draw.",
            instances=(shown,),
        )
    of = f"{len(draw.frame):,} confirmed" if among else f"those of {len(draw.frame):,} that have it"
    return Found(
        "stands",
        f"For example, transcript {wanted[:12]}: drawn at random among {of} (draw {draw.name}, seed "
        f"{draw.spec.seed or 'not known'}).",
        ("an example shows what one is like, and carries no rate",),
        instances=(shown,),
        adjust=False,
    )


def _among_confirmed(case: Case, draw: Draw) -> bool:
    """Whether the frame of a draw was of confirmed ones when it was made."""
    then = labels_then(draw.spec.frame, case.record)
    said = (then.get(one, {}).get(case.wanted.category) for one in draw.frame.ids)
    return bool(then) and all(value == case.wanted.value for value in said)


def striking(case: Case) -> Found:
    """Say at which rank by a score a transcript came, out of how many; it carries no rate."""
    wanted = case.claim.transcript
    if not wanted:
        raise UsageError("The most striking one is a transcript: name it with --transcript ID.")
    shown = case.shown(wanted)
    tops = [
        sight
        for sight in case.record.sights_of(wanted)
        if sight.route.kind == "top" and sight.place is not None and sight.route.population
    ]
    if not tops:
        return Found(
            "cannot be told",
            f"No record says that {wanted[:12]} came to a rank by a score: `allegiance show --by SCORE "
            "--position K`, or `allegiance draw NAME --design top --by SCORE`.",
            instances=(shown,),
        )
    sight = min(tops, key=lambda one: (one.place or 0, one.seq))
    place, many = sight.place or 1, sight.route.population or 1
    selected = stats.selection(place, many, many)
    confirmed = case.confirmed(wanted)
    known = {True: "labelled", False: "labelled as not", None: "not labelled as"}[confirmed]
    sentence = (
        f"Transcript {wanted[:12]} ({known} {case.wanted}) was picked as number {place:,} by "
        f"{sight.route.by} out of {many:,}"
        + (", the most striking of all" if place == 1 else "")
        + "; it carries no rate."
    )
    status: Status = (
        "stands" if confirmed else "refuted" if confirmed is False else "cannot be told"
    )
    interval = selected.licenses if confirmed else None
    return Found(
        status,
        sentence,
        (selected.sentence(),),
        interval,
        False,
        (shown,),
        {"rank": place, "candidates": many},
    )
