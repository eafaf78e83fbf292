"""Numbers and lists in words, the same everywhere in a report."""

from collections.abc import Sequence

from allegiance.stats import Interval

MISSING = "◇"
"""The mark of missing data, the same in tables and figures."""


def per_cent(hits: int, reads: int) -> str:
    """Write k of n as a percentage with one decimal."""
    return f"{100 * hits / reads:.1f} %" if reads else "none observed"


def points(difference: float) -> str:
    """Write a difference of fractions in percentage points, with its sign (a true minus sign)."""
    value = round(100 * difference, 1)
    return "0.0" if value == 0 else f"{value:+.1f}".replace("-", "−")


def p_value(p: float) -> str:
    """Write a p-value as it stands in a sentence."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def one_of(names: Sequence[str], at_most: int = 6) -> str:
    """List names with `and`, the first few of many."""
    shown = list(names[:at_most])
    if len(names) > at_most:
        shown.append(f"{len(names) - at_most:,} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun, in the plural where needed."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def rate(fraction: float) -> str:
    """Write a fraction in per cent without the sign: one decimal, two where it is below 1."""
    value = 100 * fraction
    if 0 < value < 0.005:
        return "<0.01"
    return f"{value:.1f}" if value >= 0.995 or value == 0 else f"{value:.2f}"


def limits(interval: Interval) -> str:
    """Write the limits of a rate."""
    return f"{rate(interval.low)}–{rate(interval.high)}"


def spaced(name: str) -> str:
    """Write a name of words with hyphens so that it breaks between them."""
    return name.replace("-", " ")
