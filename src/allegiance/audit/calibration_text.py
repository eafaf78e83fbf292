"""A calibration in words: limits, and whether a scanner errs alike in two conditions."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command's help loads no numbers
    from allegiance.audit.uneven import ByFactor, Invented
    from allegiance.stats import Interval


def limits(interval: "Interval | None") -> str:
    """Write an estimate with its limits, short."""
    if interval is None:
        return "—"
    about = "no estimate" if interval.estimate is None else f"{100 * interval.estimate:.1f}"
    return f"{about} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def sentence(found: "ByFactor", pair: "Invented") -> str:
    """Say whether a scanner errs alike in two levels, and what gap that alone would make."""
    levels = {one.name: one for one in found.levels}
    names = f"{pair.first} and {pair.second}"
    tests = [t for t in found.tests if (t.first, t.second) == (pair.first, pair.second)]
    differing = [t for t in tests if t.adjusted is not None and t.adjusted <= 0.05]
    invented = _invented(pair)
    if differing:
        told: list[str] = []
        for test in differing:
            ends = [levels[name].of(test.error).interval for name in (pair.first, pair.second)]
            shown = " / ".join(limits(end) for end in ends)
            told.append(f"{test.error} {shown} %, p = {test.adjusted:.2g} adjusted")
        return f"its error differs between {names} ({'; '.join(told)}): {invented}"
    able = [t for t in tests if t.p_value is not None]
    if not able:
        return (
            f"whether its error is the same in {names} can't be told from these labels: {invented}"
        )
    seen = "; ".join(
        f"{t.error} p = {t.adjusted:.2g} adjusted, "
        + (
            "too few labels for any difference"
            if t.smallest is None
            else f"smallest difference seen in 80 % of repeats {100 * t.smallest:.0f} points"
        )
        for t in able
    )
    return (
        f"no difference of its error between {names} is shown, which does not show that there is none "
        f"({seen}): {invented}"
    )


def _invented(pair: "Invented") -> str:
    gap = pair.interval
    if gap is None or gap.estimate is None:
        return "what gap its error alone would make is not known"
    most = max(abs(gap.low), abs(gap.high))
    return (
        f"at no true gap it would show {100 * gap.estimate:+.1f} points [{100 * gap.low:.1f}, "
        f"{100 * gap.high:.1f}] at a prevalence of {100 * pair.prevalence:.3g} %; a gap of up to "
        f"{100 * most:.0f} points can come from this alone"
    )
