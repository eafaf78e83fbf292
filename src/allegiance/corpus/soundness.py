# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Whether one row says what its own words and facts say: hashes and derived columns, made again."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from allegiance.corpus import jsontext
from allegiance.corpus.arrow import condition_of
from allegiance.corpus.identity import content_hash, transcript_id
from allegiance.corpus.making import facts_hash
from allegiance.corpus.schema import Message, last_reply, searched_text

COLUMNS = (
    *("transcript_id", "content_hash", "source_identity", "messages", "reasoning", "output"),
    *("text", "study", "task", "model", "request_id", "epoch", "stop_reason", "limited_by"),
    *("error", "scores", "metadata", "facts_hash"),
)
"""The columns that a row is checked by, besides its factors."""


def unsound(row: Mapping[str, Any]) -> list[str]:
    """Name the columns of a row that do not fit the others.

    Parameters
    ----------
    row
        The columns of `COLUMNS` that the corpus has, and its factors.

    Returns
    -------
    list of str
        ``facts_hash`` stands for any of the facts it is made of: scores, metadata, condition, task,
        model, ...
    """
    try:
        messages = [msgspec.convert(message, Message) for message in row["messages"] or ()]
        hashed = content_hash(messages)
        reasoning, output = last_reply(messages)
    except (msgspec.MsgspecError, jsontext.BadJSONError, AttributeError, TypeError):
        return ["messages"]
    found = _identity(row, hashed)
    derived = {"reasoning": reasoning, "output": output, "text": searched_text(messages)}
    if "messages" not in found:  # else all of these would only say the same again
        found += [name for name, value in derived.items() if row.get(name, value) != value]
    if row.get("facts_hash") is not None and _facts(row) != row["facts_hash"]:
        found.append("facts_hash")
    return found


def _identity(row: Mapping[str, Any], hashed: str) -> list[str]:
    """Which of the messages, their hash and the id does not fit the other two."""
    fits = transcript_id(row["source_identity"], row["content_hash"]) == row["transcript_id"]
    if hashed == row["content_hash"]:
        return [] if fits else ["transcript_id"]
    if fits:
        return ["messages"]
    if transcript_id(row["source_identity"], hashed) == row["transcript_id"]:
        return ["content_hash"]
    return ["messages", "transcript_id"]


def _facts(row: Mapping[str, Any]) -> str | None:
    condition = condition_of(row)
    try:
        scores, metadata = (
            jsontext.value((row.get(name) or "{}").encode()) for name in ("scores", "metadata")
        )
    except jsontext.BadJSONError:
        return None
    names: Sequence[str] = ("study", "task", "model", "request_id", "epoch", "stop_reason")
    facts: dict[str, Any] = {name: row.get(name) for name in (*names, "limited_by", "error")}
    return facts_hash(condition=condition, scores=scores, metadata=metadata, **facts)
