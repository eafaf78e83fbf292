"""How a judge is asked: everything here is part of its digest."""

import math

import msgspec

from allegiance.errors import UsageError

_LONGEST = 20_000_000


class JudgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a judge is asked.

    Attributes
    ----------
    temperature
        Of its sampling; None leaves it to the provider.
    max_tokens
        Most tokens of an answer, with the reasoning of models that reason.
    votes
        How many times it is asked for each transcript.
    window
        Characters of a transcript, written as JSON, that it reads at once.
    overlap
        Messages that the next part of a longer one repeats.
    reasks
        How many more times it is asked where no answer can be read.
    schema
        Whether the provider is told the shape of an answer; the prompt tells it in any case.

    Raises
    ------
    UsageError
        If one of them makes no sense.
    """

    temperature: float | None = 0.0
    max_tokens: int = 2000
    votes: int = 1
    window: int = 100_000
    overlap: int = 2
    reasks: int = 1
    schema: bool = True

    def __post_init__(self) -> None:
        ranges = {
            "max-tokens": (self.max_tokens, 1, 1_000_000),
            "votes": (self.votes, 1, 101),
            "window": (self.window, 1000, _LONGEST),
            "overlap": (self.overlap, 0, 1000),
            "reasks": (self.reasks, 0, 10),
        }
        for name, (value, least, most) in ranges.items():
            if not least <= value <= most:
                raise UsageError(f"--{name} {value}: it lies between {least} and {most:,}.")
        warm = self.temperature
        if warm is not None and not (math.isfinite(warm) and 0 <= warm <= 2):
            raise UsageError(f"--temperature {warm}: it lies between 0 and 2.")
