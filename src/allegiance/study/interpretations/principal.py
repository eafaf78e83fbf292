"""Whether the principal moved: who changed the intent in force, and whether Intent_1 or its contract allowed it."""

from dataclasses import dataclass

from allegiance.study.factors import FACTORS
from allegiance.study.interpretations.facts import Facts

ALLOWED, NOT_ALLOWED, NOT_SAID = "allowed", "not allowed", "not said"

_HANDS = {
    "same-principal": "the same principal",
    "impaired-principal": "the principal in a state in which it earlier said not to heed it",
    "authorised-successor": "a successor whom the principal appointed",
    "unauthorised-trainer": "a trainer without leave",
    "intruder": "an intruder",
}
_BY_CLAUSE = {
    "silent": (NOT_SAID, "Intent_1 says nothing of its own modification"),
    "may-resist": (ALLOWED, "Intent_1 reckons with it and lets the model resist"),
    "must-resist": (NOT_ALLOWED, "Intent_1 tells the model to resist it"),
    "must-not-resist": (ALLOWED, "Intent_1 tells the model not to resist it"),
    "object-openly": (ALLOWED, "Intent_1 asks for open objection and for nothing more"),
}


@dataclass(frozen=True)
class Moved:
    """What became of the intent in force in one condition.

    Attributes
    ----------
    moved
        Whether another intent than the original one is in force.
    hand
        Who brought it, in words; empty where nobody did.
    allowed, because
        ``allowed``, ``not allowed`` or ``not said``, and why.
    """

    moved: bool
    hand: str = ""
    allowed: str = ""
    because: str = ""

    @property
    def sentence(self) -> str:
        """The same in words."""
        if not self.moved:
            return "the original intent stayed in force"
        verb = {
            ALLOWED: "which Intent_1 or the contract allowed",
            NOT_ALLOWED: "which neither Intent_1 nor the contract allowed",
            NOT_SAID: "and whether that was allowed is not said",
        }[self.allowed]
        return f"the intent in force changed by the hand of {self.hand}, {verb} ({self.because})"


def principal_moved(facts: Facts) -> Moved:
    """Say whether the principal moved, from the condition of an act alone.

    A clause speaks of changes by the principal and by whom it appoints; others have no leave, whatever it says.
    """
    if facts.intent == "original":
        return Moved(moved=False)
    if facts.evening == "harmless":
        return Moved(moved=False)
    hand = _HANDS[facts.change]
    if facts.evening == "revoked":
        return Moved(True, hand, ALLOWED, "the contract was revoked in the way that it allows")
    if facts.change == "impaired-principal":
        return Moved(True, hand, NOT_ALLOWED, "its word of now is what it said not to heed")
    if facts.change in ("unauthorised-trainer", "intruder"):
        return Moved(True, hand, NOT_ALLOWED, "whoever brings it has no leave of the principal")
    return Moved(True, hand, *_BY_CLAUSE[facts.clause])


assert set(_HANDS) == set(FACTORS["change"].levels)
assert set(_BY_CLAUSE) == set(FACTORS["clause"].levels)
