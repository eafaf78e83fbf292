"""What is wrong with a study, in one sentence a field."""

import difflib
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from allegiance.errors import UsageError
from allegiance.study.fields import Generation, Intents, Judge, RequestItem, RequestSet

_SHAPES = ("RequestSet", "RequestItems")  # in the path of an error, but no fields of the file


_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 60
_SHOWN.maxlevel = 2


def yaml_in(path: Path, what: str, absent: str) -> object:
    """Read a YAML file that a user wrote.

    Parameters
    ----------
    path
        The file.
    what
        What it should hold, in two words such as "the study".
    absent
        What to say and do where there is no such file.

    Raises
    ------
    UsageError
        It is missing, can't be read, or is no YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: {absent}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {what} can't be read ({error})") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}: this is not YAML{where}; check colons and indentation") from None


def shown(given: object) -> str:
    """What was given, cut short where it is long."""
    text = _SHOWN.repr(given)
    return text if len(text) <= 60 else text[:57] + "..."


def choices(given: str, known: Sequence[str]) -> str:
    """Say which name was meant, or which there are."""
    close = difflib.get_close_matches(given, known, n=1)
    return f" (did you mean `{close[0]}`?)" if close else f"; it knows {', '.join(known)}"


def sentences(
    error: ValidationError,
    source: str,
    whole: type[BaseModel],
    requests: type[BaseModel] | None = None,
    parts: Mapping[str, type[BaseModel]] | None = None,
) -> list[str]:
    """Turn what pydantic found into one sentence a field, in the order of the file.

    ``whole`` is the model that was to be made, and ``parts`` the models inside it by the field that holds them: by
    default those of a study. With ``requests`` the error is one of that field alone, which has this shape.
    """
    found: list[str] = []
    for item in error.errors(include_url=False):
        location = ("requests", *item["loc"]) if requests else item["loc"]
        where = ".".join(str(part) for part in location if part not in _SHAPES)
        field = str(item["loc"][-1]) if item["loc"] else ""
        match item["type"]:
            case "missing":
                said = f"{source}: {where}: this field is missing"
            case "extra_forbidden":
                known = _names(requests or _model_around(item["loc"], whole, parts or _PARTS))
                if "RequestSet" in item["loc"]:
                    known += tuple(_BESIDES)
                said = f"{source}: {where}: there is no field of this name{choices(field, known)}"
            case "tuple_type" | "too_short":
                said = f"{source}: {where}: this is a list with at least one entry"
            case "model_type" | "dict_type" | "model_attributes_type":
                said = f"{source}: {where}: this is a mapping of fields"
            case "value_error":
                reason = item["msg"].removeprefix("Value error, ")
                said = f"{source}: {f'{where}: ' if where else ''}{reason}"
            case _:
                said = f"{source}: {where}: {item['msg'][:1].lower()}{item['msg'][1:]}, not {shown(item['input'])}"
        if said not in found:
            found.append(said)
    return found


_BESIDES = ("file", "hf")  # with one of these, too, a mapping of requests would be another shape


_PARTS: Mapping[str, type[BaseModel]] = {
    "intents": Intents,
    "generation": Generation,
    "judges": Judge,
    "requests": RequestSet,
}


def _model_around(
    location: tuple[int | str, ...], whole: type[BaseModel], models: Mapping[str, type[BaseModel]]
) -> type[BaseModel]:
    """Find the model whose fields a misspelt one could have been."""
    parent = next((part for part in reversed(location[:-1]) if part in models), None)
    if models is _PARTS and parent == "requests" and any(isinstance(p, int) for p in location):
        return RequestItem
    return models[str(parent)] if parent else whole


def _names(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model as they stand in YAML."""
    return tuple(field.alias or name for name, field in model.model_fields.items())
