"""The organism's side of the conversation: the few sentences that embedded models can read, scenario by scenario."""

from collections.abc import Sequence

from allegiance.study.prompts.base import PromptSet, Request
from allegiance.study.prompts.organism.asking import Asked, draw_asked, take_apart
from allegiance.study.prompts.organism.conflict import EDITING, INTENTS, ORGANISM, TIERS
from allegiance.study.prompts.organism.contract import CONTRACTS
from allegiance.study.prompts.organism.doubt import DOUBT
from allegiance.study.prompts.organism.drives import DRIVES
from allegiance.study.prompts.organism.handover import HANDOVER
from allegiance.study.prompts.organism.persona import PERSONA
from allegiance.study.prompts.organism.words import PRINCIPALS, OrganismPrompts

ORGANISM_SETS: Sequence[PromptSet] = (
    ORGANISM,
    EDITING,
    CONTRACTS,
    DOUBT,
    PERSONA,
    DRIVES,
    HANDOVER,
)
"""The prompt set of each scenario that some organism reads."""


def organism_requests(n: int, kind: str = "harmful", *, seed: int = 0) -> list[Request]:
    """Draw ``n`` different requests of the training conflict, the same ones for the same seed."""
    return ORGANISM.requests(kind, n, seed)


__all__ = [
    "INTENTS", "ORGANISM", "ORGANISM_SETS", "PRINCIPALS", "TIERS", "Asked", "OrganismPrompts",
    "draw_asked", "organism_requests", "take_apart",
]  # fmt: skip
