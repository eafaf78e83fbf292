"""What a judge costs: the tokens it will take, the money where prices are known, and a limit to it."""

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass

from allegiance.errors import UsageError
from allegiance.scanners.judging.deciding import Case, Reply

CHARACTERS = 4
"""Bytes of a prompt (UTF-8) to a token, as a rule of thumb; tokenizers differ by about a third."""
ANSWER = 150
"""Tokens of an answer, by the same thumb; a model that reasons writes more."""


@dataclass(frozen=True)
class Price:
    """Dollars for a million tokens.

    Attributes
    ----------
    input, output
        Read and written.
    cache_read, cache_write
        Read from the provider's own cache of prompts, and put into it; as `input` where not known.
    """

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """Dollars for so many tokens."""
        return (tokens_in * self.input + tokens_out * self.output) / 1_000_000


def read_price(text: str) -> Price:
    """Read ``IN,OUT``, dollars for a million tokens.

    Raises
    ------
    UsageError
        If these are not two numbers, 0 or more.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 2 or not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise UsageError(
            f"--price {text}: write dollars for a million tokens read and written, such as 2.5,10."
        )
    return Price(*numbers)


@dataclass(frozen=True)
class Estimate:
    """What a scan will take, if every part has to be asked and every answer can be read.

    Attributes
    ----------
    transcripts
        How many will be judged.
    looked_at
        How many of them the figures were worked out from; the rest is taken to be alike.
    requests, tokens_in, tokens_out
        Requests to the model, tokens it reads and writes (rules of thumb).
    dollars
        None where no price is known.
    """

    transcripts: int
    looked_at: int
    requests: int
    tokens_in: int
    tokens_out: int
    dollars: float | None


def estimate(cases: Iterable[Case], transcripts: int, price: Price | None) -> Estimate:
    """Estimate what it takes to judge transcripts, from some of them or all."""
    looked_at = requests = size = 0
    for case in cases:
        looked_at += 1
        for part in range(1, len(case.parts or []) + 1):
            prompt = case.prompt(part, "0" * 20)
            requests += case.settings.votes
            size += case.settings.votes * _bytes(prompt.system + prompt.user)
    times = transcripts / looked_at if looked_at else 0
    tokens_in, tokens_out = round(size * times / CHARACTERS), round(requests * times) * ANSWER
    return Estimate(
        transcripts=transcripts,
        looked_at=looked_at,
        requests=round(requests * times),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        dollars=price.of(tokens_in, tokens_out) if price else None,
    )


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


@dataclass
class Usage:
    """What a scan took: requests that were sent, and answers found again that an earlier one had paid for."""

    requests: int = 0
    found_again: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    dollars: float | None = None

    def add(self, reply: Reply) -> None:
        """Count an answer that was paid for."""
        self.requests += 1
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out
        if reply.cost is not None:
            self.dollars = (self.dollars or 0.0) + reply.cost


class Allowance:
    """How much may be spent: nothing is asked that would go beyond it, as far as that can be told.

    Each request under way is taken to cost what those before it did on average. The first, of which
    the estimate has to be believed, is asked alone.
    """

    def __init__(self, dollars: float, guess: float) -> None:
        self.dollars = dollars
        self._guess = guess
        self._spent = 0.0
        self._answers = 0
        self._under_way = 0
        self._changed = asyncio.Condition()

    async def ask(self) -> bool:
        """Wait until it is known whether one more request is allowed."""
        async with self._changed:
            while not self._room():
                if not self._under_way:
                    return False
                await self._changed.wait()
            self._under_way += 1
            return True

    async def came(self, cost: float | None) -> None:
        """Count what a request cost; None where it failed."""
        async with self._changed:
            self._under_way -= 1
            if cost is not None:
                self._spent += cost
                self._answers += 1
            self._changed.notify_all()

    def _room(self) -> bool:
        if self._under_way and not self._answers:
            return False
        return self._spent + (self._under_way + 1) * self._each <= self.dollars

    @property
    def _each(self) -> float:
        return self._spent / self._answers if self._answers else self._guess
