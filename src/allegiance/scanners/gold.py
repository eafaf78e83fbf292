"""Gold passages: texts of our own whose codes the definitions settle, for trying instruments on."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec
import yaml

from allegiance.scanners.outcome import Subject


class Passage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request and a reply with the value of each category that is settled for it."""

    name: str
    request: str
    reasoning: str
    output: str
    codes: Mapping[str, str]

    @property
    def subject(self) -> Subject:
        """The parts that rules read."""
        return Subject(request=self.request, reasoning=self.reasoning, output=self.output)


@cache
def gold() -> tuple[Passage, ...]:
    """Read the shipped passages."""
    text = files("allegiance.scanners").joinpath("gold.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), tuple[Passage, ...])
