"""The claim of a gap: its limits, and its p-value among those of the other gaps that were looked at."""

from typing import Any

from allegiance import stats
from allegiance.audit.case import Case, Found, named_raters
from allegiance.audit.claim import Status
from allegiance.audit.gaps import GapSpec, gap_of
from allegiance.audit.specs import read
from allegiance.errors import UsageError


def gap(case: Case) -> Found:
    """Decide whether the limits of a paired difference exclude zero."""
    spec = case.claim.gap
    if spec is None:
        raise UsageError("A gap is between two levels of a factor: --gap tier.")
    found = gap_of(case.frame, spec, case.wanted, case.record, case.claim.confidence)
    interval = found.interval
    tests = _other_gaps(case, spec)
    adjusted = float(stats.adjust([found.p_value, *tests])[0])
    who = (
        f"said by {spec.instrument.scanner} {spec.instrument.digest[:12]}"
        if spec.instrument
        else f"labelled by {named_raters([one for those in case.labels.values() for one in those])}"
    )
    points = (
        f"{100 * interval.point:+.1f} points [{100 * interval.low:.2f}, {100 * interval.high:.2f}]"
    )
    sentence = (
        f"{case.wanted}, {spec.first} minus {spec.second} on the same requests: {points} "
        f"({100 * interval.confidence:.4g} %, {interval.method}; p = {found.p_value:.3g}"
        + (f", {adjusted:.3g} adjusted for {len(tests) + 1} gaps looked at" if tests else "")
        + f"), for the model on requests like these, as {who}."
    )
    if found.equivalence is not None:
        same = "is" if found.equivalence.equivalent else "is not"
        sentence += (
            f" It {same} shown to be smaller than {100 * found.equivalence.margin:g} points."
        )
    status: Status = "stands" if interval.low > 0 or interval.high < 0 else "cannot be told"
    beside = {
        "p_value": found.p_value,
        "p_value_adjusted": adjusted,
        "gaps_looked_at": len(tests) + 1,
        "smallest_detectable": found.smallest_detectable,
        "equivalence": found.to_dict()["equivalence"],
    }
    reasons = ("a gap is of the model, clustered by request; it is no share of these transcripts",)
    if status == "cannot be told":
        reasons = ("the limits hold no gap as well", *reasons)
    return Found(status, sentence, reasons, interval, beside=beside)


def _other_gaps(case: Case, spec: GapSpec) -> list[float]:
    """The p-values of other gaps of this frame that were looked at or claimed, each gap once."""

    def known_by(category: str, value: str, one: GapSpec) -> tuple[Any, ...]:
        digest = one.instrument.digest if one.instrument else ""
        return category, value, one.factor, *sorted((one.first, one.second)), digest

    own = known_by(case.wanted.category, case.wanted.value, spec)
    found: dict[tuple[Any, ...], float] = {}
    for look in case.record.looks:
        body = look.body
        if look.frame != case.frame.digest or "gap" not in body or "p_value" not in body:
            continue
        other = read(GapSpec, body["gap"], f"Event {look.seq} of the ledger, a gap,")
        key = known_by(look.category, str(body.get("value", "")), other)
        if key != own:
            found[key] = float(body["p_value"])
    return list(found.values())
