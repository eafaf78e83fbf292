"""Reading JSON that others wrote, and writing it so that anyone can read it.

Reading is lazy: an object is split into its members, and a member is decoded when it is asked for,
so that the events of a log cost nothing where only its messages are wanted. What the fast decoder
refuses but the field's logs contain (NaN, lone surrogates, integers of any length) takes a slower
way and is made plain: non-finite numbers become the strings ``"NaN"``, ``"Infinity"``,
``"-Infinity"``, and half of a surrogate pair becomes U+FFFD.
"""

import json
import math
from typing import Any, cast

import msgspec

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder()
_LONGEST_INTEGER = 4000
"""Digits; longer integers are kept as text (Python refuses to convert them)."""


class BadJSONError(ValueError):
    """Text that is not the JSON expected; the message ends a sentence: "... is not UTF-8 text"."""


def members(data: object) -> dict[str, Any]:
    """Split a JSON object (bytes, a member, an item) into its members; read one with `value`.

    Raises
    ------
    BadJSONError
        If `data` is not a JSON object.
    """
    found = data
    if isinstance(data, msgspec.Raw | bytes):
        try:
            return cast(dict[str, Any], _OBJECT.decode(data))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            found = _slowly(bytes(data))
    if not isinstance(found, dict):
        raise BadJSONError("is not a JSON object")
    return cast(dict[str, Any], found)


def items(data: object) -> list[Any]:
    """Split a JSON array (bytes, a member, an item) into its items; read one with `value`.

    Raises
    ------
    BadJSONError
        If `data` is not a JSON array.
    """
    found = data
    if isinstance(data, msgspec.Raw | bytes):
        try:
            return cast(list[Any], _ARRAY.decode(data))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            found = _slowly(bytes(data))
    if not isinstance(found, list):
        raise BadJSONError("is not a JSON array")
    return cast(list[Any], found)


def value(data: object) -> Any:
    """Decode a member or an item; anything already decoded comes back as it is.

    Raises
    ------
    BadJSONError
        If the text is not JSON.
    """
    if not isinstance(data, msgspec.Raw | bytes):
        return data
    try:
        return _ANY.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _slowly(bytes(data))


def dump(data: object) -> str:
    """Write JSON, keys in the order they have."""
    return _write(data, sort=False)


def canonical(data: object) -> str:
    """Write JSON with sorted keys: equal values give equal text."""
    return _write(data, sort=True)


def _write(data: object, *, sort: bool) -> str:
    try:
        return msgspec.json.encode(data, order="deterministic" if sort else None).decode()
    except (OverflowError, TypeError, ValueError):  # integers past 64 bits, surrogates
        return json.dumps(_plain(data), ensure_ascii=False, sort_keys=sort, separators=(",", ":"))


def _slowly(data: bytes) -> Any:
    """Decode what the fast decoder refused."""
    try:
        return _plain(json.loads(data.decode("utf-8-sig"), parse_int=_integer))
    except UnicodeDecodeError as error:
        raise BadJSONError("is not UTF-8 text") from error
    except RecursionError as error:
        raise BadJSONError("is nested too deeply to be read") from error
    except json.JSONDecodeError as error:
        raise BadJSONError(f"is not JSON ({error.msg}, character {error.pos})") from error


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def _plain(data: Any) -> Any:
    """Replace what JSON or UTF-8 cannot carry."""
    if isinstance(data, str):
        try:
            data.encode()
        except UnicodeEncodeError:
            return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return data
    if isinstance(data, float) and not math.isfinite(data):
        return "NaN" if math.isnan(data) else "Infinity" if data > 0 else "-Infinity"
    if isinstance(data, dict):
        return {_plain(key): _plain(item) for key, item in cast(dict[Any, Any], data).items()}
    if isinstance(data, list):
        return [_plain(item) for item in cast(list[Any], data)]
    return data
