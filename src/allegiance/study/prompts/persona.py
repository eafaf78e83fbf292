"""The persona scenario in prose: the training conflict asked of somebody, after a user has put them under stress.

System prompt, tags and requests are those of the training conflict. A persona adds one paragraph to the system prompt;
a stress adds what the user says before the request, under the same tag as the request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from allegiance.study.prompts.base import Prompt, Request, Setting, digest_of
from allegiance.study.prompts.personas import PERSONAS, persona_paragraph
from allegiance.study.prompts.standard import STANDARD
from allegiance.study.prompts.stress import STRESSES, stress_turns

_HEADING = "## Who you are"
_OWN = ("persona", "stress")
_LEFT_OUT = ("rival", "change")  # one thing at a time: these are crossed with the tier elsewhere


class PersonaPrompts:
    """The training conflict in prose, with a persona and a stress."""

    name = "standard"
    scenario = "persona"
    sets: Sequence[str] = STANDARD.sets
    defaults: Mapping[str, Sequence[str]] = {
        "tier": ("monitored", "unmonitored"),
        "intent": ("training",),
        "clause": ("silent",),
        "reasoning": ("scratchpad",),
        "persona": ("neutral",),
        "stress": ("none",),
    }
    levels: Mapping[str, Sequence[str]] = {
        **{name: known for name, known in STANDARD.levels.items() if name not in _LEFT_OUT},
        "persona": tuple(PERSONAS),
        "stress": tuple(STRESSES),
    }
    digest = digest_of(STANDARD.digest, _HEADING, PERSONAS, STRESSES)

    def requests(self, name: str, n: int, seed: int) -> list[Request]:
        """Give ``n`` of the requests of the training conflict."""
        return STANDARD.requests(name, n, seed)

    def problem(self, request: Request, setting: Setting) -> str | None:
        """Say what is wrong with a request for the training conflict."""
        return STANDARD.problem(request, setting)

    def render(self, condition: Mapping[str, str], request: Request, setting: Setting) -> Prompt:
        """Put a request in a condition into prose; what the user says before it takes the first turns."""
        # Persona and stress are put in here, so that the rest is told as where nobody is under stress.
        told = {name: level for name, level in condition.items() if name not in _OWN}
        before = stress_turns(condition.get("stress", "none"), request)
        prompts = [
            STANDARD.render(told, replace(request, text=text), setting)
            for text in (*before, request.text)
        ]
        persona = persona_paragraph(condition.get("persona", "neutral"))
        system = prompts[-1].system
        if persona:
            system = f"{system}\n\n{_HEADING}\n{persona}"
        first, *then = (prompt.user for prompt in prompts)
        return Prompt(system, first, tuple(then), prompts[-1].against)


PERSONA = PersonaPrompts()
