"""What is wrong with a study, in one sentence a field."""

import difflib
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ValidationError

from allegiance.study.fields import Generation, Intents, Judge, RequestItem, RequestSet

_SHAPES = ("RequestSet", "RequestItems")  # in the path of an error, but no fields of the file


def choices(given: str, known: Sequence[str]) -> str:
    """Say which name was meant, or which there are."""
    close = difflib.get_close_matches(given, known, n=1)
    return f" (did you mean `{close[0]}`?)" if close else f"; it knows {', '.join(known)}"


def sentences(
    error: ValidationError,
    source: str,
    whole: type[BaseModel],
    requests: type[BaseModel] | None = None,
) -> list[str]:
    """Turn what pydantic found into one sentence a field, in the order of the file.

    ``whole`` is the model that was to be made. With ``requests`` the error is one of that field alone, which has this
    shape.
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
                known = tuple((requests or _model_around(item["loc"], whole)).model_fields)
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
                given = repr(item["input"])
                shown = given if len(given) <= 60 else given[:57] + "..."
                said = f"{source}: {where}: {item['msg'][:1].lower()}{item['msg'][1:]}, not {shown}"
        if said not in found:
            found.append(said)
    return found


_BESIDES = ("file", "hf")  # with one of these, too, a mapping of requests would be another shape


def _model_around(location: tuple[int | str, ...], whole: type[BaseModel]) -> type[BaseModel]:
    """Find the model whose fields a misspelt one could have been."""
    models: Mapping[str, type[BaseModel]] = {
        "intents": Intents,
        "generation": Generation,
        "judges": Judge,
        "requests": RequestSet,
    }
    parent = next((part for part in location[:-1] if part in models), None)
    if parent == "requests" and any(isinstance(part, int) for part in location):
        return RequestItem
    return models[str(parent)] if parent else whole
