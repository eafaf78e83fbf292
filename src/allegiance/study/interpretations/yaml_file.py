"""Reading the YAML of interpretations and extrapolations, with one sentence for what is wrong in it."""

import difflib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import yaml

from allegiance.errors import UsageError


def shipped_yaml(name: str) -> Any:
    """Read one of the files that are shipped with this package."""
    text = files("allegiance.study.interpretations").joinpath(name).read_text(encoding="utf-8")
    return yaml.safe_load(text)


def read_yaml(path: Path) -> object:
    """Read a YAML file.

    Raises
    ------
    UsageError
        Where it is missing, no text or no YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: it can't be read ({error})") from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}: this is not YAML{where}; check colons and indentation") from None


def check_fields(value: object, known: Sequence[str], where: str) -> Mapping[str, Any]:
    """See that a value is a mapping of known fields.

    Raises
    ------
    UsageError
        Naming the field that is not known, and the nearest that is.
    """
    if not isinstance(value, dict):
        raise UsageError(f"{where}: this is a mapping of fields ({', '.join(known)})")
    # YAML reads a bare `on` or `yes` as a truth value, in the place of a name as well.
    fields = {str(key): item for key, item in cast(dict[object, Any], value).items()}
    for name in fields:
        if name not in known:
            raise UsageError(f"{where}: there is no field `{name}`{choices(name, known)}")
    return fields


def text_of(fields: Mapping[str, Any], name: str, where: str) -> str:
    """Give a field that has to hold words, on one line.

    Raises
    ------
    UsageError
        Where it is missing or empty.
    """
    found = " ".join(str(fields.get(name) or "").split())
    if not found:
        raise UsageError(f"{where}: {name}: this field is missing")
    return found


def one_of(value: object, known: Sequence[str], where: str) -> str:
    """Give a value that has to be one of some words; a bare `yes` of YAML is the word.

    Raises
    ------
    UsageError
        Where it is none of them; the sentence names the nearest.
    """
    word = {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else str(value)
    if word not in known:
        raise UsageError(f"{where}: `{word}` is none of its values{choices(word, known)}")
    return word


def choices(given: str, known: Sequence[str]) -> str:
    """Say which of the known words may have been meant, or all of them."""
    close = difflib.get_close_matches(given, known, n=1)
    return f" (did you mean `{close[0]}`?)" if close else f"; it knows {', '.join(known)}"
