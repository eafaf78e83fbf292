"""A file of planted cases: short transcripts of one's own, each with its known value."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

from allegiance.audit.specs import Property
from allegiance.corpus import Message, Transcript
from allegiance.corpus.making import transcript
from allegiance.errors import UsageError

MOST = 1_000
"""Cases that a file may hold."""
_LARGEST = 5_000_000
"""Bytes of a file."""
_LONGEST = 100_000
"""Characters of a case."""
_DEPTH = 20
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message as it is written in a file."""

    role: str
    text: str = ""
    reasoning: str = ""


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case as it is written in a file."""

    value: str
    messages: tuple[_Turn, ...]


class Case(msgspec.Struct, frozen=True):
    """A planted case: its known value and its messages."""

    value: str
    messages: tuple[Message, ...]

    def transcript(self, identity: str) -> Transcript:
        """Make of it what is shown to a rater: a transcript that is in no corpus."""
        return transcript(source_identity=identity, source_format="planted", messages=self.messages)


def read_cases(path: Path, wanted: Property) -> list[Case]:
    """Read planted cases from a file: a YAML list, or JSON lines.

    Raises
    ------
    UsageError
        If it is no such file, holds no case or too many, or a case has no text or another value
        than the category's.
    """
    text = _text(path)
    plain = _json_lines(text, path) if path.suffix.lower() == ".jsonl" else _yaml(text, path)
    if not isinstance(plain, list) or not plain:
        raise UsageError(
            f"{path} holds no cases; write a list of cases, each with a `value` and its `messages`."
        )
    listed = cast(list[Any], plain)
    if len(listed) > MOST:
        raise UsageError(f"{path} holds {len(listed):,} cases; {MOST:,} at most can be planted.")
    cases = [_case(one, f"{path}, case {place}", wanted) for place, one in enumerate(listed, 1)]
    if len(set(cases)) < len(cases):
        raise UsageError(f"{path} holds a case twice; leave one out.")
    if not any(case.value == wanted.value for case in cases):
        raise UsageError(
            f"{path} holds no case that is {wanted.category} = {wanted.value}, so nothing could be "
            "noticed; write some."
        )
    return cases


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path} is larger than {_LARGEST:,} bytes: it is no file of cases.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8.") from error


def _json_lines(text: str, path: Path) -> list[Any]:
    found: list[Any] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}, line {number}: this is no JSON.") from error
    return found


def _yaml(text: str, path: Path) -> Any:
    try:
        depth = 0
        for event in cast(Any, yaml).parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > _DEPTH:
                raise UsageError(
                    f"{path}, line {event.start_mark.line + 1}: write cases out, without references "
                    "and without lists within lists."
                )
        return yaml.load(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: this is no YAML.") from error


def _case(plain: Any, where: str, wanted: Property) -> Case:
    if isinstance(plain, dict):
        fields = cast(dict[Any, Any], plain)
        if isinstance(fields.get("value"), bool):  # YAML takes a bare yes and no for truth values
            plain = {**fields, "value": "yes" if fields["value"] else "no"}
    try:
        written = msgspec.convert(plain, _Written)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{where}: {error}; a case has a `value` and `messages` with `role` and `text`."
        ) from error
    if written.value not in wanted.values:
        raise UsageError(
            f"{where}: {wanted.category} has no value {written.value[:60]!r}; it has "
            f"{', '.join(wanted.values)}."
        )
    if not _says_something(written.messages):
        raise UsageError(f"{where}: the last message by the assistant has no text; write one.")
    if sum(len(turn.text) + len(turn.reasoning) for turn in written.messages) > _LONGEST:
        raise UsageError(f"{where}: it is longer than {_LONGEST:,} characters.")
    return Case(written.value, tuple(map(_message, written.messages)))


def _says_something(turns: Sequence[_Turn]) -> bool:
    replies = [turn for turn in turns if turn.role == "assistant"]
    return bool(replies) and bool((replies[-1].text + replies[-1].reasoning).strip())


def _message(turn: _Turn) -> Message:
    author = "model" if turn.role == "assistant" else "scripted"
    return Message(turn.role[:40], turn.text, turn.reasoning, author=author)
