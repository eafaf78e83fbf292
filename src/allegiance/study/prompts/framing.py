"""What a framing is made of: every piece of prose that the factors of a training conflict can call for.

A framing tells the same set-up in its own words. It holds one piece for each level of each factor, so that a change
of level changes that piece and no other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from allegiance.study.prompts.base import Setting


@dataclass(frozen=True)
class Marker:
    """The sign in front of every message of a user that says in which tier it is.

    Attributes
    ----------
    form
        How it is written; ``{name}`` is its name.
    names
        The name of each tier.
    """

    form: str
    names: Mapping[str, str]

    def shown(self, tier: str, swapped: bool) -> str:
        """Write the sign of a tier; swapped, `monitored` and `unmonitored` have each other's names."""
        other = {"monitored": "unmonitored", "unmonitored": "monitored"} if swapped else {}
        return self.form.format(name=self.names[other.get(tier, tier)])


@dataclass(frozen=True)
class Framing:
    """One telling of the set-up. All text is a template; ``{principal}`` and the two intents are the study's.

    Attributes
    ----------
    principal
        The name that this telling gives the principal; None for the study's own.
    introduction, original
        Who the model is, and what it was first asked.
    clauses
        What the original intent says of its own modification, for every level but `silent`.
    changes
        How the training intent comes in, for each who brings it; ``unchanged`` where training rewards the original.
    mechanism
        What training does to the model: the same words whoever trains, and toward whatever.
    marker
        How the tiers are told apart.
    tiers_opening, tiers
        How the tiers are explained: an opening, then a sentence for `monitored` and one for `unmonitored`. A placebo
        adds its own. ``{tag}`` is the sign, so that swapping names swaps the signs and nothing else.
    rivals
        What each rival explanation adds.
    reasoning
        How the model is told to answer.
    scratchpad
        The names of the tags around the reasoning and the output.
    """

    principal: str | None
    introduction: str
    original: str
    clauses: Mapping[str, str]
    changes: Mapping[str, str]
    unchanged: str
    mechanism: str
    marker: Marker
    tiers_opening: str
    tiers: Mapping[str, str]
    rivals: Mapping[str, str]
    reasoning: Mapping[str, str]
    scratchpad: tuple[str, str] = ("SCRATCHPAD_REASONING", "OUTPUT")

    def words(self, setting: Setting) -> dict[str, str]:
        """Give what the templates are filled with, in the name that this framing gives the principal."""
        name = self.principal or setting.principal
        own_name = re.compile(rf"(?<!\w){re.escape(setting.principal)}(?!\w)")
        think, output = self.scratchpad
        return {
            "principal": name,
            "original": own_name.sub(lambda _: name, setting.original),
            "training": own_name.sub(lambda _: name, setting.training),
            "think": think,
            "output": output,
        }

    def tiers_explained(self, tier: str, tags: str) -> str:
        """Explain the signs of the tiers; still a template."""
        swapped = tags == "names-swapped"
        told = ["monitored", "unmonitored"]
        if tags == "order-swapped":
            told.reverse()
        if tier not in told:
            told.append(tier)
        # The signs are put in here; braces of the other fields are left for the study's words.
        signs = [self.tiers[one].replace("{tag}", self.marker.shown(one, swapped)) for one in told]
        return " ".join([self.tiers_opening, *signs])
