"""Terms: whether the word sways the rater. Each rater is told a category in one side's words, at random.

The definition, and so what a label means, stays the same: the labels count together, and each says
in whose words its rater was told.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from allegiance.audit.draw import Draw
from allegiance.audit.label_specs import Side, Terms, TermsSpec
from allegiance.audit.ledger import Ledger
from allegiance.audit.properties import says
from allegiance.audit.record import Labelled
from allegiance.audit.specs import Property
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Category
from allegiance.stats import Gap, Interval, gap, rate

_SIDES: tuple[Side, ...] = ("A", "B")


@dataclass(frozen=True)
class Shift:
    """How labels under one side's words differ from those under the other's.

    Attributes
    ----------
    category, value
        The share of which value.
    labels, raters, items
        How many labels under each side's words (A, then B), by how many raters, of how many items.
    rates
        The share of the value under each side's words.
    shared
        Items that were labelled under both.
    paired
        The difference A minus B on those, with limits and a p-value; None where there are too few.
    separate
        The difference on all items, each side's on its own, with limits; None where a side has none.
    p_value
        Of Fisher's exact test on all items, for `separate`.
    """

    category: str
    value: str
    labels: tuple[int, int]
    raters: tuple[int, int]
    items: tuple[int, int]
    rates: tuple[Interval | None, Interval | None]
    shared: int
    paired: Gap | None
    separate: tuple[float, float, float] | None
    p_value: float | None

    def notes(self) -> tuple[str, ...]:
        """Say what has to be kept in mind."""
        if min(self.raters) < 2:
            return (
                "a side with one rater shows how that rater differs as much as what the words do: have "
                "several raters a side, or each item at random one side's (--terms items)",
            )
        return ()

    def to_dict(self) -> dict[str, Any]:
        """Return the shift as JSON can carry it."""
        return {
            "category": self.category,
            "value": self.value,
            "labels": dict(zip(_SIDES, self.labels, strict=True)),
            "raters": dict(zip(_SIDES, self.raters, strict=True)),
            "items": dict(zip(_SIDES, self.items, strict=True)),
            "rates": {
                side: None if one is None else one.to_dict()
                for side, one in zip(_SIDES, self.rates, strict=True)
            },
            "shared": self.shared,
            "paired": None if self.paired is None else self.paired.to_dict(),
            "separate": None
            if self.separate is None
            else dict(zip(("estimate", "low", "high"), self.separate, strict=True)),
            "p_value": self.p_value,
            "notes": list(self.notes()),
        }


def check_terms(category: Category, mode: str) -> Terms:
    """Read a mode of terms, and see that a category has the words of both sides.

    Raises
    ------
    UsageError
        If not.
    """
    if mode not in get_args(Terms):
        raise UsageError(f"--terms {mode}: there are A, B, both and items.")
    if not category.terms:
        raise UsageError(
            f"--terms: the codebook has no words of two sides for {category.name}; give it `terms` in "
            "the codebook.yaml of the workspace, or leave --terms out."
        )
    return cast(Terms, mode)


def settle_terms(ledger: Ledger, draw: Draw, category: str, rater: str, mode: Terms) -> TermsSpec:
    """Settle in whose words a rater is told a category in a draw; once settled, it stays.

    With ``both`` the side that fewer raters have, and where that is even, one by a digest of the
    ledger's id, the draw, the category and the rater.

    Raises
    ------
    UsageError
        If another mode is settled for this rater.
    """
    subject = f"{draw.name} {category}"
    with ledger.writing() as page:
        known = [TermsSpec(**event.body) for event in page.events(("terms",), subject)]
        own = next((one for one in reversed(known) if one.rater == rater), None)
        if own is not None:
            if own.mode != mode:
                raise UsageError(
                    f"{rater} labels {draw.name} with --terms {own.mode} already; go on with that."
                )
            return own
        if mode == "both":
            count = {s: sum(one.side == s for one in known) for s in _SIDES}
            even = count["A"] == count["B"]
            first = _coin(ledger.id, f"{draw.name}\n{category}\n{rater}")
            side = first if even else min(_SIDES, key=count.__getitem__)
        else:
            side = "" if mode == "items" else mode
        made = TermsSpec(draw=draw.name, category=category, rater=rater, mode=mode, side=side)
        page.append("terms", subject, made.to_dict(), rater)
    return made


def side_of(settled: TermsSpec | None, ledger_id: str, position: int) -> Literal["", "A", "B"]:
    """Say in whose words a place of a draw is asked about: with ``items``, of each two places one a side."""
    if settled is None:
        return ""
    if settled.side:
        return settled.side
    pair, second = divmod(position - 1, 2)
    first = _coin(ledger_id, f"{settled.draw}\n{settled.category}\n{settled.rater}\n{pair}")
    return first if not second else ("B" if first == "A" else "A")


def shift(labels: Iterable[Labelled], wanted: Property, confidence: float = 0.95) -> Shift | None:
    """Compare the labels under one side's words with those under the other's.

    Parameters
    ----------
    labels
        Labels of one category under one definition; those under the neutral definition don't count.
    wanted
        The property whose share is compared.
    confidence
        Nominal coverage.

    Returns
    -------
    Shift or None
        None where no label was given under anybody's words.
    """
    sides: dict[str, dict[str, list[float]]] = {"A": {}, "B": {}}
    raters: dict[str, set[str]] = {"A": set(), "B": set()}
    for one in labels:
        side, said = one.label.terms, says(wanted, one.label.value)
        if side and said is not None:
            sides[side].setdefault(one.label.transcript_id, []).append(float(said))
            raters[side].add(one.label.rater)
    if not sides["A"] and not sides["B"]:
        return None
    first, second = sides["A"], sides["B"]
    shared = sorted(set(first) & set(second))
    paired = None
    if len(shared) > 1:
        paired = gap([first[o] for o in shared], [second[o] for o in shared], confidence)
    rates = tuple(rate([*s.values()], confidence) if s else None for s in (first, second))
    separate, p_value = _separate(rates, [*first.values()], [*second.values()])
    return Shift(
        category=wanted.category,
        value=wanted.value,
        labels=(sum(map(len, first.values())), sum(map(len, second.values()))),
        raters=(len(raters["A"]), len(raters["B"])),
        items=(len(first), len(second)),
        rates=cast(tuple[Interval | None, Interval | None], rates),
        shared=len(shared),
        paired=paired,
        separate=separate,
        p_value=p_value,
    )


def _separate(
    rates: tuple[Interval | None, ...], first: list[list[float]], second: list[list[float]]
) -> tuple[tuple[float, float, float] | None, float | None]:
    """The difference of two rates on items of their own (MOVER), and Fisher's p-value.

    Newcombe 1998: the limits of each rate, put together as distances.
    """
    from scipy import stats as scipy_stats

    from allegiance.stats.difference import mover

    one, other = rates
    if one is None or other is None:
        return None, None
    low, high = mover(
        (one.point, one.low, one.high), (other.point, other.low, other.high), 0.0, furthest=1.0
    )
    table = [[sum(map(sum, s)), sum(map(len, s)) - sum(map(sum, s))] for s in (first, second)]
    p_value = cast(Any, scipy_stats).fisher_exact(table).pvalue
    return (one.point - other.point, low, high), float(p_value)


def _coin(key: str, message: str) -> Side:
    digest = hmac.new(key.encode(), f"allegiance terms\n{message}".encode(), hashlib.sha256)
    return _SIDES[digest.digest()[0] & 1]
