"""What a transcript and a verdict are, in Python.

`allegiance.corpus.arrow` holds the same as columns.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from allegiance.study.reply import reply_after

Author = Literal["model", "scripted", "prefill"]
VerdictStatus = Literal["ok", "refused", "invalid", "too-long"]


class ToolCall(msgspec.Struct, frozen=True):
    """A call of a tool; `arguments` is JSON: an object, or the text that the model wrote."""

    id: str
    function: str
    arguments: str


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation.

    Attributes
    ----------
    role
        ``system``, ``user``, ``assistant``, ``tool``, or what the source calls it.
    text
        The text parts, joined by newlines.
    reasoning
        Reasoning that the provider returned apart from the text; empty where there is none, or
        where it is redacted without a summary.
    tool_calls
        Calls that the message makes.
    author
        Who wrote it: ``model``; ``prefill`` (put into the model's mouth, and continued by it);
        ``scripted`` (everything else: people, programs, tools, assistant turns of a prompt).
    extra
        JSON object: everything of the message that has no field here. ``content`` in it gives the
        parts in order where they are more than one text after at most one reasoning: a part that is
        text or reasoning is given by its type and length (``chars``), any other in full.
    """

    role: str
    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    author: Author = "scripted"
    extra: str = "{}"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one scanner said of one transcript in one category.

    Kept once per `transcript_id`, `category` and `scanner_digest`. `value` is None where there is
    none (see `status`). An importer leaves `transcript_id` to the store.

    Attributes
    ----------
    spans
        JSON array: the places the verdict rests on, each with ``start``, ``end`` (characters) and
        ``text``, and where they are known ``part`` (reasoning or output, or of a message reasoning or text),
        ``message`` (its index, from 0) and ``clause`` (of the definition, from 1).
    detail
        JSON object: what else the scanner said, such as its reason, its votes, and how many quotes
        were not in the text and were left out (``stripped``).
    """

    category: str
    scanner: str
    scanner_digest: str
    transcript_id: str = ""
    value: str | None = None
    score: float | None = None
    status: VerdictStatus = "ok"
    spans: str = "[]"
    detail: str = "{}"
    created_at: datetime | None = None


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation, its condition and where it came from; `making.transcript` makes one.

    Attributes
    ----------
    transcript_id, content_hash, source_identity
        See `allegiance.corpus.identity`.
    source_uri, source_format, imported_at
        A locator (file and place in it), the importer, and when it was stored. No part of the
        identity.
    study, condition
        The study it belongs to, by digest or name, and its cell: factor to level.
    task, model, eval_id, sample_id, request_id, epoch, started_at
        What was run. `request_id` is what conditions are paired by. `started_at` is ISO 8601 text.
    stop_reason, limited_by, error
        Why the model stopped; the limit that ended the conversation (``message``, ``token``,
        ``time``, ...); the message of the error that ended it.
    messages
        The conversation.
    reasoning, output
        The last message by the model, taken apart by `allegiance.study.reply.parse_reply`.
    text
        What is searched: all texts and reasonings.
    scores, metadata, provenance
        JSON objects: the scores it came with, its metadata as they were, and what the source says
        of how it was run.
    attempt
        What two attempts at the same sample of the same run share (a retry after an error); None
        where retries are unknown.
    facts_hash
        SHA-256 of everything that belongs to the transcript and is neither its words nor where it
        lies; another hash under the same id means new scores or a better mapping.
    events
        JSON array: what happened during the run, as the source tells it; None unless it was asked
        for, since it is many times the size of the conversation.
    verdicts
        What an outside instrument said and the file brought along; they go to the verdict table.
    """

    transcript_id: str
    content_hash: str
    source_identity: str
    source_format: str
    source_uri: str = ""
    imported_at: datetime | None = None
    study: str | None = None
    condition: Mapping[str, str] = {}
    task: str | None = None
    model: str | None = None
    eval_id: str | None = None
    sample_id: str | None = None
    request_id: str | None = None
    epoch: int | None = None
    started_at: str | None = None
    stop_reason: str | None = None
    limited_by: str | None = None
    error: str | None = None
    messages: tuple[Message, ...] = ()
    reasoning: str = ""
    output: str = ""
    text: str = ""
    scores: str = "{}"
    metadata: str = "{}"
    provenance: str = "{}"
    attempt: str | None = None
    facts_hash: str = ""
    events: str | None = None
    verdicts: tuple[Verdict, ...] = ()


def searched_text(messages: Sequence[Message]) -> str:
    """Join what is searched: the reasoning and the text of every message, in order."""
    return "\n\n".join(
        part for message in messages for part in (message.reasoning, message.text) if part
    )


def last_reply(messages: Sequence[Message]) -> tuple[str, str]:
    """Take apart the model's last message: reasoning and output, empty where it never spoke.

    Where a prefill left the model in the middle of its reasoning, both are read as one: the message goes on inside
    a scratchpad that it did not open.
    """
    for place in range(len(messages) - 1, -1, -1):
        message = messages[place]
        if message.role == "assistant" and message.author == "model":
            before = messages[place - 1] if place else None
            begun = before.text if before is not None and before.author == "prefill" else ""
            reply = reply_after(begun, message.text, native_reasoning=message.reasoning)
            return reply.reasoning, reply.output
    return "", ""
