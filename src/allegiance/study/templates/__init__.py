"""Studies to start from: commented YAML with a name to fill in."""

from importlib.resources import files

from allegiance.errors import UsageError

_FOLDER = files("allegiance.study.templates")


def template_names() -> list[str]:
    """Name the templates there are."""
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in _FOLDER.iterdir()
        if entry.name.endswith(".yaml")
    )


def template(name: str, study: str) -> str:
    """Give the text of a template with a study's name filled in.

    Raises
    ------
    UsageError
        Where there is no template of this name.
    """
    if name not in template_names():
        raise UsageError(
            f"--template {name}: there is no such template; there are {', '.join(template_names())}"
        )
    text = _FOLDER.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return text.replace("name: NAME", f"name: {study}")
