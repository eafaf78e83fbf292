"""Write the page of commands from their own help: `python docs/commands.py` prints it, `--write` replaces it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from allegiance.cli.app import load_commands

PAGE = Path(__file__).with_name("commands.md")


def commands() -> Iterator[tuple[str, object]]:
    """Give every command with its full name, in the order of the help."""
    group = typer.main.get_command(load_commands())
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name, command
        else:
            default = getattr(
                command, "default", None
            )  # `draw NAME` is the command `new` of `draw`
            yield from (
                (name if sub == default else f"{name} {sub}", one) for sub, one in inner.items()
            )


def page() -> str:
    """Print the whole page."""
    parts = [
        "# Commands",
        "This page is made from the commands' own help. Exit codes: 0 done, 1 failed, 2 used wrongly; errors are a "
        "sentence on standard error. With `--json` a command prints one object and nothing else on standard output.",
    ]
    for name, command in commands():
        parts.append(f"## allegiance {name}")
        parts.append(" ".join(command.help.split()))
        parts.append("\n".join(_rows(command)))
        for example in command.epilog.removeprefix("Example: ").split(" · "):
            parts.append(f"```console\n$ {example}\n```")
    return "\n\n".join(part for part in parts if part) + "\n"


def _rows(command) -> Iterator[str]:
    shown = [p for p in command.params if p.name != "help" and not getattr(p, "hidden", False)]
    if not shown:
        return
    yield "| | |"
    yield "|---|---|"
    for parameter in shown:
        names = (
            f"`{parameter.name.upper()}`"
            if parameter.param_type_name == "argument"
            else ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        )
        yield f"| {names} | {(parameter.help or '').replace('|', chr(92) + '|')} |"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
