"""What a message holds besides its text: the arguments of calls written for people, and parts that are only named."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from allegiance.corpus import jsontext


def argument_lines(text: str) -> list[tuple[int, str]]:
    """Write the arguments of a call for people: the length of the name at the start of each line, and the line."""
    try:
        found = jsontext.value(text.encode("utf-8", "surrogatepass"))
    except jsontext.BadJSONError:
        return [(0, text)]
    if not isinstance(found, dict) or not found:
        return [(0, text)]
    given = cast(dict[str, Any], found)
    lines = [(len(name) + 1, f"{name}: {_argument(value)}") for name, value in given.items()]
    return [(lead, line + "\n") for lead, line in lines[:-1]] + lines[-1:]


def _argument(value: Any) -> str:
    if isinstance(value, str):
        return f"\n{value}" if "\n" in value else value
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return json.dumps(value, ensure_ascii=False)


def remarks(extra: Mapping[str, Any]) -> Iterator[str]:
    """Name what a message holds besides its words; nothing of it is loaded."""
    content = extra.get("content")
    for part in cast(list[Any], content) if isinstance(content, list) else []:
        fields = cast(dict[str, Any], part) if isinstance(part, dict) else {"type": "unknown"}
        if "chars" in fields:
            continue
        kind = str(fields.get("type", "unknown"))
        size = len(json.dumps(fields, ensure_ascii=False, default=str))
        if kind == "reasoning":
            summary = " but for the summary above" if isinstance(fields.get("summary"), str) else ""
            yield f"redacted reasoning: the provider sealed it{summary} ({size:,} characters of it are kept)"
        else:
            yield f"{kind}{_media(fields)}: {size:,} characters, not loaded"
    error = extra.get("error")
    if error:
        told = cast(dict[str, Any], error).get("message") if isinstance(error, dict) else error
        yield f"error: {told}"


def _media(fields: Mapping[str, Any]) -> str:
    """Say of what media type a part is, where its data say so."""
    for value in fields.values():
        if isinstance(value, str) and value.startswith("data:") and "," in value[:200]:
            return f" ({value[5:].partition(',')[0].partition(';')[0][:60]})"
    for name in ("mime_type", "media_type", "format"):
        if isinstance(fields.get(name), str):
            return f" ({fields[name][:60]})"
    return ""


def fields_of(text: str) -> dict[str, Any]:
    """Read the fields that a message has beside ours; none where they are no JSON object."""
    try:
        found = jsontext.value(text.encode("utf-8", "surrogatepass"))
    except jsontext.BadJSONError:
        return {}
    return cast(dict[str, Any], found) if isinstance(found, dict) else {}
