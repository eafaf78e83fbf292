"""The citation: of one transcript, how it was come by and what each of its draws licenses."""

from allegiance import stats
from allegiance.audit.case import Case, Found, how_found, named_raters
from allegiance.audit.draw import open_draw
from allegiance.audit.evidence import DrawShown, draw_shown
from allegiance.audit.licensing import bounds_from_below, licence
from allegiance.audit.reading import Reading, reading_of
from allegiance.stats import Interval


def citation(case: Case) -> Found:
    """Say of one transcript how it was come by, and what each of its draws licenses."""
    wanted = case.claim.transcript
    shown = case.shown(wanted)
    confirmed = case.confirmed(wanted)
    said = {
        True: f"is labelled {case.wanted} by {named_raters(case.labels.get(wanted, []))}",
        False: f"is labelled as not {case.wanted} by {named_raters(case.labels.get(wanted, []))}",
        None: f"is not settled for {case.wanted}: "
        + ("its raters disagree" if case.labels.get(wanted) else "nobody labelled it"),
    }[confirmed]
    names = dict.fromkeys(s.route.draw for s in shown.sights if s.route.draw)
    parts: list[str] = []
    draws: list[DrawShown] = []
    best: Interval | None = None
    for name in names:
        reading = reading_of(open_draw(case.corpus, case.record, name), case.record, case.wanted)
        granted = licence(reading, case.claim.confidence)
        draws.append(draw_shown(reading, granted))
        licensed = granted.grant in ("rate", "bound")
        if confirmed and granted.interval is not None and licensed:
            parts.append(_licensed(case, reading, granted.interval, granted.grant))
            best = best or granted.interval
        elif granted.grant == "existence":
            parts.append(f"the draw {name} licenses no rate, since {'; '.join(granted.reasons)}")
    if best is None and confirmed:
        best = stats.existence(1, 0, len(case.frame))
        parts.append(f"that is existence alone: at least 1 of these {len(case.frame):,}")
    rest = f". {_capital('; '.join(parts))}" if parts else ""
    return Found(
        "stands" if confirmed else "refuted" if confirmed is False else "cannot be told",
        f"Transcript {wanted[:12]} {said}; {how_found(shown)}{rest}.",
        interval=best,
        adjust=False,
        instances=(shown,),
        draws=tuple(draws),
    )


def _licensed(case: Case, reading: Reading, interval: Interval, grant: str) -> str:
    """Say what a draw licenses of its frame, and what that leaves of the whole corpus."""
    spec = reading.draw.spec
    seen = f"in {spec.name} {interval.hits:,} of {interval.reads:,} read have it"
    if grant == "bound":
        below = bounds_from_below(interval)
        limit = f"at least {interval.count_low:,}" if below else f"at most {interval.count_high:,}"
        limits = f"{limit} of the {spec.frame.population:,}"
    else:
        limits = (
            f"{interval.count_low:,} to {interval.count_high:,} of the {spec.frame.population:,}, "
            f"{100 * interval.low:.2f} to {100 * interval.high:.2f} %"
        )
    whole = case.corpus.at(spec.frame.version).count()
    also = (
        f", and so at least {interval.count_low:,} of all {whole:,}"
        if whole > spec.frame.population and interval.count_low
        else ""
    )
    sure = f"{100 * interval.confidence:.4g} %, {interval.method}, stopping rule: {reading.rule}"
    return f"{seen}: {limits} ({sure}){also}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
