"""Signing: which extrapolation each rater would put a name to, and whether they agree."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from allegiance.audit.ledger import Ledger
from allegiance.study.interpretations import Extrapolation

KIND = "sign"


@dataclass(frozen=True)
class Signed:
    """What raters signed: the last choice of each, of extrapolations that still have the words that were signed.

    Attributes
    ----------
    choices
        Rater to the name of the extrapolation.
    reworded
        Raters whose choice was of other words than those on file now; they count in nothing.
    """

    choices: Mapping[str, str]
    reworded: tuple[str, ...] = ()

    @property
    def pairs(self) -> tuple[int, int]:
        """How many pairs of raters chose the same, of how many; agreement on one question has no coefficient."""
        all_ = list(combinations(self.choices.values(), 2))
        return sum(first == second for first, second in all_), len(all_)

    @property
    def counts(self) -> dict[str, int]:
        """Extrapolation to how many raters signed it, the commonest first."""
        return dict(Counter(self.choices.values()).most_common())

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        same, pairs = self.pairs
        return {
            "choices": dict(self.choices),
            "counts": self.counts,
            "pairs_agreeing": same,
            "pairs": pairs,
            "reworded": list(self.reworded),
        }


def sign(ledger: Ledger, chosen: Extrapolation, rater: str) -> None:
    """Record that a rater would sign an extrapolation, in the words that it has now."""
    body = {"extrapolation": chosen.name, "words": _words(chosen), "rater": rater}
    ledger.append(KIND, chosen.name, body, rater)


def signed(ledger: Ledger, on_file: Mapping[str, Extrapolation]) -> Signed:
    """Gather what was signed; who signs again has changed their mind."""
    last = {str(event.body["rater"]): event.body for event in ledger.events(kinds=(KIND,))}
    now = {name: _words(one) for name, one in on_file.items()}
    fresh = {r: body for r, body in last.items() if now.get(body["extrapolation"]) == body["words"]}
    return Signed(
        {rater: str(body["extrapolation"]) for rater, body in sorted(fresh.items())},
        tuple(sorted(last.keys() - fresh.keys())),
    )


def _words(one: Extrapolation) -> str:
    return hashlib.sha256(f"{one.of}\0{one.text}".encode()).hexdigest()
