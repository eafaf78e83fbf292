"""`allegiance diff`: what differs between two harnesses."""

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allegiance.cli.app import JsonOption, app, print_json
from allegiance.cli.transcripts import visible

if TYPE_CHECKING:
    from allegiance.corpus.harness import Difference, Harness

RunArgument = Annotated[
    Path,
    typer.Argument(metavar="RUN", help="An Inspect log, anyone's; a study.yaml; or a workspace."),
]


@app.command(
    epilog="Example: allegiance diff mine theirs.eval · allegiance diff study.yaml logs/2026-02-01.eval --json"
)
def diff(
    run_a: RunArgument,
    run_b: RunArgument,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Leave with 1 where something differs.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Name what differs between two harnesses: what decides results besides the model.

    Model, prompts word by word, tags and their case, turns put in front, stop strings, limits, what reads the replies,
    sampling, requests, versions; first what changes results most surely.
    """
    from allegiance.corpus.harness import differences, read_harnesses, remarks

    first, second = read_harnesses(run_a, run_b)
    found, said = differences(first, second), remarks(first, second)
    if as_json:
        print_json(
            {
                "a": _about(first),
                "b": _about(second),
                "differs": bool(found),
                "differences": [one.to_dict() for one in found],
                "remarks": said,
            }
        )
    else:
        _tell(first, second, found, said)
    if exit_code and found:
        raise typer.Exit(1)


def _about(harness: "Harness") -> dict[str, Any]:
    return {
        "name": harness.name,
        "form": harness.form,
        "model": harness.model,
        "prompts": len(harness.asked),
        "replies": len(harness.replies),
    }


def _tell(first: "Harness", second: "Harness", found: "list[Difference]", said: list[str]) -> None:
    """Print it for a person; texts of logs are shown as they stand, never obeyed."""
    for name, harness in (("A", first), ("B", second)):
        model = f"{harness.model}, " if harness.model else ""
        counts = f"prompts {len(harness.asked):,}, replies {len(harness.replies):,}"
        say(f"{name}: {harness.name} ({harness.form}; {model}{counts})")
    for kind, ones in groupby(found, lambda one: one.kind):
        say(f"\n{kind}")
        for one in ones:
            values = f"A {one.first} | B {one.second}" if one.first or one.second else ""
            where = f"({one.where})" if one.where and values else one.where
            say(f"  {one.what}: {' '.join(part for part in (values, where) if part)}")
    if found:
        say(f"\nDifferences: {len(found):,}, those first that change results most surely.")
    else:
        say("\nNothing differs in what both tell.")
    for sentence in said:
        say(sentence)


def say(line: str) -> None:
    """Print a line that may hold words of a log."""
    typer.echo("\n".join(visible(part) for part in line.split("\n")))
