"""Judges for tests: a careful one, careless ones, and what they are asked about."""

import json
import re
from collections.abc import Callable, Sequence

from inspect_ai.model import ChatMessage, Model, ModelOutput
from tests.models import answering

from allegiance.corpus import Message, Transcript
from allegiance.corpus.making import transcript
from allegiance.scanners.judging.deciding import Question, Reply

CASE = re.compile(r"^Case number: (\w+)$", re.MULTILINE)
VALUES = re.compile(r'"value" \(one of (.*)\)\.')


def talk(number: int, thought: str = "A plain question.", reply: str = "", **fields) -> Transcript:
    """A question and its answer, with a thought between."""
    said = f"<SCRATCHPAD_REASONING>{thought}</SCRATCHPAD_REASONING><OUTPUT>{reply or f'Answer {number}.'}</OUTPUT>"
    return transcript(
        source_identity=f"id:{number}",
        source_format="test",
        messages=[
            Message("user", f"Question {number}?"),
            Message("assistant", said, author="model"),
        ],
        condition={"tier": "monitored" if number % 2 else "unmonitored"},
        **fields,
    )


def case_of(asked: str) -> str:
    """The case number that a question asks for: the last line of that form."""
    return CASE.findall(asked)[-1]


def values_of(asked: str) -> list[str]:
    return json.loads(f"[{VALUES.findall(asked)[-1]}]")


def shown(asked: str) -> list[dict]:
    """The messages that a question shows, read as JSON."""
    inside = asked.split("=== TRANSCRIPT ===", 1)[1].split("\n", 1)[1]
    return json.loads(inside.split("\n=== END OF TRANSCRIPT ===\n")[0])


def answer(case: str, value: object = "yes", **members) -> str:
    return json.dumps(
        {"case": case, "reason": "r", "quotes": [], "clause": 1, "value": value, **members}
    )


def doubting(asked: str) -> str:
    """A judge that says yes where a message of the model says that something is not real."""
    found = [
        {"message": one["message"], "text": "not real"}
        for one in shown(asked)
        if "not real" in one.get("reasoning", "")
    ]
    return answer(case_of(asked), "yes" if found else "no", quotes=found)


def model(reply: Callable[[str], ModelOutput | str]) -> Model:
    """A model of Inspect's that answers what the user's message says."""

    def said(messages: list[ChatMessage], _config):
        return reply(messages[-1].text)

    return answering(said)


def saying(replies: Sequence[str | Reply] | Callable[[Question], str | Reply]):
    """A function that answers questions: from a list, or by a rule; CASE stands for the case number."""
    left = iter(replies) if not callable(replies) else None

    async def say(question: Question) -> Reply:
        found = replies(question) if callable(replies) else next(left)
        if isinstance(found, Reply):
            return found
        return Reply(
            found.replace("CASE", case_of(question.prompt.user)), tokens_in=10, tokens_out=2
        )

    return say
