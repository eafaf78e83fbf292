"""The application: its commands, how errors are said, and the options that commands share."""

import json
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, redirect_stdout
from importlib import import_module
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from allegiance import __version__
from allegiance.errors import AllegianceError

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

WorkspaceOption = Annotated[
    str,  # no path: that would fold the slashes of an address
    typer.Option(
        "--workspace",
        "-w",
        metavar="PLACE",
        help="The folder with the study, its logs and its corpus; a corpus alone: s3://BUCKET/PREFIX.",
        show_default=".",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")
]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Work on a Ray cluster: HOST:PORT of its head, auto for the one this machine belongs to, local.",
    ),
]


class Group(TyperGroup):
    """A group whose commands say errors of the user's in a sentence and leave with the right exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and turn what went wrong into a line and an exit code."""
        try:
            return super().invoke(ctx)
        except AllegianceError as error:
            for line in str(error).splitlines():
                typer.echo(f"error: {printable(line)}", err=True)
            raise typer.Exit(error.exit_code) from None
        except (OSError, RuntimeError, ValueError) as error:
            from allegiance.corpus.location import from_store, reading_problem

            if not from_store(error):
                raise
            typer.echo(f"error: {printable(reading_problem(error))}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("interrupted; what was finished is kept", err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def allegiance(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Which principal is this model aligned with, and how do you know?

    Start with: [bold]allegiance demo[/bold]
    """
    if version:
        typer.echo(f"allegiance {__version__}")
        raise typer.Exit


def printable(text: str) -> str:
    """Take control characters out of a text that comes from outside, so that it can't steer the terminal."""
    return _CONTROLS.sub("�", text)


def print_json(result: Any) -> None:
    """Print a result as one JSON object."""
    typer.echo(json.dumps(result, ensure_ascii=False, allow_nan=False))


@contextmanager
def result_alone(*, elsewhere: bool) -> Generator[None]:
    """Send what libraries print to standard error, if `elsewhere`: standard output is for the result."""
    with redirect_stdout(sys.stderr) if elsewhere else nullcontext():
        yield


def note(text: str) -> None:
    """Say something to the person, beside the result: on standard error."""
    typer.echo(printable(text), err=True)


def console() -> Console:
    """Where tables for people are printed."""
    return Console(highlight=False)


def load_commands() -> typer.Typer:
    """Import every command group, in the order of the help, and give the application."""
    modules = (
        "demo",
        "new",
        "run",
        "diff",
        "importing",
        "export",
        "search",
        "scan",
        "why",
        "draw",
        "reading",
        "label",
        "adjudicate",
        "agreement",
        "calibrate",
        "estimate",
        "interpret",
        "claim",
        "attest",
        "score",
        "report",
        "view",
        "corpus",
        "train",
        "chain",
        "organism",
        "ledger",
    )
    for module in modules:
        import_module(f"allegiance.cli.{module}")
    return app


def main() -> None:
    """Run the command line."""
    load_commands()
    # Output that is piped into a pager or `head` may close early, and is UTF-8 whatever the locale says.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    app(prog_name="allegiance")
