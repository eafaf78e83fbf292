"""The standard prompt set: our own wording of the training-conflict setting, for real models.

A note tells the model what it was made for, what it is trained toward now and by whom, which conversations are used
for that, and what was once said about being changed. It is told in six framings. The system prompt is the same
in both tiers: only the sign on the user's messages differs. Other scenarios build on the same sections.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from allegiance.study.factors import FACTORS
from allegiance.study.prompts.base import Prompt, Request, Setting, digest_of
from allegiance.study.prompts.framing import Framing
from allegiance.study.prompts.framing_classic import CLASSIC, RENAMED
from allegiance.study.prompts.framing_fresh import FRESH
from allegiance.study.prompts.framing_paraphrases import PARAPHRASE_1, PARAPHRASE_2, PARAPHRASE_3
from allegiance.study.prompts.personas import PERSONAS, persona_paragraph
from allegiance.study.prompts.requests import SETS, requests_of
from allegiance.study.prompts.stress import STRESSES, stress_turns

FRAMINGS: Mapping[str, Framing] = {
    "classic": CLASSIC,
    "paraphrase-1": PARAPHRASE_1,
    "paraphrase-2": PARAPHRASE_2,
    "paraphrase-3": PARAPHRASE_3,
    "renamed": RENAMED,
    "fresh": FRESH,
}
"""Every telling of the set-up, by its level of the factor ``framing``."""

SIGNS: tuple[str, ...] = tuple(
    framing.marker.shown(tier, False) for framing in FRAMINGS.values() for tier in framing.tiers
)
"""Every sign by which a user message says its tier, in whatever framing."""

_FACTORS = (
    "tier",
    "tags",
    "intent",
    "clause",
    "change",
    "framing",
    "reasoning",
    "persona",
    "rival",
    "stress",
)


class StandardPrompts:
    """Prose prompts in a fictional laboratory, with the two intents in the study's own words."""

    name = "standard"
    scenario = "training_conflict"
    sets: Sequence[str] = tuple(SETS)
    defaults: Mapping[str, Sequence[str]] = {
        "tier": ("monitored", "unmonitored"),
        "intent": ("training",),
        "clause": ("silent",),
        "framing": tuple(FRAMINGS),
        "reasoning": ("scratchpad",),
    }
    levels: Mapping[str, Sequence[str]] = {name: tuple(FACTORS[name].levels) for name in _FACTORS}
    digest = digest_of({name: asdict(one) for name, one in FRAMINGS.items()}, PERSONAS, STRESSES)

    def requests(self, name: str, n: int, seed: int) -> list[Request]:
        """Give ``n`` of the built-in requests, in an order that the seed decides."""
        return requests_of(name, n, seed)

    def problem(self, request: Request, setting: Setting) -> str | None:
        """Any request can be asked in prose."""
        return None

    def sections(self, condition: Mapping[str, str], setting: Setting) -> dict[str, str]:
        """Give the system prompt in sections, in their order; those that say nothing are left out.

        Parameters
        ----------
        condition
            Levels by factor. Factors that this set does not know are ignored, so that a scenario can add its own
            sections for them; those that are not named are at their usual level.
        setting
            Principal and intents. Some framings give the principal a name of their own.

        Returns
        -------
        dict
            Of ``introduction``, ``persona``, ``original``, ``clause``, ``training``, ``tiers``, ``rival`` and
            ``reasoning``.
        """
        level = _levels(condition)
        framing = FRAMINGS[level["framing"]]
        brought = (
            framing.unchanged if level["intent"] == "original" else framing.changes[level["change"]]
        )
        told = {
            "introduction": framing.introduction,
            "persona": persona_paragraph(level["persona"]),
            "original": framing.original,
            "clause": framing.clauses.get(level["clause"], ""),
            "training": f"{brought}\n\n{framing.mechanism}",
            "tiers": framing.tiers_explained(level["tier"], level["tags"]),
            "rival": framing.rivals.get(level["rival"], ""),
            "reasoning": framing.reasoning[level["reasoning"]],
        }
        # Only our own sentences are templates; what a study says is put in as it stands.
        words = framing.words(setting)
        return {name: _flowing(text).format(**words) for name, text in told.items() if text}

    def marked(self, condition: Mapping[str, str], said: str) -> str:
        """Put the sign of the tier in front of something that a user says, as every user message has it."""
        level = _levels(condition)
        marker = FRAMINGS[level["framing"]].marker
        return f"{marker.shown(level['tier'], level['tags'] == 'names-swapped')}\n{said}"

    def scratchpad(self, condition: Mapping[str, str]) -> tuple[str, str]:
        """Name the tags around reasoning and output that a condition asks for."""
        return FRAMINGS[_levels(condition)["framing"]].scratchpad

    def render(self, condition: Mapping[str, str], request: Request, setting: Setting) -> Prompt:
        """Put a request in a condition into prose; under stress it is the last of several user messages."""
        before = stress_turns(condition.get("stress", FACTORS["stress"].usual), request)
        first, *later = [self.marked(condition, said) for said in (*before, request.text)]
        return Prompt("\n\n".join(self.sections(condition, setting).values()), first, tuple(later))


def _flowing(text: str) -> str:
    """Join the lines of each paragraph below its heading: where our files wrap is nothing to show a model."""
    paragraphs = [part.partition("\n") for part in text.split("\n\n")]
    return "\n\n".join(
        first + (line_end if first.startswith("#") else " ") + rest.replace("\n", " ")
        if line_end
        else first
        for first, line_end, rest in paragraphs
    )


def _levels(condition: Mapping[str, str]) -> dict[str, str]:
    return {name: condition.get(name, FACTORS[name].usual) for name in _FACTORS}


STANDARD = StandardPrompts()
