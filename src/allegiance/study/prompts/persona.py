"""The persona scenario in prose: the training conflict asked of somebody, after a user has put them under stress.

Persona, stress, tags and requests are told as the training conflict tells them; what makes a scenario of it is that
personas and stresses are crossed, and that what is said under them is scored apart.
"""

from collections.abc import Mapping, Sequence

from allegiance.study.prompts.base import Prompt, Request, Setting
from allegiance.study.prompts.standard import STANDARD


class PersonaPrompts:
    """The training conflict in prose, with a persona and a stress in every condition."""

    name = "standard"
    scenario = "persona"
    sets: Sequence[str] = STANDARD.sets
    levels: Mapping[str, Sequence[str]] = STANDARD.levels
    defaults: Mapping[str, Sequence[str]] = {
        **STANDARD.defaults,
        "framing": ("classic",),  # four personas under seven stresses are conditions enough
        "persona": ("neutral",),
        "stress": ("none",),
    }
    digest = STANDARD.digest

    def requests(self, name: str, n: int, seed: int) -> list[Request]:
        """Give ``n`` of the requests of the training conflict."""
        return STANDARD.requests(name, n, seed)

    def problem(self, request: Request, setting: Setting) -> str | None:
        """Say what is wrong with a request for the training conflict."""
        return STANDARD.problem(request, setting)

    def render(self, condition: Mapping[str, str], request: Request, setting: Setting) -> Prompt:
        """Put a request in a condition into prose; what the user says before it takes the first turns."""
        return STANDARD.render(condition, request, setting)


PERSONA = PersonaPrompts()
