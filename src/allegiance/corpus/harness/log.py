"""What an Inspect log says of the harness that wrote it."""

import json
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from allegiance.corpus import jsontext
from allegiance.corpus.harness.kept import Asked, Harness
from allegiance.corpus.importers.archive import Archive, BadMemberError
from allegiance.corpus.importers.found import (
    MAX_RECORD_BYTES,
    ForeignError,
    Recovered,
    Skipped,
    Source,
)
from allegiance.corpus.importers.inspect import parse, recognises
from allegiance.corpus.importers.mapping import Mapping as Rules
from allegiance.corpus.schema import Message, Transcript
from allegiance.errors import AllegianceError
from allegiance.study import Study

_ZIP = b"PK\x03\x04"
_HEADERS = ("header.json", "_journal/start.json")
_MOST = 20_000
"""Samples of a log that are looked at."""
_LONGEST = 50_000
"""Characters of a text that are looked at."""
_HEAD = 1 << 16
_LIMITS = ("message_limit", "token_limit", "turn_limit", "time_limit", "working_limit", "limit")
_PASSING = frozenset(
    {
        "max_connections",
        "max_retries",
        "timeout",
        "attempt_timeout",
        "adaptive_connections",
        "batch",
        "cache",
    }
)
"""Settings of transport, which no reply depends on."""
_FIELD = dict[str, Any]


def harness_of_log(stream: BinaryIO, name: str) -> Harness:
    """Read a harness from a log.

    Raises
    ------
    UnreadableError, ForeignError
        Where it is none, or can't be read.
    """
    head = stream.read(_HEAD)
    stream.seek(0)
    if not head.strip():
        raise ForeignError("is empty")
    if not recognises(head):
        raise ForeignError("is no Inspect log")
    notes, transcripts = _samples(stream, name)
    stream.seek(0)
    header = _header(stream, head.startswith(_ZIP))
    run, plan = _object(header.get("eval")), _object(header.get("plan"))
    kept = _object(_object(run.get("metadata")).get("harness"))
    return Harness(
        name,
        "Inspect log",
        model=_text(run.get("model")),
        model_args=_object(run.get("model_args")),
        settings=_settings(run, plan, kept),
        solvers=_solvers(run, plan),
        scorers=_scorers(run, header),
        parser=_text(kept.get("parser_digest")),
        instruments=_object(kept.get("instruments")) or None,
        epochs=_epochs(run),
        versions=_versions(run, kept),
        asked=_asked(transcripts, _requests(run)),
        notes=tuple(notes),
    )


def _header(stream: BinaryIO, is_zip: bool) -> dict[str, Any]:
    """Decode the header, without the samples of a JSON log."""
    if not is_zip:
        found = jsontext.members(stream.read(MAX_RECORD_BYTES))
        return {
            name: jsontext.value(found[name])
            for name in ("eval", "plan", "results")
            if name in found
        }
    archive = Archive(stream, MAX_RECORD_BYTES)
    for name in _HEADERS:
        if name in archive.members:
            try:
                found = jsontext.members(archive.read(name))
                return {key: jsontext.value(value) for key, value in found.items()}
            except (BadMemberError, jsontext.BadJSONError):
                continue
    return {}


def _samples(stream: BinaryIO, name: str) -> tuple[list[str], list[Transcript]]:
    notes: list[str] = []
    found: list[Transcript] = []
    unread = 0
    for item in parse(Source(stream, name, Rules())):
        match item:
            case Transcript():
                found.append(item)
            case Recovered():
                notes.append(item.sentence)
            case Skipped():
                unread += 1
            case _:
                pass
        if len(found) >= _MOST:
            notes.append(f"only the first {_MOST:,} samples are looked at")
            break
    if unread:
        notes.append(f"{unread:,} of its samples can't be read")
    return notes, found


def _asked(transcripts: list[Transcript], requests: Mapping[str, str]) -> tuple[Asked, ...]:
    """Put the epochs of a prompt together."""
    first: dict[str, Asked] = {}
    replies: dict[str, list[str]] = {}
    for one in transcripts:
        key = one.sample_id or one.transcript_id
        replies.setdefault(key, []).extend(_reply(one.messages))
        if key not in first:
            first[key] = _prompted(key, one, requests)
    return tuple(
        Asked(
            one.id, one.request_id, one.condition, one.request, one.system, one.shots, one.user,
            one.later, tuple(replies[key]),
        )
        for key, one in first.items()
    )  # fmt: skip


def _prompted(key: str, one: Transcript, requests: Mapping[str, str]) -> Asked:
    messages = one.messages
    replied = next(
        (i for i, m in enumerate(messages) if m.role == "assistant" and m.author == "model"),
        len(messages),
    )
    given = list(messages[:replied])
    system = [m.text for m in given if m.role in ("system", "developer")]
    turns = [m for m in given if m.role not in ("system", "developer")]
    last = max((i for i, m in enumerate(turns) if m.role == "user"), default=-1)
    shots = [(m.role, m.text[:_LONGEST]) for i, m in enumerate(turns) if i != last]
    later = [m.text[:_LONGEST] for m in messages[replied:] if m.role == "user"]
    request_id = one.request_id or key
    return Asked(
        key,
        request_id,
        one.condition,
        requests.get(request_id),
        "\n\n".join(system)[:_LONGEST] if system else None,
        tuple(shots),
        turns[last].text[:_LONGEST] if last >= 0 else "",
        tuple(later) or tuple(_planned(one)),
    )


def _planned(one: Transcript) -> list[str]:
    """Tell what the user was to say later, where the conversation ended before."""
    planned = _object(json.loads(one.metadata)).get("then")
    return (
        [str(text)[:_LONGEST] for text in cast(list[Any], planned)]
        if isinstance(planned, list)
        else []
    )


def _reply(messages: tuple[Message, ...]) -> list[str]:
    said = [m.text[:_LONGEST] for m in messages if m.role == "assistant" and m.author == "model"]
    return said[-1:]


def _requests(run: Mapping[str, Any]) -> dict[str, str]:
    """Tell the words of each request, where the log is of a study of ours."""
    declared = _object(_object(run.get("metadata")).get("declared"))
    if not declared:
        return {}
    try:
        study = Study.parse(declared).worded_for(_text(run.get("model")) or "")
    except AllegianceError:  # a study of another version
        return {}
    return {request.id: request.text for request in study.asked}


def _settings(run: _FIELD, plan: _FIELD, kept: _FIELD) -> dict[str, Any]:
    """Put together what the model's own and the task's settings say."""
    given = _object(run.get("model_generate_config")) | {
        name: value for name, value in _object(plan.get("config")).items() if value is not None
    }
    config = _object(run.get("config"))
    limits = {name: config[name] for name in _LIMITS if config.get(name) is not None}
    seed = _object(kept.get("generation")).get("seed")
    return {
        name: value
        for name, value in {
            **given,
            **limits,
            **({"seed": seed} if seed is not None else {}),
        }.items()
        if name not in _PASSING and value is not None
    }


def _solvers(run: _FIELD, plan: _FIELD) -> tuple[str, ...] | None:
    steps = plan.get("steps")
    if not isinstance(steps, list):
        return (str(run["solver"]),) if run.get("solver") else None
    return tuple(_named(_object(step), "solver", "params") for step in cast(list[Any], steps))


def _scorers(run: _FIELD, header: _FIELD) -> tuple[str, ...] | None:
    listed = run.get("scorers")
    if isinstance(listed, list):
        return tuple(_named(_object(one), "name", "options") for one in cast(list[Any], listed))
    scores = _object(header.get("results")).get("scores")
    if not isinstance(scores, list):
        return None
    names = [
        _object(one).get("scorer") or _object(one).get("name") for one in cast(list[Any], scores)
    ]
    return tuple(dict.fromkeys(str(name) for name in names))


def _named(one: _FIELD, name: str, given: str) -> str:
    arguments = {k: v for k, v in _object(one.get(given)).items() if v is not None and k != "seed"}
    said = ", ".join(f"{key}={jsontext.dump(value)}" for key, value in sorted(arguments.items()))
    return f"{one.get(name)}({said})" if said else str(one.get(name))


def _epochs(run: _FIELD) -> int | None:
    found = _object(run.get("config")).get("epochs")
    return found if isinstance(found, int) else 1


def _versions(run: _FIELD, kept: _FIELD) -> dict[str, str]:
    software = _object(run.get("packages")) | _object(kept.get("software"))
    metadata = _object(run.get("metadata"))
    said = {str(name): str(value) for name, value in software.items()}
    said["task"] = str(run.get("task"))
    if "study_digest" in metadata:
        said["study"] = str(metadata["study_digest"])[:16]
    elif run.get("task_version") not in (None, 0):
        said["task version"] = str(run["task_version"])
    return said


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
