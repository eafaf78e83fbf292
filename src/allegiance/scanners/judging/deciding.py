"""How a judge comes to a verdict on one transcript: parts, votes, a second question where an answer is no answer.

Nothing here knows who answers: it is asked through a function.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from allegiance.corpus.schema import Message, Verdict
from allegiance.scanners.codebook import Category
from allegiance.scanners.judging.answer import Declined, Unusable, read_answer
from allegiance.scanners.judging.prompt import (
    Prompt,
    case_number,
    message_line,
    system_prompt,
    user_prompt,
)
from allegiance.scanners.judging.quotes import located
from allegiance.scanners.judging.settings import JudgeSettings
from allegiance.scanners.judging.votes import Tally, tally
from allegiance.scanners.judging.windows import Said, cut, settled, whole

Stop = Literal["stop", "length", "filter", "window"]
"""Why an answer ended: it was finished, ran into the limit of tokens, was stopped by a content filter,
or the provider found the question too long for the model."""


@dataclass(frozen=True)
class Question:
    """One request to a judge.

    Attributes
    ----------
    key
        What it is about: transcript, vote, part and attempt. The same key, the same question.
    """

    key: str
    prompt: Prompt


class Reply(msgspec.Struct, frozen=True):
    """What came back: the text, why it ended, the tokens it took, and who says to have served it."""

    text: str
    stop: Stop = "stop"
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    model: str = ""


Say = Callable[[Question], Awaitable[Reply]]


@dataclass
class Case:
    """One transcript before one judge.

    Attributes
    ----------
    category, settings, digest
        Of the judge.
    transcript_id, messages
        What is judged.
    """

    category: Category
    settings: JudgeSettings
    digest: str
    transcript_id: str
    messages: Sequence[Message]

    def __post_init__(self) -> None:
        self.lines = [message_line(i, message) for i, message in enumerate(self.messages)]
        sizes = [len(line) for line in self.lines]
        self.parts = cut(sizes, self.settings.window, self.settings.overlap)
        self.system = system_prompt(self.category)
        self.asked = self.tokens_in = self.tokens_out = 0

    def prompt(self, part: int, case: str, problem: str = "") -> Prompt:
        """Write the question about a part of the transcript, from 1."""
        parts = self.parts or []
        chosen = parts[part - 1]
        lines = self.lines[chosen.start : chosen.stop]
        place = (part, len(parts))
        asked = user_prompt(self.category, lines, case, part=place, problem=problem)
        return Prompt(self.system, asked)

    def case(self, part: int) -> str:
        """Give the case number of a part."""
        chosen = (self.parts or [])[part - 1]
        text = "\n".join(self.lines[chosen.start : chosen.stop])
        return case_number(self.digest, self.transcript_id, text, part)

    async def decide(self, say: Say) -> Tally:
        """Ask, and put together what was said.

        Raises
        ------
        Exception
            What `say` raises: then there is no verdict, and the transcript stays unasked.
        """
        if self.parts is None:
            longest = max(len(line) for line in self.lines)
            problem = (
                f"a message is {longest:,} characters long, the window {self.settings.window:,}"
            )
            return Tally(Said(None, "too-long", problem), None, {})
        if not self.parts:
            return Tally(Said(None, "invalid", "there are no messages to judge"), None, {})
        votes = [await self._vote(vote, say) for vote in range(1, self.settings.votes + 1)]
        return tally(self.category, votes)

    async def _vote(self, vote: int, say: Say) -> Said:
        said: list[Said] = []
        for part in range(1, len(self.parts or []) + 1):
            said.append(await self._part(vote, part, say))
            if settled(self.category, said[-1]):
                break
        return whole(self.category, said)

    async def _part(self, vote: int, part: int, say: Say) -> Said:
        case, problem = self.case(part), ""
        for attempt in range(self.settings.reasks + 1):
            key = f"{self.transcript_id}:{vote}:{part}:{attempt}"
            reply = await say(Question(key, self.prompt(part, case, problem)))
            self.asked += 1
            self.tokens_in += reply.tokens_in
            self.tokens_out += reply.tokens_out
            if reply.stop == "filter":
                return Said(None, "refused", "the provider's content filter stopped the answer")
            if reply.stop == "window":
                return Said(None, "too-long", "the provider says that it is too long for the model")
            read = self._read(reply, case, part)
            if isinstance(read, Said):
                return read
            problem = read.problem
        return Said(None, "invalid", problem)

    def _read(self, reply: Reply, case: str, part: int) -> Said | Unusable:
        read = read_answer(reply.text, case, self.category.values, len(self.category.definition))
        if isinstance(read, Declined):
            return Said(None, "refused", read.reason or "the judge declines")
        if isinstance(read, Unusable):
            cut_off = reply.stop == "length"
            return Unusable(f"it was cut off after {reply.tokens_out} tokens") if cut_off else read
        chosen = (self.parts or [])[part - 1]
        shown = {i: self.messages[i] for i in chosen}
        found = located(read.quotes, shown, self.category.unit, read.clause)
        return Said(
            read.value, "ok", read.reason, read.clause, found.spans, found.stripped, found.elsewhere
        )

    def verdict(self, scanner: str, came: Tally) -> Verdict:
        """Write down what it came to."""
        said = came.said
        return Verdict(
            transcript_id=self.transcript_id,
            category=self.category.name,
            scanner=scanner,
            scanner_digest=self.digest,
            value=said.value,
            score=came.score,
            status=said.status,
            spans=msgspec.json.encode(said.spans).decode(),
            detail=msgspec.json.encode(self._detail(came)).decode(),
        )

    def _detail(self, came: Tally) -> Mapping[str, Any]:
        said, parts = came.said, len(self.parts or [])
        found = said.value is not None and said.value != self.category.absent
        told: dict[str, Any] = {
            "reason": said.reason,
            "clause": said.clause,
            "stripped": said.stripped,
            "elsewhere": said.elsewhere,
            "unsupported": found and not said.spans,
            "votes": came.votes if self.settings.votes > 1 else None,
            "tie": came.tie,
            "windows": parts if parts > 1 else None,
            "asked": self.asked if self.asked > 1 else None,
            "tokens": [self.tokens_in, self.tokens_out] if self.asked else None,
        }
        return {name: value for name, value in told.items() if value}
